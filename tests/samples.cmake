# The samples, run and their output checked (samples/test_samples.sh).
add_executable(samples_expected samples/expected.c)
target_link_libraries(samples_expected PRIVATE alphastream_static alphastream_flags)
set_target_properties(samples_expected PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

set(samples_script ${CMAKE_CURRENT_SOURCE_DIR}/samples/test_samples.sh)
add_test(NAME sample_cpu_frames COMMAND ${samples_script} cpu_frames
    $<TARGET_FILE:alphastream_cpu_frames> $<TARGET_FILE:samples_expected>)
if(ALPHASTREAM_WITH_HTTP)
    add_test(NAME sample_http_options COMMAND ${samples_script} http_options
        $<TARGET_FILE:alphastream_http_options> $<TARGET_FILE:samples_expected>)
endif()

set(samples_more ${CMAKE_CURRENT_SOURCE_DIR}/samples/test_more_samples.sh)
foreach(sample container_convert custom_source event_loop)
    add_test(NAME sample_${sample} COMMAND ${samples_more} ${sample}
        $<TARGET_FILE:alphastream_${sample}> $<TARGET_FILE:samples_expected>)
endforeach()

# Those that load the shared library into a program without the sanitizers' runtime are left out of
# sanitizer builds.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    add_test(NAME sample_cv_client COMMAND ${samples_script} cv_client
        $<TARGET_FILE:alphastream_cv_client> $<TARGET_FILE:samples_expected>
        $<TARGET_FILE:alphastream>)

    find_program(ALPHASTREAM_MCS mcs)
    find_program(ALPHASTREAM_MONO mono)
    if(NOT ALPHASTREAM_MCS OR NOT ALPHASTREAM_MONO)
        message(FATAL_ERROR "Mono was not found; the test of samples/dotnet needs it. Install it "
            "(Debian: apt-get install --no-install-recommends mono-mcs mono-runtime, or run "
            "scripts/install-deps), or configure with -DALPHASTREAM_WITH_TESTS=OFF.")
    endif()
    add_test(NAME sample_dotnet COMMAND ${samples_script} dotnet $<TARGET_LINKER_FILE:alphastream>)
    add_test(NAME bindings_dotnet COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bindings/test_dotnet.sh
        $<TARGET_LINKER_FILE:alphastream>)

    # The python3 of the path may be another one than the system's, which has the system's packages.
    # NumPy for what the module gives, the others to install it.
    set(numpy_missing 1)
    foreach(python ${ALPHASTREAM_PYTHON3} /usr/bin/python3)
        if(numpy_missing)
            set(numpy_python ${python})
            execute_process(COMMAND ${python} -c "import setuptools, wheel, pip, numpy" RESULT_VARIABLE numpy_missing
                OUTPUT_QUIET ERROR_QUIET)
        endif()
    endforeach()
    if(numpy_missing)
        message(FATAL_ERROR "No python3 has NumPy, pip, setuptools and wheel; the tests of samples/python "
            "need them. Install them (Debian: apt-get install --no-install-recommends python3-numpy "
            "python3-pip python3-setuptools python3-wheel, or run scripts/install-deps), or configure with -DALPHASTREAM_WITH_TESTS=OFF.")
    endif()
    add_test(NAME sample_python COMMAND ${samples_more} python $<TARGET_FILE:alphastream>
        ${ALPHASTREAM_PYTHON3} ${numpy_python})
    add_test(NAME bindings_python
        COMMAND ${numpy_python} ${CMAKE_CURRENT_SOURCE_DIR}/bindings/test_python.py)
    set_tests_properties(bindings_python PROPERTIES
        ENVIRONMENT "ALPHASTREAM_LIBRARY=$<TARGET_FILE:alphastream>")
endif()

if(ALPHASTREAM_WITH_GL AND ALPHASTREAM_WITH_TOOL)
    # What loads the plug-in, as an engine does.
    add_executable(samples_engine samples/engine.c)
    target_link_libraries(samples_engine PRIVATE alphastream_static alphastream_flags
        alphastream_headless_gl Threads::Threads ${CMAKE_DL_LIBS})
    set_target_properties(samples_engine PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_dependencies(samples_engine alphastream_render_events)
    add_test(NAME sample_render_events
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/samples/test_gl_samples.sh render_events
        $<TARGET_FILE:samples_engine> $<TARGET_FILE:alphastream_cli> $<TARGET_FILE:alphastream_render_events>)
    set_tests_properties(sample_render_events PROPERTIES
        ENVIRONMENT "LIBGL_ALWAYS_SOFTWARE=1;LP_NUM_THREADS=1")
    foreach(sample gl_strip gl_texture)
        add_test(NAME sample_${sample}
            COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/samples/test_gl_samples.sh ${sample}
            $<TARGET_FILE:alphastream_${sample}> $<TARGET_FILE:alphastream_cli>)
        set_tests_properties(sample_${sample} PROPERTIES
            ENVIRONMENT "LIBGL_ALWAYS_SOFTWARE=1;LP_NUM_THREADS=1")
    endforeach()
endif()

if(ALPHASTREAM_WITH_VULKAN)
    set(samples_vk vk_texture)
    if(ALPHASTREAM_WITH_GL)
        list(APPEND samples_vk gl_vk_share)
    endif()
    foreach(sample ${samples_vk})
        add_test(NAME sample_${sample}
            COMMAND ${as_vk_layer} $<TARGET_FILE:alphastream_${sample}>
            ${CMAKE_CURRENT_SOURCE_DIR}/samples/test_vk_samples.sh ${sample}
            $<TARGET_FILE:alphastream_${sample}>)
        set_tests_properties(sample_${sample} PROPERTIES
            ENVIRONMENT "${as_software_vulkan};LIBGL_ALWAYS_SOFTWARE=1;LP_NUM_THREADS=1")
    endforeach()
endif()

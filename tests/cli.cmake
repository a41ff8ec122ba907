# Tests of the built tool, as a user meets it.
find_program(ALPHASTREAM_BASH bash)
find_program(ALPHASTREAM_PYTHON3 python3)
if(NOT ALPHASTREAM_BASH OR NOT ALPHASTREAM_PYTHON3)
    message(FATAL_ERROR "bash and python3 are needed by the tests of the tool. Install them (Debian: "
        "apt-get install bash python3, or run scripts/install-deps), or configure with "
        "-DALPHASTREAM_WITH_TESTS=OFF.")
endif()

function(as_cli_test name script)
    add_test(NAME cli_${name}
        COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/${script}
        $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR})
    set_tests_properties(cli_${name} PROPERTIES LABELS cli)
endfunction()

as_cli_test(commands test_cli.sh)
as_cli_test(play test_play.sh)
as_cli_test(golden test_golden_cli.sh)

# The same masks by OpenGL, on Mesa's software driver, and what is special about that backend.
if(ALPHASTREAM_WITH_GL)
    foreach(api core es)
        add_test(NAME cli_golden_gl_${api}
            COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_golden_cli.sh
            $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR} --backend gl --gl-api ${api})
    endforeach()
    as_cli_test(backend_gl test_backend_gl.sh)
    set_tests_properties(cli_golden_gl_core cli_golden_gl_es cli_backend_gl PROPERTIES
        LABELS cli ENVIRONMENT "LIBGL_ALWAYS_SOFTWARE=1;LP_NUM_THREADS=1")
endif()
# And by Vulkan.
if(ALPHASTREAM_WITH_VULKAN)
    add_test(NAME cli_golden_vulkan
        COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_golden_cli.sh
        $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR} --backend vulkan)
    # Under the validation layer, some of the golden masks alone.
    add_test(NAME cli_backend_vulkan
        COMMAND ${as_vk_layer} $<TARGET_FILE:alphastream_cli>
        bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_backend_vulkan.sh
        $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR})
    add_test(NAME cli_layer_vulkan
        COMMAND ${as_vk_layer} $<TARGET_FILE:alphastream_cli>
        bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_golden_cli.sh
        $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR} --backend vulkan)
    set_tests_properties(cli_golden_vulkan cli_backend_vulkan PROPERTIES
        LABELS cli ENVIRONMENT "${as_software_vulkan}")
    set_tests_properties(cli_layer_vulkan PROPERTIES
        LABELS cli ENVIRONMENT "${as_software_vulkan};GOLDEN_EVERY=3")
endif()
if(ALPHASTREAM_WITH_HTTP)
    as_cli_test(http test_http.sh)
endif()

# doctor on Mesa's software drivers, without those of this machine.
set(doctor_parts)
foreach(part HTTP GL VULKAN)
    if(ALPHASTREAM_WITH_${part})
        string(TOLOWER ${part} part)
        list(APPEND doctor_parts ${part})
    endif()
endforeach()
list(JOIN doctor_parts " " doctor_parts)
add_test(NAME cli_doctor
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_doctor.sh
    $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR} "${doctor_parts}")
set_tests_properties(cli_doctor PROPERTIES
    LABELS cli ENVIRONMENT "LIBGL_ALWAYS_SOFTWARE=1;${as_software_vulkan}")

foreach(program zsh groff)
    find_program(ALPHASTREAM_${program} ${program})
    if(NOT ALPHASTREAM_${program})
        message(FATAL_ERROR "${program} was not found; the tests of completion and manual pages need "
            "it. Install zsh and groff-base (Debian: apt-get install zsh groff-base, or run "
            "scripts/install-deps), or configure with -DALPHASTREAM_WITH_TESTS=OFF.")
    endif()
endforeach()
set(words_programs $<TARGET_FILE:alphastream_cli>)
if(ALPHASTREAM_WITH_VIEWER)
    list(APPEND words_programs $<TARGET_FILE:alphastream_viewer>)
endif()
add_test(NAME cli_words COMMAND ${ALPHASTREAM_PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_words.py
    ${PROJECT_SOURCE_DIR} ${words_programs})
set_tests_properties(cli_words PROPERTIES LABELS cli)

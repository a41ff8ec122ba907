# The built viewer, without a window and in one on a screen of the tests' own; the tool says what the
# masks are.
set(viewer_programs Xvfb xdotool)
set(viewer_video_options --without-ffmpeg)
if(ALPHASTREAM_WITH_FFMPEG)
    list(APPEND viewer_programs ffmpeg)
    set(viewer_video_options)
endif()
foreach(program ${viewer_programs})
    find_program(ALPHASTREAM_${program} ${program})
    if(NOT ALPHASTREAM_${program})
        string(TOLOWER ${program} package)
        message(FATAL_ERROR "${program} was not found; the tests of the viewer need it. Install it "
            "(Debian: apt-get install ${package}, or run scripts/install-deps), or configure with "
            "-DALPHASTREAM_WITH_VIEWER=OFF or -DALPHASTREAM_WITH_TESTS=OFF.")
    endif()
endforeach()

# What can be tried.
set(viewer_renderers "ALPHASTREAM_TEST_RENDERERS=gl cpu")
if(ALPHASTREAM_WITH_VULKAN)
    set(viewer_renderers "ALPHASTREAM_TEST_RENDERERS=gl vulkan cpu")
endif()

alphastream_require(x11 x11 libx11-dev "testing the viewer's window"
    ", or configure with -DALPHASTREAM_WITH_VIEWER=OFF or -DALPHASTREAM_WITH_TESTS=OFF")

function(as_viewer_test name)
    add_test(NAME viewer_${name}
        COMMAND ${ALPHASTREAM_PYTHON3} ${CMAKE_CURRENT_SOURCE_DIR}/viewer/test_${name}.py
        $<TARGET_FILE:alphastream_viewer> $<TARGET_FILE:alphastream_cli> ${PROJECT_SOURCE_DIR} ${ARGN})
    # The longest tests begin first, or one of them runs alone at the end.
    set_tests_properties(viewer_${name} PROPERTIES LABELS viewer COST 30
        ENVIRONMENT "LIBGL_ALWAYS_SOFTWARE=1;LP_NUM_THREADS=1;${viewer_renderers};${as_software_vulkan}")
endfunction()

as_viewer_test(pictures)
as_viewer_test(headless)
as_viewer_test(window ${viewer_video_options})
add_executable(viewer_x_client viewer/x_client.c)
set_target_properties(viewer_x_client PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(viewer_x_client PRIVATE alphastream_flags PkgConfig::x11)
as_viewer_test(desktop $<TARGET_FILE:viewer_x_client>)
as_viewer_test(video ${viewer_video_options})
set(viewer_timeline_options)
if(NOT ALPHASTREAM_WITH_HTTP)
    set(viewer_timeline_options --without-http)
endif()
as_viewer_test(timeline ${viewer_timeline_options})
# What holds of optimized code is not asked of other.
set(viewer_most_ms 10)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    set(viewer_most_ms 1)
endif()
as_viewer_test(memory ${viewer_most_ms})
if(ALPHASTREAM_WITH_VULKAN)
    foreach(shader scene_frag panel_frag whole_vert line_vert line_frag)
        add_test(NAME spirv_viewer_${shader} COMMAND ${ALPHASTREAM_SPIRV_VAL} --target-env vulkan1.1
            ${CMAKE_BINARY_DIR}/samples/viewer/spirv/${shader}.spv)
        set_tests_properties(spirv_viewer_${shader} PROPERTIES LABELS vk)
    endforeach()
endif()

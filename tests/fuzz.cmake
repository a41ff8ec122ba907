# Fuzz targets (fuzz/README.md). With ALPHASTREAM_WITH_FUZZERS (preset fuzz, clang) each is a
# libFuzzer program, fuzz_NAME; otherwise it is replay_NAME, a plain program that runs over inputs,
# and a test that it does so over those of the repository.
option(ALPHASTREAM_WITH_FUZZERS "Build the fuzz targets with libFuzzer (clang)" OFF)
if(ALPHASTREAM_WITH_FUZZERS AND NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "libFuzzer needs clang: configure with the preset fuzz, or with "
        "-DALPHASTREAM_WITH_FUZZERS=OFF.")
endif()
add_custom_target(fuzz_targets)

# as_fuzz(NAME [WRAP function...] [SOURCES source...])
function(as_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 fuzz "" "" "WRAP;SOURCES")
    set(program replay_${name})
    if(ALPHASTREAM_WITH_FUZZERS)
        set(program fuzz_${name})
    endif()
    add_executable(${program} fuzz/${name}.c fuzz/folder.c fuzz/fuzz.c fuzz/quick_scrypt.c ${fuzz_SOURCES})
    target_link_libraries(${program} PRIVATE
        alphastream_test_support alphastream_objects
        ${ALPHASTREAM_DEFLATE_LIBRARIES} ${ALPHASTREAM_CRYPTO_LIBRARIES}
        $<$<BOOL:${ALPHASTREAM_WITH_HTTP}>:PkgConfig::libcurl> Threads::Threads m)
    foreach(wrapped EVP_PBE_scrypt ${fuzz_WRAP})
        target_link_options(${program} PRIVATE -Wl,--wrap=${wrapped})
    endforeach()
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    add_dependencies(fuzz_targets ${program})
    if(ALPHASTREAM_WITH_FUZZERS)
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(${program} PRIVATE fuzz/replay.c)
        add_test(NAME fuzz_${name}
            COMMAND ${program} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
        set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz)
    endif()
endfunction()

# as_fuzz_calls(NAME): programs of calls.
function(as_fuzz_calls name)
    as_fuzz(${name} WRAP as_http_join SOURCES fuzz/budget.c fuzz/crew.c fuzz/no_network.c)
endfunction()

as_fuzz(container)
as_fuzz(raster)
as_fuzz(strip)
as_fuzz(writer)
as_fuzz_calls(cv)
as_fuzz_calls(stream)
as_fuzz(options)
as_fuzz(http_head)
as_fuzz(http_plan)
as_fuzz(chunks SOURCES fuzz/budget.c)
if(ALPHASTREAM_WITH_HTTP)
    as_fuzz(http SOURCES fuzz/budget.c fuzz/transport.c
        WRAP as_http_join as_http_kick as_http_leave as_http_add as_http_remove as_clock_ns
            as_cond_wait_until curl_easy_getinfo)
endif()

# The tool's own files, without those of its GPUs and built-in frames.
if(ALPHASTREAM_WITH_TOOL)
    file(GLOB tool_sources ${PROJECT_SOURCE_DIR}/samples/cli/*.c)
    list(FILTER tool_sources EXCLUDE REGEX
        "/(main|backend_gl|backend_vulkan|output_png.*|self_test|sha256_.*|system_win32)\\.c$")
    list(APPEND tool_sources ${PROJECT_SOURCE_DIR}/samples/cli/sha256_${ALPHASTREAM_CRYPTO}.c
        ${PROJECT_SOURCE_DIR}/samples/common/command_line.c
        ${PROJECT_SOURCE_DIR}/samples/common/suggest.c)
    if(ALPHASTREAM_WITH_PNG)
        list(APPEND tool_sources ${PROJECT_SOURCE_DIR}/samples/cli/output_png.c)
    else()
        list(APPEND tool_sources ${PROJECT_SOURCE_DIR}/samples/cli/output_png_stub.c)
    endif()
    as_fuzz(cli SOURCES ${tool_sources} fuzz/cli_main.c fuzz/guard_files.c fuzz/no_network.c
        fuzz/no_self_test.c
        WRAP as_http_join fopen open open64 openat openat64 mkdir rename renameat unlink unlinkat
            clock_nanosleep)
    foreach(program replay_cli fuzz_cli)
        if(TARGET ${program} AND ALPHASTREAM_WITH_PNG)
            target_link_libraries(${program} PRIVATE PkgConfig::libpng)
        endif()
    endforeach()
endif()

# Instruction counts against a baseline (docs/testing.md). They are of optimized code for x86-64, so
# other builds leave this out.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64"
        AND NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    add_executable(perf_gate_cases perf/gate.c)
    target_include_directories(perf_gate_cases PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(perf_gate_cases PRIVATE alphastream_static alphastream_flags)
    set_target_properties(perf_gate_cases PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    set(perf_compiler "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
    add_test(NAME perf_gate COMMAND ${ALPHASTREAM_PYTHON3}
        ${CMAKE_CURRENT_SOURCE_DIR}/perf/gate.py $<TARGET_FILE:perf_gate_cases> ${perf_compiler})
    add_test(NAME perf_gate_self_test COMMAND ${ALPHASTREAM_PYTHON3}
        ${CMAKE_CURRENT_SOURCE_DIR}/perf/gate.py --self-test)
    set_tests_properties(perf_gate perf_gate_self_test PROPERTIES LABELS policy)
    # For scripts/update-perf-baseline.
    file(WRITE ${CMAKE_BINARY_DIR}/perf_compiler.txt "${perf_compiler}\n")
endif()

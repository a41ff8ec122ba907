# What every target of this project is compiled with.
add_library(alphastream_flags INTERFACE)
target_compile_definitions(alphastream_flags INTERFACE _POSIX_C_SOURCE=200809L)
if(WIN32)
    # Windows 10; formats of C11 rather than the system's own.
    target_compile_definitions(alphastream_flags INTERFACE
        _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX UNICODE __USE_MINGW_ANSI_STDIO=1)
endif()
target_compile_options(alphastream_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef
    "$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>"
    # Exactness: no fused multiply-add where the source has two operations.
    -ffp-contract=off
    $<$<BOOL:${ALPHASTREAM_WERROR}>:-Werror>)

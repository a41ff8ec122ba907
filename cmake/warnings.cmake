# What every target of this project is compiled with.
add_library(alphastream_flags INTERFACE)
target_compile_definitions(alphastream_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(alphastream_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef
    "$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>"
    # Exactness: no fused multiply-add where the source has two operations.
    -ffp-contract=off
    $<$<BOOL:${ALPHASTREAM_WERROR}>:-Werror>)

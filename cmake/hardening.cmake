# What makes a mistake that got past everything else end the program instead of serving an attacker
# (docs/reliability.md). For optimized builds: _FORTIFY_SOURCE needs the optimizer, and sanitizers
# watch more closely themselves. tests/policy/test_hardening.py looks at what came of it.
option(ALPHASTREAM_HARDENING "Compile and link with the protections that the compiler has" ON)
set(ALPHASTREAM_HARDENED OFF)
if(NOT ALPHASTREAM_HARDENING OR WIN32 OR CMAKE_C_FLAGS MATCHES "-fsanitize"
        OR NOT CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
    return()
endif()
set(ALPHASTREAM_HARDENED ON)

include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection
        -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "ALPHASTREAM_HAS${flag}" has)
    check_c_compiler_flag("-Werror ${flag}" ${has})
    if(${has})
        add_compile_options(${flag})
    endif()
endforeach()
foreach(flag relro now noexecstack text)
    check_linker_flag(C -Wl,-z,${flag} ALPHASTREAM_LINKS_${flag})
    if(ALPHASTREAM_LINKS_${flag})
        add_link_options(-Wl,-z,${flag})
    endif()
endforeach()
# 3 asks gcc 12 and glibc 2.35; with others it is 2 and a warning. Some compilers define it already.
set(fortify 2)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    set(fortify 3)
endif()
add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify})

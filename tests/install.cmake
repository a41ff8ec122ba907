# What is installed, used as others would use it. Not of sanitizer builds: their libraries need the
# sanitizer's runtime in the program.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    set(install_features)
    foreach(part HTTP GL VULKAN)
        if(ALPHASTREAM_WITH_${part})
            string(TOLOWER ${part} part)
            string(APPEND install_features " ${part}")
        endif()
    endforeach()
    string(STRIP "${install_features}" install_features)
    add_test(NAME install_prefix COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/test_install.sh
        ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} "${install_features}")
    set_tests_properties(install_prefix PROPERTIES LABELS install ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
endif()

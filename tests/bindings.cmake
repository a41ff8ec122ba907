# The library from other languages (bindings/). Sanitizer builds run the C++ program with gcc's
# runtime, and leave out clang's, which is another.
set(bindings_folder ${CMAKE_CURRENT_SOURCE_DIR}/bindings)
separate_arguments(bindings_flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
list(FILTER bindings_flags INCLUDE REGEX "^-f(no-)?sanitize")
add_test(NAME bindings_cpp COMMAND ${bindings_folder}/test_cpp.sh $<TARGET_FILE:alphastream>
    ${bindings_flags})

# Writes the texts FILES (a list of NAME=PATH) as C arrays of these names, each with a NUL at its
# end, into OUT: cmake -DOUT=... -DFILES=... [-DTYPE="unsigned char"] -P embed_text.cmake
if(NOT TYPE)
    set(TYPE char)
endif()
set(code "/* Made by cmake/embed_text.cmake. */\n")
foreach(entry IN LISTS FILES)
    string(REGEX MATCH "^([a-z0-9_]+)=(.*)$" _ "${entry}")
    set(name ${CMAKE_MATCH_1})
    file(READ "${CMAKE_MATCH_2}" hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n"
        bytes "${bytes}")
    string(APPEND code "extern const ${TYPE} ${name}[];\nconst ${TYPE} ${name}[] = {\n${bytes}0};\n")
endforeach()
file(WRITE "${OUT}" "${code}")

# What `cmake --install` puts where. Everything finds its prefix when it is used, so that an installed
# tree may be moved. Components are the packages of cmake/package.cmake: runtime, development, tools.
include(CMakePackageConfigHelpers)

find_program(ALPHASTREAM_GZIP gzip)
if(NOT ALPHASTREAM_GZIP)
    message(FATAL_ERROR "gzip was not found; the manual pages are installed compressed. Install it "
        "(Debian: apt-get install gzip, or run scripts/install-deps).")
endif()

set(ALPHASTREAM_ZSH_FOLDER ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
    "Where zsh looks for completions, below the prefix")
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/alphastream)
set(config_templates ${PROJECT_SOURCE_DIR}/cmake)

# The library. Callers of the closed one say dlopen("libalphastream.so"), so that name is the runtime's.
install(TARGETS alphastream EXPORT alphastream_shared
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT runtime
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(TARGETS alphastream_static EXPORT alphastream_static
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/alphastream
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h*")

# find_package(alphastream). The static target has a file of its own: it needs other packages, which
# users of the shared one need not have.
foreach(kind shared static)
    install(EXPORT alphastream_${kind} FILE alphastream-${kind}.cmake NAMESPACE alphastream::
        DESTINATION ${config_folder} COMPONENT development)
endforeach()
foreach(part HTTP GL VULKAN)
    string(TOLOWER ${part} name)
    if(ALPHASTREAM_WITH_${part})
        set(built_${name} TRUE)
    else()
        set(built_${name} FALSE)
    endif()
endforeach()
# What find_package looks for: what is linked to.
set(link_name libalphastream${CMAKE_SHARED_LIBRARY_SUFFIX})
if(WIN32)
    set(link_name libalphastream${CMAKE_IMPORT_LIBRARY_SUFFIX})
endif()
# While the first number is 0, any release may change the interface.
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(compatibility SameMinorVersion)
endif()
configure_package_config_file(${config_templates}/alphastream-config.cmake.in
    ${PROJECT_BINARY_DIR}/alphastream-config.cmake INSTALL_DESTINATION ${config_folder}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/alphastream-config-version.cmake
    COMPATIBILITY ${compatibility})
install(FILES ${PROJECT_BINARY_DIR}/alphastream-config.cmake
    ${PROJECT_BINARY_DIR}/alphastream-config-version.cmake
    DESTINATION ${config_folder} COMPONENT development)

# pkg-config: the prefix is where the file lies, less the folders below it. Folders that were given in full
# stay where they are; a file in one of these cannot find its prefix.
set(pc_prefix ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
    file(RELATIVE_PATH pc_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
    string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
endif()
foreach(name libdir includedir)
    string(TOUPPER ${name} NAME)
    set(pc_${name} ${CMAKE_INSTALL_${NAME}})
    if(NOT IS_ABSOLUTE ${pc_${name}})
        set(pc_${name} "\${prefix}/${pc_${name}}")
    endif()
endforeach()
list(JOIN ALPHASTREAM_MODULES " " modules)
set(pc_libraries)
if(ALPHASTREAM_WITH_HTTP)
    string(APPEND pc_libraries "-lcurl ")
endif()
if(WIN32 AND ALPHASTREAM_CRYPTO STREQUAL "gcrypt")
    string(APPEND pc_libraries "-lws2_32 ")
endif()
configure_file(${config_templates}/alphastream.pc.in ${PROJECT_BINARY_DIR}/alphastream.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/alphastream.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# Manual pages; @...@ in them is what the project knows better.
function(alphastream_man page component)
    string(REGEX MATCH "[0-9]$" section ${page})
    set(text ${PROJECT_BINARY_DIR}/man/${page})
    configure_file(${packaging}/man/${page} ${text} @ONLY)
    # -n: no time in it, so that the same text is the same file.
    add_custom_command(OUTPUT ${text}.gz
        COMMAND ${ALPHASTREAM_GZIP} -9nkf ${text}
        DEPENDS ${text} COMMENT "Compressing ${page}" VERBATIM)
    add_custom_target(alphastream_man_${page} ALL DEPENDS ${text}.gz)
    install(FILES ${text}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
        COMPONENT ${component})
endfunction()
alphastream_man(libalphastream.3 development)

if(ALPHASTREAM_WITH_TOOL)
    install(TARGETS alphastream_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
    alphastream_man(alphastream.1 tools)
    install(FILES ${packaging}/completion/alphastream.bash RENAME alphastream
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
    install(FILES ${packaging}/completion/_alphastream
        DESTINATION ${ALPHASTREAM_ZSH_FOLDER} COMPONENT tools)
endif()
if(ALPHASTREAM_WITH_VIEWER)
    install(TARGETS alphastream_viewer RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
    alphastream_man(alphastream-viewer.1 tools)
    install(FILES ${packaging}/completion/alphastream-viewer.bash RENAME alphastream-viewer
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
    install(FILES ${packaging}/completion/_alphastream-viewer
        DESTINATION ${ALPHASTREAM_ZSH_FOLDER} COMPONENT tools)
    install(FILES ${packaging}/alphastream-viewer.desktop
        DESTINATION ${CMAKE_INSTALL_DATADIR}/applications COMPONENT tools)
    install(FILES ${packaging}/alphastream-viewer.svg
        DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps COMPONENT tools)
    install(FILES ${packaging}/alphastream-mime.xml RENAME alphastream.xml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages COMPONENT tools)
endif()

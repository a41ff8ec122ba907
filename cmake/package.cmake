# Debian packages, made by cpack in a build of the preset "package": libalphastream0 with the shared
# library, libalphastream-dev, and alphastream-tools with tool and viewer.
set(debian ${PROJECT_SOURCE_DIR}/packaging/debian)
set(made ${PROJECT_BINARY_DIR}/debian)
set(runtime_package libalphastream${ALPHASTREAM_SOVERSION})
set(development_package libalphastream-dev)
set(tools_package alphastream-tools)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME alphastream)
set(CPACK_PACKAGE_VENDOR "the libalphastream authors")
set(ALPHASTREAM_PACKAGE_CONTACT "the libalphastream authors <maintainers@libalphastream.example>"
    CACHE STRING "Maintainer that the packages name")
set(ALPHASTREAM_PACKAGE_HOMEPAGE "" CACHE STRING "Home page that the packages name; none if empty")
set(CPACK_PACKAGE_CONTACT ${ALPHASTREAM_PACKAGE_CONTACT})
if(ALPHASTREAM_PACKAGE_HOMEPAGE)
    set(CPACK_DEBIAN_PACKAGE_HOMEPAGE ${ALPHASTREAM_PACKAGE_HOMEPAGE})
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # the first line of each description is its own
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(deb_version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime_package})
# For libraries of two machines side by side. cpack has a variable for that field from 3.31 on; until then
# it follows another.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION "libs\nMulti-Arch: same")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${debian}/triggers)
# dpkg-shlibdeps sees which functions are called, and not which options are set.
set(curl_depends)
if(ALPHASTREAM_WITH_HTTP)
    set(curl_depends "libcurl4 (>= 7.87)")
    set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS ${curl_depends})
endif()
# For https URLs.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
    "vector alpha masks for passthrough video
libalphastream streams recorded outlines and draws them as alpha masks, exact
to the pixel, on the CPU, as OpenGL textures and as Vulkan images.

This package has the shared library. Programs that load it when they run find
it as libalphastream.so as well.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME ${development_package})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
# What alphastream.pc requires, for the static library.
set(development_depends "${runtime_package} ${deb_version}" libdeflate-dev libssl-dev)
if(ALPHASTREAM_WITH_HTTP)
    list(APPEND development_depends libcurl4-openssl-dev)
endif()
list(JOIN development_depends ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
if(ALPHASTREAM_WITH_VULKAN)
    set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS libvulkan-dev)
endif()
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "vector alpha masks for passthrough video - development files
libalphastream streams recorded outlines and draws them as alpha masks, exact
to the pixel, on the CPU, as OpenGL textures and as Vulkan images.

This package has the headers, the static library, and files for pkg-config
and CMake.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME ${tools_package})
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION video)
# Loaded when they are needed: EGL and Vulkan.
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "ca-certificates, libegl1, libvulkan1")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION
    "vector alpha masks for passthrough video - tool and viewer
libalphastream streams recorded outlines and draws them as alpha masks, exact
to the pixel, on the CPU, as OpenGL textures and as Vulkan images.

This package has the tool alphastream, which looks into containers, draws and
plays them, and the viewer alphastream-viewer.")
set(tools_depends ${curl_depends})
if(ALPHASTREAM_WITH_VIEWER)
    # Its font is opened by its path.
    list(APPEND tools_depends fonts-dejavu-core)
endif()
list(JOIN tools_depends ", " CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS)

# What each package tells of itself: copyright, changelog, and which of lintian's warnings are meant.
file(READ LICENSE licence)
string(REGEX REPLACE "^MIT License\n\n(Copyright [^\n]*)\n\n" "" licence "${licence}")
set(copyright_line "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^Copyright \\(c\\) " "" copyright_line "${copyright_line}")
string(STRIP "${licence}" licence)
string(REGEX REPLACE "\n\n" "\n.\n" licence "${licence}")
string(REGEX REPLACE "\n" "\n " licence "${licence}")
configure_file(${debian}/copyright.in ${made}/copyright @ONLY)

# The day of the release, not that of the build: as CHANGELOG.md has it, so that checkout and tarball make
# the same. Before there is one, that of the last commit, which is also that of the files in an archive.
set(release_time $ENV{SOURCE_DATE_EPOCH})
file(STRINGS CHANGELOG.md release_heading REGEX "^## \\[${PROJECT_VERSION}\\] - [0-9-]+$" LIMIT_COUNT 1)
if(NOT release_time AND release_heading)
    string(REGEX REPLACE "^.* " "" release_day "${release_heading}")
    execute_process(COMMAND date --utc --date=${release_day} +%s
        OUTPUT_VARIABLE release_time OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
elseif(NOT release_time AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
    execute_process(COMMAND git -c safe.directory=* -C ${PROJECT_SOURCE_DIR} log -1 --format=%ct
        OUTPUT_VARIABLE release_time OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
elseif(NOT release_time)
    file(TIMESTAMP CHANGELOG.md release_time %s UTC)
endif()
set(saved_epoch $ENV{SOURCE_DATE_EPOCH})
set(ENV{SOURCE_DATE_EPOCH} ${release_time})
string(TIMESTAMP release_day "%a, %d %b %Y %H:%M:%S +0000" UTC)
if(saved_epoch)
    set(ENV{SOURCE_DATE_EPOCH} ${saved_epoch})
else()
    unset(ENV{SOURCE_DATE_EPOCH})
endif()
configure_file(${debian}/changelog.in ${made}/changelog.Debian @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${made}/changelog COPYONLY)
foreach(file changelog changelog.Debian)
    add_custom_command(OUTPUT ${made}/${file}.gz
        COMMAND ${ALPHASTREAM_GZIP} -9nkf ${made}/${file}
        DEPENDS ${made}/${file} COMMENT "Compressing ${file}" VERBATIM)
endforeach()
add_custom_target(alphastream_changelogs ALL
    DEPENDS ${made}/changelog.gz ${made}/changelog.Debian.gz)

function(alphastream_package_files component package)
    install(FILES ${made}/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endfunction()
alphastream_package_files(runtime ${runtime_package})
configure_file(${debian}/runtime.lintian-overrides.in ${made}/lintian-overrides @ONLY)
install(FILES ${made}/lintian-overrides RENAME ${runtime_package}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT runtime)
alphastream_package_files(development ${development_package})
if(ALPHASTREAM_WITH_TOOL OR ALPHASTREAM_WITH_VIEWER)
    list(APPEND CPACK_COMPONENTS_ALL tools)
    alphastream_package_files(tools ${tools_package})
endif()

include(CPack)

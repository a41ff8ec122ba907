# Finds what the enabled parts need; each message names the Debian package and the way out.
find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
    message(FATAL_ERROR "pkg-config was not found; finding the libraries needs it. Install it "
        "(Debian: apt-get install pkg-config, or run scripts/install-deps).")
endif()
find_package(Threads REQUIRED)

function(alphastream_require target module package purpose way_out)
    pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${target}_FOUND)
        message(FATAL_ERROR "${module} was not found; ${purpose} needs it. Install it "
            "(Debian: apt-get install ${package}, or run scripts/install-deps)${way_out}.")
    endif()
endfunction()

if(MINGW)
    # The import library of a DLL would be found first; programs shall need no DLLs of others.
    set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
# What alphastream_require asks for may name the oldest version that will do: "libcurl>=7.87".
# ALPHASTREAM_MODULES: what pkg-config calls the libraries of both choices.
if(ALPHASTREAM_DEFLATE STREQUAL "zlib")
    alphastream_require(zlib zlib "zlib1g-dev or libz-mingw-w64-dev" "inflating frames" "")
    set(ALPHASTREAM_MODULES zlib)
elseif(ALPHASTREAM_DEFLATE STREQUAL "libdeflate")
    alphastream_require(libdeflate libdeflate libdeflate-dev "inflating frames" "")
    set(ALPHASTREAM_MODULES libdeflate)
else()
    message(FATAL_ERROR "ALPHASTREAM_DEFLATE is \"${ALPHASTREAM_DEFLATE}\"; give libdeflate or zlib")
endif()
set(ALPHASTREAM_DEFLATE_LIBRARIES PkgConfig::${ALPHASTREAM_MODULES})
if(ALPHASTREAM_CRYPTO STREQUAL "gcrypt")
    alphastream_require(libgcrypt libgcrypt "libgcrypt20-dev or libgcrypt-mingw-w64-dev"
        "reading encrypted containers" "")
    alphastream_require(gpg-error gpg-error "libgpg-error-dev or libgpg-error-mingw-w64-dev"
        "reading encrypted containers" "")
    set(ALPHASTREAM_CRYPTO_LIBRARIES PkgConfig::libgcrypt)
    list(APPEND ALPHASTREAM_MODULES libgcrypt gpg-error)
    target_link_libraries(PkgConfig::libgcrypt INTERFACE PkgConfig::gpg-error)
    if(WIN32)
        target_link_libraries(PkgConfig::gpg-error INTERFACE ws2_32)
    endif()
elseif(ALPHASTREAM_CRYPTO STREQUAL "openssl")
    alphastream_require(libcrypto libcrypto>=3.0 libssl-dev "reading encrypted containers" "")
    set(ALPHASTREAM_CRYPTO_LIBRARIES PkgConfig::libcrypto)
    list(APPEND ALPHASTREAM_MODULES libcrypto)
else()
    message(FATAL_ERROR "ALPHASTREAM_CRYPTO is \"${ALPHASTREAM_CRYPTO}\"; give openssl or gcrypt")
endif()
if(ALPHASTREAM_WITH_HTTP)
    alphastream_require(libcurl libcurl>=7.87 libcurl4-openssl-dev "reading over HTTP"
        ", or configure with -DALPHASTREAM_WITH_HTTP=OFF")
endif()
if(ALPHASTREAM_WITH_TOOL AND ALPHASTREAM_WITH_PNG)
    alphastream_require(libpng libpng libpng-dev "the tool's PNG output"
        ", or configure with -DALPHASTREAM_WITH_PNG=OFF")
endif()
if(ALPHASTREAM_WITH_VIEWER)
    if(NOT ALPHASTREAM_WITH_GL)
        message(FATAL_ERROR "The viewer shows its pictures by OpenGL: configure with "
            "-DALPHASTREAM_WITH_GL=ON or with -DALPHASTREAM_WITH_VIEWER=OFF.")
    endif()
    set(viewer_way_out ", or configure with -DALPHASTREAM_WITH_VIEWER=OFF")
    alphastream_require(glfw3 glfw3 libglfw3-dev "the viewer" "${viewer_way_out}")
    alphastream_require(freetype2 freetype2 libfreetype-dev "the viewer's text" "${viewer_way_out}")
    alphastream_require(libpng libpng libpng-dev "the viewer's pictures" "${viewer_way_out}")
    if(ALPHASTREAM_WITH_FFMPEG)
        foreach(library avformat avcodec swscale avutil)
            alphastream_require(lib${library} lib${library} lib${library}-dev "the viewer's --video"
                ", or configure with -DALPHASTREAM_WITH_FFMPEG=OFF")
        endforeach()
    endif()
endif()
if(ALPHASTREAM_WITH_TESTS AND ALPHASTREAM_WITH_CMOCKA)
    alphastream_require(cmocka cmocka libcmocka-dev "the test suite"
        ", or configure with -DALPHASTREAM_WITH_TESTS=OFF")
endif()
# On Windows the library serves contexts and devices of its host, but tests, samples and tool have none
# of their own: they make them by EGL and dlopen.
foreach(api GL VULKAN)
    set(ALPHASTREAM_OWN_${api} ${ALPHASTREAM_WITH_${api}})
    if(WIN32)
        set(ALPHASTREAM_OWN_${api} OFF)
    endif()
endforeach()
if(ALPHASTREAM_WITH_GL)
    find_program(ALPHASTREAM_GLAD glad)
    if(NOT ALPHASTREAM_GLAD)
        message(FATAL_ERROR "glad (2.0 or newer) was not found; OpenGL textures need it to generate "
            "their loader. Install it (Debian: apt-get install python3-glad, or run "
            "scripts/install-deps), or configure with -DALPHASTREAM_WITH_GL=OFF.")
    endif()
    if(ALPHASTREAM_OWN_GL AND (ALPHASTREAM_WITH_TESTS OR ALPHASTREAM_WITH_BENCH))
        alphastream_require(egl egl libegl-dev "testing and measuring OpenGL textures"
            ", or configure with -DALPHASTREAM_WITH_GL=OFF")
    endif()
endif()
if(ALPHASTREAM_WITH_VULKAN)
    if(WIN32 AND EXISTS /usr/include/vulkan/vulkan_core.h)
        # Vulkan's headers alone: beside them lie those of this system.
        file(COPY /usr/include/vulkan /usr/include/vk_video
            DESTINATION ${CMAKE_BINARY_DIR}/vulkan-headers)
        set(ALPHASTREAM_VULKAN_HEADERS ${CMAKE_BINARY_DIR}/vulkan-headers)
    endif()
    find_path(ALPHASTREAM_VULKAN_HEADERS vulkan/vulkan_core.h)
    if(NOT ALPHASTREAM_VULKAN_HEADERS)
        message(FATAL_ERROR "vulkan/vulkan_core.h was not found; Vulkan images need it. Install it "
            "(Debian: apt-get install libvulkan-dev, or run scripts/install-deps), or configure "
            "with -DALPHASTREAM_WITH_VULKAN=OFF.")
    endif()
    find_program(ALPHASTREAM_GLSLC glslc)
    if(NOT ALPHASTREAM_GLSLC)
        message(FATAL_ERROR "glslc was not found; it compiles the shaders of Vulkan images. Install "
            "it (Debian: apt-get install glslc, or run scripts/install-deps), or configure with "
            "-DALPHASTREAM_WITH_VULKAN=OFF.")
    endif()
    if(ALPHASTREAM_WITH_TESTS AND ALPHASTREAM_OWN_VULKAN)
        find_program(ALPHASTREAM_SPIRV_VAL spirv-val)
        if(NOT ALPHASTREAM_SPIRV_VAL)
            message(FATAL_ERROR "spirv-val was not found; the test suite checks the compiled shaders "
                "with it. Install it (Debian: apt-get install spirv-tools, or run "
                "scripts/install-deps), or configure with -DALPHASTREAM_WITH_VULKAN=OFF.")
        endif()
    endif()
endif()

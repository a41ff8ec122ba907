# Debian's cross compiler for s390x, a big-endian machine, its libraries (scripts/s390x-root), and qemu
# to run what was built: scripts/install-deps --s390x. Programs are linked statically.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE s390x-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x-static)
get_filename_component(s390x_root ${CMAKE_CURRENT_LIST_DIR}/../build/s390x-root ABSOLUTE)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${s390x_root})
set(ENV{PKG_CONFIG_LIBDIR} ${s390x_root}/usr/lib/s390x-linux-gnu/pkgconfig)
set(CMAKE_C_FLAGS_INIT
    "-isystem ${s390x_root}/usr/include -isystem ${s390x_root}/usr/include/s390x-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -L${s390x_root}/usr/lib/s390x-linux-gnu")

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the build into a prefix, moves the prefix, and uses what is there as others would: by CMake,
# by pkg-config, from C and C++, with the static library alone, and by name at run time.
#
# test_install.sh BUILD SOURCE_DIR FEATURES: the build's parts, "http gl vulkan" or less
# shellcheck disable=SC2317  # functions that `check` calls by name
set -uo pipefail
export LC_ALL=C

build=$1
root=$2
features=$3
here=$root/tests/install
walkers=$root/samples/data/walkers.asvp
want=$(awk '$1 == "walkers.asvp" && $2 == 315 && $4 == "2048x1024" && $5 == "nearest" &&
    $6 == "union" { print $7 }' "$root/tests/data/golden.tsv")
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
cc=${CC:-cc}
cxx=${CXX:-c++}
unset DESTDIR LD_LIBRARY_PATH PKG_CONFIG_PATH CMAKE_PREFIX_PATH CFLAGS CXXFLAGS LDFLAGS

failed=0
count=0
ok() { count=$((count + 1)); echo "ok: $1"; }
bad() { count=$((count + 1)); failed=1; echo "NOT OK: $1"; tail -n 30 log; }

# check NAME COMMAND...: the command must succeed; its output is in log.
check()
{
    local name=$1
    shift
    if "$@" >log 2>&1; then ok "$name"; else bad "$name"; fi
}

# refuses NAME WORDS COMMAND...: the command must fail, and say so.
refuses()
{
    local name=$1 words=$2
    shift 2
    if "$@" >log 2>&1; then
        bad "$name: was not refused"
    elif tr -s ' \n' ' ' <log | grep -q -- "$words"; then
        ok "$name"
    else
        bad "$name: no \"$words\""
    fi
}

draws() # PROGRAM...: the golden mask
{
    [ "$("$@" "$walkers" 315 | sha256sum | cut -d ' ' -f 1)" = "$want" ]
}

[ "${#want}" = 64 ] || { echo "golden.tsv has no hash of walkers, frame 315"; exit 1; }
check "installs" cmake --install "$build" --prefix "$scratch/first place"
prefix=$scratch/moved
mv "$scratch/first place" "$prefix" || exit 1
libraries=$prefix/$(cd "$prefix" && dirname "$(find . -name libalphastream.a)")

# ------------------------------------------------------------------------- what is there ----------

nothing_left_behind() # no file knows where it was built or first installed
{
    ! grep -rlF -e "$build" -e "first place" "$prefix/include" "$prefix/share" "$libraries/cmake" \
        "$libraries/pkgconfig"
}
check "no text names the build or the first prefix" nothing_left_behind
no_run_path() { ! readelf -d "$prefix"/bin/* "$libraries/libalphastream.so" | grep -E 'R(UN)?PATH'; }
check "no run path" no_run_path
check "headers" test -f "$prefix/include/alphastream/alphastream.h"
same_headers() { diff -r "$root/include/alphastream" "$prefix/include/alphastream"; }
check "headers are all there" same_headers
version=$(awk '/#define AS_VERSION_(MAJOR|MINOR|PATCH) / { printf "%s%s", n++ ? "." : "", $3 }' \
    "$prefix/include/alphastream/version.h")
soname() { readelf -d "$libraries/libalphastream.so" | grep -q 'SONAME.*\[libalphastream\.so\.[0-9]*\]'; }
check "soname" soname
check "the library's file has the version" test -f "$libraries/libalphastream.so.$version"
if [ -x "$prefix/bin/alphastream" ]; then
    check "the tool runs" "$prefix/bin/alphastream" info "$walkers"
    check "the tool's manual page" test -s "$prefix/share/man/man1/alphastream.1.gz"
fi
check "the library's manual page" test -s "$prefix/share/man/man3/libalphastream.3.gz"
if [ -x "$prefix/bin/alphastream-viewer" ]; then
    check "the viewer runs" "$prefix/bin/alphastream-viewer" --version
    check "the viewer's icon is well-formed" python3 -c 'import sys, xml.dom.minidom as x
for name in sys.argv[1:]: x.parse(name)' \
        "$prefix/share/icons/hicolor/scalable/apps/alphastream-viewer.svg" \
        "$prefix/share/mime/packages/alphastream.xml"
    desktop=$prefix/share/applications/alphastream-viewer.desktop
    check "the desktop file names the program" grep -q '^Exec=alphastream-viewer ' "$desktop"
    check "the desktop file names the icon" grep -qx 'Icon=alphastream-viewer' "$desktop"
fi

# ------------------------------------------------------------------------- by CMake ---------------

configure() # FOLDER [options]: the consumer, with its compilers
{
    local folder=$1
    shift
    CC=$cc CXX=$cxx cmake -S "$here" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -Dalphastream_ROOT="$prefix" "$@"
}
guide=()
if [[ " $features " == *" http "* ]]; then
    awk '/^```cmake$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/install.md" >guide.cmake
    guide=(-DGUIDE="$scratch/guide.cmake")
fi
by_cmake() # FOLDER LIBRARY
{
    draws "$1/c_$2" && draws "$1/cpp_$2" && draws "$1/wrapper_$2"
}
check "CMake: configures" configure by_cmake -DWANTED="${features// /;};static" \
    -DWANTED_VERSION="${version%.*}" ${guide[@]+"${guide[@]}"}
check "CMake: builds" cmake --build by_cmake
check "CMake: shared" by_cmake by_cmake alphastream
[ "${#guide[@]}" = 0 ] || check "CMake: as docs/install.md says" draws by_cmake/program
check "CMake: static" by_cmake by_cmake alphastream_static
is_static() { ! readelf -d "$1" | grep -q libalphastream; }
check "CMake: static is static" is_static by_cmake/c_alphastream_static
refuses "CMake: unknown component" "no component quantum" configure refused1 -DWANTED=quantum
refuses "CMake: another version" "version" configure refused2 -DWANTED_VERSION=99.0
refuses "CMake: static without libdeflate" "static needs, found by pkg-config: libdeflate" \
    env PKG_CONFIG_LIBDIR=/nonexistent PKG_CONFIG_PATH= CC="$cc" CXX="$cxx" \
    cmake -S "$here" -B refused3 -G Ninja -Dalphastream_ROOT="$prefix" -DWANTED=static
for part in http gl vulkan; do
    if [[ " $features " != *" $part "* ]]; then
        refuses "CMake: $part, which was not built" "without the component $part" \
            configure "refused_$part" -DWANTED="$part"
    fi
done
# As if it had not been built.
sed -E 's/(alphastream_gl_FOUND) TRUE/\1 FALSE/' -i "$libraries/cmake/alphastream/alphastream-config.cmake"
refuses "CMake: a part that is not there" "without the component gl" configure refused4 -DWANTED=gl

# ------------------------------------------------------------------------- by pkg-config ----------

export PKG_CONFIG_PATH=$libraries/pkgconfig
check "pkg-config: version" test "$(pkg-config --modversion alphastream)" = "$version"

flags() # [pkg-config options]: an array of them
{
    read -ra given < <(pkg-config "$@" alphastream)
}
by_pkg_config()
{
    flags --cflags --libs
    "$cc" -std=c11 -Wall -Werror "$here/consumer.c" -o by_pc "${given[@]}" &&
        "$cxx" -std=c++17 -Wall -Werror -x c++ "$here/consumer.c" -x none -o by_pc_cpp "${given[@]}" &&
        "$cxx" -std=c++17 -Wall -Werror "$here/wrapper.cpp" -o by_pc_wrapper "${given[@]}" || return 1
    for program in by_pc by_pc_cpp by_pc_wrapper; do
        LD_LIBRARY_PATH=$libraries draws "./$program" || return 1
    done
}
check "pkg-config" by_pkg_config
by_guide() # its only block of C is the program
{
    awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/migration.md" >guide.c
    "$cc" -std=c11 guide.c -o guide "${given[@]}" && LD_LIBRARY_PATH=$libraries draws ./guide
}
check "the program of docs/migration.md" by_guide
manual() # SECTION: the code in the installed manual page
{
    gunzip -c "$prefix/share/man/man3/libalphastream.3.gz" | awk -v section="$1" '
        /^\.SH / { inside = index($0, section) } /^\.fi/ { code = 0 } inside && code; /^\.nf/ { code = 1 }' |
        sed 's/\\e/\\/g; s/\\-/-/g'
}
by_manual()
{
    {
        printf '%s\n' '#include <alphastream/alphastream.h>' '#include <stdio.h>' 'int main(void) {'
        manual EXAMPLES
        echo '}'
    } >manual.c
    grep -q as_stream_open manual.c && "$cc" -std=c11 -Wall -Werror manual.c -o manual "${given[@]}" &&
        LD_LIBRARY_PATH=$libraries ./manual 2>manual.err && grep people.asvp manual.err
}
check "the program of libalphastream(3)" by_manual
same_cmake() { diff <(manual LINKING | tail -n 2) <(awk '/^```cmake$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/install.md"); }
check "libalphastream(3) and docs/install.md say the same of CMake" same_cmake

# Folders in full, as some packagers give them.
in_full()
{
    cmake -S "$root" -B in_full -G Ninja "-DCMAKE_INSTALL_PREFIX=$scratch/elsewhere" -DCMAKE_INSTALL_LIBDIR=/a/lib \
        -DCMAKE_INSTALL_INCLUDEDIR=/a/include -DALPHASTREAM_WITH_HTTP=OFF -DALPHASTREAM_WITH_GL=OFF \
        -DALPHASTREAM_WITH_VULKAN=OFF -DALPHASTREAM_WITH_VIEWER=OFF -DALPHASTREAM_WITH_TOOL=OFF \
        -DALPHASTREAM_WITH_TESTS=OFF -DALPHASTREAM_WITH_BENCH=OFF &&
        [ "$(PKG_CONFIG_PATH=in_full pkg-config --variable=libdir alphastream)" = /a/lib ] &&
        [ "$(PKG_CONFIG_PATH=in_full pkg-config --variable=includedir alphastream)" = /a/include ] &&
        [ "$(PKG_CONFIG_PATH=in_full pkg-config --variable=prefix alphastream)" = "$scratch/elsewhere" ]
}
check "pkg-config: folders given in full" in_full

# ------------------------------------------------------------------------- by name ----------------

cat >by_name.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
    void *library = dlopen("libalphastream.so", RTLD_NOW);
    if (!library)
        fprintf(stderr, "%s\n", dlerror());
    return library && dlsym(library, "CV_create") ? 0 : 1;
}
END
by_name() { "$cc" by_name.c -o by_name -ldl && LD_LIBRARY_PATH=$libraries ./by_name; }
check "dlopen(\"libalphastream.so\")" by_name

# ------------------------------------------------------------------------- the static one alone ---

rm -f "$libraries"/libalphastream.so*
by_archive()
{
    flags --static --cflags --libs
    "$cc" -std=c11 "$here/consumer.c" -o by_archive "${given[@]}" && is_static by_archive &&
        draws ./by_archive
}
check "pkg-config: only the static library" by_archive
by_archive_cmake()
{
    configure alone -DWANTED=static && cmake --build alone && draws alone/cpp_alphastream_static &&
        [ ! -e alone/c_alphastream ]
}
check "CMake: only the static library" by_archive_cmake
rm -f "$libraries/libalphastream.a"
refuses "CMake: no library at all" "neither the shared library" configure refused5

echo "$count checks"
exit "$failed"

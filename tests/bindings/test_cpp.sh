#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles wrapper.cpp with g++, without exceptions and RTTI, and with clang++, with them, and runs it.
#
# test_cpp.sh LIBRARY [FLAG]...    flags: the sanitizers of the library, of gcc
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
walkers=$root/samples/data/walkers.asvp
library=$1
shift
want=$(awk '$1 == "walkers.asvp" && $2 == 315 && $4 == "2048x1024" && $5 == "nearest" &&
    $6 == "union" { print $7 }' "$root/tests/data/golden.tsv")
[ "${#want}" = 64 ] || { echo "golden.tsv has no hash of walkers, frame 315"; exit 1; }
folder=$(mktemp -d)
# shellcheck disable=SC2064 # expanded now on purpose
trap "rm -rf '$folder'" EXIT

flags=(-std=c++17 -Wall -Wextra -Wpedantic -Wundef -Wshadow -Werror -I "$root/include" "$@")
compile() # COMPILER PROGRAM [FLAG]...
{
    local compiler=$1 program=$2
    shift 2
    "$compiler" "${flags[@]}" "$@" "$root/tests/bindings/wrapper.cpp" -o "$folder/$program" "$library" \
        "-Wl,-rpath,$(dirname "$library")"
}

programs=(none)
compile g++ none -fno-exceptions -fno-rtti
if [ "$#" = 0 ]; then
    programs+=(exceptions)
    compile clang++ exceptions
fi
for program in "${programs[@]}"; do
    mkdir "$folder/files"
    if ! "$folder/$program" "$walkers" "$folder/files" >"$folder/mask"; then
        echo "FAILED: $program; see above"
        exit 1
    fi
    [ "$(sha256sum <"$folder/mask")" = "$want  -" ] || { echo "FAILED: $program: another mask"; exit 1; }
    [ "$(ls "$folder/files")" = copy.asvp ] || { echo "FAILED: $program leaves other files"; exit 1; }
    rm -r "$folder/files"
done

# A result that nobody looks at is told.
cat >"$folder/careless.cpp" <<'CODE'
#include <alphastream/alphastream.hpp>
void careless(alphastream::stream &stream)
{
    stream.pause();
}
CODE
for compiler in g++ clang++; do
    if "$compiler" -std=c++17 -Wall -Werror -I "$root/include" -fsyntax-only "$folder/careless.cpp" \
        2>"$folder/said"; then
        echo "FAILED: $compiler lets a result be thrown away"
        exit 1
    fi
    grep -q 'nodiscard' "$folder/said" || { cat "$folder/said"; exit 1; }
done
echo "alphastream.hpp does what it must"

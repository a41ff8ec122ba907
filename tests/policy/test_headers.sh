#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each public header compiles alone, without warnings, as C11 and as C++17, with gcc and clang.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

flags=(-Wall -Wextra -Wpedantic -Wundef -Wshadow -Werror -fsyntax-only -I "$root/include")
wrong=0
count=0

compile() # COMPILER LANGUAGE STANDARD SOURCE [FLAG]...; -I of the header's own folder is not given
{
    local compiler=$1 language=$2 standard=$3 source=$4
    shift 4
    count=$((count + 1))
    if ! printf '%s\n' "$source" | "$compiler" "${flags[@]}" "$@" "-std=$standard" -x "$language" -; then
        echo "$compiler -std=$standard refuses: $source"
        wrong=1
    fi
}

for header in "$root"/include/alphastream/*.h; do
    name=alphastream/${header##*/}
    # Twice: include guards. The empty declaration keeps -Wpedantic from an empty translation unit.
    source="#include \"$name\"
#include \"$name\"
extern int nothing;"
    for compiler in gcc clang; do
        compile "$compiler" c c11 "$source"
    done
    for compiler in g++ clang++; do
        compile "$compiler" c++ c++17 "$source"
    done
done

# The wrapper is of C++ alone, and needs neither exceptions nor RTTI.
source='#include <alphastream/alphastream.hpp>
#include <alphastream/alphastream.hpp>'
for compiler in g++ clang++; do
    for standard in c++17 c++20; do
        compile "$compiler" c++ "$standard" "$source" -fno-exceptions -fno-rtti
    done
done

# The control: this check can fail.
if printf 'int f(void) { unsigned a = 1; return -1 < a; }\n' |
    gcc "${flags[@]}" -std=c11 -x c - 2>/dev/null; then
    echo "a warning went unnoticed"
    wrong=1
fi

if [ "$count" = 0 ]; then
    echo "no public headers below $root/include"
    wrong=1
fi
echo "$count compilations"
exit "$wrong"

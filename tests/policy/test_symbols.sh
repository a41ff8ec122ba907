#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the libraries export: exactly the functions of the public headers, which are those listed in
# exports.txt; the static library has no other global names than as_* and CV_*.
#
# test_symbols.sh SHARED STATIC   checks these two files
# test_symbols.sh --update        writes exports.txt anew from the headers (review the difference)
# test_symbols.sh --self-test     shows that breaches are caught; uses $CC or cc
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
list=$here/exports.txt

# Functions marked AS_API in the headers of a folder.
declared() # FOLDER
{
    python3 - "$1" <<'END'
import glob
import re
import sys

names = set()
for path in glob.glob(sys.argv[1] + "/*.h"):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.S)
    text = re.sub(r"^[ \t]*#.*(?:\\\n.*)*$", "", text, flags=re.M)
    for declaration in re.findall(r"\bAS_API\b([^;{]*)", text):
        match = re.search(r"\b(\w+)\s*\(", declaration)
        if not match:
            sys.exit("%s: AS_API without a function: %s" % (path, declaration.strip()))
        names.add(match.group(1))
print("\n".join(sorted(names)))
END
}

exported() # SHARED
{
    nm --dynamic --defined-only "$1" | awk '{ print $NF }' | sed 's/@.*//' | sort -u
}

check() # SHARED STATIC HEADERS LIST: prints what is wrong
{
    local shared=$1 static=$2 headers=$3 list=$4 wrong=0 foreign
    if ! diff -u --label "exports.txt" --label "public headers" <(grep -v '^#' "$list") <(declared "$headers"); then
        echo "exports.txt and the public headers differ; if the headers are right: test_symbols.sh --update"
        wrong=1
    fi
    if ! diff -u --label "exports.txt" --label "$shared" <(grep -v '^#' "$list") <(exported "$shared"); then
        echo "$shared does not export what exports.txt lists"
        wrong=1
    fi
    foreign=$(exported "$shared" | grep -v -E '^(as_|CV_)' | tr '\n' ' ' || true)
    if [ -n "$foreign" ]; then
        echo "$shared exports names outside as_* and CV_*: $foreign"
        wrong=1
    fi
    foreign=$(nm --extern-only --defined-only --format=posix "$static" |
        awk 'NF >= 2 && $1 !~ /:$/ { print $1 }' | grep -v -E '^(as_|CV_)' | sort -u | tr '\n' ' ' || true)
    if [ -n "$foreign" ]; then
        echo "$static has global names outside as_* and CV_*: $foreign"
        wrong=1
    fi
    return "$wrong"
}

self_test()
{
    local folder compiler=${CC:-cc} what
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # expanded now on purpose
    trap "rm -rf '$folder'" EXIT
    mkdir "$folder/headers"
    cat >"$folder/headers/a.h" <<'END'
/* AS_API is explained here, int not_one(void); */
#define AS_API __attribute__((visibility("default")))
AS_API AS_NODISCARD int as_one(int a,
                               int b);
AS_API const char *CV_two(void);
END
    printf '%s\n' CV_two as_one >"$folder/exports.txt"

    build() # SOURCE
    {
        printf '%s\n' "$1" >"$folder/a.c"
        "$compiler" -fPIC -fvisibility=hidden -c "$folder/a.c" -o "$folder/a.o"
        "$compiler" -shared "$folder/a.o" -o "$folder/a.so"
        rm -f "$folder/a.a"
        ar rc "$folder/a.a" "$folder/a.o"
    }
    local api='__attribute__((visibility("default")))'
    local sound="$api int as_one(int a, int b) { return a + b; } int as_inner; static int free_name;
        $api const char *CV_two(void) { return free_name ? \"a\" : \"b\"; }"

    build "$sound"
    check "$folder/a.so" "$folder/a.a" "$folder/headers" "$folder/exports.txt" ||
        { echo "sound libraries are blamed"; exit 1; }
    for what in "$sound $api int as_more;" "$sound int loose;" "$sound $api int loose;" \
        "$api int as_one(int a, int b) { return a + b; }"; do
        build "$what"
        if check "$folder/a.so" "$folder/a.a" "$folder/headers" "$folder/exports.txt" >/dev/null; then
            echo "not caught: $what"
            exit 1
        fi
    done
    build "$sound"
    echo 'AS_API int as_three(void);' >>"$folder/headers/a.h"
    if check "$folder/a.so" "$folder/a.a" "$folder/headers" "$folder/exports.txt" >/dev/null; then
        echo "not caught: a declared function that is not in the list"
        exit 1
    fi
    echo "5 breaches tried"
}

case ${1:-} in
--update)
    {
        echo "# What libalphastream.so exports. Written by tests/policy/test_symbols.sh --update."
        declared "$root/include/alphastream"
    } >"$list"
    ;;
--self-test) self_test ;;
*)
    if [ "$#" != 2 ]; then
        echo "usage: test_symbols.sh SHARED STATIC | --update | --self-test" >&2
        exit 2
    fi
    check "$1" "$2" "$root/include/alphastream" "$list"
    echo "$(grep -c -v '^#' "$list") exported functions"
    ;;
esac

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles the C# wrapper with its test, by Mono, and runs it; and the example in its README.
#
# test_dotnet.sh LIBRARY
set -euo pipefail
unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
walkers=$root/samples/data/walkers.asvp
want=$(awk '$1 == "walkers.asvp" && $2 == 315 && $4 == "2048x1024" && $5 == "nearest" &&
    $6 == "union" { print $7 }' "$root/tests/data/golden.tsv")
[ "${#want}" = 64 ] || { echo "golden.tsv has no hash of walkers, frame 315"; exit 1; }
folder=$(mktemp -d)
# shellcheck disable=SC2064 # expanded now on purpose
trap "rm -rf '$folder'" EXIT
LD_LIBRARY_PATH=$(dirname "$1")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH TMPDIR=$folder

compile() # PROGRAM SOURCE
{
    mcs -langversion:7.2 -unsafe -warnaserror -out:"$folder/$1" \
        "$root/samples/dotnet/AlphaStream.cs" "$2"
}
compile bindings.exe "$root/tests/bindings/Bindings.cs"
mono "$folder/bindings.exe" "$walkers" "$want" "$root/tests/data/closeup.asvr"

awk '/^```/ { inside = /csharp/; next } inside' "$root/samples/dotnet/README.md" >"$folder/example.cs"
compile example.exe "$folder/example.cs"
(cd "$root" && mono "$folder/example.exe") >"$folder/out"
grep -qx 'frame 700: [1-9][0-9]* pixels' "$folder/out" || { cat "$folder/out"; exit 1; }

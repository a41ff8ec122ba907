#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles the C# sample with Mono and runs it with the library in a folder.
# Debian: apt-get install --no-install-recommends mono-mcs mono-runtime
set -euo pipefail
if [ "$#" -lt 2 ] || [ "$#" -gt 3 ]; then
    echo "usage: run.sh FOLDER-OF-LIBALPHASTREAM SOURCE [SCENE]" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=$(cd "$1" && pwd)
shift
if [ ! -e "$library/libalphastream.so" ]; then
    echo "run.sh: there is no libalphastream.so in $library; build the library first" >&2
    exit 2
fi
folder=$(mktemp -d)
# shellcheck disable=SC2064 # expanded now on purpose
trap "rm -rf '$folder'" EXIT
mcs -langversion:7.2 -unsafe -warnaserror -out:"$folder/frames.exe" "$here/AlphaStream.cs" "$here/Program.cs"
LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} mono "$folder/frames.exe" "$@"

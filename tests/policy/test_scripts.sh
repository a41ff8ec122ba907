#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every shell script of the project parses, passes shellcheck, and is executable, unless it is one to
# be sourced.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

wrong=0
count=0
while IFS= read -r -d '' file; do
    [ -f "$file" ] || continue
    IFS= read -r first <"$file" || true
    case $first in
    '#!'*bash* | '#!'*/sh* | '# shellcheck shell='*) ;;
    *) continue ;;
    esac
    count=$((count + 1))
    bash -n "$file" || wrong=1
    shellcheck -x "$file" || wrong=1
    if [ ! -x "$file" ] && [ "${first:0:2}" = '#!' ]; then
        echo "$file is not executable"
        wrong=1
    fi
done < <(python3 tests/policy/files.py | grep -zE '^(scripts|\.ci)/|\.sh$')

if [ "$count" = 0 ]; then
    echo "no scripts found"
    wrong=1
fi
echo "$count scripts"
exit "$wrong"

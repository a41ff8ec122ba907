#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# framehash gives every hash of tests/data/golden.tsv: test_golden_cli.sh TOOL SOURCE_DIR [OPTION]...
# with these options, such as --backend gl. GOLDEN_EVERY=N takes each N-th combination of a file and
# its options alone.
set -euo pipefail
export LC_ALL=C

tool=$1
root=$2
shift 2
golden=$root/tests/data/golden.tsv
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE
echo "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" >"$scratch/key"

grep -v -e '^#' -e '^file' "$golden" >"$scratch/rows"
rows=$(wc -l <"$scratch/rows")
cut -f 1,3-6 "$scratch/rows" | sort -u |
    awk -v every="${GOLDEN_EVERY:-1}" 'NR % every == 0' >"$scratch/groups"

wrong=0
checked=0
wanted=0
while IFS=$'\t' read -r file canvas size scale combine; do
    awk -F '\t' -v file="$file" -v canvas="$canvas" -v size="$size" -v scale="$scale" \
        -v combine="$combine" '
        $1 == file && $3 == canvas && $4 == size && $5 == scale && $6 == combine {
            print $2 " " $7
        }' "$scratch/rows" >"$scratch/expected"
    wanted=$((wanted + $(wc -l <"$scratch/expected")))
    frames=$(cut -d ' ' -f 1 "$scratch/expected" | paste -s -d ,)
    path=$root/tests/data/$file
    [ -f "$path" ] || path=$root/samples/data/$file
    options=(--canvas "$canvas" --size "$size" --scale "$scale" --combine "$combine")
    if [ "$file" = closeup.asvr ]; then
        options+=(--scene 85342 --stream-version 1.5.0 --name closeup.asvr
            --passphrase-file "$scratch/key")
    fi
    "$tool" framehash "$path" --frames "$frames" "${options[@]}" --threads 2 \
        "$@" >"$scratch/actual" || true
    checked=$((checked + $(wc -l <"$scratch/actual")))
    if cmp -s "$scratch/expected" "$scratch/actual"; then
        echo "ok: $file $canvas $size $scale $combine"
    else
        echo "NOT OK: $file $canvas $size $scale $combine"
        diff "$scratch/expected" "$scratch/actual" | head -n 5 || true
        wrong=1
    fi
done <"$scratch/groups"

[ -n "${GOLDEN_EVERY:-}" ] || wanted=$rows
echo "$checked of $wanted hashes"
if [ "$rows" -lt 596 ] || [ "$wanted" = 0 ] || [ "$checked" != "$wanted" ]; then
    echo "NOT OK: not all rows of golden.tsv were checked"
    wrong=1
fi
exit "$wrong"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the Vulkan sample and checks what it prints: test_vk_samples.sh PROGRAM
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
walkers=$root/samples/data/walkers.asvp
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail()
{
    echo "FAILED: $1" >&2
    sed 's/^/    /' "$folder"/out "$folder"/err >&2
    exit 1
}

refuses() # STATUS PART ARGUMENTS...
{
    local status=0 wanted=$1 part=$2
    shift 2
    "$program" "$@" >"$folder/out" 2>"$folder/err" || status=$?
    [ "$status" = "$wanted" ] || fail "vk_texture $* exits with $status, not $wanted"
    grep -q -- "$part" "$folder/err" || fail "vk_texture $* does not say \"$part\""
}

"$program" "$walkers" 0 1 2 100 315 719 0 >"$folder/out" 2>"$folder/err" ||
    fail "vk_texture exits with $?"
[ "$(grep -c '^frame [0-9]*: [1-9][0-9]* pixels, as the CPU draws them$' "$folder/out")" = 7 ] ||
    fail "the masks are others"
refuses 2 usage
refuses 2 usage "$walkers" first
refuses 1 "there is no file" "$folder/none.asvp" 0
refuses 1 "frame 720 is past the end" "$walkers" 720
VK_DRIVER_FILES=$folder/none VK_ICD_FILENAMES=$folder/none refuses 2 "there is no device" "$walkers" 0
echo "vk_texture shows what it must"

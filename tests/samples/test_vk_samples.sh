#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a Vulkan sample and checks what it prints: test_vk_samples.sh vk_texture|gl_vk_share PROGRAM
set -euo pipefail
# shellcheck source=tests/samples/sample.sh
. "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
kind=$1
program=$2

frames="0 1 2 100 315 719 0"
# shellcheck disable=SC2086 # words on purpose
"$program" "$walkers" $frames >"$folder/out" 2>"$folder/err" || fail "$kind exits with $?"
case $kind in
vk_texture)
    missing=1
    [ "$(grep -c '^frame [0-9]*: [1-9][0-9]* pixels, as the CPU draws them$' "$folder/out")" = 7 ] ||
        fail "the masks are others"
    refuses 2 usage "$walkers" first
    VK_DRIVER_FILES=$folder/none VK_ICD_FILENAMES=$folder/none \
        refuses 2 "there is no device" "$walkers" 0
    ;;
gl_vk_share)
    missing=2
    # The two images of the pool take turns, each with its texture.
    for texture in 0 1; do
        grep -q "^frame [0-9]*: texture $texture is its mask$" "$folder/out" ||
            fail "texture $texture is never shown"
    done
    [ "$(sed -n 's/^frame \([0-9]*\): texture [01] is its mask$/\1/p' "$folder/out" |
        tr '\n' ' ')" = "$frames " ] || fail "the textures are others"
    for text in first 1x "" -1; do
        refuses 2 usage "$walkers" 0 "$text"
    done
    VK_DRIVER_FILES=$folder/none VK_ICD_FILENAMES=$folder/none refuses 2 "Vulkan driver" "$walkers" 0
    __EGL_VENDOR_LIBRARY_DIRS=$folder/none refuses 2 "EGL gives no" "$walkers" 0
    ;;
esac
refuses 2 usage
refuses "$missing" "there is no file" "$folder/none.asvp" 0
refuses 1 "frame 720 is past the end" "$walkers" 720
echo "$kind shows what it must"

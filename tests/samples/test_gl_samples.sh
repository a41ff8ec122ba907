#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs an OpenGL sample and checks what it draws: test_gl_samples.sh KIND PROGRAM TOOL [PLUGIN]
# KIND: gl_strip, gl_texture or render_events (PLUGIN, that PROGRAM loads as an engine would)
set -euo pipefail
# shellcheck source=tests/samples/sample.sh
. "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
kind=$1
program=$2
tool=$3

# Inside, the strip is the mask; nothing of it lies outside.
check_strips() # API
{
    "$program" "$walkers" --gl-api "$1" 0 100 315 719 >"$folder/out" 2>"$folder/err" ||
        fail "gl_strip exits with $?"
    [ "$(grep -c '^frame [0-9]*: mask [1-9].* [1-9][0-9]* on its edge, 0 inside; only in the strip: 0$' \
        "$folder/out")" = 4 ] || fail "the strips are not the masks"
    # Polylines inside the mask are told apart, but nothing may lie outside.
    # shellcheck disable=SC2046 # words on purpose
    "$program" "$root/tests/data/torture.asvp" --gl-api "$1" $(seq 0 40) >"$folder/out" \
        2>"$folder/err" || fail "gl_strip exits with $? for torture.asvp"
    [ "$(grep -c 'only in the strip: 0$' "$folder/out")" = 41 ] || fail "a strip leaves its mask"
}

# The picture is the checkerboard where the mask is 0, the video where it is 1, between them where
# the four texels under a pixel differ.
check_picture() # API
{
    "$program" "$walkers" "$folder/out.ppm" --gl-api "$1" 0 1 2 3 315 >"$folder/out" 2>"$folder/err" ||
        fail "gl_texture exits with $?"
    grep -q '^5 frames, [1-9][0-9]* bytes uploaded, [1-5] draws$' "$folder/out" ||
        fail "gl_texture counts otherwise"
    "$tool" decode "$walkers" --frames 315 -q -o "$folder/mask.gray"
    python3 - "$folder/out.ppm" "$folder/mask.gray" <<'END' || fail "the picture is another"
import sys

WIDTH, HEIGHT = 1024, 512
head = b"P6\n1024 512\n255\n"
picture = open(sys.argv[1], "rb").read()
mask = open(sys.argv[2], "rb").read()
assert picture.startswith(head) and len(picture) == len(head) + WIDTH * HEIGHT * 3
assert len(mask) == 4 * WIDTH * HEIGHT
shown = 0
for y in range(HEIGHT):
    top = mask[4 * WIDTH * y : 4 * WIDTH * y + 2 * WIDTH]
    below = mask[4 * WIDTH * y + 2 * WIDTH : 4 * WIDTH * (y + 1)]
    for x in range(WIDTH):
        covered = (top[2 * x] + top[2 * x + 1] + below[2 * x] + below[2 * x + 1]) / 1020
        u, v = (x + 0.5) / WIDTH, (y + 0.5) / HEIGHT
        board = 0.4 if (x // 32 + y // 32) % 2 == 0 else 0.6
        at = len(head) + 3 * (y * WIDTH + x)
        for i, video in enumerate((u, v, 1 - u)):
            wanted = 255 * (video * covered + board * (1 - covered))
            assert abs(picture[at + i] - wanted) < 1.6, (x, y, i, picture[at + i], wanted)
        shown += covered == 1
assert shown > 5000, shown
END
}

case $kind in
gl_strip)
    check_strips core
    check_strips es
    refuses 2 usage
    refuses 2 usage "$walkers" --gl-api vulkan
    refuses 2 usage "$walkers" 0 --gl-api es
    refuses 2 "there is no file" "$folder/none.asvp"
    refuses 1 "frame 720 is past the end" "$walkers" --gl-api core 720
    __EGL_VENDOR_LIBRARY_DIRS=$folder/none refuses 2 "EGL gives no" "$walkers"
    ;;
gl_texture)
    check_picture core
    check_picture es
    refuses 2 usage "$walkers"
    refuses 2 usage "$walkers" "$folder/out.ppm" --gl-api vulkan
    refuses 2 usage "$walkers" "$folder/out.ppm" first
    refuses 1 "there is no file" "$folder/none.asvp" "$folder/out.ppm"
    refuses 1 "frame 720 is past the end" "$walkers" "$folder/out.ppm" --gl-api core 720
    refuses 1 "cannot be written" "$walkers" "$folder/none/out.ppm"
    __EGL_VENDOR_LIBRARY_DIRS=$folder/none refuses 2 "EGL gives no" "$walkers" "$folder/out.ppm"
    ;;
render_events)
    plugin=$4
    # What an engine looks for, and nothing of the library, which stays a library of its own.
    [ "$(nm -D --defined-only "$plugin" | awk '$2 == "T" { print $3 }' | sort | tr '\n' ' ')" = \
        "UnityPluginLoad UnityPluginUnload UnityRenderingExtEvent masks_close masks_open masks_render_event " ] ||
        fail "the plug-in exports something else"
    # Forward, once more, back and to the ends.
    "$program" "$plugin" "$walkers" 0 1 2 3 3 315 100 719 0 >"$folder/out" 2>"$folder/err" ||
        fail "the engine exits with $?"
    [ "$(sed -n 's/^frame \([0-9]*\): the texture is its mask$/\1/p' "$folder/out" | tr '\n' ' ')" = \
        "0 1 2 3 3 315 100 719 0 " ] || fail "the plug-in shows something else"
    refuses 2 "location is empty" "$plugin" ""
    refuses 2 usage "$plugin" "$walkers" 0 first
    refuses 2 "there is no file" "$plugin" "$folder/none.asvp" 0
    refuses 2 "cannot be loaded" "$folder/none.so" "$walkers" 0
    "$program" "$plugin" "$walkers" 720 5 100000 >"$folder/out" 2>"$folder/err" ||
        fail "the engine exits with $? past the end"
    [ "$(tr '\n' ' ' <"$folder/out")" = "frame 719: the texture is its mask \
frame 5: the texture is its mask frame 719: the texture is its mask " ] ||
        fail "the plug-in does not stay at the last frame"
    __EGL_VENDOR_LIBRARY_DIRS=$folder/none refuses 2 "EGL gives no" "$plugin" "$walkers" 0
    ;;
*)
    echo "usage: see the head of $0" >&2
    exit 2
    ;;
esac
echo "$kind draws what it must"

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures without a window, by every renderer, against the composition: test_pictures.py VIEWER TOOL ROOT"""
import os
import sys

sys.dont_write_bytecode = True
from support import (RENDERERS, Mask, by, check, check_picture, read_png, run,  # noqa: E402
                     run_tests, states_of, write_png)


def shoot(paths, renderer, source, *options):
    if os.path.exists("shot.png"):
        os.remove("shot.png")
    run(paths.viewer, source, "--headless", *by(renderer), "--screenshot", "shot.png", *options)


def check_all(paths, source, frame, width, height, options=(), decode=(), **how):
    mask = Mask.of(paths, source, frame, *decode)
    for renderer in RENDERERS:
        shoot(paths, renderer, source, "--start", str(frame), "--frames", "1", "--window",
              "%dx%d" % (width, height), *decode, *options)
        check_picture("shot.png", mask, width, height, **how)


def test_frames(paths):
    for frame in 0, 100, 315, 719:
        check_all(paths, paths.walkers, frame, 320, 160)


def test_windows(paths):
    for width, height in (333, 500), (700, 100), (1, 1), (2, 90), (257, 129):
        check_all(paths, paths.walkers, 315, width, height)


def test_views(paths):
    for view in "cutout", "mask", "outline":
        check_all(paths, paths.walkers, 315, 640, 320, ["--view", view], view=view)
    check_all(paths, paths.torture, 7, 320, 200, ["--view", "outline"],
              ["--canvas", "320x200"], view="outline")


def test_eyes(paths):
    for eye in "left", "right":
        check_all(paths, paths.walkers, 315, 300, 300, ["--eye", eye], eye=eye)
    check_all(paths, paths.walkers, 315, 301, 300, ["--eye", "right"], ["--size", "333x171"],
              eye="right")


def test_backgrounds(paths):
    check_all(paths, paths.walkers, 315, 320, 160, ["--background", "12aBff"],
              background="12aBff")
    rgb = bytes((x * 7 + y * 13 + c * 85) % 256 for y in range(53) for x in range(37)
                for c in range(3))
    write_png("back.png", 37, 53, rgb)
    for eye in "both", "right":
        check_all(paths, paths.walkers, 315, 320, 200,
                  ["--background", "back.png", "--eye", eye], background="image",
                  image=(37, 53, rgb), eye=eye)


def test_sizes_and_modes(paths):
    check_all(paths, paths.walkers, 315, 320, 160, [], ["--size", "555x277", "--scale", "vector"])
    check_all(paths, paths.torture, 3, 320, 200, [], ["--canvas", "320x200", "--combine",
                                                      "parity"])


def test_encrypted(paths):
    key = {"ALPHASTREAM_PASSPHRASE": "hex:" + bytes(range(32)).hex()}
    os.environ.update(key)
    try:
        check_all(paths, paths.encrypted, 20, 320, 160, [], ["--scene", "85342"])
    finally:
        del os.environ["ALPHASTREAM_PASSPHRASE"]


# Frames come in order and the last one is in the picture; soft edges and overlays are not.
def test_counted(paths):
    for renderer in RENDERERS:
        out = run(paths.viewer, paths.walkers, "--headless", *by(renderer), "--frames", "12",
                  "--linear", "--log-state", "--window", "320x160", "--screenshot", "shot.png")[0]
        shown = [state["shown"] for state in states_of(out) if state["shown"] != "-1"]
        check(shown == [str(n) for n in range(12)], "shown: %s" % shown)
        check_picture("shot.png", Mask.of(paths, paths.walkers, 11), 320, 160)
    check_all(paths, paths.walkers, 719, 320, 160, ["--frames", "1"])
    shoot(paths, "cpu", paths.walkers, "--start", "718", "--frames", "4", "--window", "320x160")
    check_picture("shot.png", Mask.of(paths, paths.walkers, 1), 320, 160)


# Lines are drawn by other rules on every driver: only roughly the same.
def test_strips(paths):
    pictures = []
    for renderer in RENDERERS:
        shoot(paths, renderer, paths.walkers, "--start", "315", "--frames", "1", "--view",
              "strips", "--window", "640x320")
        pictures.append(read_png("shot.png")[2])
    gold = [sum(p[i] > 240 and p[i + 2] < 60 for i in range(0, len(p), 3)) for p in pictures]
    check(all(count > 1000 for count in gold), "pixels of lines: %s" % gold)
    check(max(gold) - min(gold) < min(gold) // 4, "pixels of lines: %s" % gold)


if __name__ == "__main__":
    run_tests([test_frames, test_windows, test_views, test_eyes, test_backgrounds,
               test_sizes_and_modes, test_encrypted, test_counted, test_strips], sys.argv[1:])

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a desktop does to the viewer's window, and what is seen there: pixels on the screen, files that
are dropped, the close button, screens of high resolution.

test_desktop.py VIEWER TOOL ROOT X_CLIENT
"""
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
from screen import Screen, Window, xdotool  # noqa: E402
from support import PATIENCE, RENDERERS, Composition, Mask, by, check, run_tests  # noqa: E402

CLIENT = []


def client(*words):
    done = subprocess.run(CLIENT + [str(word) for word in words], stderr=subprocess.PIPE,
                          timeout=PATIENCE, check=False, text=True)
    check(done.returncode == 0, "x_client %s: %s" % (words, done.stderr))


def read_window(window):
    """(width, height, bytes) of what is on the screen."""
    client("read", window.handle, "window.ppm")
    with open("window.ppm", "rb") as file:
        data = file.read()
    words = data.split(None, 4)
    width, height = int(words[1]), int(words[2])
    return width, height, data[len(data) - 3 * width * height:]


def wait_on_screen(window, what, condition):
    """Looks until what is on the screen meets the condition: it comes there after it was logged."""
    until = time.monotonic() + PATIENCE
    while True:
        seen = read_window(window)
        if condition(seen):
            return seen
        check(time.monotonic() < until, what)
        time.sleep(0.05)


# Drivers interpolate between texels with weights of 8 bits or more, in each direction: so far (of 255)
# may soft edges be off.
SOFT_TOLERANCE = 4


def is_soft(seen, wanted, exact):
    """Whether all pixels are those wanted, but for the tolerance, which could not make the exact ones of
    them."""
    return (len(seen) == len(wanted)
            and all(abs(a - b) <= SOFT_TOLERANCE for a, b in zip(seen, wanted))
            and sum(abs(a - b) > 8 * SOFT_TOLERANCE for a, b in zip(seen, exact)) > 100)


# The pixels of a window are the composition, also after it has got another size, and with soft edges.
def test_pixels(paths):
    small = {linear: bytes(Composition(Mask.of(paths, paths.walkers, 315), 251, 130,
                                       linear=linear).pixels) for linear in (False, True)}
    for renderer in RENDERERS:
        with Window(paths, paths.walkers, "--paused", "--no-hud", "--start", "315", "--window",
                    "320x200", *by(renderer)) as window:
            window.wait("a mask", shown=315)
            for width, height in (320, 200), (251, 130):
                if (width, height) != (320, 200):
                    xdotool("windowsize", window.handle, width, height)
                    window.wait("another size", size="%dx%d" % (width, height))
                wanted = small[False] if width == 251 else bytes(
                    Composition(Mask.of(paths, paths.walkers, 315), width, height).pixels)
                wait_on_screen(window, "%s: the window does not show the composition of %d x %d"
                               % (renderer, width, height),
                               lambda seen, wanted=(width, height, wanted): seen == wanted)
            window.key("s", linear=1)
            wait_on_screen(window, "%s: edges that are not soft as they should be" % renderer,
                           lambda seen: is_soft(seen[2], small[True], small[False]))
            window.key("q")
            window.end()


def test_hidden(paths):
    for renderer in RENDERERS:
        with Window(paths, paths.walkers, "--no-hud", "--window", "320x160",
                    *by(renderer)) as window:
            for n in range(3):
                xdotool("windowunmap", "--sync", window.handle)
                window.wait("pictures go on", lambda s, n=n: int(s["due"]) > 10 + 20 * n)
                xdotool("windowmap", "--sync", window.handle)
                window.wait("pictures go on", lambda s, n=n: int(s["due"]) > 20 + 20 * n)
            client("close", window.handle)
            window.end()


def test_drop(paths):
    shutil.copy(paths.walkers, "a file.asvp")
    for renderer in RENDERERS:
        with Window(paths, "--paused", *by(renderer)) as window:
            for start, name in (0, "a file.asvp"), (1, paths.walkers):
                client("drop", window.handle, urllib.parse.quote(os.path.abspath(name)))
                window.wait("the file that was dropped", open=0, shown=0, problem="")
                if start == 0:
                    window.key("Right", shown=1)
            client("drop", window.handle, urllib.parse.quote(os.getcwd()))
            window.wait("a folder", lambda s: "is a directory" in s["problem"])
            client("drop", window.handle, urllib.parse.quote(os.path.abspath("none.asvp")))
            window.wait("a file that is not there", lambda s: "none.asvp" in s["problem"])
            client("close", window.handle)
            window.end()


# A server that takes the connection and says nothing: while it is waited for, the window closes. The
# library would go on asking for longer than is waited for here.
def test_closing_during_load(paths):
    for renderer in RENDERERS:
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = "http://127.0.0.1:%d/a.asvp" % server.getsockname()[1]
            with Window(paths, url, *by(renderer)) as window:
                connection = server.accept()[0]
                window.wait("loading", open=-3, shown=-1)
                client("close", window.handle)
                window.end()
                check(all(state["problem"] == "" for state in window.seen),
                      "it waited until something failed: %s" % window.state)
                connection.close()


def text_pixels(seen):
    """Pixels of overlays over masks in black and white."""
    rgb = seen[2]
    return sum(rgb[i:i + 3] not in (b"\0\0\0", b"\xff\xff\xff") for i in range(0, len(rgb), 3))


# The overlays are as large as the screen's resolution wants, also when that changes.
def test_scale(paths):
    options = ["--paused", "--view", "mask", "--window", "1200x600"]
    sizes = {}
    for scale in 1, 2:
        client("dpi", 96 * scale)
        with Window(paths, paths.walkers, *options) as window:
            window.wait("a mask", shown=0, scale=scale)
            sizes[scale] = text_pixels(wait_on_screen(window, "overlays",
                                                      lambda seen: text_pixels(seen) > 100000))
            window.key("q")
            window.end()
    check(sizes[2] > 2 * sizes[1], "pixels of overlays: %s" % sizes)
    middle = (sizes[1] + sizes[2]) // 2
    for at, renderer in enumerate(RENDERERS):
        before, after = (1, 2) if at % 2 else (2, 1)
        client("dpi", 96 * before)
        with open("scale.txt", "w", encoding="utf-8") as file:
            file.write("0.5 scale %d\n" % after)
        with Window(paths, paths.walkers, *options, "--script", "scale.txt",
                    *by(renderer)) as window:
            window.wait("the first scale", scale=before)
            window.wait("the other scale", scale=after)
            wait_on_screen(window, "%s: text of another size" % renderer,
                           lambda seen, after=after: (text_pixels(seen) > middle) == (after == 2))
            window.key("q")
            window.end()
    client("dpi", 96)


if __name__ == "__main__":
    CLIENT.append(os.path.abspath(sys.argv[4]))
    with Screen():
        run_tests([test_pixels, test_hidden, test_drop, test_closing_during_load, test_scale],
                  sys.argv[1:4])

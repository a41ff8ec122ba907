#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The viewer in a window, on a screen of its own (Xvfb), by keys and mouse (xdotool).

test_window.py VIEWER TOOL ROOT [--without-ffmpeg]
"""
import fractions
import os
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
from screen import SCREEN, Screen, Window, xdotool  # noqa: E402
from support import (PATIENCE, RENDERERS, Mask, by, check, check_picture, is_full, run,  # noqa: E402
                     run_tests, seeded)
from test_timeline import Server  # noqa: E402
from test_video import encode, write_y4m  # noqa: E402

def open_paused(paths, *options):
    window = Window(paths, paths.walkers, "--paused", *options)
    window.wait("the first mask", open=0, shown=0)
    return window


def test_keys(paths):
    with open_paused(paths) as window:
        window.key("Right", due=1, shown=1)
        window.key("Left", due=0, shown=0)
        window.key("End", due=719, shown=719)
        window.key("Right", due=0)
        window.key("Next", due=60, shown=60)
        window.key("Prior", due=0, shown=0)
        xdotool("key", "3", "1", "5")
        window.wait("digits", digits="315")
        window.key("Return", due=315, shown=315, digits="")
        for view in "mask", "outline", "strips", "cutout":
            window.key("v", view=view)
        for eye in "left", "right", "both":
            window.key("e", eye=eye)
        for background in "colour", "checker":
            window.key("b", background=background)
        for key, field, first in (("s", "linear", 1), ("i", "hud", 0), ("h", "help", 1),
                                  ("t", "timeline", 0), ("l", "loop", 0)):
            window.key(key, **{field: first})
            window.key(key, **{field: 1 - first})
        for speed in 2, 4, 4:
            window.key("Up", speed=speed)
        for speed in 2, 1, 0.5, 0.25, 0.25:
            window.key("Down", speed=speed)
        window.key("space", "plays", lambda s: int(s["due"]) > 330, playing=1)
        window.key("space", playing=0)
        window.key("q")
        window.end()


def test_mouse(paths):
    with open_paused(paths) as window:
        left, top, width, height = map(int, window.state["bar"].split(","))
        row = top + height // 2

        def frame(x):
            return (x - left) * 720 // width

        window.point(left + width // 2, row)
        xdotool("mousedown", 1)
        window.wait("a press", due=frame(left + width // 2))
        for x in left + width // 4, left + 3 * width // 4:
            window.point(x, row)
            window.wait("a drag", due=frame(x), shown=frame(x))
        window.point(left + width + 5, 5)
        window.wait("a drag past the end", due=719, shown=719)
        xdotool("mouseup", 1)
        window.point(left + 3, row)
        window.key("Home", due=0)
        window.point(300, 300)
        xdotool("click", 1)
        window.wait("a click on the picture", playing=1)
        xdotool("click", 1)
        window.wait("another one", playing=0)
        window.key("q")
        window.end()


def test_sizes(paths):
    for renderer in RENDERERS:
        with open_paused(paths, *by(renderer), "--window", "640x320", "--start",
                         "0") as window:
            xdotool("windowsize", window.handle, 700, 300)
            window.wait("another size", size="700x300")
            xdotool("key", "1", "0", "0", "Return")
            window.wait("frame 100", shown=100)
            window.key("f", fullscreen=1, size="%dx%d" % SCREEN)
            window.key("Escape", fullscreen=0, size="700x300")
            for size in ((1, 1), (2, 1400), (700, 300)):
                xdotool("windowsize", window.handle, *size)
                window.wait("another size", size="%dx%d" % size)
            xdotool("key", "c", "q")
            window.end()
        check_picture("alphastream-000100.png", Mask.of(paths, paths.walkers, 100), 700, 300)
        os.remove("alphastream-000100.png")


# The pictures of windows are those that are made without one.
def test_counted(paths):
    for renderer in RENDERERS:
        run(paths.viewer, paths.walkers, *by(renderer), "--frames", "7", "--linear",
            "--window", "400x210", "--screenshot", "shot.png")
        check_picture("shot.png", Mask.of(paths, paths.walkers, 6), 400, 210)


# By the real clock: the mask is that of the video's picture, at each speed.
def test_video(paths):
    write_y4m("video.y4m", fractions.Fraction(30))
    with Window(paths, paths.walkers, "--video", "video.y4m") as window:
        for speed in 2, 4, 2, 1, 0.5:
            start = window.count
            window.key("Up" if speed > float(window.state["speed"]) else "Down", speed=speed)
            window.wait("some pictures", lambda _, start=start: window.count > start + 8)
        window.key("Home")
        window.key("q")
        window.end()
        check(len(window.seen) > 30, "%d states" % len(window.seen))
        check_locked(window.seen)


def check_locked(states):
    """Whatever is shown of a video of as many pictures a second as there are masks."""
    for state in states:
        wanted = (2 * int(state["video"]) * 60 + 10**9) // (2 * 10**9)
        check(state["shown"] == "-1" or state["shown"] == str(wanted), "not locked: %s" % state)


# Half a video comes, then nothing: this is said, and is not the end; keys go on to work. What comes
# later is played.
def test_video_stalls(paths):
    write_y4m("video.y4m", fractions.Fraction(60))
    with open("video.y4m", "rb") as file:
        data = file.read()
    half = len(data) // 2
    pipe, feed = os.pipe()
    with Window(paths, paths.walkers, "--video", "-", stdin=pipe) as window:
        os.close(pipe)
        with os.fdopen(feed, "wb", buffering=0) as file:
            file.write(data[:half])
            # Pictures 0 to 98 have come. A slow machine waits now and then before that, too, and may
            # leave some of the last out.
            window.wait("the stall", lambda s: int(s["due"]) > 20, problem="", waiting=1)
            window.key("h", help=1)
            check(int(window.state["due"]) < 99, "it goes on: %s" % window.state)
            file.write(data[half:half + half // 2])
            window.wait("the rest", lambda s: int(s["due"]) >= 99)
            window.wait("another stall", waiting=1)
            window.key("q")
            window.end()
    check_locked(window.seen)


# From a server; then the connection breaks, and is made anew.
def test_video_breaks(paths):
    encode("video.mp4", fractions.Fraction(60), "-c:v", "mpeg4", "-q:v", "1", "-g", "12",
           "-movflags", "+faststart")
    with Server("video.mp4", os.path.getsize("video.mp4") * 7 // 10) as server:
        url = "http://127.0.0.1:%d/video.mp4" % server.server_address[1]
        with Window(paths, paths.walkers, "--video", url) as window:
            state = window.wait("the stall", lambda s: int(s["due"]) > 60, waiting=1)
            check(int(state["due"]) < 190 and not state["problem"], "stalled: %s" % state)
            server.limit = 1 << 40
            server.over.set()
            window.wait("the rest", lambda s: int(s["due"]) > 190)
            window.wait("the beginning again", lambda s: int(s["due"]) < 60)
            window.key("q")
            window.end()
    check_locked(window.seen)


# A server that takes the connection and says nothing, and one that is not there: the masks are played
# without the video.
def test_unreachable_video(paths):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = "http://127.0.0.1:%d/video.mp4" % server.getsockname()[1]
        with Window(paths, paths.walkers, "--video", url) as window:
            window.wait("the wait", open=0, waiting=1, shown=-1, problem="")
            window.key("h", help=1)
            window.key("q")
            window.end()
    with Window(paths, paths.walkers, "--video", url) as window:
        window.wait("masks", lambda s: "video" in s["problem"] and int(s["shown"]) > 20)
        window.key("q")
        window.end()


# Where nothing will change the viewer does not draw as fast as it can: also with a bad frame, which is
# not asked for with each picture, and without anything to show. What comes then is shown.
def test_idle(paths):
    subprocess.run([sys.executable, paths.helper, "corrupt", paths.walkers, "bad.asvp", "3"], check=True)
    with Window(paths, "bad.asvp", "--paused", "--start", "2") as window:
        window.wait("a mask", shown=2, idle=1)
        window.key("Right", "the bad frame", lambda s: "frame 3" in s["problem"], due=3, shown=2, idle=1)
        window.key("Right", due=4, shown=4, problem="", idle=1)
        window.key("space", playing=1, idle=0)
        window.key("q")
        window.end()
    for source in (), ("none.asvp",):
        with Window(paths, *source) as window:
            window.wait("nothing to do", idle=1)
            window.key("h", help=1)
            window.key("q")
            window.end()


def test_errors(paths):
    with Window(paths, "none.asvp") as window:
        state = window.wait("a sentence", lambda s: "none.asvp" in s["problem"])
        check(state["shown"] == "-1", "a mask of nothing: %s" % state)
        window.key("h", help=1)
        window.key("q")
        window.end()
    run(paths.viewer, "none.asvp", "--frames", "1", status=3)
    err = run(paths.viewer, paths.walkers, "--font", "none.ttf", status=2)[1]
    check("none.ttf" in err, err)
    err = run(paths.viewer, paths.walkers, status=2, env={"DISPLAY": ""})[1]
    check("use --headless" in err, err)


# A source that is made later, and opened again by a key.
def test_open_again(paths):
    with Window(paths, "later.asvp", "--paused") as window:
        window.wait("a sentence", lambda s: s["problem"])
        os.symlink(paths.walkers, "later.asvp")
        window.key("r", open=0, shown=0, problem="")
        window.key("q")
        window.end()


# A server that takes the connection and says nothing: the viewer goes at once when told to.
def test_closing_during_load(paths):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = "http://127.0.0.1:%d/a.asvp" % server.getsockname()[1]
        for renderer in RENDERERS:
            with Window(paths, url, *by(renderer)) as window:
                connection = server.accept()[0]
                window.wait("loading", open=-3, shown=-1)
                window.key("h", help=1)
                xdotool("key", "q")
                window.end()
                connection.close()


def test_random_inputs(paths):
    random = seeded()
    count = 1000 if is_full() else 120
    keys = ("space Right Left Next Prior Home End Up Down Return l v e b s c i t r h BackSpace Escape "
            "1 2 3 0 f").split()
    write_y4m("video.y4m", fractions.Fraction(30))
    with_video = random.choice(RENDERERS)
    for renderer in RENDERERS:
        video = ["--video", "video.y4m"] if renderer == with_video else []
        with Window(paths, paths.walkers, *by(renderer), "--window", "320x200", *video) as window:
            at = 0
            while at < count:
                words = []
                for _ in range(20):
                    what = random.random()
                    if what < 0.6:
                        words += ["key", random.choice(keys)]
                    elif what < 0.8:
                        words += ["mousemove", random.randrange(700), random.randrange(500)]
                    elif what < 0.95:
                        words += [random.choice(("mousedown", "mouseup")), 1]
                    else:
                        words += ["windowsize", window.handle, random.randint(50, 600),
                                  random.randint(50, 400)]
                xdotool(*words)
                at += 20
                check(window.process.poll() is None, "it ended: %s" % window.process.poll())
            xdotool("mouseup", 1, "windowfocus", window.handle, "key", "Escape", "key", "Escape")
            xdotool("key", "q")
            window.end(patience=PATIENCE + count)
        if video:
            check_locked(window.seen)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--without-ffmpeg"]
    tests = [test_keys, test_mouse, test_sizes, test_counted, test_idle, test_errors, test_open_again,
             test_closing_during_load, test_video, test_video_stalls, test_random_inputs]
    if len(arguments) == len(sys.argv) - 1:
        tests += [test_video_breaks, test_unreachable_video]
    with Screen():
        run_tests(tests, arguments)

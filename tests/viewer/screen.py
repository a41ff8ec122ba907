# SPDX-License-Identifier: MIT
"""A screen of the tests' own (Xvfb), and viewers in windows on it."""
import os
import subprocess
import sys

from support import PATIENCE, Failed, Viewer, check

SCREEN = 1280, 1024


def xdotool(*words):
    done = subprocess.run(["xdotool", *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE, check=False, text=True)
    check(done.returncode == 0, "xdotool %s: %s" % (words, done.stderr))
    return done.stdout.split()


class Window(Viewer):
    """A viewer whose window has the keyboard."""

    def __init__(self, paths, *options, **how):
        super().__init__(paths, *options, **how)
        self.wait("a window")
        self.handle = xdotool("search", "--sync", "--onlyvisible", "--pid", self.process.pid)[0]
        xdotool("windowmove", "--sync", self.handle, 10, 10, "windowfocus", "--sync", self.handle)

    def key(self, name, what="", condition=None, **wanted):
        xdotool("key", name)
        return self.wait("key %s %s" % (name, what), condition, **wanted)

    def point(self, x, y):
        xdotool("mousemove", "--window", self.handle, x, y)


class Screen:
    """An X server of our own, with a number that is free."""

    def __enter__(self):
        read, write = os.pipe()
        try:
            self.server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(write), "-screen", "0", "%dx%dx24" % SCREEN, "-noreset",
                 "-nolisten", "tcp"], pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            sys.exit("Xvfb is not installed; run scripts/install-deps")
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise Failed("Xvfb does not start")
        os.environ["DISPLAY"] = ":" + number
        os.environ.pop("WAYLAND_DISPLAY", None)
        os.environ.pop("XAUTHORITY", None)
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()

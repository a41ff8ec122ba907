# SPDX-License-Identifier: MIT
"""What the tests of the viewer share: running it, reading its states and pictures, and composing the
pictures it should make, by docs/viewer.md alone.

Each test program is called with VIEWER TOOL ROOT (the built viewer, the built command-line tool, the
top of the checkout) and runs in a folder of its own.
"""
import math
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

RENDERERS = os.environ.get("ALPHASTREAM_TEST_RENDERERS", "gl vulkan cpu").split()
PATIENCE = 120  # seconds after which something hangs; nothing is measured with it


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


class Paths:
    """Of the command line, and what follows from it."""

    def __init__(self, arguments):
        self.viewer, self.tool, self.root = [os.path.abspath(path) for path in arguments]
        root = self.root
        self.walkers = os.path.join(root, "samples/data/walkers.asvp")
        self.encrypted = os.path.join(root, "tests/data/closeup.asvr")
        self.torture = os.path.join(root, "tests/data/torture.asvp")
        self.helper = os.path.join(root, "tests/cli/helper.py")


def run_tests(tests, arguments):
    """Runs each function with the paths, in a temporary folder; the exit status tells."""
    paths = Paths(arguments)
    folder = tempfile.mkdtemp()
    bad = 0
    try:
        os.chdir(folder)
        for test in tests:
            try:
                test(paths)
                print("ok %s" % test.__name__, flush=True)
            except (Failed, subprocess.SubprocessError) as failure:
                bad += 1
                print("FAILED %s: %s" % (test.__name__, failure), flush=True)
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    sys.exit(1 if bad else 0)


def is_full():
    return bool(os.environ.get("ALPHASTREAM_TEST_FULL"))


def by(renderer):
    """Options for a renderer; what the validation layer of Vulkan finds fails the run."""
    return ["--renderer", renderer] + (["--validate"] if renderer == "vulkan" else [])


def seeded():
    """A generator whose seed is printed, or taken from ALPHASTREAM_TEST_SEED."""
    seed = int(os.environ.get("ALPHASTREAM_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print("seed: ALPHASTREAM_TEST_SEED=%d" % seed, flush=True)
    return random.Random(seed)


# ------------------------------------------------------------------------------------ running ----

def run(*command, status=0, env=None, patience=PATIENCE):
    """Standard output and standard error of a command that exits with `status`."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=patience, check=False, text=True,
                          env=dict(os.environ, **(env or {})))
    check(done.returncode == status, "%s exits with %d, not %d: %s"
          % (" ".join(command), done.returncode, status, done.stderr))
    check_validation(done.stderr)
    return done.stdout, done.stderr


def check_validation(said):
    """Also of what is found after the last picture."""
    check("validation layer" not in said, said)


def parse_state(line):
    """A line of --log-state as a dictionary; "problem" takes the rest of the line."""
    words, _, problem = line[len("state "):].rstrip("\n").partition(" problem=")
    return dict([word.split("=", 1) for word in words.split(" ")], problem=problem)


def states_of(output):
    return [parse_state(line) for line in output.splitlines() if line.startswith("state ")]


class Viewer:
    """A viewer that runs with --log-state; its states are waited for."""

    def __init__(self, paths, *options, env=None, stdin=subprocess.DEVNULL):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([paths.viewer, "--log-state", *options],
                                        stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=self.errors,
                                        env=dict(os.environ, **(env or {})))
        self.rest = b""
        self.state = {}
        self.count = 0
        self.seen = []  # all states so far

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def said(self):
        """Standard error so far."""
        self.errors.seek(0)
        return self.errors.read().decode()

    def _read_line(self, until):
        while b"\n" not in self.rest:
            ready = select.select([self.process.stdout], [], [], max(until - time.monotonic(), 0.0))
            check(ready[0], "nothing more is printed; the last state is %s" % self.state)
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise Failed("the viewer ended with %s after %s: %s"
                             % (self.process.wait(), self.state, self.said()))
            self.rest += part
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def wait(self, what, condition=None, patience=PATIENCE, **wanted):
        """Reads states until one has the wanted fields and meets the condition; returns it."""
        until = time.monotonic() + patience

        def good():
            return (self.state and all(self.state[key] == str(value)
                                       for key, value in wanted.items())
                    and (condition is None or condition(self.state)))

        while not good():
            line = self._read_line(until)
            if line.startswith(b"state "):
                self.state = parse_state(line.decode())
                self.count += 1
                self.seen.append(self.state)
            check(time.monotonic() < until, "%s: %s, not %s" % (what, self.state, wanted))
        return self.state

    def end(self, status=0, patience=PATIENCE):
        """Reads on to the end of the program; all its states are in `seen` then."""
        rest = self.rest + self.process.communicate(timeout=patience)[0]
        self.seen += states_of(rest.decode())
        check(self.process.returncode == status,
              "the viewer exits with %d, not %d: %s" % (self.process.returncode, status,
                                                        self.said()))
        check_validation(self.said())


# ----------------------------------------------------------------------------------- pictures ----

def unfilter(kind, row, above, step):
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            by = left + up - corner
            guess = min((abs(by - left), 0, left), (abs(by - up), 1, up),
                        (abs(by - corner), 2, corner))[2]
        row[i] = (value + guess) & 255


def read_png(path):
    """(width, height, bytes) of an RGB picture of 8 bits."""
    with open(path, "rb") as file:
        data = file.read()
    check(data[:8] == b"\x89PNG\r\n\x1a\n", "%s is not a PNG" % path)
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    check((depth, colour) == (8, 2), "%s is not RGB of 8 bits" % path)
    rows, stride = zlib.decompress(packed), 3 * width
    above, pixels = bytearray(stride), bytearray()
    for y in range(height):
        kind = rows[y * (stride + 1)]
        row = bytearray(rows[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        if kind:
            unfilter(kind, row, above, 3)
        pixels += row
        above = row
    return width, height, bytes(pixels)


def write_png(path, width, height, rgb):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + rgb[3 * width * y:3 * width * (y + 1)] for y in range(height))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n"
                   + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Mask:
    """A frame as the command-line tool decodes it."""
    known = {}

    def __init__(self, paths, source, frame, *options):
        subprocess.run([paths.tool, "decode", source, "--quiet", "--frames", str(frame), *options,
                        "-o", "mask.pgm"], check=True, timeout=PATIENCE)
        with open("mask.pgm", "rb") as file:
            data = file.read()
        words = data.split(None, 4)
        self.width, self.height = int(words[1]), int(words[2])
        self.rows = data[len(data) - self.width * self.height:]

    @classmethod
    def of(cls, paths, source, frame, *options):
        key = (source, frame) + options
        if key not in cls.known:
            cls.known[key] = cls(paths, source, frame, *options)
        return cls.known[key]

    def at(self, x, y):
        return (0 <= x < self.width and 0 <= y < self.height
                and self.rows[y * self.width + x] != 0)

    def on_edge(self, x, y):
        return not (self.at(x + 1, y) and self.at(x - 1, y) and self.at(x, y + 1)
                    and self.at(x, y - 1))


def columns(width, eye):
    """First column and number of columns that an eye sees."""
    return {"both": (0, width), "left": (0, width // 2),
            "right": (width // 2, width - width // 2)}[eye]


def fit(width, height, mask, eye):
    wide, high = columns(mask.width, eye)[1], mask.height
    if width * high <= height * wide:
        shown = (width, max(1, width * high // wide))
    else:
        shown = (max(1, height * wide // high), height)
    return (width - shown[0]) // 2, (height - shown[1]) // 2, shown[0], shown[1]


class Composition:
    """The picture that the viewer should show, pixel by pixel."""

    def __init__(self, mask, width, height, view="cutout", eye="both", background="checker",
                 image=None, video=None, linear=False):
        self.mask, self.view, self.background = mask, view, background
        self.image, self.video, self.eye, self.linear = image, video, eye, linear
        self.left, self.top, self.wide, self.high = fit(width, height, mask, eye)
        self.pixels = bytearray(3 * width * height)
        for y in range(self.high):
            at = 3 * ((self.top + y) * width + self.left)
            for x in range(self.wide):
                self.pixels[at:at + 3] = bytes(self.pixel(x, y))
                at += 3

    def texel(self, x, y, width, height):
        first, count = columns(width, self.eye)
        return first + x * count // self.wide, y * height // self.high

    def of(self, picture, x, y):
        width, height, rgb = picture
        column, row = self.texel(x, y, width, height)
        return rgb[3 * (row * width + column):3 * (row * width + column) + 3]

    def behind(self, x, y):
        if self.background == "checker":
            return [(102, 153)[(x // 32 + y // 32) % 2]] * 3
        if self.background == "image":
            return self.of(self.image, x, y)
        if self.background == "video":
            return [value // 4 for value in self.of(self.video, x, y)]
        return bytes.fromhex(self.background)

    def front(self, x, y):
        if self.video:
            return self.of(self.video, x, y)
        t = y * 255 // self.high
        return 255 - t // 4, 214 - t // 2, 150 + t // 3

    def share(self, x, y):
        """How much of the mask there is between its texels, 0 to 1."""
        first, count = columns(self.mask.width, self.eye)
        u = first - 0.5 + (x + 0.5) * count / self.wide
        v = (y + 0.5) * self.mask.height / self.high - 0.5
        left, top = math.floor(u), math.floor(v)

        def inside(column, row):
            return self.mask.at(min(max(column, 0), self.mask.width - 1),
                                min(max(row, 0), self.mask.height - 1))

        def between(row):
            return inside(left, row) + (inside(left + 1, row) - inside(left, row)) * (u - left)

        return between(top) + (between(top + 1) - between(top)) * (v - top)

    def soft(self, x, y):
        share = self.share(x, y)
        if self.view == "mask":
            return [int(255 * share + 0.5)] * 3
        return [int(low + (high - low) * share + 0.5)
                for low, high in zip(self.behind(x, y), self.front(x, y))]

    def pixel(self, x, y):
        if self.linear and self.view in ("cutout", "mask"):
            return self.soft(x, y)
        column, row = self.texel(x, y, self.mask.width, self.mask.height)
        inside = self.mask.at(column, row)
        if self.view == "mask":
            return (255, 255, 255) if inside else (0, 0, 0)
        if self.view == "cutout":
            return self.front(x, y) if inside else self.behind(x, y)
        if inside and self.mask.on_edge(column, row):
            return 255, 64, 32
        return self.front(x, y) if self.video else self.behind(x, y)


def check_picture(path, mask, width, height, **how):
    wide, high, pixels = read_png(path)
    check((wide, high) == (width, height), "%s is %d x %d, not %d x %d"
          % (path, wide, high, width, height))
    wanted = Composition(mask, width, height, **how).pixels
    check(any(wanted), "the composition is black all over")
    if pixels == bytes(wanted):
        return
    first = next(i for i in range(len(wanted)) if pixels[i] != wanted[i]) // 3
    count = sum(pixels[i:i + 3] != wanted[i:i + 3] for i in range(0, len(wanted), 3))
    raise Failed("%s: %d pixels differ, the first one at (%d, %d): %s, not %s"
                 % (how, count, first % width, first // width,
                    tuple(pixels[3 * first:3 * first + 3]),
                    tuple(wanted[3 * first:3 * first + 3])))

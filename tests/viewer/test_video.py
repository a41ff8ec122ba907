#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Masks stay locked to the video: pictures carry their number as a pattern, and the mask beside each
must be floor(time * rate + 1/2). test_video.py VIEWER TOOL ROOT [--without-ffmpeg]
"""
import fractions
import os
import socket
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
from support import (PATIENCE, RENDERERS, Mask, by, check, check_picture, is_full,  # noqa: E402
                     parse_state, read_png, run, run_tests, seeded, states_of)

BITS, BLOCK, HEIGHT = 10, 16, 32
WIDTH = BITS * BLOCK
PICTURES = 200
WINDOW = 160, 80


def pattern(number):
    """Grey rows: block i is light where bit i of the number is set."""
    row = b"".join(bytes([230 if number >> i & 1 else 20]) * BLOCK for i in range(BITS))
    return row * HEIGHT


def number_of(path):
    """What the pattern in a picture of the viewer says. Outlines of masks lie over it: the middle of
    each block is asked at many heights."""
    width, height, pixels = read_png(path)
    number = 0
    for i in range(BITS):
        x = (2 * i + 1) * width // (2 * BITS)
        light = sum(pixels[3 * (y * width + x) + 2] > 128 for y in range(0, height, 4))
        number |= (light > height // 8) << i
    return number


def write_y4m(path, rate, count=PICTURES):
    with open(path, "wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F%d:%d Ip A1:1 Cmono\n"
                   % (WIDTH, HEIGHT, rate.numerator, rate.denominator))
        for number in range(count):
            file.write(b"FRAME\n" + pattern(number))


def encode(path, rate, *options):
    write_y4m("source.y4m", rate)
    encode_source(path, *options)


def encode_source(path, *options):
    done = subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", "source.y4m",
                           *options, path], timeout=PATIENCE, check=False,
                          stderr=subprocess.PIPE, text=True)
    check(done.returncode == 0, "ffmpeg: %s" % done.stderr)


def random_script(random, shots):
    """Play, pause, steps, seeks and speeds, with a screenshot after each bit of time."""
    lines, seconds = [], 0.1
    for shot in range(shots):
        for _ in range(random.randint(1, 3)):
            key = random.choice("space space left right up down pageup pagedown home seek seek".split())
            lines.append("%.3f %s" % (seconds, "seek %d" % random.randrange(400)
                                      if key == "seek" else "key " + key))
            seconds += random.choice((0.0, 0.0, 0.02, 0.1, 0.35))
        seconds += 0.05
        lines.append("%.3f screenshot shot-%d.png" % (seconds, shot))
    return lines


def check_lock(paths, video, rate, mask_rate, lines, *options):
    """Each screenshot's pattern, time and mask belong together. Returns the numbers seen."""
    with open("script.txt", "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
    out = run(paths.viewer, paths.walkers, "--headless", "--video", video, "--view", "outline",
              "--fps", str(mask_rate), "--script", "script.txt", "--log-state", "--window",
              "%dx%d" % WINDOW, *options)[0]
    seen, state = set(), {}
    for line in out.splitlines():
        if line.startswith("state "):
            state = parse_state(line)
            wanted = (2 * int(state["video"]) * mask_rate + 10**9) // (2 * 10**9)
            check(state["shown"] in (str(wanted), "-1"), "offset: %s, not %d" % (state, wanted))
        elif line.startswith("screenshot "):
            number = number_of(line.split()[1])
            wanted = (number / rate * mask_rate + fractions.Fraction(1, 2)).__floor__()
            check(int(state["shown"]) == wanted, "%s: picture %d with mask %s, not %d"
                  % (video, number, state["shown"], wanted))
            seen.add(number)
    return seen


RATES = ((60, 60), (30, 60), (fractions.Fraction(60000, 1001), fractions.Fraction(60000, 1001)),
         (25, 25), (60, 25))


# What one script shows depends on its keys and on the machine's speed (a slow one is late for several
# lines at once); over all scripts of a test the pictures must be many.
def check_many(seen, scripts):
    check(len(seen) > 2 * scripts, "pictures seen by %d scripts: %s" % (scripts, sorted(seen)))


def test_lock_y4m(paths):
    random, seen = seeded(), set()
    for rate, mask_rate in RATES:
        rate, mask_rate = fractions.Fraction(rate), fractions.Fraction(mask_rate)
        write_y4m("video.y4m", rate)
        seen |= check_lock(paths, "video.y4m", rate, mask_rate, random_script(random, 15),
                           *by(random.choice(RENDERERS)))
    check_many(seen, len(RATES))


def test_lock_encoded(paths):
    random, seen, scripts = seeded(), set(), 0
    kinds = (("video.mp4", "-c:v", "mpeg4", "-q:v", "2", "-g", "12", "-bf", "2"),
             ("video.mkv", "-c:v", "mpeg4", "-q:v", "2", "-g", "50"),
             ("video.avi", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"))
    for at, (rate, mask_rate) in enumerate(RATES):
        rate, mask_rate = fractions.Fraction(rate), fractions.Fraction(mask_rate)
        for path, *options in kinds if at == 0 else kinds[:2]:
            encode(path, rate, *options)
            seen |= check_lock(paths, path, rate, mask_rate, random_script(random, 12),
                               *by(random.choice(RENDERERS)))
            scripts += 1
    check_many(seen, scripts)


# What is done at once, at 30 pictures and 60 masks a second, and to which picture it leads.
STEPS = (("seek 100", 50), ("seek 100, right", 51), ("seek 100, left", 49), ("seek 240, left", 119),
         ("seek 238", 119), ("seek 239, right", 120), ("seek 244, left, left, left, left", 118),
         ("seek 100, right, right, right", 53), ("seek 40, home, left", 0),
         ("seek 2, left, left, left, right", 1), ("seek 100, pagedown", 80),
         ("seek 100, pageup, right", 21), ("end", PICTURES - 1), ("end, right", 0),
         ("seek 399, left", PICTURES - 2), ("l, end, right", PICTURES - 1))


def write_steps(path, steps):
    """A script that takes a screenshot after each; the clock waits for the picture."""
    with open(path, "w", encoding="utf-8") as file:
        for at, (keys, _) in enumerate(steps):
            for key in keys.split(", "):
                file.write("%.1f %s\n" % (0.1 + 0.2 * at, key if " " in key else "key " + key))
            file.write("%.1f screenshot step-%d.png\n" % (0.2 + 0.2 * at, at))


def check_steps(paths, video, rate, steps=STEPS, options=("--paused",)):
    write_steps("steps.txt", steps)
    with open("steps.txt", encoding="utf-8") as file:
        check_lock(paths, video, rate, fractions.Fraction(60), file.read().splitlines(),
                   "--renderer", "cpu", *options)
    for at, (keys, number) in enumerate(steps):
        seen = number_of("step-%d.png" % at)
        check(seen == number, "%s: %s leads to %d, not %d" % (video, keys, seen, number))


def test_steps(paths):
    rate = fractions.Fraction(30)
    write_y4m("video.y4m", rate)
    check_steps(paths, "video.y4m", rate)


# Containers that find key pictures by their order in the file, or hardly at all; and files without
# times of their own.
KINDS = (("intra.mov", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
         ("order.mp4", "-c:v", "mpeg4", "-q:v", "2", "-g", "12", "-bf", "2"),
         ("stream.ts", "-c:v", "mpeg4", "-q:v", "2", "-g", "60"),
         ("order.avi", "-c:v", "mpeg4", "-q:v", "2", "-g", "12", "-bf", "2"))
MORE_KINDS = (("vp8.webm", "-c:v", "libvpx", "-crf", "10", "-b:v", "1M", "-g", "30"),
              ("long.mkv", "-c:v", "mpeg4", "-q:v", "2", "-g", "300", "-bf", "2"),
              ("intra.avi", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
              ("avc.ts", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "48"),
              ("avc.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "48"),
              ("raw.h264", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "48"))


def test_steps_encoded(paths):
    rate = fractions.Fraction(30)
    for path, *options in KINDS + MORE_KINDS * is_full():
        encode(path, rate, *options)
        check_steps(paths, path, rate)


# A video of 200 pictures is shorter than the masks: it is what begins again.
def test_ends(paths):
    rate = fractions.Fraction(60)
    write_y4m("video.y4m", rate)
    lines = ["0.1 seek 190"] + ["%.2f screenshot a-%d.png" % (0.15 + 0.05 * n, n) for n in range(8)]
    seen = check_lock(paths, "video.y4m", rate, rate, lines)
    check(min(seen) < 20 and max(seen) > 190, "at the end: %s" % seen)
    seen = check_lock(paths, "video.y4m", rate, rate, lines[:1] + lines[-1:], "--no-loop")
    check(seen == {PICTURES - 1}, "at the end without loop: %s" % seen)
    # From there it plays from the start, by key and by click; without loop and with it, from "end".
    for at_end in ("0.1 seek 190", "0.1 key end"):
        for play in (["key space"], ["press 80 10", "release"]):
            lines = [at_end] + ["0.5 " + verb for verb in play] + ["0.6 screenshot a.png"]
            seen = check_lock(paths, "video.y4m", rate, rate, lines, "--renderer", "cpu",
                              *(["--no-loop"] if "seek" in at_end else ["--paused"]))
            check(max(seen) < 20, "%s, %s leads to %s" % (at_end, play, seen))
    seen = check_lock(paths, "video.y4m", rate, rate, ["0.1 key end", "0.2 screenshot a.png"],
                      "--renderer", "cpu")
    check(max(seen) < 20, "end while playing leads to %s" % seen)


# From a pipe nothing can be gone back to; the mask still is that of the picture.
def test_pipe(paths):
    write_y4m("video.y4m", fractions.Fraction(60))
    with open("script.txt", "w", encoding="utf-8") as file:
        file.write("0.5 screenshot a.png\n0.6 seek 150\n0.7 key space\n0.8 seek 20\n"
                   "0.9 screenshot b.png\n")
    with subprocess.Popen(["cat", "video.y4m"], stdout=subprocess.PIPE) as cat:
        done = subprocess.run([paths.viewer, paths.walkers, "--headless", "--video", "-", "--view",
                               "outline", "--script", "script.txt", "--log-state"],
                              stdin=cat.stdout, stdout=subprocess.PIPE, timeout=PATIENCE,
                              check=True, text=True)
    shown = [parse_state(line)["shown"] for line in done.stdout.splitlines()
             if line.startswith("state ")]
    check(number_of("a.png") > 20 and str(number_of("a.png")) in shown, "picture a")
    check(number_of("b.png") >= 150 and str(number_of("b.png")) == shown[-1], "picture b")


# The video's pixels, where a mask cuts them out and where it does not.
def test_pictures(paths):
    write_y4m("video.y4m", fractions.Fraction(60), 120)
    grey = bytes(value for value in pattern(100) for _ in range(3))
    mask = Mask.of(paths, paths.walkers, 100)
    for renderer in RENDERERS:
        for view, background in (("cutout", "checker"), ("cutout", "video"), ("outline", "checker")):
            run(paths.viewer, paths.walkers, "--headless", *by(renderer), "--start", "100",
                "--frames", "1", "--video", "video.y4m", "--view", view, "--background", background,
                "--window", "300x160", "--screenshot", "shot.png")
            check_picture("shot.png", mask, 300, 160, view=view, background=background,
                          video=(WIDTH, HEIGHT, grey))


def test_colours(paths):
    for name, chroma in (("444", (4, 2)), ("420jpeg", (2, 1))):
        with open("colour.y4m", "wb") as file:
            file.write(b"YUV4MPEG2 W4 H2 F25:1 C" + name.encode() + b"\nFRAME\n" + bytes([81]) * 8
                       + bytes([90]) * (chroma[0] * chroma[1])
                       + bytes([240]) * (chroma[0] * chroma[1]))
        run(paths.viewer, paths.walkers, "--headless", "--renderer", "cpu", "--frames", "1",
            "--video", "colour.y4m", "--view", "outline", "--window", "20x10", "--screenshot",
            "shot.png")
        red, green, blue = read_png("shot.png")[2][:3]
        check(red > 250 and green < 5 and blue < 5, "red becomes %s" % ((red, green, blue),))


# The end of the file is gone: a sentence tells, and what is whole is still gone to and played.
def test_damaged(paths):
    rate = fractions.Fraction(60)
    encode("whole.mp4", rate, "-c:v", "mpeg4", "-q:v", "2", "-g", "12", "-movflags", "+faststart")
    with open("whole.mp4", "rb") as whole, open("video.mp4", "wb") as damaged:
        data = whole.read()
        kept = len(data) * 8 // 10
        damaged.write(data[:kept] + bytes(len(data) - kept))
    lines = ["0.1 seek 199", "0.2 screenshot a.png", "0.3 seek %d", "0.4 screenshot b.png"]
    for number in (20, 100):
        script = [line % number if "%" in line else line for line in lines]
        seen = check_lock(paths, "video.mp4", rate, rate, script, "--paused")
        check(number_of("b.png") == number, "after the damage: %s, not %d" % (seen, number))
    out = run(paths.viewer, paths.walkers, "--headless", "--renderer", "cpu", "--video",
              "video.mp4", "--paused", "--script", "script.txt", "--log-state")[0]
    states = states_of(out)
    check(any("no picture" in state["problem"] for state in states), "nothing is said: %s" % out)
    check(not states[-1]["problem"], "it is still said: %s" % states[-1])
    # A picture that cannot be had is no reason to wait for it for ever.
    err = run(paths.viewer, paths.walkers, "--headless", "--renderer", "cpu", "--video",
              "video.mp4", "--start", "199", "--frames", "1", status=1)[1]
    check("no picture" in err, err)
    # Played on, it begins again at the end.
    with open("script.txt", "w", encoding="utf-8") as file:
        file.write("0.1 seek 195\n0.6 screenshot a.png\n")
    states = states_of(run(paths.viewer, paths.walkers, "--headless", "--renderer", "cpu",
                           "--video", "video.mp4", "--view", "outline", "--script", "script.txt",
                           "--log-state")[0])
    check(any(state["problem"] for state in states), "nothing is said on the damage")
    check(5 < number_of("a.png") < 60 and not states[-1]["problem"],
          "played on: %d, %s" % (number_of("a.png"), states[-1]))


# Widths that are no whole vectors: the picture is as wide as the window, column by column, and is
# that of the source.
def test_widths(paths):
    height = 30
    for width in (33, 39, 40, 47, 854):
        row = bytes(20 + 200 * x // width for x in range(width))
        with open("source.y4m", "wb") as file:
            file.write(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 Cmono\n" % (width, height)
                       + (b"FRAME\n" + row * height) * 3)
        encode_source("video.mp4", "-c:v", "mpeg4", "-q:v", "1", "-pix_fmt", "yuv420p")
        shown = []
        for video in ("source.y4m", "video.mp4"):
            run(paths.viewer, paths.walkers, "--headless", "--renderer", "cpu", "--frames", "3",
                "--video", video, "--view", "outline", "--window", "%dx%d" % (width, width),
                "--screenshot", "shot.png", env={"MALLOC_PERTURB_": "77"})
            shown.append(read_png("shot.png")[2])
        worst = max(range(len(shown[0])), key=lambda i: abs(shown[0][i] - shown[1][i]))
        check(abs(shown[0][worst] - shown[1][worst]) < 24, "width %d: %d becomes %d in column %d"
              % (width, shown[0][worst], shown[1][worst], worst // 3 % width))


# The picture of a phone lies as its matrix says: the four corners of it, in grey.
TURNS = {"upright": ((1, 0, 0, 1), (20, 90, 160, 230)), "right": ((0, 1, -1, 0), (160, 20, 230, 90)),
         "half": ((-1, 0, 0, -1), (230, 160, 90, 20)), "left": ((0, -1, 1, 0), (90, 230, 20, 160)),
         "mirrored": ((-1, 0, 0, 1), (90, 20, 230, 160)), "flipped": ((1, 0, 0, -1), (160, 230, 20, 90)),
         "transposed": ((0, 1, 1, 0), (20, 160, 90, 230)),
         "transversed": ((0, -1, -1, 0), (230, 90, 160, 20))}


def write_turned(path, numbers):
    """turned.mp4 with another matrix: a, b, u, c, d, v of its track's header, in 16.16."""
    with open("turned.mp4", "rb") as file:
        data = bytearray(file.read())
    at = data.index(b"tkhd") + 4 + 40
    check(struct.unpack_from(">9i", data, at) == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), "no matrix")
    a, b, c, d = (int(number * 65536) for number in numbers)
    struct.pack_into(">6i", data, at, a, b, 0, c, d, 0)
    with open(path, "wb") as file:
        file.write(data)


def test_turned(paths):
    rows = [bytes([left]) * 48 + bytes([right]) * 48 for left, right in ((20, 90), (160, 230))]
    with open("source.y4m", "wb") as file:
        file.write(b"YUV4MPEG2 W96 H64 F25:1 Ip A1:1 Cmono\nFRAME\n" + rows[0] * 32 + rows[1] * 32)
    encode_source("turned.mp4", "-c:v", "mpeg4", "-q:v", "1", "-pix_fmt", "yuv420p")
    options = ["--headless", "--renderer", "cpu", "--frames", "1", "--video", "video.mp4",
               "--view", "outline", "--window", "128x64", "--screenshot", "shot.png"]
    for name, (matrix, corners) in TURNS.items():
        write_turned("video.mp4", matrix)
        run(paths.viewer, paths.walkers, *options)
        width, height, pixels = read_png("shot.png")
        seen = [pixels[3 * (y * width + x)] for y in (4, height - 5) for x in (4, width - 5)]
        levels = [min(range(4), key=lambda i, s=s: abs((20, 90, 160, 230)[i] - s)) for s in seen]
        check([(20, 90, 160, 230)[i] for i in levels] == list(corners), "%s: %s" % (name, seen))
    write_turned("video.mp4", (0.866, 0.5, -0.5, 0.866))
    err = run(paths.viewer, paths.walkers, *options, status=2)[1]
    check("no multiple of 90 degrees" in err, err)


def test_refusals(paths):
    for name, content in (("empty.y4m", b""), ("short.y4m", b"YUV4MPEG2 W4 H4 F25:1 Cmono\nFRAME\nab"),
                          ("wide.y4m", b"YUV4MPEG2 W99999 H4 F25:1 Cmono\nFRAME\n"),
                          ("rate.y4m", b"YUV4MPEG2 W4 H4 F25:0 Cmono\nFRAME\n"),
                          ("deep.y4m", b"YUV4MPEG2 W4 H4 F25:1 C420p10\nFRAME\n"),
                          ("text.mp4", b"text"), ("none.y4m", None)):
        if content is not None:
            with open(name, "wb") as file:
                file.write(content)
        err = run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--video", name,
                  status=2)[1]
        check(name in err, "%s: %s" % (name, err))


# More than is shown: it is not read to its end before that is said.
def test_too_wide(paths):
    with open("source.y4m", "wb") as file:
        file.write(b"YUV4MPEG2 W16400 H16 F25:1 Ip A1:1 Cmono\nFRAME\n" + bytes(16400 * 16))
    encode_source("wide.mkv", "-c:v", "ffv1")
    err = run(paths.viewer, paths.walkers, "--headless", "--renderer", "cpu", "--frames", "2",
              "--video", "wide.mkv", status=2)[1]
    check("16400 x 16" in err, err)


# What is no path is read by FFmpeg, as all other videos are.
def test_y4m_by_url(paths):
    write_y4m("video.y4m", fractions.Fraction(30))
    check_steps(paths, "file:video.y4m", fractions.Fraction(30), STEPS[:3])


# Nobody would know that the viewer waits for a video to be typed.
def test_terminal(paths):
    here, there = os.openpty()
    done = subprocess.run([paths.viewer, paths.walkers, "--headless", "--frames", "1", "--video",
                           "-"], stdin=there, stderr=subprocess.PIPE, timeout=PATIENCE,
                          check=False, text=True)
    os.close(here)
    os.close(there)
    check(done.returncode == 2 and "terminal" in done.stderr, "%s" % done)


# A server that takes the connection and says nothing; it takes the viewer's ten seconds.
def test_silent_server(paths):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = "http://127.0.0.1:%d/video.mp4" % server.getsockname()[1]
        err = run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--video", url,
                  status=2)[1]
    check("nothing came" in err, err)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--without-ffmpeg"]
    tests = [test_lock_y4m, test_steps, test_ends, test_pipe, test_pictures, test_colours,
             test_refusals, test_terminal]
    if len(arguments) == len(sys.argv) - 1:
        tests += [test_lock_encoded, test_steps_encoded, test_damaged, test_too_wide, test_y4m_by_url, test_widths,
                  test_turned]
        if is_full():
            tests.append(test_silent_server)
    run_tests(tests, arguments)

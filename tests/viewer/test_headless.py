#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The viewer without a window: options, scripts, its clock, errors, random inputs.

test_headless.py VIEWER TOOL ROOT
"""
import fractions
import json
import os
import re
import shutil
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
import support  # noqa: E402
from support import (PATIENCE, RENDERERS, Mask, by, check, check_picture,  # noqa: E402
                     is_full, read_png, run, run_tests, seeded, states_of)
from test_video import write_y4m  # noqa: E402

STEP_NS = 1000000000 // 60
KEYS = ("space right left pagedown pageup home end up down enter l v e b s c i t r h backspace "
        "escape 0 1 2 3 4 5 6 7 8 9").split()


def play_script(paths, lines, *options, status=0, source=None, renderer="cpu"):
    with open("script.txt", "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
    out, err = run(paths.viewer, source or paths.walkers, "--headless", *by(renderer), "--log-state", "--script", "script.txt", "--window", "320x160", *options,
                   status=status, patience=PATIENCE + len(lines))
    return states_of(out), err


def test_usage(paths):
    check("usage: alphastream-viewer" in run(paths.viewer, "--help")[0], "--help")
    version = run(paths.viewer, "--version")[0]
    check(re.fullmatch(r"alphastream-viewer [\d.]+\nparts: [+-]http \+gl [+-]vulkan [+-]ffmpeg\n",
                       version), version)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([paths.viewer, "--help"], stdout=full, stderr=subprocess.PIPE,
                              check=False, text=True, timeout=PATIENCE)
    check(done.returncode == 2 and "standard output" in done.stderr, "%s" % done)
    for said, *options in (("one SOURCE", "a", "b"), ("gl, vulkan or cpu", "--renderer", "metal"),
                           ("needs --renderer vulkan", "--validate"),
                           ("WIDTHxHEIGHT", "--window", "12"), ("WIDTHxHEIGHT", "--size", "0x1"),
                           ("cutout, mask", "--view", "x"), ("0.25 to 4", "--speed", "5"),
                           ("whole number", "--frames", "0"), ("a rate", "--fps", "a"),
                           ("needs a SOURCE", "--headless"),
                           ("SOURCE is empty", "", "--frames", "1"), ("SOURCE is empty", ""),
                           ("SOURCE is empty", "", "--headless", "--frames", "1"),
                           ("needs --frames", "--headless", "a"),
                           ("needs --video", "--background", "video"),
                           ("exclude", "--headless", "--fullscreen", "--frames", "1", "a"),
                           ("there is no option --what; see alphastream-viewer --help\n", "--what"),
                           ("did you mean --headless?", "--hedless", "--frames", "1"),
                           ("--no-hud, --no-loop", "--no"), ("no option -x;", "-x"),
                           ("takes no value", "--linear=1"), ("needs a value", "--fps"),
                           ("give --passphrase-file", "a", "--passphrase", "hunter2"),
                           ("give --passphrase-file", "a", "--passphrase=hunter2"),
                           ("cannot be read as PNG", "--background", "none.png", "--headless",
                            "--frames", "1", "a"),
                           ("cannot be read", "--script", "none", "--headless", "a"),
                           ("cannot be read", "--script", ".", "--headless", "a")):
        check(said in run(paths.viewer, *options, status=2)[1], "%s: not \"%s\"" % (options, said))


# Vulkan without a device is said, and nothing else is taken instead.
def test_no_device(paths):
    nothing = {"VK_DRIVER_FILES": "none.json", "VK_ICD_FILENAMES": "none.json"}
    for renderer in RENDERERS:
        if renderer == "vulkan":
            err = run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--renderer",
                      renderer, status=2, env=nothing)[1]
            check("no driver for Vulkan" in err and "--renderer gl" in err, err)
        else:
            run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--renderer", renderer,
                env=nothing)


def test_report(paths):
    for renderer in RENDERERS:
        run(paths.viewer, paths.walkers, "--headless", "--frames", "20", "--json", "report.json",
            "--window", "320x160", *by(renderer))
        with open("report.json", encoding="utf-8") as file:
            report = json.load(file)
        check((report["renderer"], report["pictures"] >= 20, report["width"], report["height"])
              == (renderer, True, 320, 160), "report: %s" % report)
        check(report["pictures_per_second"] > 0, "report: %s" % report)
        for name in "picture_ms", "thread_ms", "library_cpu_ms", "get_ms":
            figures = report[name]
            check(0 < figures["p50"] <= figures["p99"], "%s: %s" % (name, report))
        check(report["library_cpu_ms"]["mean"] <= report["thread_ms"]["mean"], "report: %s" % report)
    run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--json", "none/a.json",
        status=2)


def test_bad_scripts(paths):
    for line in ("x key h", "1 jump", "1 key", "1 key none", "1 seek", "1 seek -1", "1 press 1",
                 "1 screenshot", "1 timeline", "1 figures", "1 quit now", "-1 quit", "nan quit"):
        err = play_script(paths, ["# a comment", "", line], status=2)[1]
        check("line 3 of script.txt" in err, "%s: %s" % (line, err))
    check("line 2" in play_script(paths, ["2 quit", "1 quit"], status=2)[1], "descending times")


# Each key changes what it says, and nothing else.
def test_keys(paths):
    expected = {"space": {"playing": "0"}, "l": {"loop": "0"}, "v": {"view": "mask"},
                "e": {"eye": "left"}, "b": {"background": "colour"}, "s": {"linear": "1"},
                "i": {"hud": "0"}, "h": {"help": "1"}, "t": {"timeline": "0"},
                "up": {"speed": "2"}, "down": {"speed": "0.5"}, "7": {"digits": "7"}}
    moving = {"due", "shown", "result", "idle"}
    for key, change in expected.items():
        states = play_script(paths, ["0.1 key " + key, "0.2 quit"])[0]
        first, last = states[1], states[-1]
        changed = {name: last[name] for name in last if last[name] != first[name]
                   and name not in moving}
        check(changed == change, "%s changes %s" % (key, changed))


def test_frames_by_keys(paths):
    for keys, frame in (("right", 101), ("left", 99), ("pagedown", 160), ("pageup", 40),
                        ("home", 0), ("end", 719), ("end right", 0), ("home left", 719),
                        ("l end right", 719), ("l home left", 0), ("3 1 5 enter", 315),
                        ("3 1 5 backspace enter", 31), ("9 9 9 9 enter", 719),
                        ("3 escape enter", 100)):
        lines = ["0.1 key %s" % key for key in keys.split()]
        state = play_script(paths, lines + ["0.3 quit"], "--paused", "--start", "100")[0][-1]
        check((state["due"], state["shown"]) == (str(frame), str(frame)),
              "%s leads to %s" % (keys, state))


def test_mouse(paths):
    bar = play_script(paths, ["0.1 quit"], "--paused")[0][-1]["bar"]
    left, top, width, _ = map(int, bar.split(","))
    lines = ["0.1 press %d %d" % (left + width // 2, top + 3),
             "0.2 move %d 5" % (left + width // 4), "0.3 move 100000 5", "0.4 move -5 5",
             "0.5 move %d 0" % (left + width - 1), "0.6 release", "0.7 move %d 0" % left]
    states = play_script(paths, lines, "--paused")[0]
    dues = [int(state["due"]) for state in states]
    dues = [due for at, due in enumerate(dues) if at == 0 or dues[at - 1] != due]
    check(dues == [0, width // 2 * 720 // width, width // 4 * 720 // width, 719, 0,
                   (width - 1) * 720 // width], "dragging leads to %s" % dues)
    states = play_script(paths, ["0.1 press 5 5", "0.2 release"], "--paused")[0]
    check(states[-1]["playing"] == "1", "a click on the picture does not play")


# The mask that is shown is always the one of the clock: floor(time * rate + 1/2).
def test_clock(paths):
    for speed, rate, options in ((1, (60, 1), ()), (0.25, (60, 1), ()), (4, (60, 1), ()),
                                 (2, (25, 1), ("--fps", "25")),
                                 (1, (60000, 1001), ("--fps", "59.94"))):
        states = play_script(paths, ["3 quit"], "--speed", str(speed), "--renderer", "cpu",
                             *options)[0]
        seen = [int(state["due"]) for state in states if state["result"] == "0"]
        check(all(state["shown"] == state["due"] for state in states if state["result"] == "0"),
              "another mask is shown than is due")
        step = int(STEP_NS * speed)
        # 3 s, and the rest that STEP_NS rounds off; then from the beginning again.
        dues = [(2 * n * step * rate[0] + rate[1] * 10**9) // (2 * rate[1] * 10**9) % 720
                for n in range(1, 182)]
        wanted = [due for at, due in enumerate(dues) if at == 0 or dues[at - 1] != due]
        seen = [due for at, due in enumerate(seen) if at == 0 or seen[at - 1] != due]
        check(seen[-100:] == wanted[-100:] and set(seen) >= set(wanted) - {0},
              "at speed %s: %s, not %s" % (speed, seen[-9:], wanted[-9:]))


FIGURES = ("^frame {due} of 720   [0-9.]+ s   (playing|paused) 1 x, loop$",
           "^cutout, eye: both, background: checker, exact edges$",
           "^hits: L0 [0-9.]+ %, L1 [0-9.]+ %   L1 [1-9][0-9]* frames, [1-9][0-9]* KiB$",
           "^draw [0-9.]+ ms, late [0-9]+, dropped [0-9]+, failed 0$", "^read [1-9][0-9]* KiB$",
           "^CPU [0-9.]+ ms \\(library [0-9.]+\\)   GPU {gpu}$",
           "^upload {upload} B for this mask, {upload} KiB in all$",
           "^picture [0-9.]+ ms \\(to 50\\)$", "^get [0-9.]+ ms \\(to 12\\)$")
BARS = {"picture": (90, 200, 120), "get": (255, 180, 60)}


def check_figures(said, picture, renderer, due, offset):
    """All lines of the figures, the one of the offset, and bars in the graphs."""
    known = {"due": due, "gpu": "not measured" if renderer == "cpu" else "[0-9.]+ ms",
             "upload": "0" if renderer == "cpu" else "[1-9][0-9]*"}
    for wanted in FIGURES + ("^%s$" % offset,):
        for name, value in known.items():
            wanted = wanted.replace("{%s}" % name, str(value))
        check(re.search(wanted, said, re.MULTILINE), "%s: no %s in:\n%s" % (renderer, wanted, said))
    width, height, rgb = picture
    for name, left in ("picture", 0), ("get", width // 2):
        below = [rgb[3 * (y * width + x):3 * (y * width + x) + 3] for y in range(2 * height // 3, height)
                 for x in range(left, left + width // 2)]
        check(below.count(bytes(BARS[name])) > 3 or below.count(b"\xff\x5a\x50") > 3,
              "%s: no bars of %s" % (renderer, name))


# What the figures say, and that the mask's offset from the video is there, and 0.
def test_figures(paths):
    write_y4m("video.y4m", fractions.Fraction(30))
    for renderer in RENDERERS:
        with open("script.txt", "w", encoding="utf-8") as file:
            file.write("0.1 seek 71\n0.4 key space\n0.5 figures a.png\n0.6 quit\n")
        out = run(paths.viewer, paths.walkers, "--headless", *by(renderer), "--log-state", "--script",
                  "script.txt", "--video", "video.y4m", "--window", "320x160")[0]
        said = "\n".join(re.findall("^figures a.png: (.*)$", out, re.MULTILINE))
        due = int(states_of(out)[-1]["due"])
        check(due > 80 and due % 2 == 0, "of 30 pictures a second every other mask: %d" % due)
        check_figures(said, read_png("a.png"), renderer, due,
                      "video %.3f s   mask %d, offset \\+0" % (due / 60, due))
    subprocess.run([sys.executable, paths.helper, "corrupt", paths.walkers, "bad.asvp", "3"], check=True)
    for frame, offset in ((2, "+0"), (3, "-1")):
        with open("script.txt", "w", encoding="utf-8") as file:
            file.write("0.1 seek 2\n0.2 seek %d\n0.3 figures a.png\n0.4 quit\n" % frame)
        out = run(paths.viewer, "bad.asvp", "--headless", "--log-state", "--paused", "--script",
                  "script.txt", "--window", "320x160")[0]
        check("figures a.png: offset %s frames\n" % offset in out, "frame %d: %s" % (frame, out))


def test_ends(paths):
    states = play_script(paths, ["0.1 seek 700", "0.9 quit"])[0]
    dues = [int(state["due"]) for state in states]
    at = dues.index(719)
    check(dues[at + 1:at + 4] == [0, 1, 2], "after the last frame: %s" % dues[at:at + 4])
    states = play_script(paths, ["0.1 seek 700", "0.9 quit"], "--no-loop")[0]
    check((states[-1]["due"], states[-1]["playing"]) == ("719", "0"), "at the end: %s" % states[-1])
    states = play_script(paths, ["0.1 key end", "0.2 key space", "0.3 quit"], "--no-loop",
                         "--paused")[0]
    check(int(states[-1]["due"]) < 20, "play at the end begins at %s" % states[-1]["due"])


def test_screenshots_and_opening(paths):
    shutil.copy(paths.walkers, "other name.asvp")
    states = play_script(paths, ["0.1 seek 315", "0.2 screenshot a.png", "0.3 key c",
                                 "0.4 resize 200 130", "0.5 open other name.asvp", "0.6 seek 20",
                                 "0.7 screenshot b.png", "0.8 quit"], "--paused", "--window",
                         "320x160", renderer="gl")[0]
    check(states[-1]["size"] == "200x130", "resized to %s" % states[-1]["size"])
    check_picture("a.png", Mask.of(paths, paths.walkers, 315), 320, 160)
    check_picture("alphastream-000315.png", Mask.of(paths, paths.walkers, 315), 320, 160)
    check_picture("b.png", Mask.of(paths, paths.walkers, 20), 200, 130)
    err = play_script(paths, ["0.1 screenshot none/a.png", "0.2 quit"])[1]
    check("none/a.png cannot be written" in err, "an unwritable screenshot: %s" % err)
    # The longest of names, and a file of the user's whose name is much the same: it stays.
    name = "a" * 251 + ".png"
    with open("keep.png.part", "w", encoding="utf-8") as file:
        file.write("mine")
    for path in (name, "keep.png"):
        run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--screenshot", path,
            "--window", "32x16", *by("cpu"))
        check(read_png(path)[:2] == (32, 16), "no screenshot in %s" % path)
    with open("keep.png.part", encoding="utf-8") as file:
        check(file.read() == "mine", "another file is gone")
    check(not [name for name in os.listdir(".") if name.startswith(".")], "something is left over")
    run(paths.viewer, paths.walkers, "--headless", "--frames", "1", "--screenshot", "none/a.png",
        status=2)
    # What is no file stays what it is, as a device would.
    os.mkfifo("pipe.png")
    with subprocess.Popen([paths.viewer, paths.walkers, "--headless", "--frames", "1", "--window",
                           "32x16", "--screenshot", "pipe.png", *by("cpu")]) as viewer:
        with open("pipe.png", "rb") as pipe:
            data = pipe.read()
        check(viewer.wait(PATIENCE) == 0 and stat.S_ISFIFO(os.stat("pipe.png").st_mode),
              "a pipe is replaced")
    with open("piped.png", "wb") as file:
        file.write(data)
    check_picture("piped.png", Mask.of(paths, paths.walkers, 0), 32, 16)


# ------------------------------------------------------------------------------------ errors ----

def test_unusable_sources(paths):
    with open("text.asvp", "w", encoding="utf-8") as file:
        file.write("no container")
    subprocess.run([sys.executable, paths.helper, "empty", "empty.asvp"], check=True)
    for source, said, status in (("none.asvp", "none.asvp", 3), ("text.asvp", "container", 1),
                                 ("empty.asvp", "no frames", 1),
                                 (paths.encrypted, "passphrase", 1),
                                 ("http://127.0.0.1:1/a.asvp", "127.0.0.1", 3)):
        for renderer in RENDERERS:
            err = run(paths.viewer, source, "--headless", "--frames", "3", *by(renderer),
                      status=status)[1]
            check(said in err, "%s: %s" % (source, err))
        state = play_script(paths, ["0.1 key h", "0.2 quit"], source=source)[0][-1]
        check(state["problem"] and state["open"] != "0", "%s: %s" % (source, state))
    err = run(paths.viewer, paths.encrypted, "--headless", "--frames", "1", status=1,
              env={"ALPHASTREAM_PASSPHRASE": "wrong"})[1]
    check("wrong passphrase" in err, err)


# A bad frame: the mask before it stays, the sentence names the frame, the next one is shown.
def test_bad_frame(paths):
    subprocess.run([sys.executable, paths.helper, "corrupt", paths.walkers, "bad.asvp", "3", "5"],
                   check=True)
    for renderer in RENDERERS:
        states = play_script(paths, ["0.1 seek 2", "0.2 seek 3", "0.3 screenshot held.png",
                                     "0.4 seek 4", "0.5 quit"], "--paused", "--window", "320x160",
                             source="bad.asvp", renderer=renderer)[0]
        bad = [state for state in states if state["problem"]]
        check(bad and all((s["due"], s["shown"]) == ("3", "2") for s in bad), "held: %s" % bad)
        check("frame 3" in bad[-1]["problem"], bad[-1]["problem"])
        check((states[-1]["shown"], states[-1]["problem"]) == ("4", ""), "after: %s" % states[-1])
        check_picture("held.png", Mask.of(paths, paths.walkers, 2), 320, 160)
        out, err = run(paths.viewer, "bad.asvp", "--headless", *by(renderer), "--frames", "7",
                       "--log-state", "--screenshot", "last.png", "--window", "320x160",
                       status=1)
        check(err.count("frame 3") and err.count("frame 5"), err)
        check(states_of(out)[-1]["shown"] == "6", out)
        check_picture("last.png", Mask.of(paths, paths.walkers, 6), 320, 160)


# What is asked for is shown, or it is said that it is not there.
def test_start(paths):
    for start in 720, 99999:
        err = run(paths.viewer, paths.walkers, "--headless", "--start", str(start), "--frames", "1",
                  *by("cpu"), status=2)[1]
        check("--start %d is past the end: the last frame is 719" % start in err, err)
        states, err = play_script(paths, ["0.1 quit"], "--paused", "--start", str(start))
        check("--start %d is past the end" % start in err, err)
        check(states[-1]["shown"] == "719", "shown: %s" % states[-1])
    err = run(paths.viewer, paths.walkers, "--headless", "--start", "719", "--frames", "2",
              *by("cpu"))[1]
    check(err == "", err)


# Without a mask there is nothing to copy by a key.
def test_copy_of_nothing(paths):
    os.mkdir("copies")
    with open("copy.txt", "w", encoding="utf-8") as file:
        file.write("0.1 key c\n0.2 quit\n")
    done = subprocess.run([paths.viewer, "none.asvp", "--headless", "--script", "../copy.txt",
                           *by("cpu")], cwd="copies", timeout=PATIENCE, check=False)
    check(done.returncode == 0 and not os.listdir("copies"), "%d: %s" % (done.returncode,
                                                                       os.listdir("copies")))


# A program that hangs fails its test; those after it are run.
def test_patience(paths):
    code = ("import sys, support\n"
            "def hangs(_): support.run(sys.executable, '-c', 'import time; time.sleep(1000)', "
            "patience=0.1)\n"
            "def passes(_): pass\n"
            "support.run_tests([hangs, passes], sys.argv[1:])\n")
    out = run(sys.executable, "-B", "-c", code, paths.viewer, paths.tool, paths.root, status=1,
              env={"PYTHONPATH": os.path.dirname(support.__file__)})[0]
    check("FAILED hangs" in out and "ok passes" in out, out)


# What a picture is made of fits together at once, not with the next picture of the screen.
def test_pictures_at_once(paths):
    for renderer in RENDERERS:
        play_script(paths, ["0.1 seek 315", "0.2 resize 300 50", "0.2 screenshot wide.png",
                            "0.3 key e", "0.3 screenshot left.png", "0.4 key e", "0.4 resize 40 90",
                            "0.4 screenshot right.png", "0.5 quit"], "--paused", "--window",
                    "100x100", renderer=renderer)
        mask = Mask.of(paths, paths.walkers, 315)
        check_picture("wide.png", mask, 300, 50)
        check_picture("left.png", mask, 300, 50, eye="left")
        check_picture("right.png", mask, 40, 90, eye="right")


# The lines of the triangle strip are those of the mask that is shown, from the first picture on.
def test_strips_at_once(paths):
    for renderer in RENDERERS:
        play_script(paths, ["0.1 seek 100", "0.2 screenshot old.png", "0.3 key v", "0.4 seek 315",
                            "0.5 key v", "0.5 key v", "0.5 key v", "0.5 screenshot now.png",
                            "0.6 screenshot later.png", "0.7 quit"], "--paused", "--view", "strips",
                    renderer=renderer)
        old, now, later = [read_png(name)[2] for name in ("old.png", "now.png", "later.png")]
        check(now == later, "%s: lines of another frame" % renderer)
        check(now != old, "%s: the same lines over two frames" % renderer)
        check(b"\xff\xbf\x1a" in now, "%s: no lines" % renderer)


# ---------------------------------------------------------------------------- long and random ----

def random_line(random):
    what = random.random()
    if what < 0.6:
        return "key " + random.choice(KEYS)
    if what < 0.7:
        return "seek %d" % random.choice((0, 719, 720, 10**6, random.randrange(720)))
    if what < 0.75:
        return "screenshot random.png"
    if what < 0.95:
        verb = random.choice(("press", "move"))
        return "%s %d %d" % (verb, random.randint(-50, 700), random.randint(-50, 700))
    return random.choice(("release", "resize %d %d" % (random.randint(1, 300),
                                                       random.randint(1, 300))))


def test_random_inputs(paths):
    random = seeded()
    count = 1000 if is_full() else 250
    for renderer in RENDERERS:
        # Some of them between two pictures.
        lines = ["%.3f %s" % (n // 3 / 20, random_line(random)) for n in range(count)]
        states = play_script(paths, lines, "--window", "160x120", renderer=renderer)[0]
        check(len(states) > count // 8, "%d states" % len(states))
        check(all(state["problem"] == "" for state in states), "a problem came up")
        check(all(state["shown"] == state["due"] for state in states if state["result"] == "0"),
              "another mask is shown than is due")


if __name__ == "__main__":
    os.environ.pop("ALPHASTREAM_PASSPHRASE", None)
    run_tests([test_usage, test_no_device, test_report, test_bad_scripts, test_keys, test_frames_by_keys, test_mouse, test_clock,
               test_figures, test_ends, test_screenshots_and_opening, test_unusable_sources, test_bad_frame, test_start, test_copy_of_nothing, test_patience,
               test_pictures_at_once, test_strips_at_once,
               test_random_inputs], sys.argv[1:])

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The viewer over many frames, without a window and in one: its memory does not grow, and the library
takes little of the time of the thread that draws.

test_memory.py VIEWER TOOL ROOT MOST_MS

MOST_MS: milliseconds of CPU time that the library may take of the thread for a picture, median.
"""
import fractions
import json
import os
import statistics
import sys

sys.dont_write_bytecode = True
from screen import Screen  # noqa: E402
from support import PATIENCE, RENDERERS, Viewer, check, is_full, run, run_tests, seeded  # noqa: E402
from test_video import write_y4m  # noqa: E402

MOST_MS = []
MEDIANS = {}  # by renderer, of library_cpu_ms
# Bytes a frame. What allocators and drivers keep and give back goes up and down by a megabyte or two.
MOST_GROWTH = 256 if is_full() else 4096
COUNT = 20000 if is_full() else 1500
SAMPLES = 100  # in the second half: the first has filled what is kept of the 720 frames


def resident_bytes(process):
    with open("/proc/%d/statm" % process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def slope(points):
    """Of a line through the points: the median of the slopes over a quarter of them, which a step does
    not change, as a driver makes one when it doubles a table."""
    apart = len(points) // 4
    return statistics.median((later[1] - point[1]) / max(1, later[0] - point[0])
                             for point, later in zip(points, points[apart:]))


def check_memory(paths, renderer, *options):
    # AddressSanitizer keeps what was freed for a while; here only a little of it.
    settings = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
    points = []
    with Viewer(paths, paths.walkers, "--renderer", renderer, "--frames", str(COUNT), "--window",
                "64x32", "--json", "report.json", *options, env=settings) as viewer:
        for sample in range(SAMPLES):
            at = COUNT // 2 + sample * (COUNT // 2 - 50) // SAMPLES
            viewer.wait("frame %d" % at, lambda _, at=at: viewer.count >= at, PATIENCE + COUNT // 10)
            points.append((viewer.count, resident_bytes(viewer.process)))
        viewer.end(patience=PATIENCE)
    growth = slope(points)
    with open("report.json", encoding="utf-8") as file:
        MEDIANS.setdefault(renderer, []).append(json.load(file)["library_cpu_ms"]["p50"])
    print("%s%s: %d KiB, %+.1f bytes a frame" % (renderer, "".join(" " + o for o in options),
                                                 points[-1][1] >> 10, growth), flush=True)
    # A thread more, and its allocations; but a picture that is lost is 20 KB.
    most = 4 * MOST_GROWTH if "--video" in options else MOST_GROWTH
    check(growth < most, "%s %s: %.0f bytes more with each frame: %s"
          % (renderer, options, growth, points))


# Short: one of the renderers has a window. One has a video.
def test_memory(paths):
    windowed = seeded().choice(RENDERERS)
    write_y4m("video.y4m", fractions.Fraction(60))
    for renderer in RENDERERS:
        video = ["--video", "video.y4m"] if renderer == "cpu" else []
        if renderer != windowed or is_full():
            check_memory(paths, renderer, "--headless", *video)
        if renderer == windowed or is_full():
            check_memory(paths, renderer, *video)


# CPU time of the thread, which others that run beside it hardly change; the best of some runs, where
# the one for the memory took more.
def test_share_of_library(paths):
    for renderer in RENDERERS:
        medians = MEDIANS.setdefault(renderer, [])
        while len(medians) < 4 and (not medians or min(medians) >= MOST_MS[0]):
            run(paths.viewer, paths.walkers, "--headless", "--renderer", renderer, "--frames", "150",
                "--window", "64x32", "--json", "report.json")
            with open("report.json", encoding="utf-8") as file:
                medians.append(json.load(file)["library_cpu_ms"]["p50"])
        print("%s: the library takes %s ms" % (renderer, medians), flush=True)
        check(0 < min(medians) < MOST_MS[0], "%s: %s ms" % (renderer, medians))


if __name__ == "__main__":
    MOST_MS.append(float(sys.argv[4]))
    with Screen():
        run_tests([test_memory, test_share_of_library], sys.argv[1:4])

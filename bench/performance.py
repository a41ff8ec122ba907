#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures of alphastream-bench for people.

performance.py BENCH.json DOCUMENT.md CHART.svg

Replaces what stands between the two markers in DOCUMENT.md, and writes CHART.svg.
"""
import json
import math
import sys
import time

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
STREAMS = ["walkers", "closeup", "people", "heavy", "noise"]
SIZES = ["512x256", "2048x1024", "3840x1920", "6720x3360"]
OTHERS = ["opencv", "opencv-resize", "cairo", "freetype", "agg"]
OURS = "r8"


class Run:
    def __init__(self, document):
        self.document = document
        self.cases = {case["name"]: case for case in document["cases"]}
        self.points = {stream["name"]: stream["points"] for stream in document["streams"]}
        self.streams = [name for name in STREAMS if name in self.points]

    def get(self, name, field="median"):
        return self.cases.get(name, {}).get(field)


def number(value):
    if value is None:
        return ""
    if value >= 100:
        return "%.0f" % value
    return "%.1f" % value


def size_name(size):
    return size.replace("x", " x ")


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head] + rows) for i in range(len(head))]
    lines = [[str(cell).ljust(width) for cell, width in zip(row, widths)] for row in [head] + rows]
    lines.insert(1, ["-" * width for width in widths])
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


# --------------------------------------------------------------------------------- tables -------


def triple(run, name):
    case = run.cases.get(name, {})
    if "median" not in case:
        return case.get("failure", "")
    return "%s / %s / %s" % tuple(number(case[field]) for field in ("min", "median", "p99"))


def stages(run):
    rows = []
    for stream in run.streams:
        rows.append([stream, "%.0f" % run.points[stream]] + [
            triple(run, "%s/%s" % (family, stream)) for family in ("read", "inflate", "draw", "strip")])
    yield "Stages of one frame: min / median / p99."
    yield ""
    yield from table(["stream", "points", "read the payload", "read and inflate", "payload to canvas",
                      "payload to strip"], rows)
    yield "From the canvas to bytes, and what writing and copying them costs by itself: min / median / p99."
    yield ""
    marks = ("memset", "memset-turns", "memcpy")
    yield from table(["size"] + run.streams + ["memset of one buffer", "of seven in turn", "memcpy"],
                     [[size_name(size)] + [triple(run, "expand/%s/%s" % (s, size)) for s in run.streams]
                      + [triple(run, "%s/%s" % (mark, size)) for mark in marks] for size in SIZES])


def compared(run):
    there = [name for name in OTHERS if any(case.startswith(name + "/") for case in run.cases)]
    for size in SIZES:
        rows = []
        for stream in run.streams:
            ours = run.get("%s/%s/%s" % (OURS, stream, size))
            row = [stream, number(ours), number(run.get("turns/%s/%s" % (stream, size))),
                   number(run.get("whole/%s/%s" % (stream, size), "cpu")),
                   number(run.get("r8-vector/%s/%s" % (stream, size))),
                   number(run.get("turns-vector/%s/%s" % (stream, size)))]
            for other in there:
                value = run.get("%s/%s/%s" % (other, stream, size))
                row.append("%s (%.1f)" % (number(value), value / ours) if value and ours else "failed")
            rows.append(row)
        yield "Polylines to finished R8 at %s, medians; in brackets, as multiples of `library`." % (
            size_name(size))
        yield ""
        yield from table(["stream", "library", "in turn", "played", "vector mode", "in turn"] + there, rows)
    slower = ["%s at %s than %s (%s against %s)" % (stream, size_name(size), other, number(ours), number(value))
              for size in SIZES for stream in run.streams for other in there
              for ours, value in [(run.get("r8-vector/%s/%s" % (stream, size)),
                                   run.get("%s/%s/%s" % (other, stream, size)))]
              if ours and value and ours > value]
    if slower:
        yield "A full write with scaled points (`vector mode`) is slower: %s." % "; ".join(slower)
        yield ""
    rows = []
    for stream in run.streams:
        row = [stream]
        for other in there:
            case = run.cases.get("%s/%s/2048x1024" % (other, stream), {})
            row.append("%.3f %%, %.3f" % (100 * case["differs"], case["area"]) if "area" in case else "failed")
        rows.append(row)
    if there:
        yield ("Pixels of 2048 x 1024 that the others draw differently, and the area they cover against the "
               "library's.")
        yield ""
        yield from table(["stream"] + there, rows)


def whole(run):
    rows = []
    for stream in run.streams:
        for size in SIZES:
            case = run.cases.get("whole/%s/%s" % (stream, size), {})
            if "median" in case:
                rows.append([stream, size_name(size), "%.0f" % (1e6 / case["median"]), number(case["cpu"]),
                             number(run.get("whole-core/%s/%s" % (stream, size), "cpu"))]
                            + [number(run.get(mark)) for mark in ("floor/%s/%s" % (stream, size),
                                                                  "memset/" + size, "memset-turns/" + size)]
                            + [number(case["p99"])])
    yield ("Whole frames through `CV_get_frame`, as fast as they come, on all cores. Beside the CPU time of all "
           "threads for a frame, on all cores and with all of them on one core, stand the floor, which is storing to just the cache lines that differ from the "
           "frame seven before, and memset.")
    yield ""
    yield from table(["stream", "size", "frames a second", "CPU a frame", "on one core", "floor", "memset of one buffer",
                      "of seven in turn", "p99 of a get"], rows)
    rows = []
    for stream in run.streams:
        pool = run.cases.get("pool/%s/6720x3360" % stream, {})
        if "times" in pool:
            rows.append([stream, "%.0f" % pool["one"], "%.0f" % pool["two"], "%.2f" % pool["times"],
                         "%.2f" % pool["apart"], "%.2f" % (pool["times"] / pool["apart"]), number(pool["cpu_one"]),
                         number(pool["cpu"]), number(pool["cpu_apart"])])
    yield ("Frames a second of 6720 x 3360 by one worker and by two, inflating included, without a consumer; what two "
           "processes of one worker each make at the same time, by those of one, is what the machine has to give. "
           "All are measured in turn, nine rounds; medians.")
    yield ""
    yield from table(["stream", "one", "two", "times", "two processes", "of that", "CPU a frame by one", "by two",
                      "by two processes"], rows)
    rows = []
    for stream in run.streams:
        one, two = (run.get("workers%d/%s/6720x3360" % (n, stream)) for n in (1, 2))
        if one and two:
            rows.append([stream, "%.0f" % (1e6 / one), "%.0f" % (1e6 / two), "%.2f" % (one / two)])
    yield ("The same through `CV_get_frame`: the caller is a thread more, which takes its part of a core.")
    yield ""
    yield from table(["stream", "one", "two", "times"], rows)


# --------------------------------------------------------------------------------- limits -------


def limits(run):
    """(what, limit, measured, holds) of what the library is to keep to."""
    def most(what, limit, value, unit, tolerance=1.0):
        if value is not None:
            yield [what, "at most %s%s" % (limit, unit), ("%.2f%s" if value >= 1 else "%.3f%s") % (value, unit),
                   "yes" if value <= tolerance * float(limit) else "**no**"]

    def most_beside(what, limit, value, one, turns, first):
        """By memset, of one buffer or of seven in turn; `first` names the one that the limit is of."""
        marks = {"one": ("one buffer", one), "turns": ("seven in turn", turns)}
        second = "turns" if first == "one" else "one"
        for row in most("%s, by memset of %s" % (what, marks[first][0]), limit, value / marks[first][1], " times"):
            if marks[second][1]:
                row[2] += " (of %s: %.2f)" % (marks[second][0], value / marks[second][1])
            yield row

    def least(what, limit, value):
        if value is not None:
            yield [what, "at least %s times" % limit, "%.2f times" % value,
                   "yes" if value >= limit else "**no**"]

    yield from most("payload to canvas, closeup", 25, run.get("draw/closeup"), " us")
    yield from most("payload to canvas, people", 60, run.get("draw/people"), " us")
    if run.get("draw/walkers"):
        yield from most("payload to canvas, walkers, a point", 10,
                        1000 * run.get("draw/walkers") / run.points["walkers"], " ns")
    for power in (4, 5, 6):
        fewer, more = (run.get("draw/walk%d" % 10 ** n) for n in (power - 1, power))
        if fewer and more:
            yield from most("payload to canvas, %d points by %d (within 5 %%)" % (10 ** power, 10 ** (power - 1)),
                            10, more / fewer, " times", 1.05)
    for size, limit in (("2048x1024", 3), ("6720x3360", 4)):
        for other in OTHERS:
            ratios = {}
            for stream in run.streams:
                value = run.get("%s/%s/%s" % (other, stream, size))
                ours = run.get("turns/%s/%s" % (stream, size))
                if value and ours:
                    ratios[stream] = value / ours
            if ratios:
                worst = min(ratios, key=ratios.get)
                yield from least("polylines to R8 in sequential play, %s, faster than %s (least: %s)" % (
                    size_name(size), other, worst), limit, ratios[worst])
    for size, streams in (("2048x1024", (("closeup", 1.6), ("walkers", 1.4))),
                          ("6720x3360", (("closeup", 0.40), ("walkers", 0.25)))):
        one, turns = run.get("memset/" + size), run.get("memset-turns/" + size)
        for stream, limit in streams:
            cpu, cold = run.get("whole-core/%s/%s" % (stream, size), "cpu"), run.get("cold/%s/%s" % (stream, size))
            all_cores = run.get("whole/%s/%s" % (stream, size), "cpu")
            if cpu and one:
                for row in most_beside("whole frame in sequential play, one core, %s, %s" % (size_name(size), stream),
                                       "%.2f" % limit, cpu, one, turns, "one"):
                    least_us = run.get("floor/%s/%s" % (stream, size))
                    row[2] += "; floor %.2f" % (least_us / one) if least_us else ""
                    row[2] += "; on all cores %.2f" % (all_cores / one) if all_cores else ""
                    yield row
            if cold and turns:
                yield from most_beside("cold full write, %s, %s" % (size_name(size), stream), "1.15",
                                       cold, one, turns, "turns")
    pools = {s: run.cases.get("pool/%s/6720x3360" % s, {}) for s in run.streams}
    gains = {s: pool["times"] for s, pool in pools.items() if "times" in pool}
    if gains:
        worst = min(gains, key=gains.get)
        for row in least("two workers, frames a second of one, 6720 x 3360, no consumer (least: %s)" % worst, 1.8,
                         gains[worst]):
            row[2] += "; two processes %.2f" % pools[worst]["apart"]
            yield row


def figures(run):
    document = run.document
    yield "Measured %s: %s, %d cores, %s, library %s:" % (
        time.strftime("%Y-%m-%d", time.gmtime()), document["processor"], document["cores"],
        "compiler " + document["compiler"], document["library"])
    yield ""
    yield "```sh"
    yield " ".join(word if "*" not in word else "'%s'" % word for word in document["command"])
    yield "```"
    yield ""
    yield "![Polylines to R8](performance.svg)"
    yield ""
    yield from compared(run)
    yield from stages(run)
    yield from whole(run)
    yield "What the library is to keep to, and whether it did in this run:"
    yield ""
    yield from table(["what", "limit", "measured", "holds"], list(limits(run)))


# ---------------------------------------------------------------------------------- chart -------

COLOURS = {OURS: "#1668b8", "opencv": "#8a5a9e", "cairo": "#c1762b", "freetype": "#5d8a3a", "agg": "#a33b3b"}
NAMES = {OURS: "this library", "opencv": "OpenCV fillPoly", "cairo": "Cairo", "freetype": "FreeType", "agg": "AGG"}
LABEL, WIDTH, BAR, GAP, TOP = 90, 620, 11, 14, 64


def chart(run):
    """Horizontal bars on a logarithmic axis: streams in groups, two sizes one below the other."""
    shown = [name for name in NAMES if any(case.startswith(name + "/") for case in run.cases)]
    values = [run.get("%s/%s/%s" % (n, s, z)) for n in shown for s in run.streams for z in SIZES]
    low = 10 ** math.floor(math.log10(min(v for v in values if v)))
    high = 10 ** math.ceil(math.log10(max(v for v in values if v)))

    def x(value):
        return LABEL + (WIDTH - LABEL - 70) * math.log(value / low) / math.log(high / low)

    body, y = [], TOP
    for size in ("2048x1024", "6720x3360"):
        body.append('<text x="%d" y="%d" font-weight="bold">%s</text>' % (LABEL, y, size_name(size)))
        y += 10
        for stream in run.streams:
            body.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (
                LABEL - 8, y + BAR * len(shown) / 2 + 4, stream))
            for name in shown:
                value = run.get("%s/%s/%s" % (name, stream, size))
                if value:
                    body.append('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>' % (
                        LABEL, y, x(value) - LABEL, BAR - 1, COLOURS[name]))
                    body.append('<text x="%.1f" y="%d" font-size="9">%s us</text>' % (
                        x(value) + 3, y + BAR - 2, number(value)))
                y += BAR
            y += GAP
        y += 20
    height = y
    key = []
    for i, name in enumerate(shown):
        key.append('<rect x="%d" y="30" width="11" height="11" fill="%s"/>' % (LABEL + 105 * i, COLOURS[name]))
        key.append('<text x="%d" y="40">%s</text>' % (LABEL + 105 * i + 15, NAMES[name]))
    grid, power = [], low
    while power <= high:
        grid.append('<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#ddd"/>' % (
            x(power), x(power), TOP - 10, height - 20))
        grid.append('<text x="%.1f" y="%d" text-anchor="middle" fill="#777">%g</text>' % (
            x(power), height - 8, power))
        power *= 10
    return "\n".join(
        ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" '
         'font-size="11">' % (WIDTH, height),
         '<!-- Written by bench/performance.py. -->',
         '<rect width="100%" height="100%" fill="white"/>',
         '<text x="%d" y="18" font-size="13">Polylines to finished R8, microseconds a frame, one core '
         '(logarithmic)</text>' % LABEL] + key + grid + body + ["</svg>", ""])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        run = Run(json.load(file))
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit("%s does not have both markers once: %s %s" % (sys.argv[2], BEGIN, END))
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n\n" + "\n".join(figures(run)).rstrip("\n") + "\n\n" + END + after)
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        file.write(chart(run))


if __name__ == "__main__":
    main()

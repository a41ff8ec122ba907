#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The timeline of the viewer: the frames it says are finished, decoded and here, and their columns.

test_timeline.py VIEWER TOOL ROOT [--without-http]
"""
import http.server
import itertools
import re
import struct
import sys
import threading
import zlib

sys.dont_write_bytecode = True
from support import check, read_png, run, run_tests, states_of  # noqa: E402

WIDTH, HEIGHT, FRAMES = 400, 200, 720
INKS = {"l0": (90, 205, 110), "l1": (235, 180, 60), "source": (80, 150, 230)}
ROW = 5
HEAD = (255, 255, 255)


def offsets_of(path):
    """Where each frame begins, and the end, by docs/format.md."""
    with open(path, "rb") as file:
        data = file.read()
    table = struct.unpack_from("<I", data, 12)[0]
    sizes = zlib.decompress(data[16:16 + table])
    return list(itertools.accumulate(struct.unpack("<%dQ" % (len(sizes) // 8), sizes),
                                     initial=16 + table))


def timeline_at(paths, frame, source, renderer):
    """The frames in each tier while `frame` is shown, and the picture of the timeline."""
    with open("script.txt", "w", encoding="utf-8") as file:
        file.write("0.1 seek %d\n0.2 timeline line.png\n0.3 quit\n" % frame)
    out = run(paths.viewer, source, "--headless", "--renderer", renderer, "--paused", "--log-state",
              "--window", "%dx%d" % (WIDTH, HEIGHT), "--script", "script.txt")[0]
    check(states_of(out)[-1]["shown"] == str(frame), "frame %d is not shown: %s" % (frame, out))
    words = re.search("^timeline line.png l0=(.*) l1=(.*) source=(.*)$", out, re.MULTILINE)
    check(words, "no timeline: %s" % out)
    tiers = {}
    for name, text in zip(INKS, words.groups()):
        tiers[name] = [tuple(map(int, part.split("-"))) for part in text.split(",") if part]
        ends = [end for pair in tiers[name] for end in pair]
        check(all(a < b for a, b in zip(ends, ends[1:])) and (not ends or ends[-1] <= FRAMES),
              "no ascending ranges: %s" % text)
    return tiers, read_png("line.png")


def holds(ranges, frame):
    return any(first <= frame < end for first, end in ranges)


def check_columns(tiers, picture, frame):
    """Each row has its colour in the columns of its frames, but for where play is."""
    wide, high, pixels = picture
    check(wide == WIDTH - 24, "%d columns" % wide)
    play = frame * wide // FRAMES
    for name, bottom in zip(INKS, (3 * ROW, 2 * ROW, ROW)):
        covered = set()
        for first, end in tiers[name]:
            left = first * wide // FRAMES
            covered.update(range(left, max(left + 1, end * wide // FRAMES)))
        check(covered, "%s is empty" % name)
        for y in range(high - bottom, high - bottom + ROW):
            for x in range(wide):
                pixel = tuple(pixels[3 * (y * wide + x):3 * (y * wide + x) + 3])
                if play - 1 <= x <= play + 1:
                    check(pixel == HEAD, "(%d, %d): play is not there" % (x, y))
                else:
                    check((pixel == INKS[name]) == (x in covered),
                          "%s at (%d, %d): %s" % (name, x, y, pixel))


# L0 and L1 have what is shown, or what is next: a texture does not hold the frame it was drawn from. A
# file is here.
def test_file(paths):
    for renderer, frame in ("cpu", 200), ("gl", 200), ("cpu", 719):
        tiers, picture = timeline_at(paths, frame, paths.walkers, renderer)
        check(holds(tiers["l0"], frame) or renderer != "cpu" and holds(tiers["l0"], frame + 1),
              "%s: %d is not in L0: %s" % (renderer, frame, tiers))
        check(sum(end - first for first, end in tiers["l0"]) < 20, "L0: %s" % tiers)
        check(holds(tiers["l1"], frame) and holds(tiers["l1"], 0), "L1: %s" % tiers)
        check(not holds(tiers["l1"], 500), "L1 is too far ahead: %s" % tiers)
        check(tiers["source"] == [(0, FRAMES)], "a file: %s" % tiers)
        check_columns(tiers, picture, frame)


class Server(http.server.ThreadingHTTPServer):
    """Sends the bytes of a file below `limit`, and keeps who wants others waiting."""
    daemon_threads = True

    def __init__(self, path, limit):
        with open(path, "rb") as file:
            self.content = file.read()
        self.limit, self.over = limit, threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        size = len(self.server.content)
        first, last = re.match("bytes=([0-9]*)-([0-9]*)$", self.headers["Range"]).groups()
        first, end = int(first), int(last) + 1 if last else size
        end = min(end, size)
        self.send_response(206)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Range", "bytes %d-%d/%d" % (first, end - 1, size))
        self.send_header("Content-Length", str(end - first))
        self.end_headers()
        self.wfile.write(self.server.content[first:max(first, min(end, self.server.limit))])
        self.wfile.flush()
        if end > self.server.limit:
            self.server.over.wait()
            self.close_connection = True

    def log_message(self, *_):
        pass


# Of a server's frames just those are here whose bytes came.
def test_network(paths):
    offsets = offsets_of(paths.walkers)
    with Server(paths.walkers, offsets[301] - 1) as server:  # 300 has come but for its last byte
        url = "http://127.0.0.1:%d/walkers.asvp" % server.server_address[1]
        tiers, picture = timeline_at(paths, 299, url, "cpu")
        check(holds(tiers["source"], 0) and holds(tiers["source"], 299), "not here: %s" % tiers)
        check(tiers["source"][-1][1] == 300, "more than came: %s" % tiers)
        for name in "l0", "l1":
            check(holds(tiers[name], 299) and tiers[name][-1][1] == 300, "%s: %s" % (name, tiers))
        check_columns(tiers, picture, 299)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--without-http"]
    run_tests([test_file] + [test_network] * (arguments == sys.argv[1:]), arguments)

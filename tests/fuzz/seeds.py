#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes first inputs for the fuzz targets, from the recordings in the repository.

seeds.py FOLDER    makes FOLDER/TARGET/... for each target that has any
"""
import os
import random
import struct
import sys
import zlib

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RECORDINGS = ["samples/data/walkers.asvp", "tests/data/closeup.asvp", "tests/data/torture.asvp",
              "tests/data/ties.asvp"]
MOST = 16384  # bytes of one input


def payloads(path):
    """The payloads of a plain container."""
    with open(os.path.join(ROOT, path), "rb") as file:
        data = file.read()
    table_size, = struct.unpack_from("<I", data, 12)
    table = zlib.decompress(data[16:16 + table_size])
    at = 16 + table_size
    for size, in struct.iter_unpack("<Q", table):
        yield zlib.decompress(data[at + 4:at + size])
        at += size


def container(frames):
    """A plain container of a few payloads."""
    blocks = [struct.pack("<I", len(frame)) + zlib.compress(frame) for frame in frames]
    table = zlib.compress(b"".join(struct.pack("<Q", len(block)) for block in blocks))
    return b"ASVPPLN1" + struct.pack("<II", len(blocks), len(table)) + table + b"".join(blocks)


def records(payload):
    count, = struct.unpack_from("<I", payload)
    sizes = struct.unpack_from("<%dI" % count, payload, 4)
    at = 4 + 4 * count
    for size in sizes:
        yield payload[at:at + size]
        at += size


def program(payload, channels=6):
    """A payload as fuzz_payload reads it."""
    some = [record for record in records(payload) if len(record) < 256][:channels]
    return bytes([len(some)]) + b"".join(bytes([len(record)]) + record for record in some)


class Seeds:
    def __init__(self, folder):
        self.folder, self.count = folder, 0

    def add(self, target, data):
        if len(data) <= MOST:
            folder = os.path.join(self.folder, target)
            os.makedirs(folder, exist_ok=True)
            self.count += 1
            with open(os.path.join(folder, "seed-%05d" % self.count), "wb") as file:
                file.write(data)


def add_container(seeds, frames):
    for flags in (0, 2, 4):
        seeds.add("container", bytes([flags]) + container(frames[:3]))
        seeds.add("container", bytes([flags]) + container(frames[:1])[:-9])
    seeds.add("container", bytes([1, 2]) + b"".join(
        bytes([0]) + program(frame) for frame in frames[:2]) + bytes([0, 2, 0]))
    seeds.add("container", bytes([1, 1, 2]) + program(frames[0])
              + struct.pack("<IBBBBHB", 7, 1, 0, 200, 1, 20, 99))


def shifted(record, left, top, most):
    """The record moved to where a small canvas sees it, its first `most` bytes."""
    x, y = struct.unpack_from("<HH", record)
    return struct.pack("<HH", max(0, x - left), max(0, y - top)) + record[4:most]


def add_raster(seeds, frames):
    for number, frame in enumerate(frames):
        some = [record for record in records(frame) if len(record) >= 8][:10]
        if not some:
            continue
        left = min(struct.unpack_from("<H", record)[0] for record in some)
        top = min(struct.unpack_from("<H", record, 2)[0] for record in some)
        for flags, head in ((0, b"\xff\x3f"), (2, b"\xff\x3f"), (8, b"\xc8\x30\xff\x01\x60"),
                            (4, b"\x81\x20\xff\x01\xff"), (14, b"\x40\x20\x80\x00\x40\x10\x00\x40")):
            moved = [shifted(record, left, top, 250) for record in some]
            body = bytes([len(moved)]) + b"".join(bytes([len(r)]) + r for r in moved)
            seeds.add("raster", bytes([flags | number % 4 << 4]) + head + body)
        if len(frame) < 1024:
            seeds.add("raster", b"\x01\xff\x3f" + struct.pack("<H", len(frame)) + frame)
        moved = [shifted(record, left, top, 48) for record in some[:6]]
        body = b"".join(r[:4] + bytes([len(r) - 4]) + r[4:] for r in moved)
        for head in (b"\x00\x01", b"\x02\x02", b"\x04\xff\x00\xff\x00\xc0\x80\x03"):
            seeds.add("strip", head + bytes([len(moved) - 1]) + body)
        if len(frame) < 4096:
            seeds.add("strip", b"\x01" + frame)


def add_writer(seeds, frames):
    for flags in (0, 1, 2, 5):
        seeds.add("writer", bytes([flags, 1]) + b"".join(
            bytes([kind]) + program(frame) for kind, frame in zip((0, 2, 0), frames)))
    seeds.add("writer", b"\x00\x02\x01\x09garbage!!" + b"\x06" + program(frames[0]) + b"\x05")


# Opcodes of cv.c, in its order.
CV = {name: number for number, name in enumerate(
    """CREATE DESTROY INIT_MEMORY INIT_ENCRYPTED INIT_LOCATION GET_FRAME GET_STRIP ACQUIRE RELEASE
    OPTION PASSPHRASE FILE_NAME CANVAS_SIZE SET_RATE GET_RATE SYNC FRAME_AT STATS TOTALS GL VULKAN
    FAIL_MEMORY""".split())}
NEXT_TOO = 128


def cv(name, who=0, arguments=b"", more=0):
    return bytes([CV[name] | more, who]) + arguments


def cv_init(name, container=0, who=0, size=(4, 3), start=0, more=0):
    return cv(name, who, struct.pack("<BBIBB", *size, 0, container, start), more)


def add_cv(seeds, frames):
    containers = bytes([3]) + b"".join(
        program(frame, 2) for frame in (frames * 3)[:3])
    containers += bytes([2, 0]) + program(frames[0], 1) + bytes([0]) + program(frames[-1], 1) + bytes(3)
    canvas = cv("CANVAS_SIZE", 0, bytes([6, 5]))
    two = bytes([0, 0])

    def frame(name, index, who=0, more=0):
        return cv(name, who, two + bytes([index]), more)

    walk = b"".join(frame("GET_FRAME", i) for i in range(3))
    begin = containers + cv("CREATE") + canvas
    seeds.add("cv", begin + cv_init("INIT_MEMORY") + walk + cv("DESTROY"))
    seeds.add("cv", begin + cv_init("INIT_MEMORY", 1) + walk + frame("GET_STRIP", 1)
              + cv_init("INIT_MEMORY") + walk)
    seeds.add("cv", begin + cv("PASSPHRASE", 0, bytes([1, 0, 0])) + cv_init("INIT_ENCRYPTED")
              + walk + frame("GET_STRIP", 0))
    seeds.add("cv", begin + cv_init("INIT_MEMORY") + frame("ACQUIRE", 0) + frame("ACQUIRE", 2, 1)
              + cv("DESTROY") + cv("RELEASE", 1, two + b"\0"))
    seeds.add("cv", begin + cv_init("INIT_MEMORY", more=NEXT_TOO) + b"".join(
        frame(name, i % 4, i % 3, NEXT_TOO) for i in range(9)
        for name in ("GET_FRAME", "ACQUIRE", "GET_STRIP")))
    seeds.add("cv", begin + cv("CREATE", 16) + cv_init("INIT_MEMORY") + cv_init("INIT_MEMORY", 0, 17)
              + b"".join(frame("GET_FRAME", i % 3, 16 * (i % 2) + i % 3, NEXT_TOO) for i in range(12))
              + cv("SET_RATE", 0, struct.pack("<HI", 30, 1)) + cv("SYNC", 0, two + struct.pack("<q", 50000000))
              + cv("FRAME_AT", 0, two + struct.pack("<q", 70000000)) + cv("STATS", 1, two + b"\0")
              + cv("TOTALS", 2, two))
    for option in range(26):
        seeds.add("cv", begin + cv("OPTION", 0, struct.pack("<HB", option, option % 19))
                  + cv_init("INIT_MEMORY") + walk)
    for nth in range(0, 60, 4):
        seeds.add("cv", begin + cv("FAIL_MEMORY", 0, struct.pack("<HI", nth, 1))
                  + cv_init("INIT_MEMORY") + walk + frame("GET_STRIP", 1))
    seeds.add("cv", begin + cv("INIT_LOCATION", 0, struct.pack("<HIBB", 0, 0, 0, 0)
                               + b"\x0fhttp://a/b.asvp") + walk)
    seeds.add("cv", begin + cv("GL", 0, two + b"\0") + cv("VULKAN", 0, two + b"\0"))


# Opcodes of stream.c, in its order.
STREAM = {name: number for number, name in enumerate(
    """OPEN OPEN_ASYNC OPEN_SOURCE CLOSE GET_FRAME GET_STRIP GET_CANVAS REQUEST EVENTS RATE PLAY SEEK
    SYNC TIMES KNOWING ERRORS UNREF SHARE REPLACE FAIL_READS FAIL_MEMORY""".split())}


def stream_open(name="OPEN", kind=0, who=0, scale=0, combine=0, processing=0, l0=0, l1=0):
    return bytes([STREAM[name], who, kind, 199, 99, 0, scale, combine, processing, 60, 0, 1, l0, l1]
                 + [0] * 9)


def stream(name, who=0, a=0, b=0, index=0, wide=None, more=0):
    tail = bytes([0]) if wide is None else struct.pack("<q", wide)
    return bytes([STREAM[name] | more, who]) + struct.pack("<HBB", a, b, index) + tail


def add_stream(seeds, frames):
    containers = bytes([5]) + b"".join(program(frame, 2) for frame in (frames * 5)[:5])
    containers += bytes([2, 0]) + program(frames[0], 1) + bytes([0]) + program(frames[-1], 1) + bytes(3)
    forever, timebox = 4 << 4, 3 << 4
    for name in ("OPEN", "OPEN_ASYNC", "OPEN_SOURCE"):
        for scale, combine, processing in ((0, 0, 1), (1, 0, 3), (0, 1, 8), (1, 1, 11)):
            seeds.add("stream", containers + stream_open(name, 0xf0, 0, scale, combine, processing)
                      + b"".join(stream(get, 0, 0, forever + i % 3, i)
                                 for i in range(5) for get in ("GET_FRAME", "GET_STRIP", "GET_CANVAS"))
                      + stream("KNOWING") + stream("GET_FRAME", 0, 0x2861, forever, 1))
        seeds.add("stream", containers + stream_open(name, 0, 0, 0, 0, 1, 2, 3) + b"".join(
            stream("GET_FRAME", i % 3, 0, timebox + i % 3, i % 5, None, NEXT_TOO) for i in range(20)))
        seeds.add("stream", containers + stream_open(name) + stream("PLAY", 0, 1, 255)
                  + stream("SYNC", 0, 0, 0, 0, 40000000) + stream("TIMES", 0, 0, 0, 3, 90000000)
                  + stream("SEEK", 0, 0, 0, 4) + stream("RATE", 0, 30, 1) + stream("REQUEST", 0, 0, 0, 1)
                  + stream("EVENTS") + stream("GET_CANVAS", 0, 0, forever, 4) + stream("SHARE", 0, 0, 1)
                  + stream("UNREF", 0, 0) + stream("CLOSE") + stream("ERRORS"))
        for nth in range(0, 60, 6):
            seeds.add("stream", containers + stream("FAIL_MEMORY", 0, nth) + stream_open(name)
                      + stream("GET_FRAME", 0, 0, forever, 1) + stream("GET_STRIP", 0, 0, forever, 2))
    seeds.add("stream", containers + stream_open("OPEN_SOURCE", 0x30) + b"".join(
        stream("REPLACE", 0, i) + stream("GET_FRAME", 0, 0, forever, i % 3)
        + stream("GET_FRAME", 0, 0, forever, i % 3) for i in range(1, 6)))
    seeds.add("stream", containers + stream("FAIL_READS", 0, 1) + stream_open("OPEN_SOURCE", 0x30)
              + stream_open("OPEN_SOURCE", 0x30) + stream("FAIL_READS", 0, 2)
              + b"".join(stream("GET_FRAME", 0, 0, forever, i) for i in range(4)))


HEADS = [
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/100\r\nContent-Length: 10\r\n"
    "ETag: \"a\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Encoding: gzip\r\n\r\n",
    "HTTP/2 416\r\ncontent-range: bytes */100\r\netag: W/\"b\"\r\n\r\n",
    "HTTP/1.1 503 Busy\r\nRetry-After: Sun, 06 Nov 2044 08:49:37 GMT\r\n\r\n",
    "HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nX: a\r\n folded\r\n\r\n",
    "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=x\r\n\r\n",
    "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
]
DATES = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
         "Sun Nov  6 08:49:37 1994"]
URLS = ["https://user:secret@host.example:8443/a/b%20c.asvr?Sig=x/y#z", "http://[::1]:80/x",
        "file:///tmp/a%20b.asvp", "file://localhost/a", "file:a%00b", "C:\\a\\b.asvp", "/a/b?c#d",
        "https://" + 300 * "a" + "/" + 300 * "b"]


def add_http(seeds):
    for head in HEADS:
        for first in (0, 1):
            seeds.add("http_head", bytes([0, first, 9]) + head.encode())
        seeds.add("http_head", bytes([0, 0, 9]) + HEADS[0].encode() + bytes([0, 9]) + head.encode())
    for date in DATES:
        seeds.add("http_head", b"\x01" + date.encode())
    for url in URLS:
        seeds.add("http_head", b"\x02" + url.encode())
    chance = random.Random(1)
    for target in ("http", "http_plan", "chunks"):
        for length in (20, 60, 150, 300):
            for _ in range(8):
                seeds.add(target, chance.randbytes(length))
    for flags in (0, 8, 16, 32, 64, 128):
        for tags in (0, 1):
            for manner in range(12):
                read = bytes([0]) + struct.pack("<HI", 1000, 200000)
                seeds.add("http", bytes([flags]) + struct.pack("<HB", 9000, tags) + read
                          + bytes([0, 0, 0, manner]) + bytes(20) + read)


COMMANDS = """info a.asvp
info --json bad.asvp
info --http http://user:secret@host/a.asvp?k
verify a.asvp
verify bad.asvp --log-level debug
framehash a.asvp --frames 0-2,1 --size 20x10
framehash b.asvr --passphrase-file key --name fuzz.asvr --scene 7 --scale vector --combine parity
decode a.asvp -o m-%03d.png
decode a.asvp -o m.y4m --threads 3
decode a.asvp --output - --frames 1
decode a.asvp --sheet -o s.png --sheet-frames 2 --tile 32 --progress always
decode bad.asvp -o x.raw --keep-going --quiet
decode a.asvp -o p%d.pgm --frames 2-0
convert a.asvp c.asvr --to asvr --to-passphrase-file key --to-scene 3 --to-name n --to-stream-version 2
convert b.asvr c.asvp --passphrase-file key --name fuzz.asvr --scene 7
play a.asvp --fps 30000/1001 --loop --speed -2 --seek-every 0.002 --seed 5
play a.asvp --flat-out --json --l0 2 --l1 3 --start 1
play b.asvr --header @headers --proxy x --cacert y --insecure --cache-dir z
gpus --json
--help
decode --help
--version
info -- a.asvp
info -xq --backend gl --gl-api es
info --device 3 --backend vulkan a.asvp
info file:a.asvp
info file:///a%20b.asvp"""
OPTIONS = """canvas_width=320
timebox_ms=12
l1_bytes=1048576
scale=vector
processing=bitmask+canvases
http_header=X: 1
http_retries=2
http_insecure=1
http_cache_dir=/tmp
fps_num=0
threads=65
nothing=1
combine"""


def add_lines(seeds):
    for line in COMMANDS.split("\n"):
        seeds.add("cli", "\n".join(line.split(" ")).encode())
    for line in OPTIONS.split("\n"):
        seeds.add("options", bytes(6) + line.encode())
    seeds.add("options", bytes(6) + OPTIONS.encode())


def main():
    seeds = Seeds(sys.argv[1])
    for path in RECORDINGS:
        frames = list(payloads(path))
        for start in range(0, len(frames), max(1, len(frames) // 12)):
            some = frames[start:start + 3]
            add_container(seeds, some)
            add_raster(seeds, some)
            add_writer(seeds, some)
        add_cv(seeds, frames[:3])
        add_stream(seeds, frames[:3])
    add_http(seeds)
    add_lines(seeds)
    print("%d inputs" % seeds.count)


if __name__ == "__main__":
    sys.exit(main())

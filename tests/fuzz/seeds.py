#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes first inputs for the fuzz targets, from the recordings in the repository.

seeds.py FOLDER    makes FOLDER/TARGET/... for each target that has any
"""
import os
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


def main():
    seeds = Seeds(sys.argv[1])
    for path in RECORDINGS:
        frames = list(payloads(path))
        for start in range(0, len(frames), max(1, len(frames) // 12)):
            some = frames[start:start + 3]
            add_container(seeds, some)
            add_raster(seeds, some)
            add_writer(seeds, some)
    print("%d inputs" % seeds.count)


if __name__ == "__main__":
    sys.exit(main())

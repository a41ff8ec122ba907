#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the tests of the tool need beyond a shell.

helper.py corrupt IN OUT FRAME...   copies a plain container, spoiling these frames' blocks
helper.py cut IN OUT FRAME          copies a plain container up to the middle of this frame's block
helper.py empty OUT                 writes a plain container without frames
helper.py stated IN OUT COUNT       copies a plain container, its header stating COUNT frames
helper.py sizes OUT SIZE...         writes the start of a plain container whose blocks have these sizes
helper.py same-frames A B           exits 1 unless two plain containers have the same blocks
helper.py png FILE                  checks a PNG file; prints WIDTH HEIGHT CHANNELS SHA256-of-pixels
helper.py json FILE KEY...          prints the values of these keys
helper.py interrupt COMMAND...      runs it and sends it SIGINT once it writes to standard error; exits
                                    as it does
helper.py terminal COMMAND...       runs it with a terminal as its standard output, and prints that; exits as
                                    it does
"""
import hashlib
import json
import os
import signal
import struct
import subprocess
import sys
import zlib


def parse(path):
    """(bytes, sizes, offsets) of a plain container."""
    with open(path, "rb") as file:
        data = file.read()
    table_size = struct.unpack_from("<I", data, 12)[0]
    table = zlib.decompressobj().decompress(data[16:16 + table_size])
    sizes = struct.unpack("<%dQ" % (len(table) // 8), table)
    offsets, at = [], 16 + table_size
    for size in sizes:
        offsets.append(at)
        at += size
    return data, sizes, offsets


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def corrupt(source, target, *frames):
    data, sizes, offsets = parse(source)
    data = bytearray(data)
    for frame in map(int, frames):
        # The last bytes are the Adler-32 of the block.
        data[offsets[frame] + sizes[frame] - 1] ^= 0xFF
    write(target, data)


def cut(source, target, frame):
    data, sizes, offsets = parse(source)
    write(target, data[:offsets[int(frame)] + sizes[int(frame)] // 2])


def empty(target):
    table = zlib.compress(b"")
    write(target, b"ASVPPLN1" + struct.pack("<II", 0, len(table)) + table)


def sizes_only(target, *sizes):
    table = zlib.compress(struct.pack("<%dQ" % len(sizes), *map(int, sizes)))
    write(target, b"ASVPPLN1" + struct.pack("<II", len(sizes), len(table)) + table)


def stated(source, target, count):
    data = bytearray(parse(source)[0])
    struct.pack_into("<I", data, 8, int(count))
    write(target, data)


def same_frames(first, second):
    a, b = parse(first), parse(second)
    if a[1] != b[1] or a[0][a[2][0]:] != b[0][b[2][0]:]:
        sys.exit("%s and %s have different blocks" % (first, second))


def png(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "signature"
    at, kinds, packed = 8, [], b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        assert len(body) == length, "cut chunk"
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body), "CRC"
        kinds.append(kind)
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND", "order of chunks"
    assert depth == 8 and interlace == 0
    channels = {0: 1, 2: 3}[color]
    rows = zlib.decompress(packed)
    step = 1 + width * channels
    assert len(rows) == height * step, "length of the pixels"
    assert not any(rows[0::step]), "filters"
    pixels = hashlib.sha256()
    for y in range(height):
        pixels.update(rows[y * step + 1:(y + 1) * step])
    print(width, height, channels, pixels.hexdigest())


def values(path, *keys):
    with open(path, encoding="utf-8") as file:
        parsed = json.load(file)
    print(*[json.dumps(parsed[key]) for key in keys])


def interrupt(*command):
    # A shell starts what runs in its background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    said = process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    sys.stderr.buffer.write(said + process.stderr.read())
    code = process.wait()
    sys.exit(128 - code if code < 0 else code)


def terminal(*command):
    master, slave = os.openpty()
    process = subprocess.Popen(command, stdout=slave)
    os.close(slave)
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:  # what Linux says where the other side is closed
            break
        if not data:
            break
        sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    sys.exit(process.wait())


COMMANDS = {"corrupt": corrupt, "cut": cut, "empty": empty, "stated": stated, "sizes": sizes_only,
            "same-frames": same_frames, "png": png, "json": values, "interrupt": interrupt,
            "terminal": terminal}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])

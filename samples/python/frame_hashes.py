# SPDX-License-Identifier: MIT
"""Prints the SHA-256 of every 45th mask of a container:  frame_hashes.py SOURCE [SCENE]"""
import hashlib
import sys

import alphastream

try:
    import numpy
except ImportError:
    numpy = None


def main(arguments):
    if len(arguments) not in (1, 2):
        print("usage: frame_hashes.py SOURCE [SCENE]", file=sys.stderr)
        return 2
    scene = int(arguments[1]) if len(arguments) > 1 else 0
    try:
        with alphastream.Stream(arguments[0], scene=scene) as stream:
            print("%d frames, %s" % (len(stream), "NumPy" if numpy else "no NumPy"))
            for frame in stream.frames(step=45):
                digest = hashlib.sha256()
                for y in range(frame.height):
                    digest.update(frame.row(y))
                print("frame %d %s" % (frame.index, digest.hexdigest()))
                if numpy:
                    print("covered %d: %d" % (frame.index, numpy.count_nonzero(frame.array)))
    except alphastream.AlphaStreamError as error:
        print("error %d: %s" % (error.code, error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: MIT
"""Masks in Python, by ctypes alone; as NumPy arrays where NumPy is there, else as memoryviews.

Take this file into a program of your own; it needs libalphastream.so where the loader finds it, or
its path in ALPHASTREAM_LIBRARY.

    with alphastream.Stream("people.asvp") as stream:
        for index in range(len(stream)):
            with stream.frame(index) as mask:
                ... mask.pixels[y, x] is 0 or 255 ...

Run by itself it prints the SHA-256 of masks:  python3 alphastream.py SOURCE [SCENE]
"""
import ctypes
import hashlib
import os
import sys

try:
    import numpy
except ImportError:
    numpy = None

WAIT_FOREVER = 2**64 - 2
TIMEBOX = 2**64 - 1  # 12 ms: for a program that has a picture to show meanwhile

_library = ctypes.CDLL(os.environ.get("ALPHASTREAM_LIBRARY", "libalphastream.so.0"))


class AlphaStreamError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class _Error(ctypes.Structure):  # as_error
    _fields_ = [("code", ctypes.c_int32), ("system_error", ctypes.c_int32),
                ("frame", ctypes.c_uint64), ("offset", ctypes.c_uint64),
                ("text", ctypes.c_char * 488)]


class _Key(ctypes.Structure):  # as_key_params
    _fields_ = [("struct_size", ctypes.c_uint32), ("scene_id", ctypes.c_uint32),
                ("passphrase", ctypes.c_char_p), ("passphrase_size", ctypes.c_size_t),
                ("passphrase_file", ctypes.c_char_p), ("version", ctypes.c_char_p),
                ("file_name", ctypes.c_char_p)]


class _Params(ctypes.Structure):
    """The first fields of as_stream_params: struct_size says how far, the rest are defaults."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("width", ctypes.c_uint32),
                ("height", ctypes.c_uint32), ("canvas_width", ctypes.c_uint32),
                ("canvas_height", ctypes.c_uint32), ("scale", ctypes.c_int32),
                ("combine", ctypes.c_int32), ("processing", ctypes.c_int32),
                ("location", ctypes.c_char_p), ("source", ctypes.c_void_p),
                ("bytes", ctypes.c_void_p), ("bytes_size", ctypes.c_size_t),
                ("key", ctypes.POINTER(_Key))]


class _Metadata(ctypes.Structure):  # as_stream_metadata, as far as frame_count
    _fields_ = [("struct_size", ctypes.c_uint32), ("encrypted", ctypes.c_uint32),
                ("frame_count", ctypes.c_uint64)]


class _FrameInfo(ctypes.Structure):  # as_frame_info
    _fields_ = [("index", ctypes.c_uint64), ("data", ctypes.c_void_p),
                ("vertices", ctypes.c_void_p), ("floats", ctypes.c_uint64),
                ("width", ctypes.c_uint32), ("height", ctypes.c_uint32),
                ("stride", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


_library.as_stream_get_frame.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32,
                                         ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p]


class Frame:
    """A mask. The pixels are the library's own, not a copy: they are valid until close()."""

    def __init__(self, handle):
        info = _FrameInfo()
        self._handle = handle
        _library.as_frame_get_info(handle, ctypes.byref(info))
        self.index, self.width, self.height = info.index, info.width, info.height
        rows = (ctypes.c_uint8 * info.stride * info.height).from_address(info.data)
        view = memoryview(rows).cast("B").cast("B", (info.height, info.stride)).toreadonly()
        self.pixels = numpy.asarray(view)[:, :info.width] if numpy else view

    def close(self):
        _library.as_frame_unref(ctypes.byref(self._handle))
        self.pixels = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Stream:
    """A container opened for playing: a path or URL. `passphrase` is bytes."""

    def __init__(self, location, scene=0, passphrase=None, width=0, height=0):
        key = _Key(ctypes.sizeof(_Key), scene, passphrase, len(passphrase or b""))
        params = _Params(struct_size=ctypes.sizeof(_Params), width=width, height=height,
                         location=os.fsencode(location), key=ctypes.pointer(key))
        error = _Error()
        self._handle = ctypes.c_void_p()
        code = _library.as_stream_open(ctypes.byref(params), ctypes.byref(self._handle),
                                       ctypes.byref(error))
        if code != 0:
            raise AlphaStreamError(code, error.text.decode("utf-8", "replace"))

    def _check(self, code):
        if code != 0:
            error = _Error()
            _library.as_stream_last_error(self._handle, ctypes.byref(error))
            raise AlphaStreamError(code, error.text.decode("utf-8", "replace"))

    def __len__(self):
        about = _Metadata(struct_size=ctypes.sizeof(_Metadata))
        self._check(_library.as_stream_get_metadata(self._handle, ctypes.byref(about)))
        return about.frame_count

    def frame(self, index, timeout_ns=WAIT_FOREVER):
        handle = ctypes.c_void_p()
        self._check(_library.as_stream_get_frame(self._handle, index, 0, 0, timeout_ns,
                                                 ctypes.byref(handle)))
        return Frame(handle)

    def close(self):
        _library.as_stream_close(ctypes.byref(self._handle))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main(arguments):
    if len(arguments) not in (1, 2):
        print("usage: alphastream.py SOURCE [SCENE]", file=sys.stderr)
        return 2
    try:
        with Stream(arguments[0], int(arguments[1]) if len(arguments) > 1 else 0) as stream:
            print("%d frames, %s" % (len(stream), "NumPy" if numpy else "no NumPy"))
            for index in range(0, len(stream), 45):
                with stream.frame(index) as mask:
                    digest = hashlib.sha256(bytes(mask.pixels)).hexdigest()
                    print("frame %d %s" % (index, digest))
                    if numpy:
                        print("covered %d: %d" % (index, numpy.count_nonzero(mask.pixels)))
    except AlphaStreamError as error:
        print("error %d: %s" % (error.code, error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: MIT
"""The C interface as ctypes sees it: the functions and structs that this package uses."""
from __future__ import annotations

import ctypes
import os
import sys
from ctypes import (
    POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p)

OK = 0
VECTOR = 1  # AS_SCALE_VECTOR
PARITY = 1  # AS_COMBINE_PARITY
TIMEBOX = 2**64 - 1
WAIT_FOREVER = 2**64 - 2
NONE = 2**64 - 1  # AS_NO_FRAME, AS_NO_OFFSET


class Error(ctypes.Structure):
    """as_error"""

    _fields_ = [("code", c_int32), ("system_error", c_int32), ("frame", c_uint64),
                ("offset", c_uint64), ("text", c_char * 488)]


class Key(ctypes.Structure):
    """as_key_params"""

    _fields_ = [("struct_size", c_uint32), ("scene_id", c_uint32), ("passphrase", c_char_p),
                ("passphrase_size", c_size_t), ("passphrase_file", c_char_p),
                ("version", c_char_p), ("file_name", c_char_p)]


class Limits(ctypes.Structure):
    """as_limits"""

    _fields_ = [("table_bytes", c_uint64), ("payload_bytes", c_uint32), ("block_bytes", c_uint32),
                ("channels", c_uint32), ("reserved", c_uint32)]


class Log(ctypes.Structure):
    """as_log"""

    _fields_ = [("fn", c_void_p), ("user", c_void_p), ("level", c_int32), ("reserved", c_uint32)]


class HttpParams(ctypes.Structure):
    """as_http_params as far as cache_dir_bytes: struct_size says how far, the rest are defaults."""

    _fields_ = [("struct_size", c_uint32), ("header_count", c_uint32),
                ("headers", POINTER(c_char_p)), ("user_agent", c_char_p), ("proxy", c_char_p),
                ("ca_file", c_char_p), ("insecure", c_uint32), ("http2", c_uint32),
                ("connect_timeout_ms", c_uint32), ("stall_timeout_ms", c_uint32),
                ("low_speed_bytes", c_uint32), ("retries", c_uint32),
                ("retry_delay_ms", c_uint32), ("retry_after_most_ms", c_uint32),
                ("chunk_bytes", c_uint32), ("requests", c_uint32), ("cache_bytes", c_uint64),
                ("spill_bytes", c_uint64), ("bandwidth", c_uint64), ("cache_dir", c_char_p),
                ("cache_dir_bytes", c_uint64)]


class StreamParams(ctypes.Structure):
    """as_stream_params"""

    _fields_ = [("struct_size", c_uint32), ("width", c_uint32), ("height", c_uint32),
                ("canvas_width", c_uint32), ("canvas_height", c_uint32), ("scale", c_int32),
                ("combine", c_int32), ("processing", c_int32), ("location", c_char_p),
                ("source", c_void_p), ("bytes", c_void_p), ("bytes_size", c_size_t),
                ("key", POINTER(Key)), ("limits", Limits), ("fps_num", c_uint32),
                ("fps_den", c_uint32), ("offset_ns", c_int64), ("frames_per_picture", c_uint32),
                ("l0_frames", c_uint32), ("l1_frames", c_uint32), ("l1_bytes", c_uint64),
                ("l0_bytes", c_uint64), ("prefetch_frames", c_uint32), ("held_frames", c_uint32),
                ("start_frame", c_uint32), ("init_frames", c_uint32), ("threads", c_uint32),
                ("io_requests", c_uint32), ("raster_tasks", c_uint32), ("pin_threads", c_uint32),
                ("timebox_us", c_uint32), ("init_timeout_ms", c_uint32),
                ("data_timeout_ms", c_uint32), ("network_ahead_ms", c_uint32),
                ("frame_allocator", c_void_p), ("event", c_void_p), ("event_user", c_void_p),
                ("log", Log), ("http", POINTER(HttpParams))]


class Metadata(ctypes.Structure):
    """as_stream_metadata"""

    _fields_ = [("struct_size", c_uint32), ("encrypted", c_uint32), ("frame_count", c_uint64),
                ("duration_ns", c_int64), ("width", c_uint32), ("height", c_uint32),
                ("canvas_width", c_uint32), ("canvas_height", c_uint32), ("fps_num", c_uint32),
                ("fps_den", c_uint32), ("frames_per_picture", c_uint32), ("stated_count", c_uint32),
                ("source_bytes", c_uint64), ("missing_frames", c_uint64)]


class FrameInfo(ctypes.Structure):
    """as_frame_info"""

    _fields_ = [("index", c_uint64), ("data", c_void_p), ("vertices", c_void_p),
                ("floats", c_uint64), ("width", c_uint32), ("height", c_uint32),
                ("stride", c_uint32), ("reserved", c_uint32)]


_HANDLE = POINTER(c_void_p)
_FUNCTIONS = {
    "as_version_string": (c_char_p, []),
    "as_result_text": (c_char_p, [c_int32]),
    "as_stream_open": (c_int32, [POINTER(StreamParams), _HANDLE, POINTER(Error)]),
    "as_stream_close": (None, [_HANDLE]),
    "as_stream_last_error": (c_int32, [c_void_p, POINTER(Error)]),
    "as_stream_get_metadata": (c_int32, [c_void_p, POINTER(Metadata)]),
    "as_stream_get_frame": (c_int32, [c_void_p, c_uint64, c_uint32, c_uint32, c_uint64, _HANDLE]),
    "as_stream_get_strip": (c_int32, [c_void_p, c_uint64, c_uint64, _HANDLE]),
    "as_stream_request": (c_int32, [c_void_p, c_uint64, c_uint64]),
    "as_stream_set_rate": (c_int32, [c_void_p, c_uint32, c_uint32]),
    "as_stream_play": (c_int32, [c_void_p, c_double]),
    "as_stream_pause": (c_int32, [c_void_p]),
    "as_stream_seek": (c_int32, [c_void_p, c_uint64]),
    "as_stream_sync": (c_int32, [c_void_p, c_int64]),
    "as_stream_position": (c_int32, [c_void_p, POINTER(c_int64)]),
    "as_stream_frame_at": (c_int32, [c_void_p, c_int64, POINTER(c_uint64)]),
    "as_stream_time_of": (c_int32, [c_void_p, c_uint64, POINTER(c_int64)]),
    "as_frame_get_info": (c_int32, [c_void_p, POINTER(FrameInfo)]),
    "as_frame_unref": (None, [_HANDLE]),
}


NAMES = {"win32": "alphastream.dll", "linux": "libalphastream.so.0"}


def _load() -> ctypes.CDLL:
    name = os.environ.get("ALPHASTREAM_LIBRARY") or NAMES.get(sys.platform, NAMES["linux"])
    try:
        library = ctypes.CDLL(name)
        for function, (result, arguments) in _FUNCTIONS.items():
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments
    except (OSError, AttributeError) as error:
        raise ImportError(
            "libalphastream cannot be loaded (%s); install it where the loader looks, or give its "
            "path in the environment variable ALPHASTREAM_LIBRARY" % error) from error
    return library


library = _load()

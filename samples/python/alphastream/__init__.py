# SPDX-License-Identifier: MIT
"""Vector alpha masks for passthrough video, by libalphastream.

    import alphastream

    with alphastream.Stream("people.asvp") as stream:
        for frame in stream:
            ... frame.array[y, x] is 0 or 255 ...

Pixels are the library's own memory, not a copy, and read-only. A memoryview or NumPy array of them
keeps them: it stays valid after its frame and its stream are closed, and counts as a frame that is
held (`held_frames`) until it is gone.

Calls release Python's lock, and any thread may make them; Stream.close alone needs that no other
call on the stream is under way.

Streams do not survive os.fork, as by multiprocessing's "fork" (Linux's default before Python 3.14):
their threads stay with the parent. A child forked while streams were open can read the frames and
views it was born with; calls on those streams, and opening others, raise RuntimeError, and closing
only forgets. Close all streams before, or have multiprocessing "spawn".
"""
from __future__ import annotations

import ctypes
import os
import sys
from fractions import Fraction
from types import TracebackType
from typing import (
    TYPE_CHECKING, Iterator, NamedTuple, Optional, Sequence, Set, Type, TypeVar, Union)

from . import _library as c
from ._library import library as _library

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

__all__ = ["AlphaStreamError", "Changed", "Frame", "Metadata", "NotReady", "OutOfRange", "Stream",
           "Strip", "Timeout", "TIMEBOX", "version"]

_Path = Union[str, "os.PathLike[str]"]

#: As a timeout: the stream's timebox of 12 ms, for a program that has a picture to show meanwhile.
TIMEBOX = -1.0


class AlphaStreamError(Exception):
    """A call failed. str() is the library's sentence: what failed, where, what to do."""

    def __init__(self, text: str, code: int, frame: Optional[int] = None,
                 offset: Optional[int] = None, system_error: int = 0) -> None:
        super().__init__(text)
        self.code = code  #: as_result, result.h
        self.frame = frame  #: index of the frame concerned
        self.offset = offset  #: byte in the source
        self.system_error = system_error  #: errno behind it; 0: none


class OutOfRange(AlphaStreamError, IndexError):
    """There is no such frame."""


class Timeout(AlphaStreamError):
    """The frame was not there in time; it comes first now, ask again."""


class NotReady(AlphaStreamError):
    """The frame is not there, and the call was not to wait."""


class Changed(AlphaStreamError):
    """The source has other content now; ask again for its frames."""


_EXCEPTIONS = {3: OutOfRange, -3: NotReady, -4: Timeout, -12: Changed}


def _exception(code: int, error: c.Error) -> AlphaStreamError:
    text = error.text or _library.as_result_text(code)
    return _EXCEPTIONS.get(code, AlphaStreamError)(
        text.decode("utf-8", "replace"), code,
        None if error.frame == c.NONE else error.frame,
        None if error.offset == c.NONE else error.offset, error.system_error)


def _no_error() -> c.Error:
    return c.Error(frame=c.NONE, offset=c.NONE)


def _whole(name: str, value: int, bits: int = 64) -> int:
    """ctypes would cut silently what is negative or too large."""
    if not 0 <= value < 2**bits:
        raise ValueError("%s is %d, which is not 0 .. 2^%d - 1" % (name, value, bits))
    return value


def _time(media_ns: int) -> int:
    if not -2**63 <= media_ns < 2**63:
        raise ValueError("media_ns is %d, which is not a time of 64 bits" % media_ns)
    return media_ns


def _text(name: str, value: bytes) -> bytes:
    if b"\0" in value:
        raise ValueError("%s has a null character in it" % name)
    return value


def _http(headers: Sequence[str], proxy: Optional[str], ca_file: Optional[_Path],
          cache_dir: Optional[_Path]) -> c.HttpParams:
    """What it points to lives as long as it does."""
    if isinstance(headers, str):
        raise TypeError("headers is one string; give a list of them")
    lines = [_text("headers", line.encode()) for line in headers]
    return c.HttpParams(
        struct_size=ctypes.sizeof(c.HttpParams), header_count=len(lines),
        headers=(ctypes.c_char_p * len(lines))(*lines),
        proxy=None if proxy is None else _text("proxy", proxy.encode()),
        ca_file=None if ca_file is None else _text("ca_file", os.fsencode(ca_file)),
        cache_dir=None if cache_dir is None else _text("cache_dir", os.fsencode(cache_dir)))


def _nanoseconds(timeout: Optional[float]) -> int:
    if timeout is None:
        return c.WAIT_FOREVER
    if timeout == TIMEBOX:
        return c.TIMEBOX
    if not timeout >= 0:
        raise ValueError("timeout is %r: seconds, None or TIMEBOX" % timeout)
    return int(min(timeout * 1e9, 2.0**63))


def version() -> str:
    """That of the library, "0.1.0"."""
    text: bytes = _library.as_version_string()
    return text.decode()


class Metadata(NamedTuple):
    """What a stream knows of itself."""

    frame_count: int
    duration: float  #: seconds, at the present rate
    width: int  #: of masks
    height: int
    canvas_width: int
    canvas_height: int
    rate: Fraction  #: pictures per second
    frames_per_picture: int
    encrypted: bool
    missing_frames: int  #: whose bytes lie past the end of the source


class _Forks:
    """What a fork leaves behind."""

    open: Set[int] = set()  #: id() of the streams of this process
    orphaned = False  #: some were open when it was forked: the library waits for threads of theirs

    @classmethod
    def after_in_child(cls) -> None:
        cls.orphaned = cls.orphaned or bool(cls.open)
        cls.open.clear()


_FORKED = ("this process was forked from one with streams open, whose threads it has not; close "
           "all streams before, or have multiprocessing \"spawn\"")
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_Forks.after_in_child)

_Self = TypeVar("_Self", bound="_Counted")


class _Reference:
    """The only owner of one reference to an as_frame. All memory that is handed out leads here."""

    # Here, because a module may have lost its names when the last of these goes.
    _unref = _library.as_frame_unref
    _byref = staticmethod(ctypes.byref)

    _process = staticmethod(os.getpid)

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self.handle = handle
        self.process = self._process()

    def __del__(self) -> None:
        if self.process == self._process():  # a fork's copy: some thread may have had the locks
            self._unref(self._byref(self.handle))


class _Counted:
    """A frame of whichever kind."""

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._reference: Optional[_Reference] = _Reference(handle)
        self._info = c.FrameInfo()
        code = _library.as_frame_get_info(handle, ctypes.byref(self._info))
        if code != c.OK:
            raise _exception(code, _no_error())

    @property
    def index(self) -> int:
        """Of the frame in its stream."""
        return int(self._info.index)

    def close(self) -> None:
        """Gives the frame back, unless there are views of it: then the last of these does."""
        self._reference = None

    def _memory(self, address: Optional[int], size: int) -> memoryview:
        if self._reference is None:
            raise ValueError("frame %d is closed" % self.index)
        if not size:
            return memoryview(b"")
        memory = (ctypes.c_uint8 * size).from_address(address or 0)
        memory._reference = self._reference  # type: ignore[attr-defined]
        return memoryview(memory).cast("B").toreadonly()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


class Frame(_Counted):
    """A mask: R8 pixels, 0 transparent or 255 opaque, top row first."""

    @property
    def width(self) -> int:
        return int(self._info.width)

    @property
    def height(self) -> int:
        return int(self._info.height)

    @property
    def view(self) -> memoryview:
        """All pixels and what lies between rows: [y, x], view.shape[1] is the stride and may be
        more than `width`. No copy."""
        info = self._info
        flat = self._memory(info.data, info.stride * info.height)
        return flat.cast("B", (info.height, info.stride))

    def row(self, y: int) -> memoryview:
        """The `width` pixels of row `y`. No copy."""
        info = self._info
        if not 0 <= y < info.height:
            raise IndexError("row %d of %d" % (y, info.height))
        return self._memory(info.data + y * info.stride, info.width)

    @property
    def array(self) -> NDArray[numpy.uint8]:
        """A NumPy array of the pixels, [y, x]. No copy. Needs NumPy."""
        import numpy

        return numpy.asarray(self.view)[:, :self.width]


class Strip(_Counted):
    """A mask as one triangle strip, in canvas pixels."""

    @property
    def vertices(self) -> memoryview:
        """Floats: x, y, x, y. No copy."""
        return self._memory(self._info.vertices, self._info.floats * 4).cast("f")

    @property
    def array(self) -> NDArray[numpy.float32]:
        """A NumPy array of the vertices, [vertex, x or y]. No copy. Needs NumPy."""
        import numpy

        return numpy.frombuffer(self.vertices, dtype=numpy.float32).reshape(-1, 2)


class Stream:
    """A container opened for playing: a sequence of frames.

    `source` is a path, a URL, or the content of a whole container as bytes. `passphrase` is for
    encrypted ones (default: the environment's), and `file_name` what their key is made with (default:
    that of the source; "" for bytes). `headers` ("Name: value"), `proxy`, `ca_file` and `cache_dir`
    are for http and https URLs, as in source.h. Everything else is as in stream.h; 0 is the default
    there.
    """

    # Closed, also where __init__ is not reached.
    _handle = ctypes.c_void_p()
    _open_streams = _Forks.open
    _close = _library.as_stream_close
    _byref = staticmethod(ctypes.byref)

    def __init__(self, source: Union[str, os.PathLike[str], bytes], *, width: int = 0,
                 height: int = 0, canvas_width: int = 0, canvas_height: int = 0,
                 vector: bool = False, parity: bool = False, scene: int = 0,
                 passphrase: Optional[bytes] = None, file_name: Optional[str] = None,
                 rate: Union[int, Fraction] = 60, frames_per_picture: int = 0, threads: int = 0,
                 prefetch_frames: int = 0, held_frames: int = 0, l0_frames: int = 0,
                 l1_frames: int = 0, l1_bytes: int = 0, start_frame: int = 0, init_frames: int = 0,
                 timebox_us: int = 0, init_timeout_ms: int = 0, data_timeout_ms: int = 0,
                 headers: Sequence[str] = (), proxy: Optional[str] = None,
                 ca_file: Optional[_Path] = None, cache_dir: Optional[_Path] = None) -> None:
        self._handle = ctypes.c_void_p()
        if _Forks.orphaned:
            raise RuntimeError(_FORKED)
        numbers = dict(width=width, height=height, canvas_width=canvas_width,
                       canvas_height=canvas_height, frames_per_picture=frames_per_picture,
                       threads=threads, prefetch_frames=prefetch_frames, held_frames=held_frames,
                       l0_frames=l0_frames, l1_frames=l1_frames, start_frame=start_frame,
                       init_frames=init_frames, timebox_us=timebox_us,
                       init_timeout_ms=init_timeout_ms, data_timeout_ms=data_timeout_ms,
                       fps_num=rate.numerator, fps_den=rate.denominator, scene=scene)
        for name, value in numbers.items():
            _whole(name, value, 32)
        numbers["l1_bytes"] = _whole("l1_bytes", l1_bytes)
        key = c.Key(ctypes.sizeof(c.Key), numbers.pop("scene"), passphrase, len(passphrase or b""))
        key.file_name = None if file_name is None else _text("file_name", file_name.encode())
        params = c.StreamParams(struct_size=ctypes.sizeof(c.StreamParams), scale=c.VECTOR * vector,
                                combine=c.PARITY * parity, key=ctypes.pointer(key), **numbers)
        params.http = ctypes.pointer(_http(headers, proxy, ca_file, cache_dir))
        if isinstance(source, bytes):
            self._content = source  # borrowed by the library until close
            params.bytes = ctypes.cast(ctypes.c_char_p(source), ctypes.c_void_p)
            params.bytes_size = len(source)
        else:
            params.location = _text("source", os.fsencode(source))
        error = c.Error()
        self._open_streams.add(id(self))
        code = _library.as_stream_open(ctypes.byref(params), ctypes.byref(self._handle),
                                       ctypes.byref(error))
        if code != c.OK:
            self._open_streams.discard(id(self))
            raise _exception(code, error)

    def close(self) -> None:
        """Ends all work; frames and views stay valid. More than once is allowed. In a fork of the
        process that opened the stream it is only forgotten."""
        if id(self) in self._open_streams:
            self._close(self._byref(self._handle))
            self._open_streams.discard(id(self))
        else:
            self._handle.value = None

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def _open(self) -> ctypes.c_void_p:
        if not self._handle:
            raise ValueError("the stream is closed")
        if id(self) not in self._open_streams:
            raise RuntimeError(_FORKED)
        return self._handle

    def _check(self, code: int) -> None:
        if code != c.OK:
            error = _no_error()
            _library.as_stream_last_error(self._handle, ctypes.byref(error))
            raise _exception(code, error)

    # ------------------------------------------------------------------------ frames --------

    def frame(self, index: int, timeout: Optional[float] = None, width: int = 0,
              height: int = 0) -> Frame:
        """Frame `index`, waiting at most `timeout` seconds (None: until it is there or fails), at
        the stream's size or another."""
        handle = ctypes.c_void_p()
        self._check(_library.as_stream_get_frame(
            self._open(), _whole("index", index), _whole("width", width, 32),
            _whole("height", height, 32), _nanoseconds(timeout), ctypes.byref(handle)))
        return Frame(handle)

    def strip(self, index: int, timeout: Optional[float] = None) -> Strip:
        """Frame `index` as a triangle strip."""
        handle = ctypes.c_void_p()
        self._check(_library.as_stream_get_strip(
            self._open(), _whole("index", index), _nanoseconds(timeout), ctypes.byref(handle)))
        return Strip(handle)

    def frames(self, start: int = 0, stop: Optional[int] = None, step: int = 1,
               timeout: Optional[float] = None) -> Iterator[Frame]:
        """The frames of range(start, stop, step), each closed when the next is asked for."""
        for index in range(start, len(self) if stop is None else stop, step):
            with self.frame(index, timeout) as frame:
                yield frame

    def request(self, first: int, count: int) -> None:
        """A hint: these frames will be wanted soon."""
        self._check(_library.as_stream_request(self._open(), _whole("first", first),
                                               _whole("count", count)))

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def __getitem__(self, index: int) -> Frame:
        count = len(self)
        if not -count <= index < count:
            raise IndexError("frame %d of %d" % (index, count))
        return self.frame(index % count)

    def __len__(self) -> int:
        return self.metadata.frame_count

    @property
    def metadata(self) -> Metadata:
        about = c.Metadata(struct_size=ctypes.sizeof(c.Metadata))
        self._check(_library.as_stream_get_metadata(self._open(), ctypes.byref(about)))
        return Metadata(about.frame_count, about.duration_ns / 1e9, about.width, about.height,
                        about.canvas_width, about.canvas_height,
                        Fraction(about.fps_num, about.fps_den), about.frames_per_picture,
                        bool(about.encrypted), about.missing_frames)

    # -------------------------------------------------------------------------- time --------
    # Media times are whole nanoseconds: a float would not be exact.

    def set_rate(self, rate: Union[int, Fraction]) -> None:
        """Pictures per second; the play head keeps its frame."""
        self._check(_library.as_stream_set_rate(self._open(), _whole("rate", rate.numerator, 32),
                                                _whole("rate", rate.denominator, 32)))

    def play(self, speed: float = 1.0) -> None:
        """Lets the play head run at `speed` times real time; negative: backward."""
        self._check(_library.as_stream_play(self._open(), speed))

    def pause(self) -> None:
        self._check(_library.as_stream_pause(self._open()))

    def seek(self, index: int) -> None:
        """Puts the play head on frame `index`."""
        self._check(_library.as_stream_seek(self._open(), _whole("index", index)))

    def sync(self, media_ns: int) -> None:
        """The program's media clock says `media_ns` now."""
        self._check(_library.as_stream_sync(self._open(), _time(media_ns)))

    @property
    def position_ns(self) -> int:
        """The play head's media time now."""
        media_ns = ctypes.c_int64()
        self._check(_library.as_stream_position(self._open(), ctypes.byref(media_ns)))
        return media_ns.value

    def frame_at(self, media_ns: int) -> int:
        """Which frame is due then; it may be past the end."""
        index = ctypes.c_uint64()
        self._check(_library.as_stream_frame_at(self._open(), _time(media_ns),
                                                ctypes.byref(index)))
        return index.value

    def time_of(self, index: int) -> int:
        """When frame `index` is due, in nanoseconds."""
        media_ns = ctypes.c_int64()
        self._check(_library.as_stream_time_of(self._open(), _whole("index", index),
                                               ctypes.byref(media_ns)))
        return media_ns.value

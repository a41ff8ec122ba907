# SPDX-License-Identifier: MIT
"""samples/python: what it gives is what the library gives, its memory lives as long as somebody looks
at it, and failures are exceptions with the library's sentence.

test_python.py [unittest's arguments]; ALPHASTREAM_LIBRARY names the library. Needs NumPy, pip and
setuptools.
"""
import gc
import hashlib
import http.server
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from fractions import Fraction

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MODULE = os.path.join(ROOT, "samples", "python")
WALKERS = os.path.join(ROOT, "samples", "data", "walkers.asvp")
CLOSEUP = os.path.join(ROOT, "tests", "data", "closeup.asvr")
PASSPHRASE = bytes(range(32))
sys.dont_write_bytecode = True
sys.path.insert(0, MODULE)
import numpy  # noqa: E402
import alphastream  # noqa: E402
from alphastream import AlphaStreamError, OutOfRange, Stream  # noqa: E402
from alphastream._library import NAMES, library  # noqa: E402


def golden(name, size="2048x1024", combine="union"):
    """{frame: SHA-256} of the nearest masks of a container."""
    with open(os.path.join(ROOT, "tests", "data", "golden.tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    found = {int(row[1]): row[6] for row in rows
             if row[0] == name and row[2:6] == ["2048x1024", size, "nearest", combine]}
    assert found
    return found


class Server:
    """A file over HTTP, with ranges; `asked` has the headers of each request."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked.append(self.headers)
                first, last = re.match(r"bytes=(\d+)-(\d+)$", self.headers["Range"]).groups()
                part = content[int(first):int(last) + 1]
                self.send_response(206)
                self.send_header("ETag", '"1"')
                self.send_header("Content-Range", "bytes %s-%d/%d" % (
                    first, int(first) + len(part) - 1, len(content)))
                self.send_header("Content-Length", str(len(part)))
                self.end_headers()
                self.wfile.write(part)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/walkers.asvp" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Frames(unittest.TestCase):
    def test_masks(self):
        with Stream(WALKERS) as stream:
            for index, digest in golden("walkers.asvp").items():
                frame = stream.frame(index)
                self.assertEqual(hashlib.sha256(frame.array.tobytes()).hexdigest(), digest)
                self.assertEqual(frame.index, index)
                frame.close()

    def test_three_views_of_the_same(self):
        with Stream(WALKERS, width=100, height=50) as stream, stream.frame(90) as frame:
            array, view = frame.array, frame.view
            self.assertEqual((array.shape, array.dtype), ((50, 100), numpy.uint8))
            self.assertEqual(view.shape[0], 50)
            self.assertGreaterEqual(view.shape[1], 100)
            for y in range(50):
                self.assertEqual(frame.row(y).tobytes(), array[y].tobytes())
                self.assertEqual(view.tobytes()[y * view.shape[1]:][:100], array[y].tobytes())
            self.assertEqual(set(numpy.unique(array)), {0, 255})
            for wrong in (-1, 50):
                self.assertRaises(IndexError, frame.row, wrong)

    def test_nothing_is_copied_and_nothing_can_be_written(self):
        with Stream(WALKERS) as stream, stream.frame(90) as one, stream.frame(90) as two:
            self.assertEqual(one.array.__array_interface__["data"],
                             two.array.__array_interface__["data"])
            with self.assertRaises(ValueError):
                one.array[0, 0] = 1
            with self.assertRaises(TypeError):
                one.row(0)[0] = 1

    def test_a_view_outlives_frame_and_stream(self):
        stream = Stream(WALKERS)
        frame = stream.frame(315)
        array, row = frame.array, frame.row(500)
        frame.close()
        for index in range(0, 700, 50):  # others that might be put there
            stream.frame(index).close()
        stream.close()
        del stream, frame
        gc.collect()
        self.assertEqual(hashlib.sha256(array.tobytes()).hexdigest(), golden("walkers.asvp")[315])
        self.assertEqual(row.tobytes(), array[500].tobytes())

    def test_frames_are_given_back(self):
        with Stream(WALKERS, held_frames=2) as stream:
            for _ in range(3):
                array = stream.frame(1).array
                frame = stream.frame(2)
                with self.assertRaisesRegex(AlphaStreamError, "held") as caught:
                    stream.frame(3)
                self.assertEqual(caught.exception.code, -10)
                frame.close()
                frame = stream.frame(3)
                part = array[10:20, 5]
                del frame, array  # the slice keeps the frame
                frame = stream.frame(4)
                self.assertRaises(AlphaStreamError, stream.frame, 5)
                del frame, part

    def test_a_closed_frame_says_so(self):
        with Stream(WALKERS) as stream:
            with stream.frame(7) as frame:
                pass
            frame.close()
            for ask in (lambda: frame.view, lambda: frame.array, lambda: frame.row(0)):
                self.assertRaisesRegex(ValueError, "frame 7 is closed", ask)

    def test_iteration(self):
        with Stream(WALKERS, held_frames=1, width=64, height=32) as stream:
            self.assertEqual([frame.index for frame in stream], list(range(720)))
            self.assertEqual([frame.index for frame in stream.frames(10, 3, -2)], [10, 8, 6, 4])
            for frame in stream:
                if frame.index == 3:
                    break
            del frame
            gc.collect()
            stream.frame(0).close()  # the only one: what was broken off holds none
            self.assertEqual((len(stream), stream[-1].index, stream[5].index), (720, 719, 5))

    def test_strips(self):
        with Stream(WALKERS) as stream, stream.strip(90) as strip:
            self.assertEqual((strip.index, strip.vertices.format), (90, "f"))
            self.assertEqual(strip.array.shape, (len(strip.vertices) // 2, 2))
            self.assertEqual(strip.array.tobytes(), strip.vertices.tobytes())
            self.assertGreater(len(strip.array), 3)
            self.assertTrue(0 <= strip.array.min() and strip.array.max() <= 2048)

    def test_threads(self):
        wanted, problems = golden("walkers.asvp"), []
        with Stream(WALKERS) as stream:
            def play():
                try:
                    for index, digest in list(wanted.items())[:8]:
                        with stream.frame(index) as frame:
                            if hashlib.sha256(frame.array.tobytes()).hexdigest() != digest:
                                problems.append(index)
                except AlphaStreamError as error:
                    problems.append(error)
            threads = [threading.Thread(target=play) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(problems, [])


class Streams(unittest.TestCase):
    def test_options_arrive(self):
        with Stream(WALKERS, width=33, height=20, canvas_width=512, canvas_height=256,
                    rate=Fraction(30000, 1001), frames_per_picture=2, vector=True, threads=2,
                    prefetch_frames=9) as stream:
            about = stream.metadata
            self.assertEqual(about[2:], (33, 20, 512, 256, Fraction(30000, 1001), 2, False, 0))
            self.assertEqual(about.frame_count, 720)
            self.assertAlmostEqual(about.duration, 360 * 1001 / 30000, places=6)
        for combine, parity in (("union", False), ("parity", True)):
            wanted = golden("walkers.asvp", combine=combine)
            index = min(wanted)
            with Stream(WALKERS, parity=parity) as stream, stream.frame(index) as frame:
                self.assertEqual(hashlib.sha256(frame.array.tobytes()).hexdigest(), wanted[index])
        with Stream(WALKERS) as plain, Stream(WALKERS, vector=True) as vector:
            sizes = dict(width=640, height=320)
            self.assertNotEqual(plain.frame(90, **sizes).array.tobytes(),
                                vector.frame(90, **sizes).array.tobytes())

    def test_each_option_is_the_one_it_says(self):
        for option in ("canvas_width", "frames_per_picture", "threads", "prefetch_frames",
                       "held_frames", "l0_frames", "l1_frames", "init_frames", "timebox_us",
                       "init_timeout_ms", "data_timeout_ms"):
            with self.assertRaisesRegex(AlphaStreamError, option) as caught:
                Stream(WALKERS, **{option: 2**32 - 1})
            self.assertEqual(caught.exception.code, -1)
            with self.assertRaisesRegex(ValueError, option):
                Stream(WALKERS, **{option: 2**32})
        with self.assertRaisesRegex(AlphaStreamError, "l1_bytes"):
            Stream(WALKERS, l1_bytes=1)
        self.assertRaises(ValueError, Stream, WALKERS, l1_bytes=2**64)
        # In the struct it lies between two that were just looked at.
        with Stream(WALKERS, start_frame=719, init_frames=1) as stream:
            self.assertEqual(stream.frame(719).index, 719)
        self.assertRaises(ValueError, Stream, WALKERS, width=-1)
        self.assertRaises(ValueError, Stream, "a\0b")
        self.assertRaises(TypeError, Stream, WALKERS, colour=1)

    def test_options_of_urls(self):
        if not library.as_features() & 1:  # AS_FEATURE_HTTP
            with self.assertRaises(AlphaStreamError) as caught:
                Stream("http://127.0.0.1:9/x", headers=["X: 1"])
            self.assertEqual(caught.exception.code, -7)
            return
        with Server(WALKERS) as server, tempfile.TemporaryDirectory() as folder:
            with Stream(server.url, headers=["X-Token: secret", "X-Other: 2"], proxy="",
                        ca_file=os.path.join(folder, "none.pem"), cache_dir=folder) as stream:
                digest = hashlib.sha256(stream.frame(315).array.tobytes()).hexdigest()
            self.assertEqual(digest, golden("walkers.asvp")[315])
            self.assertTrue(server.asked)
            for headers in server.asked:
                self.assertEqual((headers["X-Token"], headers["X-Other"]), ("secret", "2"))
            self.assertTrue(os.listdir(folder))
        self.assertRaisesRegex(TypeError, "headers", Stream, WALKERS, headers="X: 1")
        self.assertRaisesRegex(ValueError, "cache_dir", Stream, WALKERS, cache_dir="a\0b")
        with self.assertRaisesRegex(AlphaStreamError, "proxy"):
            Stream("http://127.0.0.1:9/x", proxy="none://x")

    def test_bytes(self):
        with open(WALKERS, "rb") as file:
            stream = Stream(file.read())
        gc.collect()
        digest = hashlib.sha256(stream.frame(315).array.tobytes()).hexdigest()
        self.assertEqual(digest, golden("walkers.asvp")[315])
        stream.close()

    def test_keys(self):
        with Stream(CLOSEUP, scene=85342, passphrase=PASSPHRASE) as stream:
            self.assertTrue(stream.metadata.encrypted)
            self.assertEqual(len(stream), 600)
        with open(CLOSEUP, "rb") as file:
            content = file.read()
        with Stream(content, scene=85342, passphrase=PASSPHRASE, file_name="closeup.asvr") as stream:
            self.assertEqual(len(stream), 600)
        for wrong in (dict(scene=1, passphrase=PASSPHRASE), dict(scene=85342, passphrase=b"a\0b"),
                      dict(scene=85342)):
            with self.assertRaisesRegex(AlphaStreamError, "passphrase") as caught:
                Stream(CLOSEUP, **wrong)
            self.assertEqual(caught.exception.code, -5)

    def test_time(self):
        with Stream(WALKERS, rate=25) as stream:
            self.assertEqual((stream.frame_at(40000000), stream.time_of(2)), (1, 80000000))
            stream.pause()
            stream.seek(100)
            self.assertEqual(stream.position_ns, 4000000000)
            stream.play(-1)
            stream.sync(8000000000)
            stream.set_rate(Fraction(50, 1))
            self.assertEqual(stream.metadata.rate, 50)
            stream.request(5, 3)
            self.assertRaises(ValueError, stream.sync, 2**63)
            self.assertRaises(OutOfRange, stream.seek, 720)
            self.assertRaises(AlphaStreamError, stream.play, 100.0)


class Failures(unittest.TestCase):
    def test_sentences(self):
        with self.assertRaisesRegex(AlphaStreamError, "there is no file.*none.asvp") as caught:
            Stream(os.path.join(ROOT, "none.asvp"))
        self.assertEqual((caught.exception.code, caught.exception.system_error), (-6, 2))
        self.assertIsNone(caught.exception.frame)
        with Stream(WALKERS) as stream:
            with self.assertRaisesRegex(OutOfRange, "frame 720 is past the end") as caught:
                stream.frame(720)
            self.assertEqual((caught.exception.code, caught.exception.frame), (3, 720))
            self.assertEqual(stream[-720].index, 0)
            for wrong in (720, -721):
                self.assertRaises(IndexError, lambda: stream[wrong])
            for wrong in (-1, 2**64):
                self.assertRaises(ValueError, stream.frame, wrong)
            self.assertRaises(ValueError, stream.frame, 0, timeout=-2)
            self.assertRaises(ValueError, stream.frame, 0, timeout=float("nan"))
            self.assertRaises(ValueError, stream.frame, 0, width=2**32)
            # The next call is not the worse for it.
            stream.frame(0, timeout=1e30).close()

    def test_what_is_not_there_in_time(self):
        with Stream(WALKERS) as stream:
            with self.assertRaises(alphastream.NotReady) as caught:
                stream.frame(500, timeout=0)  # nobody prepares it before it was asked for
            self.assertEqual(caught.exception.code, -3)
            try:
                stream.frame(0, timeout=alphastream.TIMEBOX).close()
            except alphastream.Timeout as error:
                self.assertEqual(error.code, -4)

    def test_a_closed_stream_says_so(self):
        stream = Stream(WALKERS)
        stream.close()
        stream.close()
        for ask in (lambda: stream.frame(0), lambda: len(stream), stream.pause,
                    lambda: stream.strip(0), lambda: stream.seek(0), lambda: stream[0]):
            self.assertRaisesRegex(ValueError, "the stream is closed", ask)

    def test_a_damaged_frame(self):
        with open(WALKERS, "rb") as file:
            content = bytearray(file.read())
        start = 16 + int.from_bytes(content[12:16], "little") + 40
        content[start:start + 7] = b"damaged"
        with Stream(bytes(content)) as stream:
            with self.assertRaisesRegex(AlphaStreamError, "^frame 0: ") as caught:
                stream.frame(0)
            self.assertEqual((caught.exception.code, caught.exception.frame), (-5, 0))
            stream.frame(1).close()

    def run_python(self, code, **environment):
        return subprocess.run([sys.executable, "-B", "-c", code], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True,
                              env=dict(os.environ, PYTHONPATH=MODULE, **environment))

    def test_without_the_library(self):
        done = self.run_python("import alphastream", ALPHASTREAM_LIBRARY="libnothing.so")
        self.assertIn("ImportError: libalphastream cannot be loaded", done.stderr)
        self.assertIn("ALPHASTREAM_LIBRARY", done.stderr)

    def test_names_of_the_library(self):
        """As the build makes them: only that of this system can be tried."""
        with open(os.path.join(ROOT, "docs", "porting.md"), encoding="utf-8") as file:
            self.assertIn("`bin/%s`" % NAMES["win32"], file.read())
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            version = re.search(r"^set\(ALPHASTREAM_SOVERSION (\d+)\)", file.read(), re.MULTILINE)
        self.assertEqual(NAMES["linux"], "libalphastream.so." + version[1])

    def test_a_program_that_closes_nothing(self):
        done = self.run_python(
            "import alphastream\ns = alphastream.Stream(%r)\nf = s.frame(0)\na = f.array\n"
            "print(a.shape)" % WALKERS)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "(1024, 2048)\n", ""))


FORKING = """
import os, alphastream
def child(work):
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
            os._exit(1)
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0, work
def refused(work):
    try:
        work()
    except RuntimeError as error:
        assert "forked" in str(error), error
    else:
        raise AssertionError("nothing is raised")
SOURCE = %r
""" % WALKERS


class Forks(unittest.TestCase):
    def run_program(self, code):
        done = subprocess.run([sys.executable, "-B", "-c", FORKING + code], timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True, env=dict(os.environ, PYTHONPATH=MODULE))
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_with_a_stream_open(self):
        """The child can neither use it nor open another, but reads, closes and ends; to the parent
        nothing happens."""
        self.run_program("""
stream = alphastream.Stream(SOURCE)
frame = stream.frame(90)
row = frame.row(512).tobytes()
def work():
    global stream, frame
    refused(lambda: stream.frame(91))
    refused(lambda: alphastream.Stream(SOURCE))
    assert frame.row(512).tobytes() == row
    child(lambda: refused(lambda: alphastream.Stream(SOURCE)))
    stream.close()
    try:
        stream.frame(91)
        raise AssertionError("it is not closed")
    except ValueError:
        pass
    stream = frame = None
child(work)
def drop():
    global stream, frame
    stream = frame = None
child(drop)
assert stream.frame(91).index == 91
stream.close()
""")

    def test_with_all_streams_closed(self):
        self.run_program("""
alphastream.Stream(SOURCE).close()
try:
    alphastream.Stream(SOURCE + ".none")
except alphastream.AlphaStreamError as error:
    kept = error
def work():
    with alphastream.Stream(SOURCE) as stream:
        assert stream.frame(91).index == 91
child(work)
""")


class Package(unittest.TestCase):
    def test_annotations(self):
        """Whoever checks types against this package finds one for everything."""
        functions = [alphastream.version]
        for name in alphastream.__all__:
            item = getattr(alphastream, name)
            for _, member in inspect.getmembers(item) if inspect.isclass(item) else []:
                function = member.fget if isinstance(member, property) else member
                if getattr(function, "__module__", None) == "alphastream" and inspect.isfunction(
                        function):
                    functions.append(function)
        self.assertGreater(len(functions), 30)
        for function in functions:
            signature = inspect.signature(function)
            self.assertIsNot(signature.return_annotation, signature.empty, function)
            for parameter in list(signature.parameters.values()):
                if parameter.name != "self":
                    self.assertIsNot(parameter.annotation, parameter.empty, function)

    def test_installs(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "copy")
            shutil.copytree(MODULE, copy, ignore=shutil.ignore_patterns("__pycache__"))
            place = os.path.join(folder, "place")
            done = subprocess.run(
                [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
                 "--no-index", "--no-deps", "--no-build-isolation", "--target", place, copy],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
            self.assertEqual(done.returncode, 0, done.stdout)
            for name in os.listdir(os.path.join(MODULE, "alphastream")):
                if name != "__pycache__":
                    self.assertTrue(os.path.isfile(os.path.join(place, "alphastream", name)), name)
            code = ("import alphastream, importlib.metadata as m, os\n"
                    "print(os.path.dirname(os.path.dirname(alphastream.__file__)), "
                    "m.version('alphastream'), alphastream.version())")
            done = subprocess.run([sys.executable, "-B", "-c", code], cwd=folder, check=True,
                                  stdout=subprocess.PIPE, universal_newlines=True,
                                  env=dict(os.environ, PYTHONPATH=place))
        with open(os.path.join(ROOT, "include", "alphastream", "version.h"), encoding="utf-8") as file:
            numbers = re.findall(r"#define AS_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", file.read())
        version = ".".join(numbers)
        self.assertEqual(done.stdout.split(), [place, version, version])

    def test_example_in_the_readme(self):
        with open(os.path.join(MODULE, "README.md"), encoding="utf-8") as file:
            examples = re.findall(r"```python\n(.*?)```", file.read(), re.S)
        self.assertTrue(examples)
        for example in examples:
            done = subprocess.run(
                [sys.executable, "-B", "-c", example], cwd=ROOT, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, universal_newlines=True,
                env=dict(os.environ, PYTHONPATH=MODULE))
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("pixels", done.stdout)


if __name__ == "__main__":
    for variable in ("ALPHASTREAM_PASSPHRASE", "ALPHASTREAM_PASSPHRASE_FILE"):
        os.environ.pop(variable, None)
    unittest.main()

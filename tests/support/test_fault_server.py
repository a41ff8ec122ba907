#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does the fault server do what it says? Every action is looked at as bytes on the wire."""
import gzip
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
CONTENT = bytes(range(251)) * 1000  # 251000 bytes


class Server:
    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "fault_server.py"), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def __call__(self, command):
        """The lines of the answer; raises ValueError with the error."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().rstrip("\n")
            if line == "ok":
                return lines
            if line.startswith("error") or not line:
                raise ValueError(line)
            lines.append(line)

    def log(self, name):
        """One dictionary a request; its headers below their names in lower case."""
        requests = []
        for line in self("log " + name):
            kind, _, rest = line.partition(" ")
            if kind == "request":
                requests.append(dict(word.split("=", 1) for word in rest.split()[1:]))
            else:
                key, _, value = rest.partition(": ")
                requests[-1][key.lower()] = value
        return requests


class Client:
    """One connection, and what comes over it."""

    def __init__(self, port):
        self.buffer = b""
        self.reset = False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        try:
            self.sock.connect(("127.0.0.1", port))
        except ConnectionResetError:
            self.reset = True  # the server was quick

    def ask(self, path, *headers, method="GET"):
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: test"] + list(headers) + ["", ""]
        self.sock.sendall("\r\n".join(lines).encode())
        return self

    def more(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            self.reset = True
            data = b""
        self.buffer += data
        return bool(data)

    def head(self):
        """(status, headers by lower-case name)"""
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                raise EOFError
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            key, _, value = line.partition(": ")
            headers[key.lower()] = value
        return int(lines[0].split()[1]), headers

    def take(self, count):
        while len(self.buffer) < count and self.more():
            pass
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self):
        """All until the server closes."""
        while self.more():
            pass
        taken, self.buffer = self.buffer, b""
        return taken

    def answer(self, path, *headers, method="GET"):
        status, fields = self.ask(path, *headers, method=method).head()
        return status, fields, self.take(int(fields["content-length"]))

    def close(self):
        self.sock.close()


def span(first, last):
    return "Range: bytes=%d-%s" % (first, last)


class FaultServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.path = os.path.join(cls.folder, "content")
        with open(cls.path, "wb") as file:
            file.write(CONTENT)
        cls.server = Server(cls.folder)
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.process.stdin.close()
        cls.server.process.wait(20)
        cls.server.process.stdout.close()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            client.close()

    def scenario(self, settings="", *rules):
        """Makes a scenario with a name of its own."""
        type(self).count += 1
        self.name = "s%d" % self.count
        self.url = "/s/%s/file" % self.name
        self.server("scenario %s file=%s %s" % (self.name, urllib.parse.quote(self.path), settings))
        for rule in rules:
            self.server("rule %s %s" % (self.name, rule))

    def client(self, port=None):
        client = Client(port or self.server.port)
        self.clients.append(client)
        return client

    def honest(self, client):
        """The next answer has no fault."""
        status, headers, body = client.answer(self.url, span(5, 104))
        self.assertEqual((status, body), (206, CONTENT[5:105]))
        return headers

    # ------------------------------------------------------------------------ honest

    def test_ranges(self):
        self.scenario("etag=\"a\" modified=1000000000")
        client = self.client()
        status, headers, body = client.answer(self.url, span(10, 19))
        self.assertEqual((status, body), (206, CONTENT[10:20]))
        self.assertEqual(headers["content-range"], "bytes 10-19/251000")
        self.assertEqual(headers["etag"], '"a"')
        self.assertEqual(headers["last-modified"], "Sun, 09 Sep 2001 01:46:40 GMT")
        status, headers, body = client.answer(self.url, span(250990, 300000))
        self.assertEqual((status, body), (206, CONTENT[250990:]))
        self.assertEqual(headers["content-range"], "bytes 250990-250999/251000")
        status, headers, body = client.answer(self.url, span(250999, ""))
        self.assertEqual((status, body), (206, CONTENT[250999:]))
        status, headers, body = client.answer(self.url, span(251000, 251001))
        self.assertEqual((status, headers["content-range"]), (416, "bytes */251000"))
        status, headers, body = client.answer(self.url)
        self.assertEqual((status, body), (200, CONTENT))
        self.assertEqual(client.answer(self.url, method="POST")[0], 405)
        self.assertEqual(client.answer("/s/none/file")[0], 404)
        self.assertEqual(client.answer("http://elsewhere" + self.url)[0], 200)

    def test_conditions(self):
        self.scenario('etag="a" modified=1000000000')
        client = self.client()
        for tag, wanted in (('"a"', 206), ('"b"', 412), ('"b", "a"', 206), ("*", 206), ('W/"a"', 412)):
            self.assertEqual(client.answer(self.url, span(0, 9), "If-Match: " + tag)[0], wanted)
        for date, wanted in (("Sun, 09 Sep 2001 01:46:40 GMT", 206),
                             ("Sun, 09 Sep 2001 01:46:39 GMT", 412)):
            self.assertEqual(
                client.answer(self.url, span(0, 9), "If-Unmodified-Since: " + date)[0], wanted)
        self.server("set %s conditions=off" % self.name)
        self.assertEqual(client.answer(self.url, span(0, 9), 'If-Match: "b"')[0], 206)

    def test_rotating_etag(self):
        self.scenario("etag=rotate")
        client = self.client()
        self.assertEqual([self.honest(client)["etag"] for _ in range(2)], ['W/"1"', 'W/"2"'])
        self.server("set %s etag=restless" % self.name)
        self.assertEqual([self.honest(client)["etag"] for _ in range(2)], ['"3"', '"4"'])

    def test_log(self):
        self.scenario("", "skip=1 status=404")
        client = self.client()
        self.honest(client)
        client.answer(self.url + "?a=b", "X-Y: z")
        self.client().answer(self.url, span(7, ""))
        first, second, third = self.server.log(self.name)
        self.assertEqual((first["method"], first["target"], first["status"]), ("GET", self.url, "206"))
        self.assertEqual((first["first"], first["last"], first["sent"]), ("5", "104", "100"))
        self.assertEqual((first["end"], first["range"]), ("done", "bytes=5-104"))
        self.assertEqual((second["target"], second["status"]), (self.url + "?a=b", "404"))
        self.assertEqual((second["first"], second["last"], second["x-y"]), ("-1", "-1", "z"))
        self.assertEqual((third["first"], third["last"]), ("7", "-1"))
        self.assertEqual(first["connection"], second["connection"])
        self.assertNotEqual(first["connection"], third["connection"])
        times = [int(request[key]) for request in (first, second) for key in ("begun", "ended")]
        self.assertEqual(times, sorted(times))

    # ------------------------------------------------------------------------ rules

    def test_when(self):
        self.scenario("", "query=q times=2 status=403", "start=100 times=always status=500",
                      "skip=1 times=1 status=404")
        client = self.client()
        asked = [("", 0), ("?q", 0), ("", 0), ("?q", 200), ("", 100), ("?q", 0), ("?r", 99)]
        got = [client.answer(self.url + query, span(first, 300))[0] for query, first in asked]
        self.assertEqual(got, [206, 403, 404, 403, 500, 206, 206])
        self.server("clear " + self.name)
        self.assertEqual(client.answer(self.url, span(100, 300))[0], 206)
        self.server("rule %s has=X-Y times=always status=403" % self.name)
        self.assertEqual(client.answer(self.url, span(100, 300))[0], 206)
        self.assertEqual(client.answer(self.url, span(100, 300), "x-y: z")[0], 403)

    def test_content_changes(self):
        other = os.path.join(self.folder, "other")
        with open(other, "wb") as file:
            file.write(b"other")
        self.scenario('etag="a"', 'skip=1 file=%s etag="b" modified=0' % other)
        client = self.client()
        self.honest(client)
        for _ in range(2):
            status, headers, body = client.answer(self.url, span(1, 2))
            self.assertEqual((status, body, headers["etag"]), (206, b"th", '"b"'))
            self.assertEqual(headers["last-modified"], "Thu, 01 Jan 1970 00:00:00 GMT")
        self.server("set %s file=%s" % (self.name, self.path))
        self.honest(client)

    # ------------------------------------------------------------------------ heads

    def test_whole(self):
        self.scenario("", "whole=1")
        client = self.client()
        status, headers, body = client.answer(self.url, span(5, 9))
        self.assertEqual((status, body), (200, CONTENT))
        self.assertNotIn("content-range", headers)
        self.honest(client)

    def test_other_ranges(self):
        self.scenario("", "shift=100", "clamp=10", "total=*")
        client = self.client()
        status, headers, body = client.answer(self.url, span(5, 104))
        self.assertEqual((status, body), (206, CONTENT[105:205]))
        self.assertEqual(headers["content-range"], "bytes 105-204/251000")
        status, headers, body = client.answer(self.url, span(5, 104))
        self.assertEqual((status, body), (206, CONTENT[5:15]))
        self.assertEqual(headers["content-range"], "bytes 5-14/251000")
        status, headers, body = client.answer(self.url, span(5, 104))
        self.assertEqual((status, body), (206, CONTENT[5:105]))
        self.assertEqual(headers["content-range"], "bytes 5-104/*")
        self.honest(client)

    def test_headers(self):
        self.scenario('etag="a"', "status=302 header=Location:/x%20y add=Retry-After:2",
                      "header=ETag:W/%22b%22 add=ETag:%22c%22 drop=Content-Range", "pad=5000")
        client = self.client()
        status, headers, body = client.answer(self.url)
        self.assertEqual((status, headers["location"], headers["retry-after"]), (302, "/x y", "2"))
        self.assertEqual(body, b"as the rule says\n")
        client.ask(self.url, span(5, 104))
        while b"\r\n\r\n" not in client.buffer:
            client.more()
        self.assertIn(b'ETag: W/"b"\r\n', client.buffer)
        self.assertIn(b'ETag: "c"\r\n', client.buffer)
        self.assertNotIn(b"Content-Range", client.buffer)
        client.head()
        self.assertEqual(client.take(100), CONTENT[5:105])
        client.ask(self.url, span(5, 104))
        while b"\r\n\r\n" not in client.buffer:
            client.more()
        self.assertTrue(5000 < client.buffer.index(b"\r\n\r\n") < 5500)
        client.head()
        client.take(100)
        self.honest(client)

    def test_length(self):
        self.scenario("", "length=7", "length=-40", "length=none")
        client = self.client()
        status, headers = client.ask(self.url, span(5, 104)).head()
        self.assertEqual((status, headers["content-length"]), (206, "107"))
        self.assertEqual(client.take(100), CONTENT[5:105])
        status, headers = client.ask(self.url, span(5, 104)).head()
        self.assertEqual((status, headers["content-length"]), (206, "60"))
        self.assertEqual(client.take(100), CONTENT[5:105])
        status, headers = client.ask(self.url, span(5, 104)).head()
        self.assertNotIn("content-length", headers)
        self.assertEqual(client.rest(), CONTENT[5:105])
        self.assertFalse(client.reset)

    def test_trailer(self):
        self.scenario("", "chunked=100 trailer=2000")
        client = self.client()
        client.ask(self.url, span(5, 104)).head()
        wanted = b"64\r\n" + CONTENT[5:105] + b"\r\n0\r\n"
        self.assertEqual(client.take(len(wanted)), wanted)
        lines = client.take(2000).split(b"\r\n")
        self.assertEqual([line.partition(b":")[0] for line in lines], [b"X-Pad-0", b"X-Pad-1000", b""])
        self.assertEqual(client.take(2), b"\r\n")
        self.honest(client)

    def test_chunked_gzip_interim(self):
        self.scenario("", "chunked=60", "gzip=1", "interim=103")
        client = self.client()
        status, headers = client.ask(self.url, span(5, 104)).head()
        self.assertEqual(headers["transfer-encoding"], "chunked")
        self.assertNotIn("content-length", headers)
        wanted = b"3c\r\n" + CONTENT[5:65] + b"\r\n28\r\n" + CONTENT[65:105] + b"\r\n0\r\n\r\n"
        self.assertEqual(client.take(len(wanted)), wanted)
        status, headers, body = client.answer(self.url, span(5, 104))
        self.assertEqual((status, headers["content-encoding"]), (206, "gzip"))
        self.assertEqual(gzip.decompress(body), CONTENT[5:105])
        self.assertEqual(client.ask(self.url, span(5, 104)).head()[0], 103)
        self.assertEqual(client.head()[0], 206)
        self.assertEqual(client.take(100), CONTENT[5:105])
        self.honest(client)

    # ------------------------------------------------------------------------ ends

    def test_cut(self):
        self.scenario("", "cut=before", "cut=head", "cut=0", "cut=60", "raw=a%0d%0ab")
        wanted = [b"", None, b"", CONTENT[5:65], b"a\r\nb"]
        for index, expected in enumerate(wanted):
            client = self.client()
            got = client.ask(self.url, span(5, 104)).rest()
            self.assertFalse(client.reset)
            if index == 1:
                self.assertTrue(got.startswith(b"HTTP/1.1 206") and b"\r\n\r\n" not in got)
            else:
                self.assertEqual(got.split(b"\r\n\r\n", 1)[-1], expected)
            self.assertEqual(b"Content-Length: 100" in got, index in (2, 3))
            client.close()
        self.server("wait %s ended=5" % self.name)
        log = self.server.log(self.name)
        self.assertEqual([request["end"] for request in log], ["cut"] * 5)
        self.assertEqual([request["sent"] for request in log], ["0", "0", "0", "60", "0"])
        self.honest(self.client())

    def test_reset(self):
        self.scenario("", "reset=before", "reset=60")
        for _ in range(2):
            client = self.client()
            client.ask(self.url, span(5, 104)).rest()
            self.assertTrue(client.reset)
        self.server("wait %s ended=2" % self.name)
        self.assertEqual([request["end"] for request in self.server.log(self.name)], ["reset"] * 2)
        self.honest(self.client())

    def test_stall(self):
        self.scenario("", "stall=before", "stall=0", "stall=60", "stall=60 cut=60", "stall=100")
        for count in range(1, 6):
            client = self.client()
            client.ask(self.url, span(5, 104))
            if count > 1:
                client.head()
            if count > 2:
                self.assertEqual(client.take(60), CONTENT[5:65])
            self.server("wait %s stalled=1" % self.name)
            self.assertEqual(self.server.log(self.name)[-1]["end"], "-")
            self.server("release " + self.name)
            if count == 1:
                client.head()
            self.assertEqual(len(client.take(40 if count > 2 else 100)), [100, 100, 40, 0, 40][count - 1])
            client.close()
            self.server("wait %s ended=%d open=0" % (self.name, count))
        self.assertEqual(self.server.log(self.name)[3]["end"], "cut")

    def test_client_leaves_stall(self):
        self.scenario("", "times=always stall=60")
        clients = [self.client().ask(self.url, span(5, 104)) for _ in range(3)]
        self.server("wait %s stalled=3" % self.name)
        for client in clients:
            client.close()
        self.server("wait %s ended=3 open=0" % self.name)
        self.assertEqual([request["end"] for request in self.server.log(self.name)], ["gone"] * 3)

    def test_close(self):
        self.scenario("", "close=1", "hangup=1", "linger=1")
        for said in (True, False):
            client = self.client()
            headers = self.honest(client)
            self.assertEqual(headers.get("connection"), "close" if said else None)
            self.assertEqual(client.rest(), b"")
            self.assertFalse(client.reset)
        client = self.client()
        self.assertEqual(self.honest(client)["connection"], "close")
        self.server("wait %s stalled=1" % self.name)
        self.server("release " + self.name)
        self.assertEqual(client.rest(), b"")

    def test_client_wants_to_close(self):
        self.scenario()
        client = self.client()
        client.ask(self.url, span(5, 104), "Connection: close").head()
        self.assertEqual(client.rest(), CONTENT[5:105])

    def test_drip(self):
        self.scenario("", "drip=1:20")
        client = self.client()
        begun = time.monotonic()
        status, headers, body = client.answer(self.url, span(5, 10))
        self.assertEqual(body, CONTENT[5:11])
        self.assertGreaterEqual(time.monotonic() - begun, 5 * 0.02)

    # ------------------------------------------------------------------------ the link

    def test_latency_and_bandwidth(self):
        self.scenario("latency=50 bandwidth=1000000")
        client = self.client()
        for path, least in ((span(5, 104), 0.1), (span(5, 104), 0.05), (span(0, 99999), 0.15)):
            begun = time.monotonic()
            client.answer(self.url, path)
            self.assertGreaterEqual(time.monotonic() - begun, least)

    # ------------------------------------------------------------------------ ports

    def listen(self, options=""):
        return int(self.server("listen " + options)[0].split()[1])

    def test_offline(self):
        self.scenario("", "stall=60")
        port = self.listen()
        idle, stalled = self.client(port), self.client(port)
        self.server("clear " + self.name)
        self.honest(idle)
        self.server("rule %s stall=60" % self.name)
        stalled.ask(self.url, span(5, 104))
        self.server("wait %s stalled=1" % self.name)
        self.server("offline %d" % port)
        for client in (idle, stalled):
            client.rest()
            self.assertTrue(client.reset)
        with self.assertRaises(ConnectionRefusedError):
            self.client(port)
        self.honest(self.client())
        self.server("online %d" % port)
        self.honest(self.client(port))
        self.assertEqual(self.server("connections %d" % port), ["accepted=3 failed=0 open=1"])

    def test_limit(self):
        self.scenario()
        port = self.listen("limit=1 over=503")
        kept = self.client(port)
        self.honest(kept)
        self.assertEqual(self.client(port).answer(self.url)[0], 503)
        self.honest(kept)
        port = self.listen("limit=1 over=reset")
        kept = self.client(port)
        self.honest(kept)
        over = self.client(port)
        if not over.reset:
            over.rest()
        self.assertTrue(over.reset)
        port = self.listen("limit=1 over=wait")
        kept, waiting = self.client(port), self.client(port)
        self.honest(kept)
        waiting.ask(self.url, span(5, 104))
        self.assertEqual(self.server("connections %d" % port), ["accepted=1 failed=0 open=1"])
        kept.close()
        self.assertEqual(waiting.head()[0], 206)

    def test_no_http(self):
        client = self.client()
        client.sock.sendall(b"\x16\x03\x01\x02")
        self.assertEqual(client.rest(), b"")

    def test_tls(self):
        self.scenario()
        ca = dict(word.split("=") for word in self.server("certificates")[0].split())["ca"]
        context = ssl.create_default_context(cafile=ca)
        wrong = {"good": None, "expired": "expired", "unknown": "issuer", "wrong-host": "mismatch",
                 "self-signed": "self-signed"}
        for kind, part in wrong.items():
            port = self.listen("tls=" + kind)
            with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
                try:
                    with context.wrap_socket(plain, server_hostname="localhost") as sock:
                        client = Client.__new__(Client)
                        client.sock, client.buffer, client.reset = sock, b"", False
                        self.honest(client)
                    self.assertIsNone(part)
                except ssl.SSLCertVerificationError as error:
                    self.assertIn(part, str(error))
        self.scenario("", "stall=60")
        with socket.create_connection(("localhost", self.listen("tls=good")), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as sock:
                sock.sendall(b"GET %s HTTP/1.1\r\n\r\n" % self.url.encode())
                self.server("wait %s stalled=1" % self.name)
        self.server("wait %s open=0" % self.name)

    # ------------------------------------------------------------------------ commands

    def test_mistakes_are_told(self):
        self.scenario()
        for command in ("nothing", "rule none status=500", "rule %s", "rule %s statsu=500",
                        "rule %s times=2", "rule %s status=x", "rule %s status=1 status=2",
                        "rule %s cut=-1", "rule %s stall=head", "rule %s drip=1", "set %s file=/none",
                        "scenario x latency=fast", "wait %s", "wait %s nothing=1", "log none",
                        "listen tls=best", "offline 1", "connections x", "rule %s header=x"):
            with self.assertRaisesRegex(ValueError, "^error "):
                self.server(command % self.name if "%s" in command else command)
        self.honest(self.client())

    def test_ends_with_its_input(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(folder)
            server("scenario a file=%s" % urllib.parse.quote(self.path))
            server("rule a stall=60")
            client = self.client(server.port)
            client.ask("/s/a/x")
            server("wait a stalled=1")
            server.process.stdin.close()
            self.assertEqual(server.process.wait(20), 0)
            server.process.stdout.close()
            client.rest()
            with self.assertRaises(ConnectionRefusedError):
                self.client(server.port)


if __name__ == "__main__":
    unittest.main()

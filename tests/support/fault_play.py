# SPDX-License-Identifier: MIT
"""Answers of the fault server: an honest one first, then what a rule's actions make of it, byte for
byte as it goes over the wire."""
import email.utils
import gzip
import http
import select
import socket
import struct
import time

from fault_script import CHANGED, Request, http_date, microseconds

HEAD_MOST = 64 * 1024
PIECE = 16 * 1024
HANDSHAKE_SECONDS = 30


class Gone(Exception):
    """The connection is over: "gone" when the client closed it, "cut", "reset" or "close"."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.until_close = False  # the body ends with the connection

    def set(self, name, value):
        self.drop(name)
        self.headers.append((name, value))

    def drop(self, name):
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def head(self):
        try:
            phrase = http.HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = ["HTTP/1.1 %d %s" % (self.status, phrase)]
        lines += ["%s: %s" % pair for pair in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def text_answer(status, text):
    body = (text + "\n").encode()
    return Answer(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))],
                  memoryview(body))


def holds(request, etag, modified):
    """Do the request's preconditions hold? (RFC 9110, 13.1: strong comparison)"""
    tags = request.get("If-Match")
    if tags is not None:
        listed = [tag.strip() for tag in tags.split(",")]
        return listed == ["*"] or (etag in listed and etag.startswith('"'))
    since = request.get("If-Unmodified-Since")
    if since is None or modified is None:
        return True
    return modified <= email.utils.parsedate_to_datetime(since).timestamp()


def honest(request, content, etag, modified, conditions, actions):
    """A sound server's answer, with the range moved or cut as the actions say."""
    if request.method != "GET":
        return text_answer(405, "only GET")
    if conditions != "off" and not holds(request, etag, modified):
        return text_answer(412, "another version")
    headers = [("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes")]
    if etag:
        headers.append(("ETag", etag))
    if modified is not None:
        headers.append(("Last-Modified", http_date(modified)))
    size = len(content)
    if request.first is None or actions.get("whole"):
        return Answer(200, headers + [("Content-Length", str(size))], memoryview(content))
    if request.first >= size:
        answer = text_answer(416, "no such range")
        answer.set("Content-Range", "bytes */%d" % size)
        return answer
    last = size - 1 if request.last is None else min(request.last, size - 1)
    first = max(0, min(request.first + actions.get("shift", 0), size - 1))
    last = max(first, min(last + actions.get("shift", 0), size - 1))
    last = min(last, first + actions.get("clamp", size) - 1)
    headers += [("Content-Range", "bytes %d-%d/%s" % (first, last, actions.get("total", size))),
                ("Content-Length", str(last + 1 - first))]
    return Answer(206, headers, memoryview(content)[first:last + 1])


def spoil(answer, actions):
    """What actions change about the head and the body's form."""
    if "status" in actions:
        answer = text_answer(actions["status"], "as the rule says")
    if actions.get("gzip"):
        answer.body = memoryview(gzip.compress(answer.body, 1))
        answer.set("Content-Encoding", "gzip")
        answer.set("Content-Length", str(len(answer.body)))
    if actions.get("length") == "none":
        answer.drop("Content-Length")
        answer.until_close = True
    elif "length" in actions:
        answer.set("Content-Length", str(len(answer.body) + actions["length"]))
    if "chunked" in actions:
        answer.drop("Content-Length")
        answer.set("Transfer-Encoding", "chunked")
        answer.body = memoryview(
            chunks(answer.body, actions["chunked"], padding(actions.get("trailer", 0))))
    if actions.get("close") or actions.get("linger"):
        answer.set("Connection", "close")
    for name in actions.get("drop", []):
        answer.drop(name)
    for name, value in actions.get("header", []):
        answer.set(name, value)
    answer.headers += actions.get("add", [])
    answer.headers += padding(actions.get("pad", 0))
    return answer


def padding(size):
    """Headers of 1000 bytes each."""
    names = ["X-Pad-%d" % at for at in range(0, size, 1000)]
    return [(name, "x" * (996 - len(name))) for name in names]


def chunks(body, size, trailer):
    parts = []
    for at in range(0, len(body), size):
        piece = body[at:at + size]
        parts += [b"%x\r\n" % len(piece), piece, b"\r\n"]
    lines = "".join("%s: %s\r\n" % pair for pair in trailer).encode()
    return b"".join(parts) + b"0\r\n" + lines + b"\r\n"


class Connection:
    """One client's connection, on a thread of its own."""

    def __init__(self, sock, tls, identity, port, find):
        self.sock, self.tls, self.identity, self.port = sock, tls, identity, port
        self.find = find  # path -> scenario or None
        self.dropped = False
        self.scenarios = set()
        self.waker, self.woken = socket.socketpair()
        self.buffer = b""
        self.served = 0

    # ---------------------------------------------------------------------------- waiting

    def wake(self):
        self.waker.send(b"x")

    def pause(self, seconds):
        """Until the time is over (None: never) or wake(); Gone when the client closes."""
        deadline = None if seconds is None else time.monotonic() + seconds
        watched = [self.sock, self.woken]
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            readable = select.select(watched, [], [], left)[0]
            if self.woken in readable:
                self.woken.recv(64)
                return
            if not readable:
                return
            # Bytes that come meanwhile are the client's affair; its end is not.
            if self.tls or not self.sock.recv(1, socket.MSG_PEEK):
                raise Gone("gone")
            watched = [self.woken]

    def stall(self, scenario):
        """Until released, or the client closes."""
        with CHANGED:
            scenario.stalls.add(self)
            CHANGED.notify_all()
        try:
            self.pause(None)
        finally:
            with CHANGED:
                scenario.stalls.discard(self)
                CHANGED.notify_all()

    # ---------------------------------------------------------------------------- ends

    def handshake(self):
        """Of TLS; OSError: there is none."""
        self.sock.settimeout(HANDSHAKE_SECONDS)
        self.sock = self.tls.wrap_socket(self.sock, server_side=True)
        self.sock.settimeout(None)

    def drop(self):
        """From another thread: RST as soon as this one notices."""
        self.dropped = True
        try:
            self.linger_none()
            # Not SSLSocket's: that would take the session from under the other thread.
            socket.socket.shutdown(self.sock, socket.SHUT_RD)
        except OSError:
            pass  # it has just ended

    def linger_none(self):
        """close() sends RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def end_with(self, how):
        if how == "reset":
            self.linger_none()
        else:
            # FIN, and no reset after it: everything sent arrives.
            self.sock.shutdown(socket.SHUT_WR)
            select.select([self.sock], [], [], 5)
        raise Gone(how)

    # ---------------------------------------------------------------------------- bytes

    def send_body(self, scenario, request, data, pieces):
        """Sends all of data in the rhythm of the link or of the drip."""
        with CHANGED:
            rate = scenario.bandwidth
        size = max(1, min(PIECE, rate // 20)) if rate else 4 * PIECE
        if pieces:
            size = pieces[0]
        for at in range(0, len(data), size):
            if self.dropped:
                raise Gone("reset")
            piece = data[at:at + size]
            if rate:
                with CHANGED:
                    scenario.free_at = max(time.monotonic(), scenario.free_at) + len(piece) / rate
                    wait = scenario.free_at - time.monotonic()
                self.pause(max(0.0, wait))
            if pieces and at > 0:
                self.pause(pieces[1])
            self.sock.sendall(piece)
            with CHANGED:
                request.sent += len(piece)

    def read_request(self):
        """The next request; None: the client has no more."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MOST or (self.buffer and not self.buffer[:1].isalpha()):
                raise Gone("cut")  # what begins otherwise is TLS
            more = self.sock.recv(PIECE)
            if not more:
                return None
            self.buffer += more
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target = (lines[0].split(" ") + ["", ""])[:2]
        headers = [tuple(part.strip(" ") for part in line.partition(":")[::2]) for line in lines[1:]]
        return Request(method, target, headers)

    # ---------------------------------------------------------------------------- play

    def serve(self):
        """Requests until one side is done."""
        while True:
            request = self.read_request()
            if request is None:
                return
            request.connection, request.port = self.identity, self.port
            request.fresh = self.served == 0
            self.served += 1
            scenario = self.find(request.path)
            if scenario is None:
                answer = text_answer(404, "no such scenario")
                self.sock.sendall(answer.head() + answer.body)
                continue
            self.scenarios.add(scenario)
            with CHANGED:
                scenario.connections.add(self)
                actions, content = scenario.begin(request)
            end = "gone"
            try:
                self.play(scenario, request, actions, content)
                end = "done"
            except Gone as gone:
                end = str(gone)
                raise
            finally:
                with CHANGED:
                    request.end, request.ended = end, microseconds()
                    CHANGED.notify_all()

    def play(self, scenario, request, actions, content):
        # A round trip for the request, and one before it for a new connection.
        self.pause((scenario.latency * (2 if request.fresh else 1) + actions.get("delay", 0)) / 1000)
        self.break_at("before", scenario, actions)
        if "raw" in actions:
            self.sock.sendall(actions["raw"].encode("latin-1"))
            self.end_with("cut")
        answer = spoil(honest(request, *content, scenario.conditions, actions), actions)
        head = answer.head()
        if "interim" in actions:
            head = b"HTTP/1.1 %d Interim\r\nX-Interim: 1\r\n\r\n" % actions["interim"] + head
        with CHANGED:
            request.status = answer.status
        if actions.get("cut") == "head":
            self.sock.sendall(head[:len(head) // 2])
            self.end_with("cut")
        self.sock.sendall(head)
        self.play_body(scenario, request, actions, answer)
        if actions.get("linger"):
            self.stall(scenario)
            self.end_with("close")
        if (answer.until_close or actions.get("close") or actions.get("hangup") or
                (request.get("Connection") or "").lower() == "close"):
            self.end_with("close")

    def play_body(self, scenario, request, actions, answer):
        sent, rhythm = 0, actions.get("drip")
        for place in sorted({actions.get(key) for key in ("cut", "reset", "stall")
                             if isinstance(actions.get(key), int)}):
            if place <= len(answer.body):
                self.send_body(scenario, request, answer.body[sent:place], rhythm)
                sent = place
                self.break_at(place, scenario, actions)
        self.send_body(scenario, request, answer.body[sent:], rhythm)

    def break_at(self, place, scenario, actions):
        if actions.get("stall") == place:
            self.stall(scenario)
        if actions.get("reset") == place:
            self.end_with("reset")
        if actions.get("cut") == place:
            self.end_with("cut")

    def close(self):
        with CHANGED:
            for scenario in self.scenarios:
                scenario.connections.discard(self)
            for sock in (self.sock, self.waker, self.woken):
                sock.close()
            CHANGED.notify_all()

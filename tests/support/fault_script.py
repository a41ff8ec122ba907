# SPDX-License-Identifier: MIT
"""Scenarios of the fault server: what is served, which faults are played when, and what was asked.

A scenario has a content, honest behaviour, and rules. The first rule that a request matches and that
is not used up says what is wrong with the answer. See fault_server.py for the words.
"""
import email.utils
import threading
import time
import urllib.parse

# One lock for everything that several threads see; waiters wait on it.
CHANGED = threading.Condition()
STARTED = time.monotonic()

ALWAYS = float("inf")


class ScriptError(Exception):
    """A command that makes no sense; its text goes back to the test."""


def microseconds():
    return int((time.monotonic() - STARTED) * 1e6)


def words(line):
    """'name a k=v k=v' -> (plain words, [(k, v)]), percent escapes in values decoded."""
    plain, pairs = [], []
    for word in line.split():
        key, sign, value = word.partition("=")
        if sign:
            pairs.append((key, urllib.parse.unquote(value)))
        else:
            plain.append(word)
    return plain, pairs


def number(text, least=0):
    try:
        value = int(text)
    except ValueError:
        raise ScriptError("'%s' is no number" % text) from None
    if value < least:
        raise ScriptError("%d is less than %d" % (value, least))
    return value


def position(text):
    """A place in an answer: 'before' it, within its 'head', or after so many bytes of body."""
    return text if text in ("before", "head") else number(text)


def place_or_before(text):
    return text if text == "before" else number(text)


def header(text):
    name, colon, value = text.partition(":")
    if not colon or not name:
        raise ScriptError("'%s' is no header" % text)
    return name, value.strip(" ")


def drip(text):
    count, colon, pause = text.partition(":")
    return number(count, 1), number(pause if colon else "", 1) / 1000


def length(text):
    if text == "none":
        return text
    try:
        return int(text)
    except ValueError:
        raise ScriptError("length=%s: a number or none" % text) from None


def read_file(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ScriptError(str(error)) from None


# What changes the content; for 'scenario', 'set' and rules.
CONTENT = {"file": read_file, "etag": str, "modified": number}
SETTINGS = dict(CONTENT, latency=number, bandwidth=number, conditions=str)
CONDITIONS = {"skip": number, "times": lambda text: ALWAYS if text == "always" else number(text, 1),
              "query": str, "start": number, "has": str}
ACTIONS = dict(
    CONTENT, status=lambda text: number(text, 200), header=header, add=header, drop=str,
    whole=number, total=str, shift=int, clamp=lambda text: number(text, 1), length=length,
    chunked=lambda text: number(text, 1), gzip=number, interim=lambda text: number(text, 100),
    pad=number, trailer=number, raw=str, cut=position, reset=place_or_before, stall=place_or_before, drip=drip,
    close=number, hangup=number, linger=number, delay=number)
REPEATED = ("header", "add", "drop")


def parse(pairs, known):
    found = {}
    for key, value in pairs:
        if key not in known:
            raise ScriptError("'%s' is not one of %s" % (key, " ".join(sorted(known))))
        try:
            value = known[key](value)
        except ValueError as error:
            raise ScriptError("%s: %s" % (key, error)) from None
        if key in REPEATED:
            found.setdefault(key, []).append(value)
        elif key in found:
            raise ScriptError("'%s' is there twice" % key)
        else:
            found[key] = value
    return found


class Rule:
    def __init__(self, pairs):
        self.when = parse([pair for pair in pairs if pair[0] in CONDITIONS], CONDITIONS)
        self.actions = parse([pair for pair in pairs if pair[0] not in CONDITIONS], ACTIONS)
        self.skip = self.when.get("skip", 0)
        self.times = self.when.get("times", 1)
        if not self.actions:
            raise ScriptError("a rule without an action")

    def takes(self, request):
        """Counts the request where its conditions hold."""
        if "query" in self.when and self.when["query"] != request.query:
            return False
        if "start" in self.when and (request.first is None or request.first < self.when["start"]):
            return False
        if "has" in self.when and request.get(self.when["has"]) is None:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        return True


class Request:
    """A request and what became of it."""

    def __init__(self, method, target, headers):
        self.method, self.target, self.headers = method, target, headers
        # A proxy is asked for whole URLs.
        parts = urllib.parse.urlsplit(target)
        self.path, self.query = parts.path, parts.query
        self.first = self.last = None  # the range asked for; last None: to the end
        self.number = self.connection = self.port = 0
        self.fresh = False  # the first on its connection
        self.status, self.sent, self.end = 0, 0, "-"
        self.begun, self.ended = microseconds(), 0
        self.read_range()

    def get(self, name):
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(found) if found else None

    def read_range(self):
        """Of 'bytes=a-b' and 'bytes=a-'; anything else counts as no range."""
        unit, sign, span = (self.get("Range") or "").partition("=")
        first, dash, last = span.partition("-")
        if unit == "bytes" and sign and dash and first.isdigit() and (last.isdigit() or not last):
            self.first = int(first)
            self.last = int(last) if last else None

    def lines(self):
        yield ("request %d connection=%d port=%d method=%s status=%d first=%d last=%d sent=%d "
               "begun=%d ended=%d end=%s target=%s" % (
                   self.number, self.connection, self.port, self.method, self.status,
                   -1 if self.first is None else self.first, -1 if self.last is None else self.last,
                   self.sent, self.begun, self.ended, self.end, self.target))
        for name, value in self.headers:
            yield "header %s: %s" % (name, value)


class Scenario:
    """Call its methods under CHANGED."""

    def __init__(self, pairs):
        self.content, self.etag, self.modified = b"", "", None
        self.conditions, self.latency, self.bandwidth = "on", 0, 0
        self.free_at = 0.0  # when the link has sent what was given to it
        self.rules, self.requests = [], []
        self.stalls = set()  # of connections; each has its wake()
        self.connections = set()  # open ones that a request came over
        self.update(parse(pairs, SETTINGS))

    def update(self, values):
        for key, value in values.items():
            if key == "file":
                self.content = value
            elif key in SETTINGS:
                setattr(self, key, value)

    def begin(self, request):
        """Numbers and logs the request; returns the actions of the rule that takes it, and the
        content that its answer is made of."""
        self.requests.append(request)
        request.number = len(self.requests)
        actions = {}
        for rule in self.rules:
            if rule.takes(request):
                actions = rule.actions
                break
        self.update({key: value for key, value in actions.items() if key in CONTENT})
        etag = {"rotate": 'W/"%d"', "restless": '"%d"'}.get(self.etag)
        etag = etag % request.number if etag else self.etag
        CHANGED.notify_all()
        return actions, (self.content, etag, self.modified)

    def counts(self):
        return {"requests": len(self.requests),
                "ended": sum(request.end != "-" for request in self.requests),
                "stalled": len(self.stalls), "open": len(self.connections)}

    def release(self):
        for connection in self.stalls:
            connection.wake()


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)

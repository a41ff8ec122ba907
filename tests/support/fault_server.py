#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A web server on the loopback interface that plays the faults it is told to.

    fault_server.py FOLDER

It prints "port N", takes commands from standard input, one a line, and ends when that is closed.
FOLDER takes its certificates. The answer to a command is any number of lines and then "ok", or "error
TEXT". Values are percent-decoded. Requests go to /s/ID/anything, on any of its ports.

scenario ID [SETTING]...    makes, or makes anew, the scenario ID
set ID SETTING...           changes it
    file=PATH               the content, read now
    etag=TAG                with its quotes; "rotate": another weak one each time; "restless":
                            another strong one; default: none
    modified=SECONDS        Last-Modified, since 1970; default: none
    conditions=off          If-Match and If-Unmodified-Since are ignored
    latency=MS              a round trip: before every response, twice on a new connection
    bandwidth=BYTES         a second, over all connections of the scenario
rule ID [WHEN]... ACTION... appends a rule. Of the first rule that takes a request all actions apply
  when:
    skip=N                  not the first N that match; times=N (default 1) or times=always
    query=TEXT              only with this query string
    start=N                 only for ranges from byte N on; has=NAME: only with such a header
  actions:
    file= etag= modified=   the content changes, for good, before this answer
    status=N                this status and a line of text
    whole=1                 200 with everything, whatever range was asked for
    shift=N                 a range N bytes further on
    clamp=N                 at most N bytes of the range, and says so
    total=TEXT              Content-Range says that instead of the size
    header=NAME:VALUE       instead of such a header; add=NAME:VALUE: beside it; drop=NAME
    length=N                Content-Length is wrong by N; length=none: there is none, the end is FIN
    chunked=N               in chunks of N bytes
    trailer=N               N bytes of headers behind the chunks
    gzip=1                  compressed
    interim=N               a response of status N first
    pad=N                   N bytes of headers more
    raw=TEXT                this instead of a response, then FIN
    delay=MS                before the response
    drip=N:MS               N bytes of body every MS milliseconds
    stall=P                 at P until "release"; P is "before" the response, or bytes of body
    cut=P                   FIN at P; also "head": in the middle of the head
    reset=P                 RST at P
    close=1                 says that it closes the connection, and does; hangup=1: does not say so
    linger=1                says so, but leaves it open until "release"
clear ID                    drops the rules
release ID                  lets everything go on that is stalled
wait ID WHAT=N              until there are N requests, ended or stalled ones; open=N: until at most N
                            connections that requests came over are open
log ID                      the requests: "request N key=value...", then "header NAME: VALUE" for each
listen [tls=CERTIFICATE] [limit=N over=reset|503|wait]
                            another port: "port N". CERTIFICATE: good, expired, unknown (of a CA that
                            nobody trusts), self-signed, wrong-host. limit: connections at once; what is over it is
                            reset, answered 503, or waits
offline PORT, online PORT   resets its connections and refuses new ones; listens again
connections PORT            "accepted=N failed=N open=N"; failed: TLS handshakes
certificates                "ca=PATH certificate=PATH key=PATH": of good, made at the first need
"""
import os
import socket
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
import fault_script as script  # noqa: E402
from fault_play import HEAD_MOST, Connection, Gone, text_answer  # noqa: E402
from fault_script import CHANGED, Rule, Scenario, ScriptError, number, parse, words  # noqa: E402

WAIT_SECONDS = 60

OPENSSL_CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[here]
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
subjectAltName = DNS:elsewhere.invalid
[signer]
default_ca = signing
[signing]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = anyone
unique_subject = no
[anyone]
commonName = supplied
"""


# ------------------------------------------------------------------------------ certificates


class Certificates:
    """Made by openssl in the folder, each kind when it is first needed."""

    # kind: (its authority, its names, its last days)
    KINDS = {"good": ("ca", "here", ("20200101000000Z", "20991231000000Z")),
             "expired": ("ca", "here", ("20200101000000Z", "20200201000000Z")),
             "wrong-host": ("ca", "elsewhere", ("20200101000000Z", "20991231000000Z")),
             "unknown": ("other", "here", ("20200101000000Z", "20991231000000Z")),
             "self-signed": (None, "here", None)}

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments):
        try:
            done = subprocess.run(
                ["openssl"] + list(arguments), cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        except FileNotFoundError:
            raise ScriptError("openssl was not found; the TLS tests need it. Install it (Debian: "
                              "apt-get install openssl, or run scripts/install-deps)") from None
        if done.returncode != 0:
            raise ScriptError("openssl %s: %s" % (
                " ".join(arguments), " ".join(done.stderr.decode("utf-8", "replace").split())))

    def key_and(self, name, *arguments):
        """A request or a self-signed certificate, with its key."""
        self.openssl("req", "-config", "openssl.cnf", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
                     "-keyout", name + ".key", *arguments)

    def authority(self, name):
        if os.path.exists(self.path(name + ".pem")):
            return
        with open(self.path("openssl.cnf"), "w", encoding="utf-8") as file:
            file.write(OPENSSL_CONFIG)
        with open(self.path("index.txt"), "w", encoding="utf-8"):
            pass
        self.key_and(name, "-x509", "-extensions", "ca", "-days", "9000", "-out", name + ".pem")

    def need(self, kind):
        """(certificate, key) of the kind."""
        if kind not in self.KINDS:
            raise ScriptError("'%s' is not one of %s" % (kind, " ".join(sorted(self.KINDS))))
        signer, names, days = self.KINDS[kind]
        certificate, key = self.path(kind + ".pem"), self.path(kind + ".key")
        if not os.path.exists(certificate) and not signer:
            self.authority("ca")  # and the configuration
            self.key_and(kind, "-x509", "-extensions", names, "-days", "9000", "-out",
                         kind + ".pem")
        elif not os.path.exists(certificate):
            self.authority(signer)
            self.key_and(kind, "-out", kind + ".csr")
            self.openssl("ca", "-config", "openssl.cnf", "-name", "signing", "-batch", "-notext",
                         "-cert", signer + ".pem", "-keyfile", signer + ".key", "-in", kind + ".csr",
                         "-extensions", names, "-startdate", days[0], "-enddate", days[1],
                         "-out", kind + ".pem")
        return certificate, key


# ------------------------------------------------------------------------------ listening


class Listener:
    """A port: its connections, how many at once, its certificate."""

    def __init__(self, find, tls=None, limit=0, over="wait"):
        self.find, self.tls, self.limit, self.over = find, tls, limit, over
        self.accepted = self.failed = 0
        self.open = set()  # connections
        # Bound for good and never listening: while the port is offline, nobody else gets it.
        self.place = self.bind(0)
        self.port = self.place.getsockname()[1]
        self.sock = None
        self.online()

    @staticmethod
    def bind(port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", port))
        return sock

    def online(self):
        if self.sock is not None:
            raise ScriptError("port %d is online" % self.port)
        self.sock = self.bind(self.port)
        self.sock.listen(256)
        threading.Thread(target=self.accept, args=(self.sock,), daemon=True).start()

    def offline(self):
        if self.sock is None:
            raise ScriptError("port %d is offline" % self.port)
        with CHANGED:
            listening, self.sock = self.sock, None
            # Linux: wakes the thread in accept(), and refuses connections from now on.
            listening.shutdown(socket.SHUT_RDWR)
            for connection in self.open:
                connection.drop()
            CHANGED.notify_all()
        listening.close()

    def accept(self, listening):
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with CHANGED:
                if self.limit and self.over == "wait":
                    CHANGED.wait_for(lambda: len(self.open) < self.limit or self.sock != listening)
                self.accepted += 1
                connection = Connection(sock, self.tls, self.accepted, self.port, self.find)
                if self.sock != listening:
                    connection.linger_none()
                    connection.close()
                    return
                over = self.limit and len(self.open) >= self.limit
                if not over:
                    self.open.add(connection)
            if over:
                self.refuse(connection)
            else:
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def refuse(self, connection):
        """On the accepting thread: one at a time is enough."""
        if self.over == "reset":
            connection.linger_none()
        else:
            answer = text_answer(503, "too many connections")
            answer.set("Connection", "close")
            try:
                connection.sock.settimeout(5)
                connection.sock.recv(HEAD_MOST)
                connection.sock.sendall(answer.head() + answer.body)
                connection.sock.shutdown(socket.SHUT_WR)
                connection.sock.recv(1)
            except OSError:
                pass
        connection.close()

    def serve(self, connection):
        shaken = not self.tls
        try:
            if self.tls:
                connection.handshake()
                shaken = True
            connection.serve()
        except (Gone, OSError):  # ssl.SSLError is one
            pass
        finally:
            with CHANGED:
                self.failed += not shaken
                self.open.discard(connection)
                connection.close()


# ------------------------------------------------------------------------------ commands


class Server:
    def __init__(self, folder):
        self.scenarios = {}
        self.certificates = Certificates(folder)
        self.listeners = {}
        self.commands = {
            "scenario": self.scenario, "set": self.set, "rule": self.rule, "clear": self.clear,
            "release": self.release, "wait": self.wait, "log": self.log, "listen": self.listen,
            "offline": self.offline, "online": self.online, "connections": self.connections,
            "certificates": self.show_certificates}

    def find(self, path):
        parts = path.split("/")
        with CHANGED:
            return self.scenarios.get(parts[2]) if len(parts) > 3 and parts[1] == "s" else None

    def named(self, plain):
        if len(plain) != 1 or plain[0] not in self.scenarios:
            raise ScriptError("there is no scenario '%s'" % " ".join(plain))
        return self.scenarios[plain[0]]

    def port(self, plain):
        if len(plain) != 1 or not plain[0].isdigit() or int(plain[0]) not in self.listeners:
            raise ScriptError("there is no port '%s'" % " ".join(plain))
        return self.listeners[int(plain[0])]

    def scenario(self, plain, pairs):
        if len(plain) != 1:
            raise ScriptError("scenario ID [SETTING]...")
        made = Scenario(pairs)
        with CHANGED:
            self.scenarios[plain[0]] = made
        return []

    def set(self, plain, pairs):
        scenario = self.named(plain)
        values = parse(pairs, script.SETTINGS)
        with CHANGED:
            scenario.update(values)
        return []

    def rule(self, plain, pairs):
        scenario, rule = self.named(plain), Rule(pairs)
        with CHANGED:
            scenario.rules.append(rule)
        return []

    def clear(self, plain, _):
        with CHANGED:
            self.named(plain).rules.clear()
        return []

    def release(self, plain, _):
        with CHANGED:
            self.named(plain).release()
        return []

    def wait(self, plain, pairs):
        scenario = self.named(plain)
        wanted = [(key, number(value)) for key, value in pairs]

        def there():
            counts = scenario.counts()
            return all(counts[key] <= value if key == "open" else counts[key] >= value
                       for key, value in wanted)

        with CHANGED:
            known = scenario.counts()
            if not wanted or any(key not in known for key, _ in wanted):
                raise ScriptError("wait for one of %s" % " ".join(sorted(known)))
            if not CHANGED.wait_for(there, WAIT_SECONDS):
                raise ScriptError("waited in vain: %s" % scenario.counts())
        return []

    def log(self, plain, _):
        with CHANGED:
            return [line for request in self.named(plain).requests for line in request.lines()]

    def listen(self, _, pairs):
        options = parse(pairs, {"tls": str, "limit": number, "over": str})
        if options.get("over", "wait") not in ("reset", "503", "wait"):
            raise ScriptError("over: reset, 503 or wait")
        if "tls" in options:
            import ssl  # not needed by most
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificates.need(options["tls"]))
            options["tls"] = context
        listener = Listener(self.find, **options)
        self.listeners[listener.port] = listener
        return ["port %d" % listener.port]

    def offline(self, plain, _):
        self.port(plain).offline()
        return []

    def online(self, plain, _):
        self.port(plain).online()
        return []

    def connections(self, plain, _):
        listener = self.port(plain)
        with CHANGED:
            return ["accepted=%d failed=%d open=%d" % (
                listener.accepted, listener.failed, len(listener.open))]

    def show_certificates(self, _, __):
        certificate, key = self.certificates.need("good")
        return ["ca=%s certificate=%s key=%s" % (self.certificates.path("ca.pem"), certificate, key)]

    def run(self):
        print(self.listen([], [])[0], flush=True)
        for line in sys.stdin:
            name, _, rest = line.strip().partition(" ")
            try:
                if name not in self.commands:
                    raise ScriptError("'%s' is no command" % name)
                answer = self.commands[name](*words(rest)) + ["ok"]
            except ScriptError as error:
                answer = ["error %s: %s" % (line.strip(), error)]
            print("\n".join(answer), flush=True)


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(__doc__)
    Server(sys.argv[1]).run()
    # Without waiting for threads that play a stall.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

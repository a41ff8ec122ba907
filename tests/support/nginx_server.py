#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nginx on the loopback interface, with nothing outside a folder of its own.

    nginx_server.py FOLDER ROOT

serves the files of ROOT out of the new FOLDER, prints "port N", and ends when standard input is
closed. Others import it and give the configuration.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

READY_SECONDS = 20

CONFIG = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 1024; }
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    %(http)s
    server {
        listen 127.0.0.1:%(port)d reuseport;
        location = /ready { access_log off; return 204; }
        %(server)s
    }
}
"""


class Nginx:
    """A running nginx; `http` and `server` are what these blocks hold beside the necessary."""

    def __init__(self, folder, http="access_log off;", server=""):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not program:
            sys.exit("nginx was not found. Install it (Debian: apt-get install nginx-light, or run "
                     "scripts/install-deps).")
        os.makedirs(folder)
        self.folder = os.path.abspath(folder)
        # Bound and never listening: nginx may share the port, nobody else gets it.
        self.place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.place.bind(("127.0.0.1", 0))
        self.port = self.place.getsockname()[1]
        with open(self.path("nginx.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIG % {"http": http, "server": server, "port": self.port})
        self.process = subprocess.Popen(
            [program, "-p", self.folder, "-e", "error.log", "-c", "nginx.conf"],
            stdin=subprocess.DEVNULL)
        self.wait_until_ready()

    def path(self, name):
        return os.path.join(self.folder, name)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
                sock.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
                return sock.recv(64).startswith(b"HTTP/")
        except OSError:
            return False

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                with open(self.path("error.log"), encoding="utf-8") as file:
                    sys.exit("nginx did not start: %s" % file.read())
            time.sleep(0.005)

    def cpu_seconds(self):
        """Of its one process, so far."""
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Every line of the log is written then."""
        self.process.terminate()
        self.process.wait()
        self.place.close()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    server = Nginx(sys.argv[1], server="root %s;" % os.path.abspath(sys.argv[2]))
    try:
        print("port %d" % server.port, flush=True)
        sys.stdin.read()
    finally:
        server.stop()


if __name__ == "__main__":
    main()

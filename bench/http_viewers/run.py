#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures viewers over HTTP, with servers of its own on the loopback interface.

    run.py [--build FOLDER] [--json FILE] [--quick] [PART]...

link      one viewer on shaped links: first mask, seeks, late frames, bytes beyond the file
hour      one viewer for an hour: requests and bytes
cdn       1, 10 and 100 viewers behind an nginx with slice and proxy_cache, in front of another one
many      64 streams at once from nginx: every mask compared, CPU

Without PART: all, about twenty minutes. --quick: seconds instead of minutes, to see that it works;
its figures mean nothing. FOLDER is build/release. docs/scale.md explains the figures.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUPPORT = os.path.join(ROOT, "tests", "support")
sys.path.insert(0, SUPPORT)
from nginx_server import Nginx  # noqa: E402

HOUR = 3600
RECORDINGS = {"walkers": os.path.join(ROOT, "samples", "data", "walkers.asvp"),
              "closeup": os.path.join(ROOT, "tests", "data", "closeup.asvp")}

# (round trip in ms, Mbit/s or 0 for as much as there is)
LINKS = [(20, 50), (50, 10), (100, 0), (150, 3), (300, 1)]

JOIN_SECONDS, SEEK_SECONDS = 60, 120  # of media
SLICE_BYTES = 1 << 20
CACHE = """
    proxy_cache_path cache levels=1:2 keys_zone=masks:10m max_size=4g inactive=1d use_temp_path=off;
    log_format slices '$upstream_cache_status $body_bytes_sent';
    log_subrequest on;
    access_log access.log slices;
    sendfile on;
"""
CACHED = """
        location / {
            slice %dk;
            proxy_cache masks;
            proxy_cache_key $uri$slice_range;
            proxy_cache_valid 200 206 1d;
            proxy_cache_lock on;
            proxy_set_header Range $slice_range;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://127.0.0.1:%d;
        }
"""
ORIGIN = """
    log_format bytes '$status $body_bytes_sent';
    access_log access.log bytes;
    sendfile on;
"""


class FaultServer:
    """tests/support/fault_server.py, for its latency and bandwidth."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(SUPPORT, "fault_server.py"), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        if line != "ok":
            sys.exit("fault_server: %s" % line)

    def url(self, name):
        return "http://127.0.0.1:%d/s/%s/%s.asvp" % (self.port, name, name)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, build, quick, folder):
        self.program = os.path.join(build, "bin", "alphastream-http-viewers")
        self.quick, self.folder = quick, folder
        self.files = os.path.join(folder, "files")
        os.makedirs(self.files)
        if not os.access(self.program, os.X_OK):
            sys.exit("%s is not there; build it: cmake --build --preset release --target "
                     "alphastream_http_viewers" % self.program)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        words = [self.program] + [str(argument) for argument in arguments]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit("failed: %s" % " ".join(words))
        return json.loads(done.stdout) if done.stdout else None

    def content(self, recording, seconds):
        """(path, name) of a container as long as this."""
        name = "%s-%d" % (recording, seconds)
        path = os.path.join(self.files, name + ".asvp")
        if not os.path.exists(path):
            self.run("long", RECORDINGS[recording], path, seconds)
        return path, name


def table(title, columns, rows):
    print("\n%s\n" % title)
    texts = [columns] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(columns))]
    for number, row in enumerate(texts):
        print("| %s |" % " | ".join(cell.ljust(width) for cell, width in zip(row, widths)))
        if number == 0:
            print("|%s|" % "|".join("-" * (width + 2) for width in widths))
    sys.stdout.flush()


# --------------------------------------------------------------------------------- link ---------


def link(bench):
    server = FaultServer(bench.path("faults"))
    long_path, _ = bench.content("walkers", 120 if bench.quick else 600)
    results = []
    for latency, megabits in LINKS:
        shape = "latency=%d bandwidth=%d" % (latency, megabits * 125000)
        server.tell("scenario long file=%s etag=%%22v1%%22 %s" % (long_path, shape))
        server.tell("scenario walkers file=%s etag=%%22v1%%22 %s" % (RECORDINGS["walkers"], shape))
        seconds = 2 if bench.quick else 30
        results.append({
            "latency_ms": latency, "megabits": megabits,
            "walkers": bench.run("link", server.url("walkers"), RECORDINGS["walkers"],
                                 "--opens", 2 if bench.quick else 9,
                                 "--seconds", 2 if bench.quick else 0),
            "long": bench.run("link", server.url("long"), long_path, "--opens", 1, "--seconds",
                              seconds, "--seeks", 2 if bench.quick else 10)})
    server.stop()
    show_link(results)
    return results


def show_link(results):
    def name(result):
        speed = "%d Mbit/s" % result["megabits"] if result["megabits"] else "no limit"
        return "%d ms, %s" % (result["latency_ms"], speed)

    def ms(value):
        return "%.0f" % value

    table("one viewer, walkers.asvp from its start to its end, 60 frames per second",
          ["round trip, bandwidth", "first mask ms, p50 / max", "requests to it", "late",
           "get ms, p99 / max", "bytes / file", "requests"],
          [[name(r), "%s / %s" % (ms(r["walkers"]["open"]["first_mask_ms"]["p50"]),
                                  ms(r["walkers"]["open"]["first_mask_ms"]["max"])),
            r["walkers"]["open"]["most_requests"],
            "%d of %d" % (r["walkers"]["play"]["late"], r["walkers"]["play"]["due"]),
            "%.2f / %.2f" % (r["walkers"]["play"]["get_ms"]["p99"],
                             r["walkers"]["play"]["get_ms"]["max"]),
            "%.3f" % (r["walkers"]["play"]["received"] / r["walkers"]["play"]["file_bytes"]),
            r["walkers"]["play"]["requests"]] for r in results])
    table("one viewer, ten minutes of walkers: seeks to where nothing was fetched, then play",
          ["round trip, bandwidth", "mask ms, p50 / max", "requests to it, most",
           "requests a seek", "late after seeks", "late in play", "KiB a request in play"],
          [[name(r), "%s / %s" % (ms(r["long"]["seek"]["mask_ms"]["p50"]),
                                  ms(r["long"]["seek"]["mask_ms"]["max"])),
            r["long"]["seek"]["most_requests_to_the_mask"],
            "%.1f" % (r["long"]["seek"]["requests"] / r["long"]["seek"]["seeks"]),
            r["long"]["seek"]["late"],
            "%d of %d" % (r["long"]["play"]["late"], r["long"]["play"]["due"]),
            "%.0f" % (r["long"]["play"]["received"] / r["long"]["play"]["requests"] / 1024)]
           for r in results])


# --------------------------------------------------------------------------------- hour ---------


def per_hour(result):
    hours = result["media_seconds"] / HOUR
    return {"requests_per_hour": result["requests"] / hours,
            "bytes_per_hour": result["received"] / hours}


def hour(bench):
    seconds = 60 if bench.quick else HOUR
    results = []
    for number, recording in enumerate(sorted(RECORDINGS)):
        path, name = bench.content(recording, seconds)
        origin = Nginx(bench.path("origin-hour-%d" % number), ORIGIN, "root %s;" % bench.files)
        result = bench.run("viewers", "http://127.0.0.1:%d/%s.asvp" % (origin.port, name),
                           "--seconds", seconds, "--speed", 16)
        result.update(per_hour(result), recording=recording, file_bytes=os.path.getsize(path),
                      nginx_cpu_seconds=origin.cpu_seconds())
        origin.stop()
        results.append(result)
    table("one viewer, %d s of media at 16 times 60 frames per second, from nginx" % seconds,
          ["recording", "file MB", "requests", "KiB a request", "bytes / file",
           "requests a viewer-hour", "MB a viewer-hour", "nginx CPU s"],
          [[r["recording"], "%.1f" % (r["file_bytes"] / 1e6), r["requests"],
            "%.0f" % (r["received"] / r["requests"] / 1024),
            "%.4f" % (r["received"] / r["file_bytes"]), "%.0f" % r["requests_per_hour"],
            "%.1f" % (r["bytes_per_hour"] / 1e6), "%.2f" % r["nginx_cpu_seconds"]] for r in results])
    return results


# ---------------------------------------------------------------------------------- cdn ---------


def count_log(path):
    """(lines, bytes) by the first word of a line."""
    found = collections.defaultdict(lambda: [0, 0])
    with open(path, encoding="ascii") as file:
        for line in file:
            key, size = line.split()
            found[key][0] += 1
            found[key][1] += int(size)
    return found


def behind_cache(bench, number, recording, viewers, seconds, speed):
    """Viewers of one recording behind a cache that is empty at first."""
    _, name = bench.content(recording, seconds)
    origin = Nginx(bench.path("origin-%d" % number), ORIGIN, "root %s;" % bench.files)
    edge = Nginx(bench.path("edge-%d" % number), CACHE,
                 CACHED % (SLICE_BYTES // 1024, origin.port))
    result = bench.run("viewers", "http://127.0.0.1:%d/%s.asvp" % (edge.port, name), "--viewers",
                       viewers, "--seconds", seconds, "--speed", speed, "--join", JOIN_SECONDS,
                       "--seek-every", SEEK_SECONDS, "--seed", number + 1)
    result.update(edge_cpu_seconds=edge.cpu_seconds(), origin_cpu_seconds=origin.cpu_seconds())
    edge.stop()
    origin.stop()
    slices = count_log(edge.path("access.log"))
    asked = count_log(origin.path("access.log"))
    result.update(
        recording=recording, file_bytes=os.path.getsize(os.path.join(bench.files, name + ".asvp")),
        slices={status: count for status, (count, _) in slices.items()},
        origin_requests=sum(count for count, _ in asked.values()),
        origin_bytes=sum(size for _, size in asked.values()))
    looked_up = sum(count for status, (count, _) in slices.items() if status != "-")
    result.update(
        hit_ratio=1 - slices["MISS"][0] / looked_up,
        byte_hit_ratio=1 - result["origin_bytes"] / result["received"], **per_hour(result))
    return result


def cdn(bench):
    seconds = 20 if bench.quick else 240
    # Faster than life where the machine can draw so much.
    runs = [("walkers", 1, 4), ("walkers", 10, 4), ("walkers", 100, 1), ("closeup", 10, 4)]
    results = [behind_cache(bench, number, recording, viewers, seconds, speed)
               for number, (recording, viewers, speed) in enumerate(runs)]
    table("viewers behind nginx with slice %d KiB and proxy_cache, empty at first; %d s of media "
          "each, joining within %d s, a seek every %d s"
          % (SLICE_BYTES // 1024, seconds, JOIN_SECONDS, SEEK_SECONDS),
          ["recording", "viewers", "requests a viewer-hour", "MB a viewer-hour", "slices that hit",
           "bytes from the cache", "origin requests", "origin bytes / file",
           "cache CPU s"],
          [[r["recording"], r["viewers"], "%.0f" % r["requests_per_hour"],
            "%.1f" % (r["bytes_per_hour"] / 1e6), "%.2f %%" % (100 * r["hit_ratio"]),
            "%.2f %%" % (100 * r["byte_hit_ratio"]), r["origin_requests"],
            "%.2f" % (r["origin_bytes"] / r["file_bytes"]), "%.2f" % r["edge_cpu_seconds"]]
           for r in results])
    return results


# --------------------------------------------------------------------------------- many ---------


def many(bench):
    seconds = 2 if bench.quick else 30
    path, name = bench.content("walkers", 60 if bench.quick else 600)
    origin = Nginx(bench.path("origin-many"), ORIGIN, "root %s;" % bench.files)
    url = "http://127.0.0.1:%d/%s.asvp" % (origin.port, name)
    results = [bench.run("many", url, path, "--streams", streams, "--seconds", seconds)
               for streams in (1, 64)]
    origin.stop()
    table("streams at once in one process, from nginx, masks of 256 x 128, %d s" % seconds,
          ["streams", "masks right", "late in the first second / later", "first mask ms, p50 / max", "CPU a stream",
           "network thread", "in its busiest second", "requests", "MB"],
          [[r["streams"], "%d of %d" % (r["right"], r["due"]),
            "%d / %d" % (r["late_in_first_second"], r["late"] - r["late_in_first_second"]),
            "%.0f / %.0f" % (r["first_ms"]["p50"], r["first_ms"]["max"]),
            "%.2f %%" % r["cpu_percent_per_stream"], "%.1f %%" % r["network_percent"],
            "%.1f %%" % r["network_most_percent"], r["requests"], "%.1f" % (r["received"] / 1e6)]
           for r in results])
    return results


# --------------------------------------------------------------------------------- main ---------

PARTS = {"link": link, "hour": hour, "cdn": cdn, "many": many}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", help="link, hour, cdn or many")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--json", help="a file that takes all figures")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    for part in arguments.part:
        if part not in PARTS:
            parser.error("there is no part '%s'" % part)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.build, arguments.quick, folder)
        found = {part: PARTS[part](bench) for part in arguments.part or PARTS}
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()

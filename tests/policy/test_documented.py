#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands of the documents do what they are there for: each line of a ```sh block of a *.md that git tracks is
typed into a shell, block by block, and must succeed. RULES has those that are not, or not as they stand, and why.

test_documented.py --build FOLDER   beside the other tests: the quick commands, against this build of the release preset,
                                    in a scratch folder with a copy of the source tree
test_documented.py --full           in the tree itself, all of them, from installing packages on; for a new clone on a new
                                    system (scripts/check-fresh --documented)
test_documented.py --list           what happens to each line
test_documented.py --self-test
"""
import argparse
import collections
import functools
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from files import ROOT, project_files, read_bytes  # noqa: E402
from test_readme import blocks  # noqa: E402

Rule = collections.namedtuple("Rule", "pattern quick full reason")
SAME = r"\g<0>"

# The first whose pattern matches a line decides: None leaves it out, and a text is what is typed for what matched.
# Every one must match a line.
RULES = [
    # What installs or builds: quick tests have done with that.
    Rule(r"^scripts/demo$", None, SAME, "builds; also the stage demo"),
    Rule(r"^scripts/test$", None, "scripts/install-deps", "is what runs this; its first step is enough"),
    Rule(r"^scripts/test --(full|only asan)$", None, None, "hours; scripts/test --full is run by hand"),
    Rule(r"^scripts/install-deps( --build)?$", None, SAME, "needs root"),
    Rule(r"^scripts/install-deps && cmake --preset release && cmake --build --preset release$", None, SAME, "builds"),
    Rule(r"^cmake --(build --)?preset release( .*)?$", None, SAME, "builds"),
    Rule(r"^cmake --(build --)?preset (debug|asan)( .*)?$|^ctest --preset (debug|asan).*|^build/asan/\S+$"
         r"|^scripts/(install-deps --)?coverage( --report)?$", None, None, "the stages debug, asan and coverage do that"),
    Rule(r"^(scripts/install-deps --mingw|cmake --preset mingw.*|cmake/run_wine.sh .*)$", None, None,
         "the stage mingw does that, and the tests of that build"),
    Rule(r"^(scripts/install-deps --packages|scripts/package)$", None, None,
         "the stage packages does that, and uses what it makes"),
    Rule(r"^scripts/release$", None, None, "refuses a version without a date in CHANGELOG.md; policy_release runs it in "
         "clones that have one"),
    Rule(r"^scripts/fuzz (container|--all|--merge) .*|^build/debug/fuzz/replay_strip FILE\.\.\.$", None, None,
         "the stage fuzz runs the targets; merging rewrites files of the tree"),
    Rule(r"^python3 -m venv .*", None, SAME, "takes long"),
    Rule(r"^(out/venv/bin/pip install) samples/python$", None,
         r"\1 --no-build-isolation samples/python; cd out; "
         r"ALPHASTREAM_LIBRARY=../build/release/lib/libalphastream.so venv/bin/python -c 'import alphastream'",
         "needs the environment; there may be no way to the package index"),
    Rule(r"^dot -Tsvg .*", None, None, "rewrites a file of the tree; scripts/docs draws it into the site"),
    Rule(r"^scripts/update-abi( .*)?$", None, None, "rewrites a file of the tree, to what policy_abi then compares with"),
    Rule(r"^scripts/update-perf-baseline .*", None, None, "rewrites a file of the tree"),
    # Figures.
    Rule(r"^scripts/bench$", None, None, "twenty minutes, for figures alone"),
    Rule(r"^bench/http_viewers/run.py --json \S+$", None, SAME + " --quick link many", "twenty minutes"),
    Rule(r"^scripts/bench --seconds .*", None, SAME + " draw/walkers", "one case: all would take minutes, and "
         "rewrite files of the tree"),
    Rule(r"^(build/release/bin/alphastream-bench .*--seconds 0.1) --frames 20$", None, r"\1 --frames 1 memset/2048x1024",
         "one case: all would take minutes"),
    Rule(r"^build/release/bin/alphastream-bench 'draw/\*' .*", None, SAME + " --seconds 0.01 --frames 2", "minutes"),
    Rule(r"^build/release/bin/alphastream-(gl|vk)-bench .*", None, SAME + " --frames 2 --size 512x256",
         "minutes on a software driver"),
    # What plays by the clock, or takes software drivers their time.
    Rule(r"^(.* --backend (gl|vulkan)) (--size \S+ )?--seconds 5$", None, SAME, "cli_golden_gl, cli_golden_vulkan"),
    Rule(r"^(.*alphastream play .*--seconds) 5$", r"\1 0.2", SAME, "plays for that long"),
    Rule(r"^(\S*alphastream doctor)$", None, SAME, "cli_doctor runs it on known drivers"),
    # What needs a display.
    Rule(r"^build/release/bin/alphastream-viewer samples/data/walkers.asvp$|^ffmpeg -i people.mp4 .*",
         SAME + " --headless --renderer cpu --frames 2", SAME + " --headless --renderer cpu --frames 2",
         "opens a window; tests/viewer do, on a screen of theirs"),
    Rule(r"^(alphastream-viewer .*--renderer vulkan --headless) --frames 250(.*)$", None, r"\1 --frames 3\2",
         "minutes on a software driver"),
    Rule(r"^(alphastream decode .* -o -) \| ffplay .*", r"\1 >/dev/null", r"\1 >/dev/null", "needs a display"),
]

# What readers have; {tool} makes it.
PREPARE = r"""
printf 'a passphrase\n' > key.txt
printf 'Authorization: Bearer of tests\n' > token
mkdir -p out/served
{tool} convert samples/data/walkers.asvp out/served/people.asvp --frames 0-29
{tool} convert samples/data/walkers.asvp out/served/people.asvr --frames 0-29 --passphrase-file key.txt --scene 7
cp out/served/people.asvp .
"""
VIDEO = "ffmpeg -loglevel error -y -f lavfi -i testsrc=size=64x32:rate=60:duration=0.1 people.mp4\n"
SERVER = "https://media.example"
SAVED = re.compile(r"[Ss]aved as `([\w.]+)`:$", re.M)


def lines_of(code):
    """The commands of a block: lines, without those that are comments alone."""
    code = re.sub(r"\\\n\s*", " ", code)
    return [line.rstrip() for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def bare(line):
    """A line without what is said about it."""
    return re.sub(r"\s+# .*$", "", line)


def typed(line, column, used):
    """What is typed for a line, None for nothing; and why, if it is not the line itself."""
    line = bare(line)
    for rule in RULES:
        match = re.search(rule.pattern, line)
        if match:
            used.add(rule.pattern)
            template = getattr(rule, column)
            return (match.expand(template) if template is not None else None), rule.reason
    return line, ""


def documents():
    """(document, line, commands) of every block, README.md first: readers come from there."""
    names = [name for name in project_files() if name.endswith(".md")]
    for name in sorted(names, key=lambda name: (name != "README.md", name)):
        for line, language, code, _ in blocks(read_bytes(name).decode("utf-8")):
            if language == "sh":
                yield name, line, lines_of(code)


def saved_files(text):
    """File name -> what a document says is in it: the program above."""
    for match in SAVED.finditer(text):
        yield match.group(1), [code for _, language, code, _ in blocks(text[:match.start()]) if language != "sh"][-1]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def shell(script, folder, environment):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, timeout=1800,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def run_block(commands, column, folder, environment, server, used):
    """What went wrong, or None; and how many commands were typed."""
    script = []
    for command in commands:
        text = typed(command, column, used)[0]
        if text is not None:
            script.append(text.replace(SERVER, server))
    if not script:
        return None, 0
    done = shell("\n".join(script), folder, environment)
    if done.returncode:
        return "exits with %d:\n%s\n%s" % (done.returncode, "\n".join(script),
                                         done.stdout.decode("utf-8", "replace")[-3000:]), len(script)
    return None, len(script)


def contents(root=ROOT):
    """Name -> digest of every file that git tracks."""
    digests = {}
    for name in project_files(root):
        with open(os.path.join(root, name), "rb") as file:
            digests[name] = hashlib.sha256(file.read()).digest()
    return digests


def changed(before, after):
    """What commands did to the tree that they were not to touch."""
    return ["%s is another one than before: a command of the documents rewrote it (or somebody did meanwhile); give the "
            "command a rule" % name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]


def show_tree(folder, build):
    """The source tree, which may be written to here, and the build."""
    for name in project_files():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        shutil.copy(os.path.join(ROOT, name), os.path.join(folder, name))
    os.mkdir(os.path.join(folder, "build"))
    os.symlink(build, os.path.join(folder, "build", "release"))


def run(column, folder, build_later):
    # The system's python3 has the system's packages; that of the path may be another one.
    path = "%s/build/release/bin:/usr/bin:%s" % (folder, os.environ["PATH"])
    environment = dict(os.environ, PATH=path, no_proxy="127.0.0.1")
    for name in [name for name in environment if name.startswith("ALPHASTREAM_")] + ["DISPLAY", "WAYLAND_DISPLAY"]:
        environment.pop(name, None)
    for document in {name for name, _, _ in documents()}:
        for name, text in saved_files(read_bytes(document).decode("utf-8")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(
        Quiet, directory=os.path.join(folder, "out", "served")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    problems, used, count, prepared = [], set(), 0, False
    for name, line, commands in documents():
        # The tool that makes the files is there once README.md was read.
        if not prepared and not (build_later and name == "README.md"):
            prepared = True
            script = PREPARE.format(tool="build/release/bin/alphastream") + VIDEO
            done = shell(script, folder, environment)
            if done.returncode:
                return ["nothing can be prepared: " + done.stdout.decode()]
        start = time.monotonic()
        problem, ran = run_block(commands, column, folder, environment,
                                 "http://127.0.0.1:%d" % server.server_address[1], used)
        print("%s:%d: %d of %d commands, %.1f s" % (name, line, ran, len(commands), time.monotonic() - start), flush=True)
        count += ran
        if problem:
            problems.append("%s:%d: the block %s" % (name, line, problem))
    server.shutdown()
    print("%d commands" % count)
    return problems + unused(used)


def unused(used):
    return ["no command matches %s any more: take its rule away" % rule.pattern
            for rule in RULES if rule.pattern not in used]


def list_all():
    used = set()
    for name, line, commands in documents():
        for command in commands:
            for column in ("quick", "full"):
                text, reason = typed(command, column, used)
                print("%s:%d: %s: %s%s" % (name, line, column, bare(command) if text is None else text,
                                           "" if text == bare(command) else " (%s: %s)"
                                           % ("not run" if text is None else "changed", reason)))
    return unused(used)


def self_test():
    failures = []
    if lines_of("# a\na \\\n  b   # c\n\nd\n") != ["a  b   # c", "d"] or bare("a  b   # c") != "a  b":
        failures.append("commands are read wrongly")
    used = set()
    if typed("scripts/demo   # x", "quick", used)[0] is not None or typed("scripts/demo", "full", used)[0] != "scripts/demo":
        failures.append("a rule is not kept")
    if not any("scripts/test" in problem for problem in unused(used)) or any("demo" in problem for problem in unused(used)):
        failures.append("a rule without a command is not caught")
    with tempfile.TemporaryDirectory() as folder:
        for commands, wanted in ((["true", "echo x > y"], False), (["cat y"], False), (["false", "true"], True),
                                 (["false | true"], True), (["echo $unset_variable"], True), (["scripts/demo"], False)):
            if (run_block(commands, "quick", folder, dict(os.environ), "", used)[0] is not None) != wanted:
                failures.append("%s is judged wrongly" % commands)
    if changed({"a": 1, "b": 2}, {"a": 1, "b": 2}) or len(changed({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3})) != 2:
        failures.append("a rewritten file is not caught")
    if len(contents()) < 100 or changed(contents(), contents()):
        failures.append("the tree's files are read wrongly")
    text = "```c\nint b;\n```\n```c\nint a;\n```\n```sh\nls\n```\n\nSaved as `a.c`:\n\n```c\nint c;\n```\n"
    if list(saved_files(text)) != [("a.c", "int a;\n")]:
        failures.append("files that readers save are read wrongly: %s" % list(saved_files(text)))
    return failures


def main():
    parser = argparse.ArgumentParser()
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--build")
    for option in ("--full", "--list", "--self-test"):
        what.add_argument(option, action="store_true")
    options = parser.parse_args()
    if options.list:
        problems = list_all()
    elif options.self_test:
        problems = self_test()
    elif options.full:
        problems = run("full", ROOT, True)
    else:
        folder = tempfile.mkdtemp()
        before = contents()
        try:
            show_tree(folder, options.build)
            problems = run("quick", folder, False) + changed(before, contents())
        finally:
            shutil.rmtree(folder)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Help, manual pages, completions and documents name the same commands and options, and every kind of
completion loads: test_words.py ROOT PROGRAM..., the built tool, the viewer or both."""
import os
import re
import subprocess
import sys

ROOT = sys.argv[1]
PACKAGING = os.path.join(ROOT, "packaging")
OPTION = re.compile(r"(?<![\w-])--[a-z0-9][a-z0-9-]*")

failures = []


def check(name, missing, more=()):
    for word in sorted(missing):
        failures.append("%s lacks %s" % (name, word))
    for word in sorted(more):
        failures.append("%s has %s, which the program has not" % (name, word))
    if not missing and not more:
        print("ok: %s" % name)


def read(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as file:
        return file.read()


def output(*command, **settings):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          encoding="utf-8", **settings)
    if done.returncode != 0 or done.stderr:
        failures.append("%s: exit %d: %s" % (" ".join(command)[:60], done.returncode, done.stderr))
    return done.stdout


def options_of(text):
    return set(option for option in OPTION.findall(text) if option not in ("--", "--to-"))


def completes(program, *words):
    """What bash suggests for the last of the words."""
    script = 'source "$1"; shift; function=$1; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' \
             '"$function"; printf "%s\\n" "${COMPREPLY[@]}"'
    return set(output("bash", "--norc", "-c", script, "bash",
                      os.path.join(PACKAGING, "completion", program + ".bash"),
                      "_" + program.replace("-", "_"), program, *words).split())


def page(name):
    """A manual page as it is read; it must be without a fault."""
    return output("groff", "-man", "-ww", "-Tascii", "-P-c", "-P-b", "-P-u",
                  os.path.join(PACKAGING, "man", name))


def check_options(name, text, known):
    """The text names what the program has, and nothing else."""
    check("options in %s" % name, known - options_of(text), options_of(text) - known)


def check_zsh(program, options):
    path = os.path.join(PACKAGING, "completion", "_" + program)
    output("zsh", "-n", path)
    check("zsh completion of %s" % program, options - options_of(read("packaging", "completion", "_" + program)),
          options_of(read("packaging", "completion", "_" + program)) - options)


def check_tool(tool):
    overview = output(tool, "--help")
    commands = re.findall(r"^  ([a-z]+) ", overview, re.M)
    if len(commands) < 8:
        failures.append("--help names only %s" % commands)
    everywhere = {"--help", "--version"}
    known = set(everywhere)
    for command in commands:
        own = options_of(output(tool, command, "--help")) | everywhere
        alone = command in ("gpus", "doctor")  # options of all commands mean nothing to them
        known |= own
        suggested = completes("alphastream", command, "--")
        check("bash completion of %s" % command, own - suggested,
              () if alone else suggested - own)
    check("bash completion of commands", set(commands) - completes("alphastream", ""))
    check("bash completion of a value", {"nearest", "vector"} ^ completes("alphastream", "play", "--scale", ""))
    check("bash completion of a beginning", {"--header", "--help"} ^ completes("alphastream", "info", "--he"))
    check_zsh("alphastream", known)
    for name, text in (("alphastream(1)", page("alphastream.1")), ("docs/tool.md", read("docs", "tool.md"))):
        check("commands in %s" % name, [word for word in commands if not re.search(r"\b%s\b" % word, text)])
        check_options(name, text, known)


def check_viewer(viewer):
    known = options_of(output(viewer, "--help")) | {"--help", "--version"}
    check("bash completion of the viewer", known ^ completes("alphastream-viewer", "--"))
    check("bash completion of a view", {"cutout", "mask", "outline", "strips"} ^
          completes("alphastream-viewer", "--view", ""))
    check_zsh("alphastream-viewer", known)
    check_options("alphastream-viewer(1)", page("alphastream-viewer.1"), known)
    check_options("docs/viewer.md", read("docs", "viewer.md"), known)


for program in sys.argv[2:]:
    (check_viewer if os.path.basename(program) == "alphastream-viewer" else check_tool)(program)
headers = [name for name in os.listdir(os.path.join(ROOT, "include", "alphastream")) if name.endswith((".h", ".hpp"))]
check("headers in libalphastream(3)", set(headers) - set(re.findall(r"\w+\.h(?:pp)?\b", page("libalphastream.3"))))
for failure in failures:
    print("NOT OK: %s" % failure)
sys.exit(1 if failures else 0)

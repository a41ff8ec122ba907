#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""C11 and POSIX alone, but for the files listed here, each with what it has beyond them.

test_standard.py [--commands compile_commands.json] [ROOT]   checks the project, and that its library
                                                             is compiled as strict C11
test_standard.py --self-test                                 shows that each kind of breach is caught
"""
import json
import os
import re
import sys
import tempfile

# What a file has beyond C11, by kind.
KINDS = {
    "system": re.compile(r"^[ \t]*#[ \t]*define[ \t]+_(?:GNU|DEFAULT|BSD|SVID|XOPEN)_SOURCE\b", re.M),
    "attribute": re.compile(r"__attribute__|__declspec"),
    "builtin": re.compile(r"\b__(?:builtin|sync|atomic)_\w+"),
    "assembler": re.compile(r"\b(?:__asm__|__asm|asm)\b[ \t]*(?:volatile|__volatile__)?[ \t]*\("),
    "type": re.compile(r"\b__int128\b|\b__?typeof(?:__)?\b|\btypeof\b|\b__extension__\b"),
    "intrinsics": re.compile(r"^[ \t]*#[ \t]*include[ \t]*<(?:\w*intrin|arm_neon|cpuid)\.h>", re.M),
    "pragma": re.compile(r"^[ \t]*#[ \t]*pragma\b|\b_Pragma\b", re.M),
}

# The marked files.
MARKED = {
    "include/alphastream/version.h": {"attribute"},  # exports, results that must be used
    "core/base/arch.h": {"attribute"},  # functions for one instruction set
    "core/base/bits.h": {"builtin"},  # counting bits
    "core/base/error.h": {"attribute"},  # formats that are checked
    "core/base/int128.h": {"type"},
    "core/base/heap_posix.c": {"system"},  # madvise
    "core/base/thread_posix.c": {"system"},  # names and affinity of threads
    "core/base/thread_win32.c": {"attribute"},  # a function that not every header declares
    "core/base/wake_posix.c": {"system"},  # pipe2
    "core/cpu/cpu.c": {"assembler", "intrinsics"},  # what the processor can do
    "core/raster/dsp_avx2.c": {"intrinsics"},
    "core/raster/dsp_avx512.c": {"intrinsics"},
    "core/raster/dsp_neon.c": {"assembler", "intrinsics"},
    "core/raster/dsp_sse41.c": {"intrinsics"},
}

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|("(?:\\.|[^"\\\n])*")', re.S)


def without_comments(text):
    """Strings are emptied, too; lines stay where they are."""
    return COMMENT.sub(lambda m: '""' if m.group(1) else "\n" * m.group(0).count("\n"), text)


def library_files(root):
    for top in ("include", "core", "gpu"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def check_files(root, marked):
    problems, count = [], 0
    seen = set()
    for path in library_files(root):
        count += 1
        seen.add(path)
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = without_comments(file.read())
        has = {kind for kind, pattern in KINDS.items() if pattern.search(text)}
        allowed = marked.get(path, set())
        problems += ["%s: %s: not C11, and the file is not marked for it" % (path, kind)
                     for kind in sorted(has - allowed)]
        problems += ["%s: %s: marked for it, but it has none" % (path, kind)
                     for kind in sorted(allowed - has)]
    problems += ["%s: marked, but there is no such file" % path for path in sorted(set(marked) - seen)]
    return problems, count


def check_commands(root, commands):
    """Every file of the library is compiled as C11 without extensions, with warnings about them."""
    problems, count = [], 0
    real = os.path.realpath(root)
    for entry in commands:
        path = os.path.relpath(os.path.realpath(entry["file"]), real).replace(os.sep, "/")
        if not path.startswith(("core/", "gpu/")):
            continue
        count += 1
        words = entry["command"].split()
        standards = [word for word in words if word.startswith("-std=")]
        if standards != ["-std=c11"]:
            problems.append("%s: compiled with %s, not -std=c11" % (path, standards or "no -std"))
        if "-Wpedantic" not in words:
            problems.append("%s: compiled without -Wpedantic" % path)
    if count == 0:
        problems.append("no compile command of the library")
    return problems


def self_test():
    good = {
        "core/base/a.c": '/* typeof, __attribute__ */\nconst char *s = "asm(";\nint basm(int);\n',
        "core/base/b.h": "int x __attribute__((unused));\n",
        "include/alphastream/c.h": "#include <stdint.h>\n",
    }
    marked = {"core/base/b.h": {"attribute"}}
    bad = {
        "GNU source": "#define _GNU_SOURCE\n",
        "GNU source within a condition": "#if defined(x)\n#  define _DEFAULT_SOURCE 1\n#endif\n",
        "attribute": "static void f(void) __attribute__((noreturn));\n",
        "builtin": "int f(int x) { return __builtin_popcount(x); }\n",
        "assembler": 'void f(void) { __asm__ volatile ("nop"); }\n',
        "typeof": "int x; typeof(x) y;\n",
        "128 bits": "__int128 x;\n",
        "intrinsics": "#include <immintrin.h>\n",
        "pragma": "#pragma GCC optimize(\"O3\")\n",
    }

    def problems_of(files, marks):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return check_files(root, marks)[0]

    failures = ["a sound tree is blamed: " + line for line in problems_of(good, marked)]
    for name, text in bad.items():
        if len(problems_of({**good, "gpu/x.c": text}, marked)) != 1:
            failures.append("not caught: " + name)
    if len(problems_of({**good, "core/base/b.h": "int x;\n"}, marked)) != 1:
        failures.append("not caught: a mark without need")
    if len(problems_of(good, {**marked, "core/none.c": {"type"}})) != 1:
        failures.append("not caught: a mark without a file")
    sound = {"file": "/p/core/a.c", "command": "cc -std=c11 -Wpedantic -c a.c"}
    if check_commands("/p", [sound, {"file": "/p/tests/a.c", "command": "cc"}]):
        failures.append("a sound command is blamed")
    for name, command in (("gnu11", "cc -std=gnu11 -Wpedantic"), ("no standard", "cc -Wpedantic"),
                          ("no warnings", "cc -std=c11"), ("the last word", "cc -std=c11 -std=gnu17 -Wpedantic")):
        if len(check_commands("/p", [{**sound, "command": command}])) != 1:
            failures.append("not caught: " + name)
    if not check_commands("/p", []):
        failures.append("not caught: no command at all")
    return failures


def main():
    arguments = sys.argv[1:]
    if arguments == ["--self-test"]:
        problems = self_test()
    else:
        commands = None
        if arguments[:1] == ["--commands"]:
            with open(arguments[1], encoding="utf-8") as file:
                commands = json.load(file)
            arguments = arguments[2:]
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        root = arguments[0] if arguments else here
        problems, count = check_files(root, MARKED)
        print("%d files, %d of them marked" % (count, len(MARKED)))
        if commands is not None:
            problems += check_commands(root, commands)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

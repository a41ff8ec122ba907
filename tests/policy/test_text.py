#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What every text file of the project keeps to, and the C files of core/ and gpu/ on top.

test_text.py               checks the project
test_text.py --self-test   shows that each kind of breach is caught
"""
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.dont_write_bytecode = True
from files import ROOT, project_files, read_bytes  # noqa: E402

BINARY = (".asvp", ".asvr", ".png")
BINARY_FOLDERS = ("tests/fuzz/corpus/",)
TABS_ALLOWED = (".tsv",)
CORE_LINES = 700  # a file of core/ or gpu/ stays below

# Folders that exist on somebody's machine only; in a repository such a path is a mistake.
MACHINE_FOLDERS = "root home Users work workspace farm builds jenkins".split()
MACHINE_PATH = re.compile(r"(?<![\w.$}~*-])(?<![\w)]/)/(?:%s)/" % "|".join(MACHINE_FOLDERS))

SPDX_C = "/* SPDX-License-Identifier: MIT"
SPDX_HASH = "# SPDX-License-Identifier: MIT"

# Never called there: no bounds, no way to report an error, or an effect on the whole process.
BANNED = {
    "strcpy": "no bound", "strcat": "no bound", "sprintf": "no bound", "vsprintf": "no bound",
    "gets": "no bound", "strncpy": "may leave no NUL", "strtok": "hidden state",
    "atoi": "no error", "atol": "no error", "atof": "no error",
    "system": "starts a shell", "popen": "starts a shell",
    "printf": "the library never prints", "fprintf": "the library never prints",
    "vprintf": "the library never prints", "vfprintf": "the library never prints",
    "puts": "the library never prints", "fputs": "the library never prints",
    "putchar": "the library never prints", "perror": "the library never prints",
    "abort": "the library never ends the process", "exit": "the library never ends the process",
    "_exit": "the library never ends the process",
    "signal": "belongs to the host", "sigaction": "belongs to the host",
    "setlocale": "belongs to the host", "setenv": "belongs to the host",
}
# Memory goes through core/base/mem.c, which has it from these.
HEAPS = ("core/base/heap_posix.c", "core/base/heap_win32.c")
ALLOCATORS = ("malloc calloc realloc free posix_memalign aligned_alloc strdup strndup "
              "_aligned_malloc _aligned_free").split()
BANNED_CALL = re.compile(r"(?<![\w.>])(%s)[ \t\n]*\(" % "|".join(BANNED))
ALLOCATOR_CALL = re.compile(r"(?<![\w.>])(%s)[ \t\n]*\(" % "|".join(ALLOCATORS))
ASSERT = re.compile(r"(?<!\w)assert[ \t\n]*\(")
SIDE_EFFECT = re.compile(r"\+\+|--|(?<![=!<>])=(?!=)")


def without_comments_and_strings(text):
    """The same text, line for line, with the content of comments and literals blanked out."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def assert_arguments(code):
    for match in ASSERT.finditer(code):
        depth, end = 1, match.end()
        while end < len(code) and depth:
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        yield match.start(), code[match.end():end - 1]


def check_characters(name, text):
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line and not name.endswith(TABS_ALLOWED):
            yield number, "tab"
        if line.endswith((" ", "\t")):
            yield number, "trailing blank"
        for character in line:
            invisible = unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")
            if (invisible and character != "\t") or (
                    unicodedata.category(character) == "Zs" and character != " "):
                yield number, "invisible character U+%04X" % ord(character)
                break
        match = MACHINE_PATH.search(line)
        if match:
            yield number, "path of one machine: %s" % match.group(0)
    if not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    elif text.endswith("\n\n"):
        yield text.count("\n"), "blank line at the end"


def check_core(name, text):
    lines = text.count("\n")
    if lines >= CORE_LINES:
        yield lines, "%d lines; a file of the library has fewer than %d" % (lines, CORE_LINES)
    code = without_comments_and_strings(text)
    for match in BANNED_CALL.finditer(code):
        yield line_at(code, match.start()), "%s(): %s" % (match.group(1), BANNED[match.group(1)])
    if name not in HEAPS:
        for match in ALLOCATOR_CALL.finditer(code):
            yield line_at(code, match.start()), "%s(): memory comes from core/base/mem.h" % match.group(1)
    for position, argument in assert_arguments(code):
        if SIDE_EFFECT.search(argument):
            yield line_at(code, position), "assert() with a side effect"


def check_file(name, data):
    """(line, problem) pairs of one file."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield 1, "not UTF-8: %s" % error
        return
    if not text:
        yield 1, "empty file"
        return
    yield from check_characters(name, text)
    first = text.split("\n", 1)[0]
    if name.endswith((".c", ".h", ".cpp", ".hpp")) and not first.startswith(SPDX_C):
        yield 1, "does not begin with %s" % SPDX_C
    if name.endswith(".py") and SPDX_HASH not in text.split("\n", 2)[:2]:
        yield 1, "has no %s at its top" % SPDX_HASH
    if name.startswith(("core/", "gpu/")) and name.endswith((".c", ".h")):
        yield from check_core(name, text)


def test_listing():
    """A breach in a tracked file is found; what is not tracked, or was deleted, is not looked at."""
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[variable]  # a hook's would lead git back to this repository
    with tempfile.TemporaryDirectory() as root:
        for name in ("tracked.md", "deleted.md"):
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write("a \n")
        for command in (["init", "--quiet"], ["add", "tracked.md", "deleted.md"]):
            subprocess.run(["git", "-C", root, "-c", "safe.directory=*"] + command, check=True)
        os.remove(os.path.join(root, "deleted.md"))
        with open(os.path.join(root, "left.md"), "w", encoding="utf-8") as file:
            file.write("a \n")
        names = project_files(root)
        if names != ["tracked.md"]:
            yield "one file is tracked and there, but these are looked at: %s" % names
    names = project_files()
    if "tests/policy/test_text.py" not in names:
        yield "this file is not looked at"


def self_test():
    head = SPDX_C + " */\n"
    good = {
        "core/base/a.c": head + 'static int f(int a)\n{\n    /* printf(), exit() */\n'
                                '    assert(a == 1 && a <= 2);\n    log_printf("exit(1)");\n'
                                "    return x->free(a);\n}\n",
        "core/base/heap_posix.c": head + "void f(void *p)\n{\n    free(p);\n}\n",
        "docs/a.md": "See https://example.com/home/page and a/work/b, or $HOME/x.\n",
        "tests/data/a.tsv": "a\tb\n",
    }
    bad = {
        "tab": ("docs/a.md", "a\tb\n"),
        "trailing blank": ("docs/a.md", "a \n"),
        "carriage return": ("docs/a.md", "a\r\n"),
        "no newline": ("docs/a.md", "a"),
        "blank line at the end": ("docs/a.md", "a\n\n"),
        "empty": ("docs/a.md", ""),
        "zero-width space": ("docs/a.md", "a\u200bb\n"),
        "byte order mark": ("docs/a.md", "\ufeffa\n"),
        "no-break space": ("docs/a.md", "a\u00a0b\n"),
        "bidirectional control": ("core/base/a.c", head + "/* \u202e */\n"),
        "not UTF-8": ("docs/a.md", b"\xff\n"),
        "machine path": ("docs/a.md", "run /" + "home/me/build\n"),
        "machine path in quotes": ("scripts/a", 'cd "/' + 'root/x"\n'),
        "no SPDX line": ("samples/cli/a.c", "int x;\n"),
        "no SPDX line in Python": ("tests/a.py", "import os\n"),
        "printf": ("core/base/a.c", head + 'void f(void) { printf("x"); }\n'),
        "strcpy": ("core/base/a.c", head + "void f(void) { strcpy\n(a, b); }\n"),
        "exit": ("core/base/a.c", head + "void f(void) { if (x) exit(1); }\n"),
        "malloc": ("core/io/a.c", head + "void f(void) { p = malloc(1); }\n"),
        "assert with increment": ("core/base/a.c", head + "void f(void) { assert(i++ < 3); }\n"),
        "assert with assignment": ("core/base/a.c", head + "void f(void) { assert((a = g(b))); }\n"),
        "long file": ("core/base/a.c", head + "int x;\n" * CORE_LINES),
    }
    failures = []
    for name, text in good.items():
        for line, problem in check_file(name, text.encode("utf-8")):
            failures.append("sound text is blamed: %s:%d: %s" % (name, line, problem))
    for what, (name, text) in bad.items():
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        if len(list(check_file(name, data))) != 1:
            failures.append("not caught once: %s: %s" % (what, list(check_file(name, data))))
    failures.extend(test_listing())
    print("%d breaches tried" % len(bad))
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test()
    else:
        names = [name for name in project_files()
                 if not name.endswith(BINARY) and not name.startswith(BINARY_FOLDERS)]
        problems = ["%s:%d: %s" % (name, line, problem)
                    for name in names for line, problem in check_file(name, read_bytes(name))]
        print("%d text files below %s" % (len(names), os.path.basename(ROOT)))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents say about the library is what the library has.

docs/errors.md has a row and a section for each result of result.h, with its number, a cause and a
remedy. Links between documents lead to headings that are there.

test_docs.py               checks the project
test_docs.py --self-test   shows that each kind of breach is caught
"""
import os
import re
import sys

sys.dont_write_bytecode = True
from files import project_files, read_bytes  # noqa: E402

RESULT = re.compile(r"^ +(AS_[A-Z_]+) = (-?\d+),?", re.M)
ROW = re.compile(r"^\| `(AS_[A-Z_]+)` +\| (-?\d+) +\|", re.M)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]*)#([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
HEADING = re.compile(r"^#+ +(.*?) *$", re.M)


def sections(text):
    """Heading -> what follows it, of the headings of level two."""
    parts = re.split(r"^## +(.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def check_results(header, document):
    results = dict(RESULT.findall(header))
    rows, found = dict(ROW.findall(document)), sections(document)
    for name, number in results.items():
        if rows.get(name) != number:
            yield "%s is %s and the table says %s" % (name, number, rows.get(name, "nothing"))
        for part in ("Cause", "Remedy"):
            if not re.search(r"^\*\*%s\.\*\* \S" % part, found.get(name, ""), re.M):
                yield "%s has no %s" % (name, part.lower())
    for name in sorted((set(rows) | {name for name in found if name.startswith("AS_")}) - set(results)):
        yield "%s is no result" % name
    if not results:
        yield "result.h has no results: is the pattern still right?"


def anchors(text):
    """The names that GitHub and static sites give to headings."""
    names, counts = set(), {}
    for title in HEADING.findall(FENCE.sub("", text)):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()).replace(" ", "-")
        again = counts.get(name, 0)
        counts[name] = again + 1
        names.add("%s-%d" % (name, again) if again else name)
    return names


def check_anchors(documents):
    known = {name: anchors(text) for name, text in documents.items()}
    for name, text in documents.items():
        for target, anchor in LINK.findall(FENCE.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            path = os.path.normpath(os.path.join(os.path.dirname(name), target)) if target else name
            if path not in known or anchor not in known[path]:
                yield "%s: %s has no heading for #%s" % (name, path, anchor)


def check():
    texts = {name: read_bytes(name).decode("utf-8") for name in project_files()
             if name.endswith(".md") or name == "include/alphastream/result.h"}
    header = texts.pop("include/alphastream/result.h")
    problems = ["docs/errors.md: " + found for found in check_results(header, texts["docs/errors.md"])]
    return problems + list(check_anchors(texts))


def self_test():
    header = "enum {\n    AS_OK = 0, /* x */\n    AS_ERROR_X = -7\n};\n"
    sound = ("| `AS_OK` | 0 | 0 |\n| `AS_ERROR_X`  | -7 | 0 |\n"
             "## AS_OK\n**Cause.** a\n\n**Remedy.** b\n## AS_ERROR_X\n**Cause.** a\n\n**Remedy.** b\n")
    failures = []
    if list(check_results(header, sound)):
        failures.append("a sound document is blamed")
    for old, new, wanted in (("| -7 |", "| -8 |", 1), ("| `AS_OK` | 0 | 0 |\n", "", 1),
                             ("## AS_ERROR_X", "## Other", 2), ("**Remedy.** b\n##", "##", 1),
                             ("## AS_OK", "## AS_GONE\n## AS_OK", 1)):
        if len(list(check_results(header, sound.replace(old, new)))) != wanted:
            failures.append("%r for %r is not caught" % (new, old))
    if not list(check_results("", "")):
        failures.append("a header without results is not caught")
    documents = {"a.md": "# A b, `c`\n[x](docs/d.md#two-words) [y](#a-b-c) [z](https://w.org/#q)\n",
                 "docs/d.md": "## Two words\n```sh\n# no heading\n```\n"}
    if list(check_anchors(documents)):
        failures.append("sound links are blamed")
    documents["docs/d.md"] += "[x](../a.md#no) [y](#no-heading) [z](e.md#a)\n"
    if len(list(check_anchors(documents))) != 3:
        failures.append("links to no heading are not caught")
    return failures


def main():
    problems = self_test() if sys.argv[1:] == ["--self-test"] else check()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents say about the library is what the library has.

docs/errors.md has a row and a section for each result of result.h, with its number, a cause and a
remedy. Tables of options give the defaults that the code has. docs/abi.md names the structs that have no
struct_size. Each function of the headers that can fail says how. Links between documents lead to headings that are there. Pictures that are drawn from a text (*.dot) show
what the text says.

test_docs.py               checks the project
test_docs.py --self-test   shows that each kind of breach is caught
"""
import html
import os
import re
import sys

sys.dont_write_bytecode = True
from files import project_files, read_bytes  # noqa: E402

RESULT = re.compile(r"^ +(AS_[A-Z_]+) = (-?\d+),?", re.M)
ROW = re.compile(r"^\| `(AS_[A-Z_]+)` +\| (-?\d+) +\|", re.M)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]*)#([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
DECLARATION = re.compile(r"^(?P<comment>/\*.*?\*/)|^(?P<blank>\n)"
                         r"|^AS_API (?P<kind>[^(;]*?)(?P<name>\w+)\([^;]*;(?P<behind>[^\n]*)", re.M | re.S)
HEADING = re.compile(r"^#+ +(.*?) *$", re.M)


def sections(text):
    """Heading -> what follows it, of the headings of level two."""
    parts = re.split(r"^## +(.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def read_text(name):
    return read_bytes(name).decode("utf-8")


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


def number_of(text):
    """What C makes of the constants that options are declared with; None of anything else."""
    text = re.sub(r"UINT64_C\((\d+)\)", r"\1", re.sub(r"\(u?int\d+_t\)", "", text)) \
        .replace("MIB", "(1 << 20)").replace("GIB", "(1 << 30)")
    return eval(text) if re.fullmatch(r"[\d <*()]+", text) else None


def check_defaults(streams, http, handle, documents):
    """Rows of documents against the table of core/stream/options.c and the calls in core/io/source_http.c."""
    defaults = {name: number_of(value) for name, value in
                re.findall(r"^ +\{FIELD\((\w+)\), \w+, ([^,]+),", streams, re.M)}
    defaults.update(("http_" + name, number_of(value)) for name, value in
                    re.findall(r"or_default(?:64)?\(from->(\w+), ([^;]+)\);", http))
    cv_held = re.search(r"held_frames = (\d+);", handle)
    told = set()
    for name, text in documents.items():
        for option, value in re.findall(r"^\| `(\w+)` +\| (\d+)\b", text, re.M):
            if option in defaults:
                told.add(option)
                if defaults[option] != int(value):
                    yield "%s: the default of %s is %s" % (name, option, defaults[option])
        for value in re.findall(r"\(CV: (\d+)\)", text):
            if not cv_held or cv_held.group(1) != value:
                yield "%s: CV_create has another number of held_frames" % name
    for option in sorted(set(defaults) - told - {"scale", "combine", "processing", "threads"}):
        yield "no document tells the default of %s" % option
    if len(defaults) < 2:
        yield "the code has no options: are the patterns still right?"


STRUCT = re.compile(r"^typedef struct (\w+) \{\n\s*(\S[^\n]*)", re.M)


def check_fixed(headers, document):
    part = sections(document).get("Structs that do not", "").split("\nOpaque")[0]
    told = set(re.findall(r"`((?:as|CV)_\w+)`", part))
    fixed = {name for name, first in STRUCT.findall(re.sub(r"/\*.*?\*/", "", headers, flags=re.S))
             if "struct_size" not in first}
    for name in sorted(told ^ fixed):
        yield "%s %s" % (name, "has a struct_size, or is no struct" if name in told else "has no struct_size")


def anchors(text):
    """The names that GitHub and static sites give to headings."""
    names, counts = set(), {}
    for title in HEADING.findall(FENCE.sub("", text)):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()).replace(" ", "-")
        again = counts.get(name, 0)
        counts[name] = again + 1
        names.add("%s-%d" % (name, again) if again else name)
    return names


def check_contracts(header):
    """A comment is of all declarations up to the next empty line or comment, and with what stands behind each. It tells of
    errors itself, or that all is as with another function."""
    functions = 0
    comment = ""
    for match in DECLARATION.finditer(header):
        if match.group("comment"):
            comment = match.group("comment")
        elif match.group("blank"):
            comment = ""
        else:
            functions += 1
            told = re.sub(r"\s+\*?\s*", " ", comment + match.group("behind"))
            if re.match(r"AS_NODISCARD|AS_CV_BOOL", match.group("kind")) and \
                    not re.search(r"\bErrors: |\bErrors? of|\b[Aa]s (as|CV)_\w+[,.]", told):
                yield "%s does not say which errors it has" % match.group("name")
    if functions != len(re.findall(r"^AS_API ", header, re.M)):
        yield "functions are declared in a way that is not seen here"


def check_anchors(documents):
    known = {name: anchors(text) for name, text in documents.items()}
    for name, text in documents.items():
        for target, anchor in LINK.findall(FENCE.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            path = os.path.normpath(os.path.join(os.path.dirname(name), target)) if target else name
            if path not in known or anchor not in known[path]:
                yield "%s: %s has no heading for #%s" % (name, path, anchor)


def check_picture(source, picture):
    """A graph in graphviz's language against the SVG: nodes, edges and all words."""
    titles = set(html.unescape(title) for title in re.findall(r"<title>(.*?)</title>", picture))
    wanted = set(re.findall(r"^ +(\w+) \[label=", source, re.M)) \
        | set("->".join(ends) for ends in re.findall(r"^ +(\w+) -> (\w+)", source, re.M))
    graph = set(re.findall(r'^(?:di)?graph "([^"]*)"', source, re.M)) | set(re.findall(r"subgraph (\w+)", source))
    for title in sorted(wanted ^ (titles - graph)):
        yield "%s is %s" % (title, "not drawn" if title in wanted else "drawn, and not in the text")
    words = sorted(word for label in re.findall(r'label="([^"]*)"', source) for word in label.split("\\n"))
    if words != sorted(html.unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", picture)):
        yield "its words are others"
    if not wanted:
        yield "the text has no nodes: is the pattern still right?"


def check():
    names = project_files()
    texts = {name: read_text(name) for name in names if name.endswith(".md")}
    headers = "".join(read_text(name) for name in names if re.match(r"include/.*\.h$", name))
    problems = ["docs/errors.md: " + found for found in
                check_results(read_text("include/alphastream/result.h"), texts["docs/errors.md"])]
    problems += check_defaults(read_text("core/stream/options.c"), read_text("core/io/source_http.c"),
                               read_text("core/api/cv_handle.c"),
                               {name: texts[name] for name in ("docs/streams.md", "docs/tuning.md")})
    problems += ["docs/abi.md: " + found for found in check_fixed(headers, texts["docs/abi.md"])]
    for name in names:
        if re.match(r"include/.*\.h$", name):
            problems += ["%s: %s" % (name, found) for found in check_contracts(read_text(name))]
        if name.endswith(".dot"):
            picture = name[:-len("dot")] + "svg"
            problems += ["%s: %s; draw it anew: dot -Tsvg %s -o %s" % (picture, found, name, picture) for found in
                         check_picture(read_text(name), read_text(picture))]
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
    streams = "    {FIELD(a), U32, 4, 1, 64, NULL},\n    {FIELD(b), U64, UINT64_C(2) << 20, 1, 2, NULL},\n"
    http = "to->c = x ? 0 : or_default64(from->c, 4 * GIB);"
    rows = "| `a` | 4 | x |\n| `b`   | 2097152 (2 MiB) |\n| `http_c` | 4294967296 |\n| `held` | 1 (CV: 9) |\n"
    for old, new, wanted in (("", "", 0), ("| 4 |", "| 5 |", 1), ("2097152", "2097153", 1), ("`http_c`", "`c`", 1),
                             ("CV: 9", "CV: 8", 1)):
        if len(list(check_defaults(streams, http, "held_frames = 9;", {"x": rows.replace(old, new)}))) != wanted:
            failures.append("%r for %r in a table of options is judged wrongly" % (new, old))
    headers = ("typedef struct as_a {\n    /* x */\n    int a;\n} as_a;\n"
               "typedef struct as_b {\n    uint32_t struct_size;\n} as_b;\n")
    for told, wanted in (("`as_a`", 0), ("`as_b`", 2), ("", 1)):
        if len(list(check_fixed(headers, "## Structs that do not\n%s\nOpaque `as_c`\n" % told))) != wanted:
            failures.append("a list of fixed structs %r is judged wrongly" % told)
    contract = ("/* x. Errors: AS_X.\n * y */\nAS_API AS_NODISCARD as_result as_a(int\n x);\nAS_API void as_b(void); /* z */\n\n"
                "AS_API AS_CV_BOOL CV_c(int x); /* Errors: -1. */\n"
                "/* As\n * as_a, at once. */\nAS_API AS_NODISCARD as_result as_d(void);\nAS_API AS_CV_BOOL CV_e(void);\n")
    for old, new, wanted in (("", "", 0), ("Errors: AS_X", "X", 1), ("Errors: -1", "X", 1), ("As\n", "Is\n", 2),
                             ("as_b(void)", "as_b", 1), (" as_d", "\n as_d", 0), ("\nAS_API AS_CV_BOOL CV_e", "\n\nAS_API AS_CV_BOOL CV_e", 1)):
        found = list(check_contracts(contract.replace(old, new) if old else contract))
        if len(found) != wanted:
            failures.append("%r for %r in a header is judged wrongly: %s" % (new, old, found))
    dot = 'digraph "x" {\n    a [label="one\\ntwo"]\n    b [label="b > a"]\n    a -> b\n}\n'
    svg = "<title>x</title><title>a</title><text>one</text><text x=''>two</text><title>b</title><text>b &gt; a</text>" \
          "<title>a&#45;&gt;b</title>"
    for old, new, wanted in (("", "", 0), ("a -> b", "b -> a", 2), ("two", "three", 1), ("    b [", "    c [", 2)):
        if len(list(check_picture(dot.replace(old, new), svg))) != wanted:
            failures.append("a graph with %r for %r is judged wrongly" % (new, old))
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

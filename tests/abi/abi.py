#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the binary interface of the public headers against its record, by the rules of docs/abi.md.

abi.py                        fails where the headers and tests/abi/record.txt differ
abi.py --update [REASON]      writes the record anew; refuses what the rules forbid. Before the first
                              release, a REASON lets as_* change under the same soname
abi.py --self-test            shows that each breach is caught, and that what may grow may grow

clang lists the declarations; a program built by $CC (default cc) tells sizes, offsets and values, which
depend on the system's ABI and not on the compiler. The record is of 64-bit systems.
"""
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
RECORD = os.path.join(HERE, "record.txt")
# The functions of the closed library, which no soname may change.
CLOSED = {"CV_create", "CV_destroy", "CV_get_name", "CV_get_version", "CV_init", "CV_get_frame", "CV_get_frame_size",
          "CV_get_total_frames", "CV_get_triangle_strip_vertices", "CV_get_last_error_code",
          "CV_get_last_error_text"}
OURS = re.compile(r"(?:as|AS|CV)_|AlphaStream")
NO_VALUE = re.compile(r"AS_(?:API|NODISCARD|BEGIN_DECLS|END_DECLS|CV_BOOL|VERSION_\w+)$")
GROWTH, BREACH, ETERNAL = "growth", "breach", "breach of what stays for good"


def fail(text):
    sys.exit("abi: %s" % text)


def run(command, **options):
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        fail("%s: %s" % (command[0], error))


def declarations(include):
    """What the headers declare: name -> text of functions and typedefs, structs' fields, names of constants."""
    tree = json.loads(run(["clang", "-std=c11", "-I" + include, "-fsyntax-only", "-Xclang", "-ast-dump=json",
                           "-x", "c", "-"], input="#include <alphastream/alphastream.h>\n"))
    found = {"function": {}, "type": {}, "struct": {}, "number": []}
    for node in tree["inner"]:
        kind, name = node["kind"], node.get("name", "")
        if kind == "EnumDecl":
            found["number"] += [part["name"] for part in node["inner"]
                                if part["kind"] == "EnumConstantDecl" and OURS.match(part["name"])]
        if not OURS.match(name):
            continue
        if kind == "FunctionDecl":
            found["function"][name] = node["type"]["qualType"]
        elif kind == "TypedefDecl":
            # Those that name a struct say nothing that the struct does not.
            if not re.match(r"(struct|union) ", node["type"]["qualType"]):
                found["type"][name] = node["type"]["qualType"]
        elif kind == "RecordDecl" and node.get("completeDefinition"):
            fields = [part for part in node["inner"] if part["kind"] == "FieldDecl"]
            if any("name" not in part or part.get("isBitfield") for part in fields) or \
                    any(part["kind"] == "RecordDecl" for part in node["inner"]):
                fail("%s has a nameless member, a bit field or a struct of its own; see to it that it is "
                     "recorded" % name)
            found["struct"][name] = [(part["name"], part["type"]["qualType"]) for part in fields]
    return found


def macros(include):
    names = []
    folder = os.path.join(include, "alphastream")
    for file in sorted(os.listdir(folder)):
        if file.endswith(".h"):
            with open(os.path.join(folder, file), encoding="utf-8") as text:
                names += [name for name in re.findall(r"^#define ((?:AS|CV)_\w+)[ \t]+\S", text.read(), re.M)
                          if not NO_VALUE.match(name)]
    return names


def measured(include, found, names):
    """What a program of the compiler says: sizes, offsets and values, a line each."""
    lines = []
    for name, fields in found["struct"].items():
        lines.append('printf("%%zu %%zu\\n", sizeof(%s), _Alignof(%s));' % (name, name))
        lines += ['printf("%%zu %%zu\\n", offsetof(%s, %s), sizeof(((%s *)0)->%s));' % (name, field, name, field)
                  for field, _ in fields]
    lines += ['printf("%%lld\\n", (long long)%s);' % name for name in found["number"]]
    lines += ['printf("%%llu\\n", (unsigned long long)%s);' % name for name in names]
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "abi.c"), os.path.join(folder, "abi")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <alphastream/alphastream.h>\n#include <stdio.h>\nint main(void)\n{\n%s\nreturn 0;\n}\n"
                       % "\n".join(lines))
        run([os.environ.get("CC", "cc"), "-std=c11", "-O0", "-I" + include, source, "-o", program])
        return run([program]).split("\n")


def interface(include, soname):
    """The record's items: (kind, name) -> what it is; fields of structs as (kind "field", "struct.field")."""
    found, names = declarations(include), macros(include)
    if not all(found.values()):
        fail("the headers declare nothing of some kind; does clang list it otherwise now?")
    values = iter(measured(include, found, names))
    items = {("soname", "libalphastream.so"): soname}
    items.update((("function", name), text) for name, text in found["function"].items())
    items.update((("type", name), text) for name, text in found["type"].items())
    for name, fields in found["struct"].items():
        size, align = next(values).split()
        grows = fields[0][0] == "struct_size"
        items["struct", name] = "%s size %s align %s" % ("grows" if grows else "fixed", size, align)
        for field, kind in fields:
            items["field", "%s.%s" % (name, field)] = "at %s size %s %s" % (*next(values).split(), kind)
    items.update((("number", name), next(values)) for name in found["number"])
    items.update((("macro", name), next(values)) for name in names)
    return items


def judge(old, new):
    """Differences as (verdict, sentence)."""
    sizes = {name: int(what.split()[2]) for (kind, name), what in old.items() if kind == "struct"}
    growing = {name for (kind, name), what in old.items() if kind == "struct" and what.startswith("grows")}
    for key in sorted(set(old) | set(new)):
        kind, name = key
        was, now = old.get(key), new.get(key)
        if was == now or kind == "soname":
            continue
        text = "%s %s: %s" % (kind, name, "was %s, is %s" % (was, now) if was and now else
                              "is new: %s" % now if now else "is gone; was %s" % was)
        owner = name.split(".")[0]
        if was and (kind == "number" or kind == "function" and name in CLOSED):
            yield ETERNAL, text
        elif kind == "struct" and was and now and owner in growing:
            # Its size alone may grow; fields tell whether that was at its end.
            old_words, new_words = was.split(), now.split()
            sound = old_words[0] == new_words[0] and old_words[3:] == new_words[3:] and \
                int(old_words[2]) < int(new_words[2])
            yield GROWTH if sound else BREACH, text
        elif kind == "field" and not was and owner in sizes:
            if owner not in growing:
                yield BREACH, text + "; the struct has a fixed layout"
            elif int(now.split()[1]) < sizes[owner]:
                yield BREACH, text + "; it lies within the %d bytes that older programs have" % sizes[owner]
            else:
                yield GROWTH, text
        else:
            yield BREACH if was else GROWTH, text


def read_record():
    """Items, and the lines of the history."""
    items, history = {}, []
    if not os.path.exists(RECORD):
        return items, history
    with open(RECORD, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("# 2"):
                history.append(line)
            elif line and not line.startswith("#"):
                kind, name, what = line.split(" ", 2)
                items[kind, name] = what
    return items, history


def write_record(items, history):
    lines = ["# The binary interface (docs/abi.md). Written by scripts/update-abi. Changes that had a reason:"]
    lines += history + ["%s %s %s" % (kind, name, what) for (kind, name), what in items.items()]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=HERE, prefix=".record-", delete=False) as file:
        file.write("\n".join(lines) + "\n")
    os.chmod(file.name, 0o644)
    os.replace(file.name, RECORD)  # at once: a test may be reading it


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def one_number(path, pattern):
    found = re.findall(pattern, read(path), re.M)
    if len(found) != 1:
        fail("%s has %d lines like %s" % (path, len(found), pattern))
    return found[0]


def present():
    return interface(os.path.join(ROOT, "include"), one_number("CMakeLists.txt", r"^set\(ALPHASTREAM_SOVERSION (\d+)\)"))


def soname(items):
    return int(items.get(("soname", "libalphastream.so"), -1))


def check():
    old, new = read_record()[0], present()
    if not old:
        fail("there is no %s; scripts/update-abi writes it" % RECORD)
    found = list(judge(old, new))
    for verdict, text in found:
        print("%s: %s" % (verdict, text))
    if found or soname(old) != soname(new):
        print("The record is of soname %d, the headers of %d. docs/abi.md says what may change; scripts/update-abi "
              "records it." % (soname(old), soname(new)))
        return 1
    print("%d items as recorded" % len(new))
    return 0


def released(changelog):
    """Whether anybody may have a library of the record's soname."""
    return re.search(r"^## \[\d+\.\d+\.\d+\] - \d", changelog, re.M) is not None


def refused(found, old, new, out, reason):
    """What of the differences may not be; `out`: there was a release."""
    free = soname(new) > soname(old) or not out and reason
    return [text for verdict, text in found if verdict == ETERNAL or verdict == BREACH and not free]


def update(reason):
    (old, history), new = read_record(), present()
    found = list(judge(old, new)) if old else []
    for verdict, text in found:
        print("%s: %s" % (verdict, text))
    if soname(new) < soname(old):
        fail("the soname cannot go back from %d to %d" % (soname(old), soname(new)))
    out = released(read("CHANGELOG.md"))
    forbidden = refused(found, old, new, out, reason)
    if forbidden:
        fail("%d changes need a larger ALPHASTREAM_SOVERSION, or cannot be at all (docs/abi.md)%s" % (
            len(forbidden), "" if out or reason else "; before the first release, a reason will do for as_*"))
    if reason and found:
        history.append("# %s %s" % (datetime.date.today().isoformat(), " ".join(reason.split())))
    write_record(new, history)
    print("wrote %s: %d items" % (os.path.relpath(RECORD), len(new)))
    return 0


SOUND = """
#include <stddef.h>
#include <stdint.h>
#define AS_MOST 8
typedef int32_t as_result;
enum { AS_OK = 0, AS_BAD = -1 };
typedef struct as_thing as_thing;
typedef struct as_fixed { int32_t a; uint64_t b; } as_fixed;
typedef struct as_params { uint32_t struct_size; uint32_t x; uint64_t y; uint32_t z; } as_params;
typedef void (*as_call)(void *user);
as_result as_open(const as_params *params, as_thing **out);
void as_close(as_thing *thing);
as_thing *CV_create(void);
"""


def self_test():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "alphastream"))

        def of(*changes):
            text = SOUND
            for before, after in changes:
                if before not in text:
                    wrong.append("%r is not in the sound header" % before)
                text = text.replace(before, after)
            with open(os.path.join(folder, "alphastream", "alphastream.h"), "w", encoding="utf-8") as file:
                file.write(text)
            return interface(folder, "0")

        sound = of()
        # Changes of one header at a time where they do not hide each other.
        grown = list(judge(sound, of(
            ("uint32_t z; }", "uint32_t z; uint32_t pad_; uint64_t w; }"), ("AS_BAD = -1", "AS_BAD = -1, AS_WORSE = -2"),
            ("void as_close", "void as_more(void); void as_close"))))
        # pad_ lies where older programs have padding.
        if [text for verdict, text in grown if verdict != GROWTH] != \
                ["field as_params.pad_: is new: at 20 size 4 uint32_t; it lies within the 24 bytes that older "
                 "programs have"]:
            wrong.append("growth is judged wrongly: %s" % grown)
        if len(grown) != 5:
            wrong.append("growth has %d parts" % len(grown))
        broken = dict((text.split(":")[0], verdict) for verdict, text in judge(sound, of(
            ("uint32_t x;", "uint32_t in_the_middle; uint32_t x;"), ("int32_t a;", "int32_t a; int32_t a2;"),
            ("AS_BAD = -1", "AS_BAD = -2"), ("void as_close(as_thing *thing);", ""), ("MOST 8", "MOST 9"),
            ("as_open(const as_params *params", "as_open(const as_fixed *params"), ("*CV_create(void)", "*CV_create(int a)"),
            ("(*as_call)(void *user)", "(*as_call)(int user)"), ("typedef int32_t as_result", "typedef int64_t as_result"))))
        wanted = {"field as_params.in_the_middle": BREACH, "field as_params.x": BREACH,
                  "field as_fixed.a2": BREACH, "number AS_BAD": ETERNAL, "function as_close": BREACH,
                  "macro AS_MOST": BREACH, "function as_open": BREACH, "function CV_create": ETERNAL,
                  "type as_call": BREACH, "type as_result": BREACH}
        for name, verdict in wanted.items():
            if broken.get(name) != verdict:
                wrong.append("%s is judged %s" % (name, broken.get(name)))
    one, two = {("soname", "libalphastream.so"): "1"}, {("soname", "libalphastream.so"): "2"}
    found = [(GROWTH, "g"), (BREACH, "b"), (ETERNAL, "e")]
    for new, out, reason, judged in ((one, False, "", "be"), (one, False, "why", "e"), (two, True, "", "e"),
                                     (one, True, "why", "be")):
        if "".join(refused(found, one, new, out, reason)) != judged:
            wrong.append("a record is judged wrongly: released %s, reason %r" % (out, reason))
    if released("## [Unreleased]\n") or not released("## [Unreleased]\n\n## [0.1.0] - 2031-02-03\n"):
        wrong.append("releases are not seen in the changelog")
    print("\n".join(wrong or ["%d breaches caught" % (len(wanted) + 1)]))
    return 1 if wrong else 0


def main():
    arguments = sys.argv[1:]
    if not arguments:
        return check()
    if arguments == ["--self-test"]:
        return self_test()
    if arguments[0] == "--update" and len(arguments) <= 2:
        return update(arguments[1] if len(arguments) == 2 else "")
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main())

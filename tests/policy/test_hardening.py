#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built library and programs have the protections of cmake/hardening.cmake.

test_hardening.py FILE...      looks at these shared libraries and programs
test_hardening.py --self-test  shows that a file without one of them is caught

readelf tells: no page is writable and executable, nor the stack; no relocation in code; addresses of
functions are found at the start and read-only from then on; programs lie at random places; stacks have
guards and copies of known size are checked (of what level is not to be seen, nor -fstack-clash-protection:
CMake's check of the compiler stands for these); and where the toolchain (CC, default cc) can give it, control
flow has its marks: so do the objects of a static library (a name that ends in .a), whatever the system's
own parts of a program lack.
"""
import functools
import os
import re
import subprocess
import sys
import tempfile


@functools.lru_cache(maxsize=None)
def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, LC_ALL="C")).stdout


def compiled(folder, name, flags, source):
    path = os.path.join(folder, name)
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-x", "c", "-", "-o", path] + flags, input=source,
                   check=True, text=True)
    return path


def marks(path):
    """Marks of control flow: what the processor may hold jumps and returns to."""
    return set(re.findall(r"\b(IBT|SHSTK|BTI|PAC)\b", output("readelf", "--notes", "--wide", path)))


@functools.lru_cache(maxsize=None)
def possible_marks(*flags):
    """Those of an empty program, where the linker leaves out what a part of the system's does not have; or,
    with the flag -c, of an empty object."""
    with tempfile.TemporaryDirectory() as folder:
        for flag in ("-fcf-protection", "-mbranch-protection=standard"):
            try:
                return marks(compiled(folder, "empty", ["-Werror", flag, *flags], "int main(void) { return 0; }\n"))
            except subprocess.CalledProcessError:
                continue
    return set()


def check_objects(path):
    notes = output("readelf", "--notes", "--wide", path)
    for name, text in re.findall(r"^File: \S+\((\S+)\)$(.*?)(?=^File: |\Z)", notes, re.M | re.S):
        missing = possible_marks("-c") - set(re.findall(r"\b\w+\b", text))
        if missing:
            yield "the control flow of %s has no marks for %s" % (name, " and ".join(sorted(missing)))
    if "File: " not in notes:
        yield "it has no objects"


def check(path):
    if path.endswith(".a"):
        yield from check_objects(path)
        return
    headers = output("readelf", "--program-headers", "--wide", path)
    dynamic = output("readelf", "--dynamic", "--wide", path)
    symbols = output("readelf", "--dyn-syms", "--wide", path)
    flags = dict(re.findall(r"^ +(\w+) .* (R?[W ]?E?) +0x[0-9a-f]+$", headers, re.M))
    if "E" in flags.get("GNU_STACK", "E"):
        yield "its stack is executable"
    if re.search(r"^ +LOAD .* RWE ", headers, re.M):
        yield "a part of it is writable and executable"
    if not re.search(r"^ +GNU_RELRO ", headers, re.M):
        yield "nothing of it becomes read-only after relocation (RELRO)"
    if not re.search(r"BIND_NOW|Flags:.*\bNOW\b", dynamic):
        yield "functions are bound when first called (no BIND_NOW)"
    if "TEXTREL" in dynamic:
        yield "there are relocations in its code"
    if re.search(r"^ +INTERP ", headers, re.M) and not re.search(r"Flags:.*\bPIE\b", dynamic):
        yield "it lies at a fixed place (no PIE)"
    if "__stack_chk_fail" not in symbols:
        yield "its stacks have no guards"
    if not re.search(r" UND __\w+_chk\b", symbols.replace("__stack_chk_fail", "")):
        yield "nothing is fortified"
    missing = possible_marks() - marks(path)
    if missing:
        yield "its control flow has no marks for %s, which the toolchain can give" % " and ".join(sorted(missing))


SOURCE = """
#include <string.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    char text[64];
    strcpy(text, argv[argc - 1]);
    return printf("%s", text);
}
#if defined(ADDRESS_IN_CODE)
__asm__(".text\\n .balign 8\\n .quad main\\n");
#elif defined(WRITABLE_CODE)
__asm__(".section .mixed, \\"awx\\"\\n .byte 0\\n .text\\n");
#endif
"""
SOUND = ["-O2", "-fPIE", "-pie", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-Wl,-z,relro",
         "-Wl,-z,now", "-Wl,-z,noexecstack"]


def self_test():
    wrong, cf = [], ["-fcf-protection"] if os.uname().machine == "x86_64" else []
    with tempfile.TemporaryDirectory() as folder:
        found = list(check(compiled(folder, "sound", SOUND + cf, SOURCE)))
        if found:
            wrong.append("a sound program is blamed: %s" % found)
        breaches = (
                (["-DADDRESS_IN_CODE", "-Wl,-z,notext"], "relocations in its code"),
                (["-DWRITABLE_CODE"], "writable and executable"),
                (["-no-pie", "-fno-pie"], "PIE"), (["-D_FORTIFY_SOURCE=0"], "fortified"),
                (["-fno-stack-protector"], "guards"), (["-Wl,-z,lazy"], "BIND_NOW"),
                (["-Wl,-z,norelro"], "RELRO"), (["-Wl,-z,execstack"], "stack is executable"))
        for number, (flags, word) in enumerate(breaches):
            text = [flag for flag in SOUND + cf if not (flags[0].startswith("-D") and "FORTIFY" in flag)] + flags
            found = list(check(compiled(folder, "p%d" % number, text, SOURCE)))
            if not any(word in line for line in found):
                wrong.append("not caught: %s (%s)" % (flags, found))
        objects = [compiled(folder, name + ".o", ["-c", *flags], "int %s(void) { return 1; }\n" % name)
                   for name, flags in (("bare", ["-fcf-protection=none"] if cf else []), ("marked", cf))]
        archive = os.path.join(folder, "both.a")
        subprocess.run(["ar", "rc", archive] + objects, check=True)
        found = list(check_objects(archive))
        if cf and possible_marks("-c") and (len(found) != 1 or "bare.o" not in found[0]):
            wrong.append("an object without marks is judged wrongly: %s" % found)
        if possible_marks() and cf:
            found = list(check(compiled(folder, "marks", SOUND + ["-fcf-protection=none"], SOURCE)))
            if not any("marks" in line for line in found):
                wrong.append("missing marks are not caught")
    print("\n".join(wrong or ["%d breaches caught; marks of control flow in programs: %s, in objects: %s" % (
        len(breaches) + 1, ", ".join(sorted(possible_marks())) or "none", ", ".join(sorted(possible_marks("-c"))) or "none")]))
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    problems = ["%s: %s" % (path, found) for path in sys.argv[1:] for found in check(path)]
    print("\n".join(problems or ["%d files" % len(sys.argv[1:])]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

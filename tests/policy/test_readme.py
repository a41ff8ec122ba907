#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The documents keep their word: code compiles, examples run, links lead somewhere.

Every block with a language in a *.md that git tracks is code. C is compiled, GLSL is compiled as the fragment shader
that it is, and nginx reads its settings; ELSEWHERE says who runs the others. C with a main is linked with the static library, and, after a line

    <!-- run: ARGUMENTS -> SHA256 -->

directly above it, run in the source folder; what it prints must have that hash.

test_readme.py --compiler CC --library libalphastream.a [--link FLAG]...
test_readme.py --self-test --compiler CC
"""
import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from files import ROOT, project_files, read_bytes  # noqa: E402

BLOCK = re.compile(r"^(?:<!-- run:(?P<run>[^\n]*)-->\n+)?```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FLAGS = "-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror".split()
# Language -> the documents in which another test runs its blocks; None: in all of them.
ELSEWHERE = {
    "sh": None,  # test_documented.py
    "cmake": ["docs/install.md"],  # tests/install
    "csharp": ["samples/dotnet/README.md"],  # tests/bindings
    "python": ["samples/python/README.md"],  # tests/bindings, as well
}
NGINX = """pid nginx.pid; events {} http {
access_log off; ssl_certificate pair.pem; ssl_certificate_key pair.pem; client_body_temp_path body;
proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
%s}
"""
ODD = re.compile(r"^```(?!\w*$)|^ +```|^~~~", re.M)


def blocks(text):
    """(line, language, code, run) of each fenced block."""
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        yield line, match.group("language"), match.group("code"), match.group("run")


def compile_block(code, options, folder):
    """What the compiler says, or None when it is content; and the program, if there is one."""
    source = os.path.join(folder, "block.c")
    program = os.path.join(folder, "block")
    with open(source, "w", encoding="utf-8") as file:
        file.write(code)
    command = [options.compiler, *FLAGS, "-I", os.path.join(ROOT, "include"), source]
    whole = re.search(r"\bmain[ ]*\(", code) is not None
    if whole and options.library:
        command += ["-o", program, options.library, *options.link]
    else:
        command += ["-fsyntax-only"]
        program = None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return (done.stdout.decode() if done.returncode else None), program


def check_block(code, run, options):
    with tempfile.TemporaryDirectory() as folder:
        complaint, program = compile_block(code, options, folder)
        if complaint:
            return "does not compile:\n" + complaint
        if run is None or (program is None and not options.library):
            return None
        if program is None:
            return "is to be run, but has no main"
        arguments, _, wanted = run.partition("->")
        done = subprocess.run([program, *shlex.split(arguments)], cwd=ROOT, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            return "exits with %d: %s" % (done.returncode, done.stderr.decode())
        printed = hashlib.sha256(done.stdout).hexdigest()
        if printed != wanted.strip():
            return "prints %d bytes with the hash %s, not %s" % (len(done.stdout), printed, wanted.strip())
    return None


def said(command, folder, text):
    """What a command that reads `text` says, or None when it is content."""
    done = subprocess.run(command, cwd=folder, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return "is refused:\n" + done.stdout.decode() if done.returncode else None


def check_glsl(code, folder):
    return said(["glslc", "--target-env=opengl", "-std=450core", "-fshader-stage=frag", "-fauto-map-locations",
                 "-fauto-bind-uniforms", "-Werror", "-o", "out.spv", "-"], folder, code)


def check_nginx(code, folder):
    """Settings as they stand, but for places and servers that are not here."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or "nginx"
    problem = said(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", "pair.pem", "-out", "certificate.pem", "-subj", "/CN=localhost"], folder, "")
    with open(os.path.join(folder, "certificate.pem"), encoding="ascii") as file:
        certificate = file.read()
    with open(os.path.join(folder, "pair.pem"), "a", encoding="ascii") as file:
        file.write(certificate)
    code = code.replace("/var/cache/nginx/", folder + "/").replace("origin.example", "127.0.0.1")
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(NGINX % code)
    return problem or said([program, "-t", "-p", folder, "-e", "error.log", "-c", "nginx.conf"], folder, "")


CHECKS = {"glsl": check_glsl, "nginx": check_nginx}


def check_other(name, language, code):
    """A block of another language than C: what is wrong, or None."""
    if language in CHECKS:
        with tempfile.TemporaryDirectory() as folder:
            return CHECKS[language](code, folder)
    if language in ELSEWHERE and ELSEWHERE[language] in (None, [name]):
        return None
    return "is of a language, %s, that no test runs here" % language


def check_links(name, text, names):
    folders = {os.path.dirname(path) for path in names}
    without_code = BLOCK.sub(lambda match: "\n" * match.group(0).count("\n"), text)
    for match in LINK.finditer(without_code):
        target = match.group(1).split("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            continue
        path = os.path.normpath(os.path.join(os.path.dirname(name), target)).replace(os.sep, "/")
        if path not in names and path not in folders:
            yield without_code.count("\n", 0, match.start()) + 1, "link to %s, which is not there" % target


def check(options):
    names = set(project_files())
    problems, counted = [], 0
    for name in sorted(names):
        if not name.endswith(".md"):
            continue
        text = read_bytes(name).decode("utf-8")
        problems += ["%s:%d: %s" % (name, *found) for found in check_links(name, text, names)]
        for match in ODD.finditer(text):
            problems.append("%s:%d: a fence that this test does not read"
                            % (name, text.count("\n", 0, match.start()) + 1))
        for line, language, code, run in blocks(text):
            counted += language == "c"
            problem = check_block(code, run, options) if language == "c" else check_other(name, language, code)
            if problem:
                problems.append("%s:%d: the block %s" % (name, line, problem))
    print("%d C blocks" % counted)
    if counted == 0:
        problems.append("README.md has no C block: is the pattern still right?")
    return problems


def self_test(options):
    options.library = None
    text = "a\n<!-- run: x y -->\n```c\nint a;\n```\nb\n```sh\nls\n```\n```c\nint b\n```\n"
    found = list(blocks(text))
    failures = []
    if [(language, run) for _, language, _, run in found] != [("c", " x y "), ("sh", None), ("c", None)]:
        failures.append("blocks are read wrongly: %s" % found)
    if check_block("int a;\n", None, options) is not None:
        failures.append("a sound block is blamed")
    if check_block("int b\n", None, options) is None:
        failures.append("a block that does not compile is not caught")
    if check_block("int f(void) { int unused; return 0; }\n", None, options) is None:
        failures.append("a warning is not caught")
    for name, language, code, sound in (
            ("x.md", "glsl", "out vec4 c;\nvoid main() { c = vec4(1); }\n", True),
            ("x.md", "glsl", "void main() { c = vec4(1); }\n", False),
            ("x.md", "nginx", "server {\n    listen 443 ssl;\n}\n", True), ("x.md", "nginx", "server { listn 80; }\n", False),
            ("x.md", "sh", "", True), ("x.md", "python", "", False), ("x.md", "rust", "", False),
            ("docs/install.md", "cmake", "", True)):
        if (check_other(name, language, code) is None) != sound:
            failures.append("a block of %s in %s is judged wrongly: %s" % (language, name, code))
    if len(list(check_links("docs/a.md", "[a](b.md) [c](../x/y.md#z) [w](https://w.org/q)", {"x/y.md"}))) != 1:
        failures.append("links are checked wrongly")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--library")
    parser.add_argument("--link", action="append", default=[])
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if not options.self_test and not options.library:
        parser.error("--library is needed")
    problems = self_test(options) if options.self_test else check(options)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include whom: the arrows of docs/architecture.md, enforced.

test_layers.py [ROOT]        checks the project
test_layers.py --self-test   shows that each kind of breach is caught
"""
import os
import re
import sys
import tempfile

# A layer and the layers it may use directly. What these use, it may use too.
ARROWS = {
    "core/base": [],
    "core/cpu": ["core/base"],
    "core/crypto": ["core/base"],
    "core/io": ["core/base", "core/crypto"],
    "core/format": ["core/crypto", "core/io"],
    "core/raster": ["core/base", "core/cpu"],
    "core/cache": ["core/format", "core/raster"],
    "core/stream": ["core/cache"],
    "gpu": ["core/base", "core/raster"],
    "core/api": ["core/stream", "gpu"],
}

# A foreign header and the layers (or folders) that may include it.
FOREIGN = {
    r"openssl/.*|gcrypt\.h": ["core/crypto"],
    r"libdeflate\.h|zlib\.h": ["core/format"],
    r"curl/.*": ["core/io"],
    r"(GL|GLES\d?|EGL|KHR|glad)/.*": ["gpu"],
    r"vulkan/.*": ["gpu"],
    r"pthread\.h|threads\.h|windows\.h": ["core/base"],
}

# Headers of C11; public headers include no other ones.
STANDARD = set(
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal "
    "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath "
    "threads time uchar wchar wctype".split()
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>|(\S.*))', re.M)


def closure(layer):
    found, waiting = set(), [layer]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += ARROWS[name]
    return found


def layer_of(path):
    parts = path.split("/")
    for length in (2, 1):
        name = "/".join(parts[:length])
        if name in ARROWS and len(parts) > length:
            return name
    return None


def c_files(root, top):
    for folder, folders, names in os.walk(os.path.join(root, top)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def includes(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2), match.group(3)


def is_public(root, name):
    return re.fullmatch(r"alphastream/[a-z0-9_]+\.h", name) and os.path.isfile(
        os.path.join(root, "include", name)
    )


def check_public(root, path, quoted, angled):
    """A public header: public headers beside it and C11 alone."""
    if quoted:
        if "/" in quoted:
            return 'a public header includes others as "name.h"'
        if not os.path.isfile(os.path.join(root, os.path.dirname(path), quoted)):
            return "a public header includes only public headers"
    elif not (angled.endswith(".h") and angled[:-2] in STANDARD):
        return "a public header includes only headers of C11"
    return None


def check_layer(root, path, layer, quoted, angled):
    if angled:
        for pattern, layers in FOREIGN.items():
            if re.fullmatch(pattern, angled) and layer not in layers:
                return "only %s may include it" % " and ".join(layers)
        if angled.startswith(("alphastream/", "core/", "gpu/")):
            return "the project's own headers are included with quotes"
        return None
    if is_public(root, quoted):
        return None
    target = layer_of(quoted)
    if target is None:
        # Templates and tables beside the file, named without a folder.
        if "/" not in quoted and os.path.isfile(
            os.path.join(root, os.path.dirname(path), quoted)
        ):
            return None
        return "not a public header and not a header of a layer"
    if not os.path.isfile(os.path.join(root, quoted)):
        return "there is no such file"
    if target not in closure(layer):
        return "%s must not use %s" % (layer, target)
    return None


def check_sample(root, path, quoted, angled):
    """samples/X/...: public headers, those of samples/X itself by name or by path, and by path those
    of samples/common."""
    name = quoted or angled
    if name.startswith(("core/", "gpu/", "tests/", "bench/")) or ".." in name.split("/"):
        return "samples use public headers alone"
    if quoted and not is_public(root, quoted):
        own = "/".join(path.split("/")[:2])
        near = os.path.normpath(os.path.join(os.path.dirname(path), quoted)).replace(os.sep, "/")
        for candidate in (near, os.path.normpath(quoted).replace(os.sep, "/"), own + "/" + quoted):
            if candidate.startswith((own + "/", "samples/common/")) and os.path.isfile(
                os.path.join(root, candidate)
            ):
                return None
        return "not a public header and not one of this sample"
    return None


def check(root):
    """All breaches below root, as lines of text, and the number of files seen."""
    problems, count = [], 0
    for top in ("include", "core", "gpu", "samples"):
        for path in c_files(root, top):
            count += 1
            layer = layer_of(path)
            if top in ("core", "gpu") and layer is None:
                problems.append("%s: its folder is not a layer of docs/architecture.md" % path)
                continue
            for line, quoted, angled, computed in includes(root, path):
                if computed:
                    problem = "computed includes cannot be checked"
                elif top == "include":
                    problem = check_public(root, path, quoted, angled)
                elif top == "samples":
                    problem = check_sample(root, path, quoted, angled)
                else:
                    problem = check_layer(root, path, layer, quoted, angled)
                if problem:
                    problems.append(
                        "%s:%d: #include %s: %s" % (path, line, quoted or angled or computed, problem)
                    )
    return problems, count


def self_test():
    good = {
        "include/alphastream/version.h": "#include <stdint.h>\n",
        "include/alphastream/raster.h": '#include "version.h"\n',
        "core/base/mem.h": '#include "alphastream/version.h"\n#include <pthread.h>\n',
        "core/cpu/cpu.h": '#include "core/base/mem.h"\n',
        "core/io/io.h": '#include "core/base/mem.h"\n',
        "core/crypto/crypto.c": "#include <openssl/evp.h>\n",
        "core/format/format.h": '#include "core/io/io.h"\n#include "core/base/mem.h"\n',
        "core/format/deflate.c": '#include "core/format/format.h"\n#include <libdeflate.h>\n',
        "core/raster/draw.h": '#include "core/cpu/cpu.h"\n',
        "core/raster/draw.c": '#include "core/raster/draw.h"\n#include "draw_template.h"\n',
        "core/raster/draw_template.h": "\n",
        "core/api/api.c": '#include "core/format/format.h"\n#include "core/raster/draw.h"\n',
        "gpu/gpu.h": "\n",
        "gpu/gpu.c": '#include "gpu/gpu.h"\n#include "core/raster/draw.h"\n',
        "samples/cli/main.c": '#include "args.h"\n#include "alphastream/raster.h"\n#include <png.h>\n',
        "samples/cli/args.h": "\n",
    }
    bad = {
        "base uses io": ("core/base/x.c", '#include "core/io/io.h"\n'),
        "io uses crypto": ("core/io/x.c", '#include "core/crypto/crypto.h"\n'),
        "raster uses format": ("core/raster/x.c", '  #  include "core/format/format.h"\n'),
        "format uses raster": ("core/format/x.c", '#include "core/raster/draw.h"\n'),
        "core uses gpu": ("core/raster/y.c", '#include "gpu/gpu.h"\n'),
        "gpu uses format": ("gpu/vulkan/x.c", '#include "core/format/format.h"\n'),
        "core uses tests": ("core/base/y.c", '#include "tests/support/random.h"\n'),
        "core uses a header that is not there": ("core/base/z.c", '#include "core/base/none.h"\n'),
        "own header in angle brackets": ("core/io/y.c", "#include <core/base/mem.h>\n"),
        "OpenSSL outside crypto": ("core/format/y.c", "#include <openssl/evp.h>\n"),
        "libdeflate outside format": ("core/api/y.c", "#include <libdeflate.h>\n"),
        "threads outside base": ("core/io/z.c", "#include <pthread.h>\n"),
        "a folder that is no layer": ("core/extra/x.c", "\n"),
        "public header uses a private one": (
            "include/alphastream/x.h", '#include "../../core/base/mem.h"\n'),
        "public header uses a system one": ("include/alphastream/y.h", "#include <unistd.h>\n"),
        "sample uses core": ("samples/cli/x.c", '#include "core/base/mem.h"\n'),
        "sample climbs out": ("samples/cli/y.c", '#include "../../core/base/mem.h"\n'),
        "computed include": ("core/base/w.c", "#define H <stdio.h>\n#include H\n"),
    }

    def problems_of(files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return check(root)[0]

    failures = ["a sound tree is blamed: " + line for line in problems_of(good)]
    for name, (path, text) in bad.items():
        found = problems_of({**good, path: text})
        if len(found) != 1 or not found[0].startswith(path):
            failures.append("not caught (or more than it): %s: %s" % (name, found))
    print("%d breaches tried" % len(bad))
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test()
    else:
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        root = sys.argv[1] if len(sys.argv) > 1 else here
        problems, count = check(root)
        print("%d files" % count)
        if count == 0:
            problems.append("no C files below %s" % root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

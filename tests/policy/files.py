#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The files of the project: what git tracks. What else lies in the tree is its owner's affair. A tree that is not a git
checkout, as that of a release's tarball, has what lies in it but for what .gitignore names.

files.py    prints them, and those that git does not track yet and does not ignore, with a NUL behind each
"""
import fnmatch
import os
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def tracked(root, untracked):
    command = ["git", "-C", root, "-c", "safe.directory=*", "ls-files", "-z", "--cached"]
    if untracked:
        command += ["--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit("listing the files of a git checkout needs git: %s" % error)
    return set(name.decode("utf-8") for name in listed.split(b"\0") if name)


def walked(root):
    """Of .gitignore, what its lines are made of here: /FOLDER/ from the root on, and NAME or NAME/ anywhere."""
    with open(os.path.join(root, ".gitignore"), encoding="utf-8") as file:
        patterns = [line.strip().rstrip("/") for line in file if line.strip() and not line.startswith("#")]

    def ignored(name):
        return any(name == pattern[1:] if pattern.startswith("/") else fnmatch.fnmatch(os.path.basename(name), pattern)
                   for pattern in patterns)

    for folder, folders, files in os.walk(root):
        below = os.path.relpath(folder, root)
        paths = {name: os.path.normpath(os.path.join(below, name)) for name in folders + files}
        folders[:] = [name for name in folders if not ignored(paths[name])]
        yield from (paths[name] for name in files if not ignored(paths[name]))


def project_files(root=ROOT, untracked=False):
    """Paths relative to root, sorted. Tracked files that are deleted in the working tree are left out."""
    names = tracked(root, untracked) if os.path.exists(os.path.join(root, ".git")) else walked(root)
    names = sorted(name for name in names if os.path.isfile(os.path.join(root, name)))
    if not names:
        sys.exit("there are no files in %s" % root)
    return names


def read_bytes(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return file.read()


if __name__ == "__main__":
    sys.stdout.buffer.write(b"".join(name.encode("utf-8") + b"\0" for name in project_files(untracked=True)))

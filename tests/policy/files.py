# SPDX-License-Identifier: MIT
"""The files of the project: what git tracks. What else lies in the tree is its owner's affair."""
import os
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def project_files(root=ROOT):
    """Paths relative to root, sorted. Tracked files that are deleted in the working tree are left out."""
    command = ["git", "-C", root, "-c", "safe.directory=*", "ls-files", "-z", "--cached"]
    try:
        listed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit("the policy tests need git and a git checkout: %s" % error)
    names = sorted(set(name.decode("utf-8") for name in listed.split(b"\0") if name))
    names = [name for name in names if os.path.isfile(os.path.join(root, name))]
    if not names:
        sys.exit("git lists no files in %s" % root)
    return names


def read_bytes(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return file.read()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds instruction counts of fixed cases, by callgrind, against tests/perf/baseline.json.

gate.py PROGRAM COMPILER                       fails where a count is more than 3 % above the baseline
gate.py PROGRAM COMPILER --update REASON       writes a new baseline, saying by how much and why
gate.py --self-test                            shows that a breach is caught

PROGRAM is perf_gate_cases; COMPILER names and numbers the compiler, "GNU 12.2.0".
"""
import datetime
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
BASELINE = os.path.join(HERE, "baseline.json")
MOST = 3.0  # percent above the baseline
# Valgrind 3.19, Debian 12's, knows nothing newer than AVX2.
SETS = {"c": "c", "avx2": "sse41,pclmul,avx2"}


def fail(text):
    sys.exit("perf gate: %s" % text)


def has_avx2():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return any(line.startswith("flags") and " avx2 " in line + " " for line in file)


def tool_version(command):
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        fail("%s is needed (Debian: scripts/install-deps): %s" % (command[0], error))


def about(compiler):
    """What counts depend on beside the source. Of the compiler, its name and major version."""
    return {"compiler": compiler.split(".")[0],
            "libdeflate": tool_version(["pkg-config", "--modversion", "libdeflate"]),
            "valgrind": tool_version(["valgrind", "--version"])}


def count(program, case, features):
    """Instructions of gate_measured() and of what it calls."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        command = ["valgrind", "--tool=callgrind", "--quiet", "--callgrind-out-file=" + out,
                   "--toggle-collect=gate_measured", os.path.abspath(program), case]
        # Nothing of the caller's environment: its size moves the stack.
        run = subprocess.run(command, cwd=ROOT, env={"ALPHASTREAM_CPU": features, "PATH": os.environ["PATH"]},
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode != 0:
            fail("%s: %s" % (case, run.stdout.strip()))
        with open(out, encoding="utf-8") as file:
            totals = [line.split()[1] for line in file if line.startswith("totals:")]
    if len(totals) != 1 or int(totals[0]) == 0:
        fail("%s: callgrind counted nothing in gate_measured()" % case)
    return int(totals[0])


def measure(program):
    if not has_avx2():
        fail("this processor has no AVX2, so that its instructions cannot be counted; run it where there is one")
    names = tool_version([os.path.abspath(program), "--list"]).split()
    return {"%s/%s" % (name, features): count(program, name, SETS[features])
            for name in names for features in SETS}


def percent(new, old):
    return 100.0 * (new - old) / old


def compare(old, new):
    """Lines that tell of every case, and what is wrong."""
    lines, wrong = [], []
    for name in sorted(set(old) | set(new)):
        if name not in new:
            wrong.append("%s is in the baseline but no case any more" % name)
        elif name not in old:
            lines.append("%-28s %12s %12d" % (name, "", new[name]))
            wrong.append("%s has no baseline" % name)
        else:
            change = percent(new[name], old[name])
            lines.append("%-28s %12d %12d %+8.2f %%" % (name, old[name], new[name], change))
            if change > MOST:
                wrong.append("%s takes %.2f %% more instructions; the limit is %.0f %%" % (name, change, MOST))
    return lines, wrong


def differences(old, new):
    return ["note: the baseline is of %s %s, this is %s: counts may differ for that alone" % (key, old[key], new[key])
            for key in sorted(new) if old.get(key, new[key]) != new[key]]


def load():
    if not os.path.exists(BASELINE):
        return {"about": {}, "cases": {}, "history": []}
    with open(BASELINE, encoding="utf-8") as file:
        return json.load(file)


def check(program, compiler):
    baseline, found = load(), about(compiler)
    lines, wrong = compare(baseline["cases"], measure(program))
    notes = differences(baseline["about"], found)
    print("%-28s %12s %12s" % ("instructions", "baseline", "now"))
    print("\n".join(lines + notes + wrong))
    if wrong:
        print("If that is meant: scripts/update-perf-baseline 'why it is'")
    return 1 if wrong else 0


def update(program, compiler, reason):
    if not reason.strip():
        fail("an update needs a reason")
    baseline, found, new = load(), about(compiler), measure(program)
    old = baseline["cases"]
    lines, _ = compare(old, new)
    print("\n".join(lines + differences(baseline["about"], found)))
    if old == new and baseline["about"] == found:
        print("nothing changed; the baseline stays")
        return 0
    changes = {name: "%+.2f %%" % percent(new[name], old[name]) if name in old else "new"
               for name in sorted(new) if new[name] != old.get(name)}
    changes.update({name: "gone" for name in old if name not in new})
    baseline["history"].append({"date": datetime.date.today().isoformat(), "reason": reason.strip(),
                                "about": found, "changes": changes})
    baseline.update(about=found, cases=dict(sorted(new.items())))
    with open(BASELINE, "w", encoding="utf-8") as file:
        json.dump(baseline, file, indent=1)
        file.write("\n")
    print("wrote %s" % os.path.relpath(BASELINE))
    return 0


def self_test():
    old = {"a": 100000, "b": 100000}
    breaches = {"just above the limit": {"a": 103001, "b": 100000}, "no baseline": {"a": 100000, "b": 100000, "c": 1},
                "a case that went": {"a": 100000}}
    sound = {"the same": old, "at the limit": {"a": 103000, "b": 100000}, "less": {"a": 50000, "b": 100000}}
    wrong = ["not caught once: " + name for name, new in breaches.items() if len(compare(old, new)[1]) != 1]
    wrong += ["blamed: " + name for name, new in sound.items() if compare(old, new)[1]]
    if len(differences({"compiler": "GNU 12"}, {"compiler": "GNU 13"})) != 1:
        wrong.append("another compiler is not told of")
    print("\n".join(wrong or ["%d breaches caught" % len(breaches)]))
    return 1 if wrong else 0


def main():
    arguments = sys.argv[1:]
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) == 2:
        return check(*arguments)
    if len(arguments) == 4 and arguments[2] == "--update":
        return update(arguments[0], arguments[1], arguments[3])
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main())

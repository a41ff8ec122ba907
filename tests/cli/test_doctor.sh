#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# alphastream doctor: test_doctor.sh TOOL SOURCE_DIR PARTS, the build's parts: "http gl vulkan" or less
# shellcheck disable=SC2317  # functions that `check` calls by name
set -uo pipefail
export LC_ALL=C

tool=$1
root=$2
parts=$3
helper=$root/tests/cli/helper.py
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE ALPHASTREAM_CPU NO_COLOR

failed=0
count=0
ok() { count=$((count + 1)); echo "ok: $1"; }
bad() { count=$((count + 1)); failed=1; echo "NOT OK: $1"; head -n 30 stdout stderr; }
check()
{
    local name=$1
    shift
    if "$@"; then ok "$name"; else bad "$name"; fi
}
is() { [ "$1" = "$2" ] || { echo "  got \"$1\", not \"$2\""; return 1; }; }
prints() { grep -q -- "$1" stdout || { echo "  no \"$1\""; return 1; }; }
silent() { [ ! -s stderr ]; }
has() { [[ " $parts " == *" $1 "* ]]; }

run() # CODE NAME COMMAND...
{
    local want=$1 name=$2 code=0
    shift 2
    "$@" >stdout 2>stderr </dev/null || code=$?
    if [ "$code" = "$want" ] && ! grep -q -e Sanitizer -e 'runtime error' stderr; then
        ok "$name"
    else
        bad "$name (exit $code, not $want)"
    fi
}
# value EXPRESSION: of the JSON object `d`
value() { python3 -c 'import json, sys; d = json.load(open("stdout")); print(eval(sys.argv[1]))' "$1"; }
# What the tool compares with, made from golden.tsv: the hashes of all frames of a case.
digest() # FILE SIZE SCALE COMBINE
{
    awk -F '\t' -v f="$1" -v s="$2" -v m="$3" -v c="$4" \
        '$1 == f && $4 == s && $5 == m && $6 == c { print $2, $7 }' "$root/tests/data/golden.tsv" |
        sort -n | python3 -c 'import hashlib, sys
print(hashlib.sha256(b"".join(bytes.fromhex(line.split()[1]) for line in sys.stdin)).hexdigest())'
}

# What is not about them does not wait for drivers.
without_drivers() { export VK_DRIVER_FILES=/nonexistent VK_ICD_FILENAMES=/nonexistent __EGL_VENDOR_LIBRARY_FILENAMES=/nonexistent; }

test_all()
{
    run 0 "doctor" "$tool" doctor
    check "doctor is silent" silent
    check "doctor: the processor draws exactly" prints '^ *pass: 288 frames, every pixel$'
    check "doctor: no passphrase" prints '^passphrase *not configured'
    check "doctor: no colours where nobody looks" is "$(grep -c $'\e' stdout)" 0
    run 0 "doctor --json" "$tool" doctor --json
    check "doctor --json parses" python3 -m json.tool stdout /dev/null
    check "doctor --json: the processor" is "$(value 'd["good"], d["cpu"]["exact"], d["cpu"]["frames"]')" \
        '(True, True, 288)'
    check "doctor --json: passphrase" is "$(value 'd["passphrase"]["configured"]')" False
    check "doctor --json: parts" is "$(value '" ".join(k for k, v in d["parts"].items() if v)')" "$parts"
    check "doctor --json: crypto" is "$(value 'd["crypto"].startswith("OpenSSL ")')" True
    check "doctor --json: HTTP" is "$(value '[bool(d["http"]), bool(d["tls"])]')" \
        "$(has http && echo '[True, True]' || echo '[False, False]')"
    # Tests have software drivers for both.
    local exact='(False, False)' frames=0
    ! has gl || exact='(True, True)' frames=288
    check "doctor --json: OpenGL" is "$(value 'd["gl"]["exact"], d["gles"]["exact"]')" "$exact"
    check "doctor --json: OpenGL's frames" is "$(value 'd["gl"]["frames"]')" "$frames"
    if has vulkan; then
        check "doctor --json: Vulkan" is \
            "$(value 'len(d["vulkan"]) > 0 and all(g["exact"] or not g["usable"] for g in d["vulkan"])')" True
        check "doctor --json: one GPU at least draws" is "$(value 'any(g["exact"] for g in d["vulkan"])')" True
    else
        check "doctor --json: no Vulkan" is "$(value 'd["vulkan"], bool(d["vulkan_reason"])')" '([], True)'
    fi
}

# Nothing there is no failure, and is said.
test_missing()
{
    run 0 "doctor without drivers" "$tool" doctor --json
    check "doctor without drivers: OpenGL" is "$(value 'd["gl"]["usable"], d["gl"]["exact"], bool(d["gl"]["reason"])')" \
        '(False, False, True)'
    check "doctor without drivers: Vulkan" is "$(value 'd["vulkan"], bool(d["vulkan_reason"]), d["good"]')" \
        '([], True, True)'
    check "doctor without drivers: silent" silent
    run 0 "doctor in plain C" env ALPHASTREAM_CPU=c "$tool" doctor --json
    check "doctor in plain C: says so" is "$(value 'd["cpu"]["name"], d["cpu"]["exact"]')" "('c', True)"
}

test_passphrase()
{
    echo "a secret of mine" >secret
    run 0 "doctor with a passphrase" env ALPHASTREAM_PASSPHRASE="a secret of mine" "$tool" doctor
    check "doctor with a passphrase: says so" prints '^passphrase *configured, by ALPHASTREAM_PASSPHRASE$'
    check "doctor with a passphrase: does not say which" is "$(cat stdout stderr | grep -c secret)" 0
    run 0 "doctor with a file" env ALPHASTREAM_PASSPHRASE_FILE=secret "$tool" doctor --json
    check "doctor with a file: says so" is "$(value 'd["passphrase"]["by"]')" ALPHASTREAM_PASSPHRASE_FILE
    check "doctor with a file: nothing of it" is "$(grep -c mine stdout)" 0
    run 0 "doctor --passphrase-file" "$tool" doctor --json --passphrase-file secret
    check "doctor --passphrase-file: says so" is "$(value 'd["passphrase"]["by"]')" --passphrase-file
    run 1 "doctor with a file that is not there" env ALPHASTREAM_PASSPHRASE_FILE=missing "$tool" doctor
    check "doctor with a file that is not there: what to do" prints 'cannot be read.*check its path'
    run 1 "doctor with a folder for a file" env ALPHASTREAM_PASSPHRASE_FILE=. "$tool" doctor --json
    check "doctor with a folder for a file: JSON" is "$(value 'd["good"], bool(d["passphrase"]["reason"])')" \
        '(False, True)'
}

# The hashes are golden.tsv's; and one that is not, or another frame, is found.
test_exactness()
{
    local want found=0
    for want in "$(digest ties.asvp 160x120 nearest union)" "$(digest ties.asvp 160x120 nearest parity)" \
        "$(digest torture.asvp 533x77 nearest union)" "$(digest torture.asvp 400x320 vector union)"; do
        grep -qaF "$want" "$tool" && found=$((found + 1))
    done
    check "doctor compares with golden.tsv" is "$found" 4
    python3 - "$tool" "$want" "$root/tests/data/torture.asvp" <<'END' || bad "spoiling the tool"
import sys
tool = open(sys.argv[1], "rb").read()
digest, frames = sys.argv[2].encode(), open(sys.argv[3], "rb").read()
assert tool.count(digest) == 1 and tool.count(frames) == 1
open("other-hash", "wb").write(tool.replace(digest, b"0" * 64))
spoilt = bytearray(frames)
spoilt[-1] ^= 1  # the last frame's checksum
open("other-frame", "wb").write(tool.replace(frames, bytes(spoilt)))
END
    chmod +x other-hash other-frame
    run 1 "doctor: other masks" ./other-hash doctor
    check "doctor: other masks: says which" prints '^ *FAIL: torture, vector: the masks are not those'
    run 1 "doctor: other masks, JSON" ./other-hash doctor --json
    check "doctor: other masks, JSON: says so" is "$(value 'd["good"], d["cpu"]["exact"], d["cpu"]["usable"]')" \
        '(False, False, True)'
    run 1 "doctor: a bad frame" ./other-frame doctor
    check "doctor: a bad frame: says which" prints '^ *FAIL: torture, nearest: frame 119'
}

# A terminal has colours, unless somebody does not want them.
test_colours()
{
    local program="$helper"
    run 0 "doctor on a terminal" env TERM=xterm python3 "$program" terminal "$tool" doctor
    check "doctor on a terminal: colours" prints $'\e\\[32mpass\e\\[m'
    run 0 "doctor with NO_COLOR" env TERM=xterm NO_COLOR=1 python3 "$program" terminal "$tool" doctor
    check "doctor with NO_COLOR: none" is "$(grep -c $'\e' stdout)" 0
    run 0 "doctor on a dumb terminal" env TERM=dumb python3 "$program" terminal "$tool" doctor
    check "doctor on a dumb terminal: none" is "$(grep -c $'\e' stdout)" 0
    run 0 "doctor with an empty NO_COLOR" env TERM=xterm NO_COLOR= python3 "$program" terminal "$tool" doctor
    check "doctor with an empty NO_COLOR: colours" prints $'\e\\[32mpass'
    run 0 "doctor --json on a terminal" env TERM=xterm python3 "$program" terminal "$tool" doctor --json
    check "doctor --json on a terminal: none" is "$(grep -c $'\e' stdout)" 0
}

test_all
without_drivers
test_missing
test_passphrase
test_exactness
test_colours

echo "$count checks"
exit "$failed"

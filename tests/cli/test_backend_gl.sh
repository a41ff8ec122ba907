#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is special about --backend gl (that the masks are the right ones, test_golden_cli.sh shows):
# test_backend_gl.sh TOOL SOURCE_DIR
set -euo pipefail
export LC_ALL=C
unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE

tool=$1
root=$2
walkers=$root/samples/data/walkers.asvp
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail()
{
    echo "NOT OK: $1" >&2
    cat stdout stderr >&2
    exit 1
}

run() # STATUS NAME ARGUMENTS...
{
    local wanted=$1 name=$2 status=0
    shift 2
    "$tool" "$@" >stdout 2>stderr || status=$?
    [ "$status" = "$wanted" ] || fail "$name exits with $status, not $wanted"
    echo "ok: $name"
}

for api in core es; do
    run 0 "decode, $api" decode "$walkers" --frames 0,100,719 --size 333x77 --backend gl --gl-api $api -q -o gl.gray
    run 0 "decode by the CPU" decode "$walkers" --frames 0,100,719 --size 333x77 -q -o cpu.gray
    cmp gl.gray cpu.gray || fail "decode writes other bytes with $api"
    run 0 "a sheet, $api" decode "$walkers" --sheet --backend gl --gl-api $api -q -o gl.png
    run 0 "a sheet by the CPU" decode "$walkers" --sheet -q -o cpu.png
    cmp gl.png cpu.png || fail "the sheet is another with $api"
    run 0 "play, $api" play "$walkers" --frames 0-59 --flat-out --backend gl --gl-api $api --json
    python3 - <<'END' || fail "play --json counts otherwise"
import json
report = json.load(open("stdout"))
assert report["on_time"] == 60 and report["missing"] == 0, report
gl = report["gl"]
assert gl["pictures"] == 60 and gl["draws"] <= 60 and 0 < gl["upload_bytes"] <= 60 * 65536, gl
assert gl["name"].startswith("OpenGL"), gl
END
done
run 0 "play prints a table" play "$walkers" --frames 0-9 --flat-out --backend gl
grep -q '^GL upload  *[1-9][0-9]* bytes' stdout || fail "play does not tell what was uploaded"

# Damage costs the frame, not the rest.
cp "$walkers" bad.asvp
table=$(od -An -tu4 -j 12 -N 4 "$walkers" | tr -d ' ')
printf 'damaged' | dd of=bad.asvp bs=1 seek=$((16 + table + 40)) conv=notrunc status=none
run 1 "a bad frame" framehash bad.asvp --frames 0-2 --backend gl
[ "$(cut -d ' ' -f 1 stdout | paste -s -d ,)" = 1,2 ] || fail "the other frames are missing"
grep -q 'frame 0' stderr || fail "the bad frame is not named"

run 3 "no such source" framehash none.asvp --backend gl
run 2 "a mask too large for the driver or not" framehash "$walkers" --size 16385x1 --backend gl

# Without a driver there is no way back to the CPU.
export __EGL_VENDOR_LIBRARY_DIRS=$scratch/none
for command in framehash "decode -o out.gray" play; do
    # shellcheck disable=SC2086 # words on purpose
    run 2 "$command without a driver" $command "$walkers" --frames 0 --backend gl
    grep -q -- '--backend gl: EGL gives no' stderr || fail "$command does not say what is missing"
    [ ! -s stdout ] || fail "$command prints something"
done

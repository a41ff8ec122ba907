#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is special about --backend vulkan, and the gpus command (that the masks are the right ones,
# test_golden_cli.sh shows): test_backend_vulkan.sh TOOL SOURCE_DIR
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

run 0 "gpus" gpus
grep -q '^0   .*' stdout || fail "gpus lists nothing"
grep -q 'usable     yes: timeline' stdout || fail "gpus does not tell what can be used"
run 0 "gpus --json" gpus --json
python3 - <<'END' || fail "gpus --json is otherwise"
import json
gpus = json.load(open("stdout"))
assert len(gpus) == 1 and gpus[0]["index"] == 0 and gpus[0]["usable"], gpus
assert "timeline" in gpus[0]["abilities"] and gpus[0]["reason"] is None, gpus
assert len(gpus[0]["uuid"]) == 32 and gpus[0]["type"] == "cpu", gpus
END
run 2 "gpus with an operand" gpus "$walkers"

run 0 "decode" decode "$walkers" --frames 0,100,719 --size 333x77 --backend vulkan --device 0 -q -o vulkan.gray
run 0 "decode by the CPU" decode "$walkers" --frames 0,100,719 --size 333x77 -q -o cpu.gray
cmp vulkan.gray cpu.gray || fail "decode writes other bytes"
run 0 "a sheet" decode "$walkers" --sheet --backend vulkan -q -o vulkan.png
run 0 "a sheet by the CPU" decode "$walkers" --sheet -q -o cpu.png
cmp vulkan.png cpu.png || fail "the sheet is another"
run 0 "play" play "$walkers" --frames 0-59 --flat-out --backend vulkan --json
python3 - <<'END' || fail "play --json counts otherwise"
import json
report = json.load(open("stdout"))
assert report["on_time"] == 60 and report["missing"] == 0, report
v = report["vulkan"]
assert v["pictures"] == 60 and v["dispatches"] >= 180 and 0 < v["upload_bytes"] <= 60 * 65536, v
assert v["name"].startswith("Vulkan 1.") and v["write"] in ("store", "copy"), v
END
run 0 "play prints a table" play "$walkers" --frames 0-9 --flat-out --backend vulkan
grep -q '^Vulkan upload  *[1-9][0-9]* bytes' stdout || fail "play does not tell what was uploaded"

# Damage costs the frame, not the rest.
cp "$walkers" bad.asvp
table=$(od -An -tu4 -j 12 -N 4 "$walkers" | tr -d ' ')
printf 'damaged' | dd of=bad.asvp bs=1 seek=$((16 + table + 40)) conv=notrunc status=none
run 1 "a bad frame" framehash bad.asvp --frames 0-2 --backend vulkan
[ "$(cut -d ' ' -f 1 stdout | paste -s -d ,)" = 1,2 ] || fail "the other frames are missing"
grep -q 'frame 0' stderr || fail "the bad frame is not named"

run 3 "no such source" framehash none.asvp --backend vulkan
run 2 "a mask too large" framehash "$walkers" --size 16385x1 --backend vulkan
run 2 "--device without a GPU of that number" framehash "$walkers" --backend vulkan --device 7
grep -q 'Vulkan knows 1 GPUs' stderr || fail "--device 7 is not explained"
run 2 "--device of another backend" framehash "$walkers" --device 0
grep -q -- '--device needs --backend vulkan' stderr || fail "--device alone is not explained"

# Without a driver there is no way back to the CPU.
export VK_DRIVER_FILES=$scratch/none VK_ICD_FILENAMES=$scratch/none
for command in framehash "decode -o out.gray" play; do
    # shellcheck disable=SC2086 # words on purpose
    run 2 "$command without a driver" $command "$walkers" --frames 0 --backend vulkan
    grep -q -- '--backend vulkan: there is no Vulkan driver' stderr ||
        fail "$command does not say what is missing"
    [ ! -s stdout ] || fail "$command prints something"
done
run 0 "gpus without a driver" gpus --json
[ "$(tr -d '\n ' <stdout)" = "[]" ] || fail "gpus lists something without a driver"

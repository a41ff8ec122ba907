#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# play: counts, options, exit codes and messages; nothing about how fast it is: test_play.sh TOOL
# SOURCE_DIR
# shellcheck disable=SC2317  # functions that `check` calls by name
set -uo pipefail
export LC_ALL=C

tool=$1
root=$2
helper=$root/tests/cli/helper.py
walkers=$root/samples/data/walkers.asvp
closeup_encrypted=$root/tests/data/closeup.asvr
ties=$root/tests/data/ties.asvp
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE
echo "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" >key

failed=0
count=0

ok() { count=$((count + 1)); echo "ok: $1"; }
bad() { count=$((count + 1)); failed=1; echo "NOT OK: $1"; }

# check NAME COMMAND...: the command must succeed.
check()
{
    local name=$1
    shift
    if "$@"; then ok "$name"; else bad "$name"; fi
}

is() { [ "$1" = "$2" ] || { echo "  got \"$1\", not \"$2\""; return 1; }; }
says() { grep -q -- "$1" stderr || { echo "  no \"$1\" in:"; head -n 5 stderr; return 1; }; }
prints() { grep -q -- "$1" stdout || { echo "  no \"$1\" in:"; head -n 5 stdout; return 1; }; }
silent() { [ ! -s stderr ] || { head -n 5 stderr; return 1; }; }
sound_stderr() { ! grep -q -e Sanitizer -e 'runtime error' stderr; }
one_sentence() { is "$(wc -l <stderr)" 1 && says '^alphastream: '; }
parses() { python3 -m json.tool stdout /dev/null; }

# values KEY...: of the JSON object, which has a line for each key.
values()
{
    local key
    for key; do sed -n "s/^  \"$key\": \(.*[^,]\),\{0,1\}\$/\1/p" stdout; done | paste -s -d ' '
}

judge() # CODE NAME ACTUAL
{
    if [ "$3" = "$1" ] && sound_stderr; then
        ok "$2"
    else
        bad "$2 (exit $3, not $1)"
        head -n 20 stderr
    fi
}

# play CODE NAME ARGUMENTS...: must exit with CODE; its output is in stdout and stderr.
play()
{
    local want=$1 name=$2 code=0
    shift 2
    "$tool" play "$@" --size 64x32 >stdout 2>stderr </dev/null || code=$?
    judge "$want" "$name" "$code"
}

# plays CODE NAME DUE ARGUMENTS...: as play, with --json; DUE frames must have been due, and each
# was on time, late or missing.
plays()
{
    local want=$1 name=$2 wanted=$3 due on_time late missing
    shift 3
    play "$want" "$name" "$@" --json
    read -r due on_time late missing < <(values due on_time late missing)
    check "$name: $wanted frames due" is "$due" "$wanted"
    check "$name: counts add up" is "$((on_time + late + missing))" "$wanted"
}

# fails CODE NAME ARGUMENTS...: with exactly one sentence and nothing on standard output.
fails()
{
    play "$@"
    check "$2: one sentence" one_sentence
    check "$2: nothing printed" is "$(wc -c <stdout)" 0
}

test_usage()
{
    local wrong
    fails 2 "no SOURCE"
    fails 2 "two SOURCES" "$walkers" "$ties"
    fails 2 "option of another command" "$walkers" --sheet
    for wrong in '' 0 -60 x 60/0 0/1 60/ /1 60x 1000001 60/1000001 59.9400000 59. .5 6e1 ' 60'; do
        fails 2 "--fps '$wrong'" "$walkers" --fps "$wrong"
    done
    for wrong in '' 0 16.1 -16.1 x 1x inf nan 0x1 1e1 --2; do
        fails 2 "--speed '$wrong'" "$walkers" --speed="$wrong"
        check "--speed '$wrong': names option and range" says '\-\-speed.* to 16'
    done
    for wrong in '' 0 -1 x 1000001 inf; do
        fails 2 "--seconds '$wrong'" "$walkers" --seconds="$wrong"
        fails 2 "--seek-every '$wrong'" "$walkers" --seek-every="$wrong"
    done
    for wrong in '' -1 x 4294967296; do
        fails 2 "--start '$wrong'" "$walkers" --start="$wrong"
        fails 2 "--l0 '$wrong'" "$walkers" --l0="$wrong"
        fails 2 "--l1 '$wrong'" "$walkers" --l1="$wrong"
    done
    fails 2 "--l0 0" "$walkers" --l0 0
    fails 2 "--l1 1" "$walkers" --l1 1
    fails 2 "--seed" "$walkers" --seed -1
    fails 2 "--loop with a value" "$walkers" --loop=yes
    fails 2 "--start and --frames" "$walkers" --start 1 --frames 0-9
    fails 2 "--backend of another kind" "$walkers" --backend metal
    fails 2 "--start past the end" "$walkers" --start 720
    fails 2 "--frames past the end" "$walkers" --frames 719,720
    "$tool" verify "$walkers" --speed 2 >stdout 2>stderr
    judge 2 "--speed of another command" $?
    check "--speed of another command: named" says '--speed'
}

test_sources()
{
    fails 3 "missing file" missing.asvp
    fails 1 "not a container" "$root/tests/data/README.md"
    fails 1 "missing passphrase" "$closeup_encrypted" --scene 85342
    check "missing passphrase: says how" says '--passphrase-file'
    plays 0 "encrypted" 60 "$closeup_encrypted" --scene 85342 --passphrase-file key --fps 600 \
        --seconds 0.1
    check "encrypted: none is bad" is "$(values bad)" 0
    "$tool" play - --flat-out --json --size 64x32 <"$walkers" >stdout 2>stderr
    judge 0 "standard input" $?
    check "standard input: all frames" is "$(values due on_time)" "720 720"
    python3 "$helper" empty empty.asvp
    plays 0 "no frames" 0 empty.asvp
    check "no frames: json" parses
    play 0 "no frames: a table" empty.asvp
    check "no frames: nothing was due" prints '^due  *0$'
}

test_rates()
{
    local rate
    while read -r rate num den; do
        play 0 "--fps $rate" "$walkers" --fps "$rate" --frames 0 --speed 16 --json
        check "--fps $rate is $num / $den" is "$(values fps)" "[$num, $den]"
    done <<'END'
60 60 1
59.94 60000 1001
29.97 30000 1001
23.976 24000 1001
23.98 24000 1001
30000/1001 30000 1001
120/2 60 1
12.5 25 2
59.9 599 10
60.00 60 1
END
}

test_playing()
{
    plays 0 "to the end" 720 "$walkers" --fps 1000 --speed 2
    check "to the end: json" parses
    check "to the end: so it says" is "$(values ended speed width height bad seeks)" \
        '"end" 2 64 32 0 0'
    check "to the end: silent" silent
    plays 0 "some seconds" 120 "$walkers" --fps 600 --seconds 0.2
    check "some seconds: so it says" is "$(values ended)" '"time"'
    plays 0 "from a frame" 5 "$walkers" --start 715 --fps 500
    plays 0 "backward" 720 "$walkers" --fps 250 --speed -16
    plays 0 "backward from a frame" 10 "$walkers" --start 9 --fps 500 --speed -1
    plays 0 "some frames" 11 "$walkers" --frames 0-9,5 --fps 500
    plays 0 "more threads than frames ahead" 100 "$walkers" --threads 8 --l0 1 --l1 2 --fps 1000 \
        --seconds 0.1
    plays 0 "loop" 100 "$ties" --fps 500 --seconds 0.2 --loop
    plays 0 "loop backward" 100 "$ties" --fps 500 --seconds 0.2 --loop --speed=-1
    plays 0 "seeks" 250 "$walkers" --fps 500 --seconds 0.5 --loop --seek-every 0.1 --seed 42
    check "seeks: how many" is "$(values seeks seed)" "4 42"
    play 0 "seeks: a table" "$walkers" --fps 500 --seconds 0.2 --loop --seek-every 0.1 --seed 42
    check "seeks: the seed is printed" prints 'seed 42$'
}

test_flat_out()
{
    plays 0 "flat out" 720 "$walkers" --flat-out
    check "flat out: json" parses
    check "flat out: all came" is "$(values on_time late missing flat_out)" "720 0 0 true"
    plays 0 "flat out backward" 720 "$walkers" --flat-out --speed -1
    check "flat out backward: all came" is "$(values on_time)" 720
    play 0 "flat out for some time" "$walkers" --flat-out --loop --seconds 0.2 --json
    check "flat out for some time: so it says" is "$(values ended)" '"time"'
}

test_bad_frames()
{
    python3 "$helper" corrupt "$walkers" bad.asvp 3 500
    plays 1 "bad frames" 720 bad.asvp --flat-out
    check "bad frames: the others came" is "$(values on_time missing bad)" "718 2 2"
    check "bad frames: named" says '^alphastream: frame 500: '
    check "bad frames: no more" is "$(grep -c '^alphastream: frame' stderr)" 2
    plays 1 "bad frames, paced" 4 bad.asvp --frames 1-4 --fps 50
    # shellcheck disable=SC2046  # a word each
    python3 "$helper" corrupt "$walkers" worse.asvp $(seq 0 149)
    plays 1 "150 bad frames" 720 worse.asvp --flat-out
    check "150 bad frames: 100 are named" is "$(grep -c ' frame [0-9]*:' stderr)" 100
    check "150 bad frames: the others counted" says '50 more'
}

test_output()
{
    local row
    play 0 "table" "$walkers" --fps 500 --seconds 0.1
    for row in source masks rate played ended due 'on time' late missing get_frame 'L0 hits' \
        'L1 hits' read decode draw CPU 'peak memory'; do
        check "table: $row" prints "^$row  *[^ ]"
    done
    play 0 "--progress always" "$walkers" --fps 200 --seconds 0.6 --progress always
    check "--progress always: a line" says 'play frame [0-9]*, .* fps, .* late, .* missing'
    check "--progress always: erased at the end" is "$(tail -c 4 stderr | od -An -tx1)" \
        " 0d 1b 5b 4b"
    play 0 "--progress never" "$walkers" --fps 500 --seconds 0.4 --progress never
    check "--progress never: silent" silent
    "$tool" play "$walkers" --frames 0 >/dev/full 2>stderr
    judge 2 "to a full device" $?
    check "to a full device: one sentence" one_sentence
}

test_interrupt()
{
    local due on_time late missing
    python3 "$helper" interrupt "$tool" play "$walkers" --loop --size 64x32 --progress always \
        --json >stdout 2>stderr
    judge 0 "interrupted" $?
    check "interrupted: json" parses
    check "interrupted: so it says" is "$(values ended)" '"interrupt"'
    read -r due on_time late missing < <(values due on_time late missing)
    check "interrupted: counts add up" is "$((on_time + late + missing))" "$due"
    python3 "$helper" interrupt "$tool" play "$walkers" --loop --flat-out --size 64x32 \
        --progress always >stdout 2>stderr
    judge 0 "interrupted flat out" $?
    check "interrupted flat out: a table" prints '^ended *interrupt$'
}

test_usage
test_sources
test_rates
test_playing
test_flat_out
test_bad_frames
test_output
test_interrupt

echo "$count checks"
exit "$failed"

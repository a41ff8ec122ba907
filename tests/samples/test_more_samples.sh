#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a sample and checks what it prints or writes, and how it fails.
#
# test_more_samples.sh custom_source|container_convert|event_loop PROGRAM EXPECTED
# test_more_samples.sh python LIBRARY PYTHON PYTHON_WITH_NUMPY
set -euo pipefail
# shellcheck source=tests/samples/sample.sh
. "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
kind=${1:-}
program=${2:-}

sample() # ARGUMENTS...
{
    case $kind in
    python) "${python[@]}" "$root/samples/python/frame_hashes.py" "$@" ;;
    *) "$program" "$@" ;;
    esac
}

# The lines like PATTERN must be the same in what the sample printed and in a file, and COUNT.
same_lines() # COUNT PATTERN FILE
{
    grep -E "$2" "$folder/out" >"$folder/got" || fail "$kind prints no line like $2"
    grep -E "$2" "$3" >"$folder/wanted" || fail "nothing is expected like $2"
    diff "$folder/wanted" "$folder/got" >&2 || fail "$kind prints something else (> is its own)"
    [ "$(wc -l <"$folder/got")" = "$1" ] || fail "$kind prints other than $1 lines like $2"
}

# The containers lie between other bytes; one package ends too early.
check_custom_source()
{
    local size
    size=$(stat -c %s "$walkers")
    { head -c 4321 /dev/zero; cat "$walkers" "$closeup"; echo "more"; } >"$folder/package"
    runs "$folder/package" 4321 "$size" any.asvp
    same_lines 9 '^frame [0-9]*00 |^frame 0 |^total ' <(
        "$expected" "$walkers" | grep -E '^frame [0-9]*00 |^frame 0 |^total ')
    [ "$(tail -n 1 "$folder/out")" = "the package is closed" ] || fail "the package is left open"

    ALPHASTREAM_PASSPHRASE=$secret runs "$folder/package" $((4321 + size)) \
        "$(stat -c %s "$closeup")" closeup.asvr 85342
    same_lines 1 '^total ' <(ALPHASTREAM_PASSPHRASE=$secret "$expected" "$closeup" 85342)
    ALPHASTREAM_PASSPHRASE=$secret refuses 1 "wrong passphrase" "$folder/package" \
        $((4321 + size)) "$(stat -c %s "$closeup")" another.asvr 85342

    head -c $((4321 + size / 2)) "$folder/package" >"$folder/short"
    refuses 1 "the package ends, or cannot be read, at byte $((4321 + size / 2))" \
        "$folder/short" 4321 "$size" any.asvp
    grep -q "^the package is closed$" "$folder/out" || fail "the short package is left open"
    refuses 1 "looks encrypted" "$folder/package" 4320 "$size" any.asvp
    refuses 1 "cannot be opened" "$folder/none" 0 1 any.asvp
    refuses 2 usage "$folder/package" 0 1
}

# Plain to encrypted and back: the same frames, and in the end the same bytes.
check_container_convert()
{
    export ALPHASTREAM_PASSPHRASE=$secret
    runs "$walkers" "$folder/one.asvp"
    [ "$(cat "$folder/out")" = "720 frames" ] || fail "$kind does not count the frames"
    runs "$folder/one.asvp" "$folder/two.asvr" 7
    runs "$folder/two.asvr" "$folder/three.asvp" 7
    cmp "$folder/one.asvp" "$folder/three.asvp" || fail "there and back is something else"
    "$expected" "$walkers" >"$folder/frames"
    for file in one.asvp "two.asvr 7"; do
        # shellcheck disable=SC2086 # words on purpose
        "$expected" "$folder"/$file | cmp - "$folder/frames" || fail "$file has other frames"
    done
    [ "$(head -c 4 "$folder/two.asvr")" != ASVP ] || fail "the ASVR is plain"

    cp "$folder/one.asvp" "$folder/kept.asvp"
    cp "$walkers" "$folder/bad.asvp"
    table=$(od -An -tu4 -j 12 -N 4 "$walkers" | tr -d ' ')
    printf 'damaged' | dd of="$folder/bad.asvp" bs=1 seek=$((16 + table + 40)) conv=notrunc status=none
    refuses 1 "frame 0: " "$folder/bad.asvp" "$folder/kept.asvp"
    cmp "$folder/one.asvp" "$folder/kept.asvp" || fail "a failure leaves another OUT"
    refuses 1 "wrong passphrase" "$folder/two.asvr" "$folder/four.asvp" 8
    refuses 1 "there is no file" "$folder/none.asvp" "$folder/four.asvp"
    unset ALPHASTREAM_PASSPHRASE
    refuses 1 "passphrase" "$walkers" "$folder/four.asvr"
    [ -z "$(find "$folder" -name 'four*')" ] || fail "a failure leaves a file"
    refuses 2 usage "$walkers"
}

# Numbers that come one by one, each when the one before was answered; then many at once.
check_event_loop()
{
    local line
    "$expected" "$walkers" | grep '^frame ' >"$folder/frames"
    coproc LOOP { exec "$program" "$walkers" 2>"$folder/err"; }
    local pid=$LOOP_PID to=${LOOP[1]}
    for index in 90 0 700; do
        echo "$index" >&"$to"
        IFS= read -r line <&"${LOOP[0]}" || fail "no answer for $index"
        grep -qxF "$line" "$folder/frames" || fail "another answer for $index: $line"
        [ "${line% *}" = "frame $index" ] || fail "not the answer for $index: $line"
    done
    exec {to}>&-
    wait "$pid" || fail "$kind exits with $?"
    grep -q '^woken [1-9][0-9]* times$' "$folder/err" || fail "no event woke it"

    seq 0 719 | "$program" "$walkers" >"$folder/out" 2>"$folder/err" || fail "$kind exits with $?"
    [ "$(wc -l <"$folder/out")" = 720 ] || fail "not 720 answers"
    for index in $(seq 0 45 719); do
        grep -qxF "$(sed -n "$((index + 1))p" "$folder/out")" "$folder/frames" ||
            fail "another answer for $index"
    done
    if printf '5\n720\n6\n' | "$program" "$walkers" >"$folder/out" 2>"$folder/err"; then
        fail "frame 720 is no failure"
    fi
    [ "$(wc -l <"$folder/out")" = 1 ] || fail "not the one answer before the failure"
    grep -q "frame 720 is past the end" "$folder/err" || fail "frame 720 is not told"
    # The last line may lack its end, and what is no number is no frame.
    printf '90\n700' | "$program" "$walkers" >"$folder/out" 2>"$folder/err" ||
        fail "$kind exits with $? without a last newline"
    [ "$(cut -d ' ' -f 2 "$folder/out" | tr '\n' ' ')" = "90 700 " ] || fail "the last line is lost"
    for line in abc 5x -1 ""; do
        if printf '%s\n' "$line" | "$program" "$walkers" >"$folder/out" 2>"$folder/err"; then
            fail "\"$line\" is no failure"
        fi
        grep -qF "\"$line\" is not the number of a frame" "$folder/err" || fail "\"$line\" is not told"
        [ ! -s "$folder/out" ] || fail "\"$line\" has an answer"
    done
    runs "$walkers"
    refuses 1 "there is no file" "$folder/none.asvp"
    refuses 2 usage
}

# Each NumPy, there or not, gives the pixels.
check_python()
{
    export ALPHASTREAM_LIBRARY=$program
    mkdir "$folder/none"
    echo "raise ImportError('kept out')" >"$folder/none/numpy.py"
    awk -F '\t' '$1 == "walkers.asvp" && $3 == "2048x1024" && $4 == $3 && $5 == "nearest" &&
        $6 == "union" { print "frame", $2, $7 }' "$root/tests/data/golden.tsv" >"$folder/frames"
    for python in "env PYTHONPATH=$folder/none $1" "$2"; do
        read -r -a python <<<"$python -B"
        runs "$walkers"
        same_lines 16 "^frame ($(seq -s '|' 0 45 675)) " "$folder/frames"
        case ${python[0]} in
        env) grep -q '^720 frames, no NumPy$' "$folder/out" || fail "NumPy is in the way" ;;
        *)
            grep -q '^720 frames, NumPy$' "$folder/out" || fail "NumPy is not used"
            [ "$(grep -c '^covered [0-9]*: [1-9][0-9]*$' "$folder/out")" = 16 ] || fail "no pixels"
            ;;
        esac
        refuses 1 "error -6: there is no file" "$folder/none.asvp"
        refuses 1 "passphrase" "$closeup" 85342
        refuses 2 usage
        ALPHASTREAM_PASSPHRASE=$secret runs "$closeup" 85342
        grep -q '^600 frames' "$folder/out" || fail "closeup.asvr is not opened"
    done
}

expected=${3:-}
: >"$folder/out"
: >"$folder/err"
case $kind in
custom_source) check_custom_source ;;
container_convert) check_container_convert ;;
event_loop) check_event_loop ;;
python) check_python "$3" "$4" ;;
*)
    echo "usage: see the head of $0" >&2
    exit 2
    ;;
esac
echo "$kind does what it must"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tool's commands, options, exit codes and messages: test_cli.sh TOOL SOURCE_DIR
# shellcheck disable=SC2317  # functions that `check` calls by name
set -uo pipefail
export LC_ALL=C

tool=$1
root=$2
helper=$root/tests/cli/helper.py
walkers=$root/samples/data/walkers.asvp
closeup=$root/tests/data/closeup.asvp
closeup_encrypted=$root/tests/data/closeup.asvr
torture=$root/tests/data/torture.asvp
ties=$root/tests/data/ties.asvp
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
mkdir out

unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE
echo "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" >key
printf 'another passphrase' >key2

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
no_controls() { ! LC_ALL=C grep -q '[^[:print:]]' "$1"; }
no_temporaries() { [ -z "$(find . -name '*.tmp')" ]; }

# Every error is a line that begins with the tool's name; a sanitizer's report is none.
sound_stderr() { ! grep -q -e Sanitizer -e 'runtime error' stderr; }
one_sentence() { is "$(wc -l <stderr)" 1 && says '^alphastream: '; }

# run CODE NAME ARGUMENTS...: the tool must exit with CODE; its output is in stdout and stderr.
run()
{
    local want=$1 name=$2 code=0
    shift 2
    "$tool" "$@" >stdout 2>stderr </dev/null || code=$?
    judge "$want" "$name" "$code"
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

# fails CODE NAME ARGUMENTS...: as run, with exactly one sentence and nothing on standard output.
fails()
{
    run "$@"
    check "$2: one sentence" one_sentence
    check "$2: nothing printed" is "$(wc -c <stdout)" 0
}

hashes() { "$tool" framehash "$@" 2>/dev/null; }

test_help()
{
    run 0 "help" --help
    check "help names the commands" prints framehash
    check "help is silent" silent
    local command
    for command in info verify framehash decode play convert gpus doctor; do
        run 0 "$command --help" "$command" --help
        check "$command --help has its usage" prints "^usage: alphastream $command"
        check "$command --help has an example" prints "^  alphastream $command"
        cp stdout with_option
        run 0 "--help $command" --help "$command"
        run 0 "help $command" help "$command"
        check "help $command is $command --help" cmp stdout with_option
    done
    run 0 "help alone" help
    check "help alone is --help" prints '^Exit codes: 0 done; 1 '
    fails 2 "help of an unknown command" help play-backwards
    run 0 "version" --version
    check "version is printed" prints '^alphastream [0-9]*\.[0-9]*\.[0-9]*$'
    check "version: parts of the build" prints '^parts: [+-]http [+-]gl [+-]vulkan$'
    check "version: what is behind them" prints '^crypto: OpenSSL '
}

# What was meant.
test_typos()
{
    local typed meant
    while read -r typed meant; do
        fails 2 "command $typed" "$typed" "$walkers"
        check "command $typed: $meant" says "there is no command \"$typed\"; did you mean \"$meant\"?\$"
    done <<'END'
inof info
verfy verify
vreify verify
framehahs framehash
frame-hash framehash
decod decode
plau play
doktor doctor
gpu gpus
END
    fails 2 "command of no likeness" xyzzy
    check "command of no likeness: no suggestion" says 'there is no command "xyzzy"; see alphastream --help$'
    while read -r typed meant; do
        fails 2 "option $typed" info "$walkers" "$typed"
        check "option $typed: $meant" says "there is no option $typed; did you mean $meant?\$"
    done <<'END'
--jsno --json
--passphrase_file --passphrase-file
--fraems --frames
--back-end --backend
--cachedir --cache-dir
END
    fails 2 "option with a value" info "$walkers" --scena=5
    check "option with a value: without it" says 'there is no option --scena; did you mean --scene?$'
    fails 2 "beginning of several options" info "$walkers" --see
    check "beginning of several options: which" says 'of several: --seek-every, --seed; write'
    fails 2 "option of no likeness" info "$walkers" --xyzzy
    check "option of no likeness: no suggestion" says 'there is no option --xyzzy; see alphastream --help$'
    fails 2 "option of another command" info "$walkers" --sheet
    check "option of another command: whose" says 'info does not take --sheet, which is for decode; see '
    fails 2 "option of others" framehash "$walkers" --json
    check "option of others: whose" says 'which is for info, verify, play, gpus, doctor; see '
}

test_usage()
{
    fails 2 "no command"
    fails 2 "unknown command" play-backwards "$walkers"
    fails 2 "unknown option" info --colour "$walkers"
    fails 2 "unknown short option" info -x "$walkers"
    fails 2 "unknown short option among others" info --json -xq "$walkers"
    check "it is named, not what stands before it" says 'there is no option -x;'
    fails 2 "value for a flag" info --json=yes "$walkers"
    fails 2 "missing value" info "$walkers" --scene
    fails 2 "missing SOURCE" verify
    fails 3 "empty SOURCE" verify ""
    fails 2 "one argument too many" verify "$walkers" "$torture"
    fails 2 "many arguments too many" verify a b c d e
    fails 2 "convert without OUT" convert "$walkers"
    local wrong
    for wrong in 0 65 -1 +1 1x '' ' 1' 18446744073709551617; do
        fails 2 "--threads '$wrong'" verify "$walkers" --threads "$wrong"
        check "--threads '$wrong': names option and range" says '\-\-threads.*from 1 to 64'
    done
    for wrong in 0x5 5 5x 5x0 16385x1 5X5 5x5x5 -5x5 axb '5 x5'; do
        fails 2 "--size '$wrong'" framehash "$walkers" --size "$wrong"
        fails 2 "--canvas '$wrong'" framehash "$walkers" --canvas "$wrong"
    done
    for wrong in '' ',' '1,' ',1' 1- -1 3-1 a '1,,2' 1-2-3 '1 ' 0x1 18446744073709551616 0-99999999999; do
        fails 2 "--frames '$wrong'" framehash "$walkers" --frames "$wrong"
    done
    fails 2 "--scene too large" info "$walkers" --scene 4294967296
    fails 2 "--scale" framehash "$walkers" --scale cubic
    fails 2 "--combine" framehash "$walkers" --combine xor
    fails 2 "--log-level" info "$walkers" --log-level loud
    fails 2 "--progress" info "$walkers" --progress maybe
    fails 2 "--backend unknown" framehash "$walkers" --backend tpu
    fails 2 "--device without --backend vulkan" framehash "$walkers" --device 0
    fails 2 "--device unknown" framehash "$walkers" --backend vulkan --device first
    fails 2 "--gl-api unknown" framehash "$walkers" --backend gl --gl-api webgl
    fails 2 "--gl-api without --backend gl" framehash "$walkers" --gl-api es
    run 0 "--backend cpu" framehash "$walkers" --backend cpu --frames 0
    run 0 "options before the names" --frames 0 --log-level=none framehash --size 8x8 "$walkers"
    cp "$ties" ./-ties.asvp
    run 0 "-- before a name with a dash" info -- -ties.asvp
}

test_sources()
{
    fails 3 "missing file" info missing.asvp
    fails 3 "directory" info .
    fails 3 "scheme of no use" info gopher://example.com/a.asvp
    check "scheme of no use: what this tool reads" says 'http or https URL, or - for standard input$'
    fails 1 "not a container" info "$root/tests/data/README.md"
    : >empty
    fails 1 "empty file" info empty
    ln -sf "$walkers" "a walk.asvp"
    run 0 "file URL" info "file://$scratch/a%20walk.asvp"
    if [ "$(id -u)" != 0 ]; then
        cp "$ties" secret.asvp
        chmod 0 secret.asvp
        fails 3 "no permission" info secret.asvp
    fi
    local code=0
    "$tool" framehash - --frames 315 <"$walkers" >stdout 2>stderr || code=$?
    judge 0 "standard input" "$code"
    check "standard input: hash" prints '^315 36c4b398'
    "$tool" info - <&- >stdout 2>stderr
    judge 3 "closed standard input" $?
    "$tool" framehash - --frames 3 --scene 85342 --name closeup.asvr --passphrase-file key \
        <"$closeup_encrypted" >stdout 2>stderr
    judge 0 "encrypted standard input with --name" $?
    check "encrypted standard input: hash" is "$(cat stdout)" "$(hashes "$closeup" --frames 3)"
    "$tool" info - --scene 85342 --passphrase-file key <"$closeup_encrypted" >stdout 2>stderr
    judge 1 "encrypted standard input without --name" $?
}

test_info()
{
    run 0 "info" info "$walkers"
    check "info: format" prints '^format *ASVP$'
    check "info: frames" prints '^frames *720$'
    check "info: duration" prints '^duration *12\.000 s'
    check "info is silent" silent
    run 0 "info --json" info "$walkers" --json
    check "info --json parses" python3 -m json.tool stdout /dev/null
    check "info --json values" is "$(python3 "$helper" json stdout format encrypted frames \
        fps duration_seconds source_bytes frames_past_end stated_frames)" \
        '"ASVP" false 720 60 12.0 414603 0 null'
    local odd=$'a "b"\\\t\xff\xc3\xa9.asvp'
    cp "$ties" "$odd"
    run 0 "info --json of an odd name" info "$odd" --json
    check "info --json escapes" is "$(python3 "$helper" json stdout source)" \
        '"a \"b\"\\\t\ufffd\u00e9.asvp"'
    python3 "$helper" cut "$walkers" cut.asvp 700
    run 0 "info of a cut file" info cut.asvp --json
    check "info: frames past the end" is "$(python3 "$helper" json stdout frames \
        frames_past_end)" "720 20"
    python3 "$helper" stated "$walkers" stated.asvp 721
    run 0 "info of a wrong count" info stated.asvp --json
    check "info: stated count" is "$(python3 "$helper" json stdout stated_frames)" 721
    check "info: the library's warning" says 'alphastream: warning: '
    run 0 "info --log-level error" info stated.asvp --log-level error
    check "--log-level error leaves warnings out" silent
    run 0 "info of an encrypted file" info "$closeup_encrypted" --json --scene 85342 \
        --passphrase-file key
    check "info: encrypted" is "$(python3 "$helper" json stdout format encrypted frames)" \
        '"ASVR" true 600'
    test_info_median
    test_control_characters
    "$tool" info "$walkers" >/dev/full 2>stderr
    judge 2 "info to a full device" $?
    check "info to a full device: one sentence" one_sentence
    "$tool" info "$walkers" >&- 2>stderr
    judge 2 "info to a closed standard output" $?
}

# The middle of block sizes, however large: twice a size may not fit 64 bits.
test_info_median()
{
    local half=9223372036854775808 # 2^63
    local want sizes
    while read -r want sizes; do
        # shellcheck disable=SC2086  # a word each
        python3 "$helper" sizes sizes.asvp $sizes
        run 0 "info of sizes $sizes" info sizes.asvp
        check "info of sizes $sizes: median" prints "^block size .*, median $want\$"
    done <<END
7 7
2.5 2 3
3 1 3 1000
$half $half
9223372036854775809 9223372036854775809
9223372036854775700 9223372036854775700 1 9223372036854775701
9223372036854775753.5 9223372036854775807 9223372036854775700
END
}

# A file's name cannot move the cursor of the terminal that it is printed on.
test_control_characters()
{
    local odd=$'bell\a\e[2Jend\x7f\n.asvp' shown='bell??\[2Jend??.asvp'
    cp "$ties" "$odd"
    run 0 "info of a name with control characters" info "$odd"
    check "info of a name with control characters: shown" prints "^source         $shown\$"
    check "info of a name with control characters: none come out" no_controls stdout
    run 0 "verify of a name with control characters" verify "$odd"
    check "verify of a name with control characters: shown" prints "^$shown: .* checked, all good\$"
    check "verify of a name with control characters: none come out" no_controls stdout
    run 0 "play of a name with control characters" play "$odd" --flat-out
    check "play of a name with control characters: shown" prints "^source         $shown\$"
    check "play of a name with control characters: none come out" no_controls stdout
    rm -f "$odd"
    odd=$'csi\xc2\x9b31m latin\xe4\xc3\xa4.asvp' # U+009B, a byte that is no UTF-8, and a character
    cp "$ties" "$odd"
    run 0 "info of a name with other control characters" info "$odd"
    check "info of a name with other control characters: shown" prints \
        $'^source         csi??31m latin?\xc3\xa4.asvp$'
    run 0 "info --json of a name with other control characters" info "$odd" --json
    check "info --json of a name with other control characters: escaped" prints \
        $'csi\\\\u009b31m latin\\\\ufffd\xc3\xa4.asvp'
    : >"$odd"
    fails 1 "an empty file of such a name" info "$odd"
    check "an empty file of such a name: shown" says \
        $'^alphastream: csi??31m latin?\xc3\xa4.asvp: '
    rm -f "$odd"
    # However long the path, the reason is there; and a name that is in the reason by chance is said.
    local slashes
    printf -v slashes '%2800s' ''
    : >a
    fails 1 "an empty file of a long path" info ".${slashes// //}a"
    check "an empty file of a long path: the reason" says '/a: the source is empty'
    fails 1 "an empty file of a short name" info a
    check "an empty file of a short name: named" says '^alphastream: a: '
    rm -f a
}

test_passphrase()
{
    fails 1 "missing passphrase" info "$closeup_encrypted" --scene 85342
    check "missing passphrase: says how" says '; here: --passphrase-file$'
    check "missing passphrase: names the file" says '^alphastream: .*closeup.asvr: '
    fails 1 "convert without a passphrase" convert "$walkers" out/keyless.asvr
    check "convert without a passphrase: says how" says '; here: --passphrase-file$'
    check "convert without a passphrase: nothing written" test ! -e out/keyless.asvr
    ALPHASTREAM_PASSPHRASE='' ALPHASTREAM_PASSPHRASE_FILE='' \
        fails 1 "empty passphrase variables" info "$closeup_encrypted" --scene 85342
    check "empty passphrase variables: says how" says '; here: --passphrase-file$'
    fails 1 "wrong passphrase" info "$closeup_encrypted" --scene 85342 --passphrase-file key2
    fails 1 "wrong scene" info "$closeup_encrypted" --scene 85341 --passphrase-file key
    fails 1 "wrong version" info "$closeup_encrypted" --scene 85342 --stream-version 1.5.1 \
        --passphrase-file key
    fails 1 "wrong name" info "$closeup_encrypted" --scene 85342 --name a --passphrase-file key
    fails 1 "missing passphrase file" info "$closeup_encrypted" --passphrase-file missing
    local option
    for option in '--passphrase hunter2' --passphrase=hunter2 '--to-passphrase hunter2' '--pass hunter2' --passphr=hunter2; do
        # shellcheck disable=SC2086  # option and value
        fails 2 "passphrase among arguments: $option" info "$closeup_encrypted" --scene 85342 $option
        check "passphrase among arguments: $option: what to do" says '--passphrase-file'
        check "passphrase among arguments: $option: not shown" is "$(grep -c hunter2 stderr)" 0
    done
    run 0 "right key" verify "$closeup_encrypted" --scene 85342 --passphrase-file key
    ALPHASTREAM_PASSPHRASE_FILE=key run 0 "key file in the environment" \
        verify "$closeup_encrypted" --scene 85342
    ALPHASTREAM_PASSPHRASE=$(cat key) run 0 "key in the environment" \
        verify "$closeup_encrypted" --scene 85342
}

test_verify()
{
    run 0 "verify" verify "$walkers"
    check "verify: summary" prints '720 frames checked, all good'
    check "verify is silent" silent
    python3 "$helper" corrupt "$walkers" bad.asvp 3 500
    run 1 "verify of bad frames" verify bad.asvp --threads 4
    check "verify: counts" prints '720 frames checked, 2 bad'
    check "verify: names the first" is "$(head -n 1 stderr | cut -c 1-21)" 'alphastream: frame 3:'
    check "verify: names the second" is "$(tail -n 1 stderr | cut -c 1-23)" \
        'alphastream: frame 500:'
    # shellcheck disable=SC2046  # a word each
    python3 "$helper" corrupt "$walkers" worse.asvp $(seq 0 149)
    run 1 "verify of 150 bad frames" verify worse.asvp
    check "verify: 100 are named" is "$(grep -c ' frame [0-9]*:' stderr)" 100
    check "verify: the others counted" says '50 more frames'
    run 1 "verify of a cut file" verify cut.asvp
    check "verify of a cut file: counts" prints '720 frames checked, 20 bad'
    run 0 "verify --frames leaves bad ones out" verify bad.asvp --frames 0-2,4-499,501-719
    check "verify --frames: counts" prints '718 frames checked'
    run 0 "verify --json" verify "$walkers" --json
    check "verify --json: values" is "$(python3 "$helper" json stdout frames bad good errors)" '720 0 true []'
    run 1 "verify --json of bad frames" verify bad.asvp --json --threads 4
    check "verify --json of bad frames: values" is "$(python3 "$helper" json stdout frames bad good)" '720 2 false'
    check "verify --json of bad frames: which" is "$(python3 -c 'import json
print(*[(e["frame"], e["error"].startswith("frame %d: " % e["frame"])) for e in json.load(open("stdout"))["errors"]])')" \
        '(3, True) (500, True)'
    check "verify --json of bad frames: also on standard error" is "$(grep -c '^alphastream: frame ' stderr)" 2
    run 1 "verify --json of 150 bad frames" verify worse.asvp --json
    check "verify --json of 150 bad frames: 100 are named" is "$(python3 -c 'import json
found = json.load(open("stdout")); print(found["bad"], len(found["errors"]))')" '150 100'
    fails 3 "verify --json of nothing" verify missing.asvp --json
}

test_framehash()
{
    run 0 "framehash" framehash "$walkers" --frames 315
    check "framehash: hash" prints \
        '^315 36c4b398851cab86aed3f22343e4aa2584a0240d5178e8f22d534757c8d6e512$'
    run 0 "framehash in the order of the list" framehash "$torture" --canvas 320x200 \
        --frames 5,0,9-11,5
    check "framehash: order" is "$(cut -d ' ' -f 1 stdout | paste -s -d ,)" 5,0,9,10,11,5
    fails 2 "framehash past the end" framehash "$walkers" --frames 0,720,1
    check "framehash past the end: which, and what there is" says 'frame 720, .* 720 frames'
    fails 2 "framehash far past the end" framehash "$walkers" --frames 718-9999999
    run 0 "framehash up to the end" framehash "$walkers" --frames 718-719 --size 8x8
    run 1 "framehash of bad frames" framehash bad.asvp --frames 2-4,500
    check "framehash of bad frames: the others" is \
        "$(cut -d ' ' -f 1 stdout | paste -s -d ,)" 2,4
    check "framehash of bad frames: named" is "$(grep -c '^alphastream: frame' stderr)" 2
    check "framehash: 1 and 8 threads alike" is \
        "$(hashes "$closeup" --threads 1 --size 512x256 | sha256sum)" \
        "$(hashes "$closeup" --threads 8 --size 512x256 | sha256sum)"
    check "framehash: 1 and 64 threads alike at a bad frame" is \
        "$(hashes bad.asvp --threads 1 --size 64x32 | sha256sum)" \
        "$(hashes bad.asvp --threads 64 --size 64x32 | sha256sum)"
}

test_empty()
{
    python3 "$helper" empty empty.asvp
    run 0 "info of no frames" info empty.asvp
    run 0 "info --json of no frames" info empty.asvp --json
    check "info --json of no frames: values" is \
        "$(python3 "$helper" json stdout frames block_size)" "0 null"
    run 0 "verify of no frames" verify empty.asvp
    run 0 "framehash of no frames" framehash empty.asvp
    check "framehash of no frames: nothing" is "$(wc -c <stdout)" 0
    fails 2 "framehash past the end of no frames" framehash empty.asvp --frames 0
    run 0 "decode of no frames" decode empty.asvp -o out/e.y4m
    check "decode of no frames: a header" is "$(wc -l <out/e.y4m)" 1
    run 0 "pictures of no frames" decode empty.asvp -o out/%d.png
    fails 1 "sheet of no frames" decode empty.asvp --sheet -o out/e.png
    run 0 "convert of no frames" convert empty.asvp out/e.asvp
    rm -f out/*
}

test_progress()
{
    run 0 "--progress always" verify "$walkers" --progress always
    check "--progress always: a bar" says 'verify \[.*/720 frames'
    check "--progress always: erased at the end" is "$(tail -c 4 stderr | od -An -tx1)" \
        " 0d 1b 5b 4b"
    run 0 "--progress never" verify "$walkers" --progress never
    check "--progress never: silent" silent
    run 0 "--progress auto" verify "$walkers" --progress auto
    check "--progress auto: silent without a terminal" silent
}

test_decode_streams()
{
    local size=$((720 * (6 + 512 * 256)))
    run 0 "decode to y4m" decode "$walkers" --size 512x256 -o out/w.y4m
    check "y4m: header" is "$(head -n 1 out/w.y4m)" "YUV4MPEG2 W512 H256 F60:1 Ip A1:1 Cmono"
    check "y4m: size" is "$(wc -c <out/w.y4m)" \
        $((size + $(head -n 1 out/w.y4m | wc -c)))
    check "y4m: summary" says '^720 frames, 512 x 256, .* frames per second, to out/w.y4m$'
    run 0 "decode --quiet" decode "$walkers" --frames 0-9 -o out/w.gray -q
    check "decode --quiet is silent" silent
    check "gray: size" is "$(wc -c <out/w.gray)" $((10 * 2048 * 1024))
    run 0 "decode to standard output" decode "$walkers" --frames 315 -o -
    check "standard output: hash" is "$(sha256sum <stdout | cut -c 1-8)" 36c4b398
    run 0 "decode: 1 thread" decode "$closeup" --threads 1 --size 256x128 -o out/1.y4m
    run 0 "decode: 8 threads" decode "$closeup" --threads 8 --size 256x128 -o out/8.y4m
    check "decode: 1 and 8 threads alike" cmp out/1.y4m out/8.y4m
    rm -f out/*
    local codes
    "$tool" decode "$walkers" -o - 2>stderr | head -c 100 >/dev/null
    codes=("${PIPESTATUS[@]}")
    judge 2 "decode to a reader that goes away" "${codes[0]}"
    check "decode to a reader that goes away: silent" silent
    "$tool" decode "$walkers" -o - >&- 2>stderr
    judge 2 "decode to a closed standard output" $?
}

test_decode_bad_streams()
{
    local form
    for form in y4m gray; do
        fails 1 "decode of a bad frame to $form" decode bad.asvp --size 64x32 -o "out/b.$form"
        check "decode of a bad frame to $form: no file" is "$(ls -A out)" ""
    done
    run 1 "decode of a bad frame to standard output" decode bad.asvp --size 64x32 -o -
    check "decode of a bad frame to standard output: ends there" is "$(wc -c <stdout)" \
        $((3 * 64 * 32))
    run 1 "decode --keep-going" decode bad.asvp --size 64x32 -o out/b.gray --keep-going
    check "decode --keep-going: all frames" is "$(wc -c <out/b.gray)" $((720 * 64 * 32))
    check "decode --keep-going: an empty mask" cmp \
        <(tail -c +$((3 * 64 * 32 + 1)) out/b.gray | head -c $((64 * 32))) \
        <(head -c $((64 * 32)) /dev/zero)
    check "decode --keep-going: summary" says '^718 frames and 2 bad, '
    fails 2 "decode past the end" decode "$walkers" --frames 719,720 -o out/p.y4m
    check "decode past the end: nothing is written" is "$(cd out && echo p.*)" "p.*"
    rm -f out/*
}

test_decode_pictures()
{
    run 0 "decode to png" decode "$walkers" --frames 0,315 -o out/a-%05d.png
    check "png: names" is "$(cd out && echo ./*)" "./a-00000.png ./a-00315.png"
    check "png: pixels" is "$(python3 "$helper" png out/a-00315.png)" \
        "2048 1024 1 $(hashes "$walkers" --frames 315 | cut -d ' ' -f 2)"
    rm -f out/*
    run 0 "decode to pgm" decode "$walkers" --size 30x20 --frames 9-10 -o 'out/%d%%.PGM'
    check "pgm: names" is "$(cd out && echo ./*)" "./10%.PGM ./9%.PGM"
    check "pgm: header" is "$(head -n 3 out/9%.PGM | paste -s -d ' ')" "P5 30 20 255"
    check "pgm: pixels" is "$(tail -c 600 out/9%.PGM | sha256sum | cut -d ' ' -f 1)" \
        "$(hashes "$walkers" --size 30x20 --frames 9 | cut -d ' ' -f 2)"
    run 0 "one picture without a number" decode "$walkers" --frames 7 -o out/one.png
    rm -f out/*
    run 1 "bad frame among pictures" decode bad.asvp --frames 2-4 --size 8x8 -o out/%d.png
    check "bad frame among pictures: the others" is "$(cd out && echo ./*)" "./2.png ./4.png"
    rm -f out/*
    local wrong
    for wrong in a.png %d%d.png %s.png %5d.png %n.pgm %.png %05.png %0d.png %099d.png; do
        fails 2 "-o $wrong" decode "$walkers" --frames 0-1 -o "out/$wrong"
    done
    for wrong in %05d.y4m a-%d.gray %%%d.Y4M; do
        fails 2 "-o $wrong" decode "$walkers" --frames 0-1 -o "out/$wrong"
        check "-o $wrong: says why" says 'all frames go into one file; leave out the number$'
    done
    run 0 "percent signs in a video's name" decode "$walkers" --frames 0 --size 8x8 -o out/9%%d%.y4m
    check "percent signs in a video's name: as they are" is "$(ls -A out)" 9%%d%.y4m
    rm -f out/*
    for wrong in a a.mp4 '' .png out/ ; do
        fails 2 "-o '$wrong'" decode "$walkers" -o "$wrong"
    done
    fails 2 "decode without -o" decode "$walkers"
}

test_sheet()
{
    run 0 "sheet" decode "$walkers" --sheet -o out/s.png
    check "sheet: 3 x 4 tiles of 480 x 240" is "$(python3 "$helper" png out/s.png |
        cut -d ' ' -f 1-3)" "1464 990 3"
    run 0 "sheet: 1 thread" decode "$walkers" --sheet -o out/s1.png --threads 1 -q
    check "sheet: threads make no difference" cmp out/s.png out/s1.png
    run 0 "sheet of few frames" decode "$torture" --canvas 320x200 --frames 0-2 --sheet \
        --tile 16 -o out/t.png
    check "sheet of few frames: size" is "$(python3 "$helper" png out/t.png |
        cut -d ' ' -f 1-3)" "28 54 3"
    run 0 "sheet: --sheet-frames, vector" decode "$closeup" --sheet --sheet-frames 1 --tile 100 \
        --scale vector -o out/v.png
    check "sheet: one tile" is "$(python3 "$helper" png out/v.png | cut -d ' ' -f 1-3)" \
        "112 62 3"
    run 1 "sheet with a bad frame" decode bad.asvp --frames 0,3 --sheet --tile 64 -o out/b.png
    check "sheet with a bad frame: is there" test -s out/b.png
    rm -f out/*
    fails 2 "sheet: no png" decode "$walkers" --sheet -o out/s.pgm
    fails 2 "sheet: standard output" decode "$walkers" --sheet -o -
    fails 2 "sheet: --size" decode "$walkers" --sheet --size 8x8 -o out/s.png
    fails 2 "sheet: number in the name" decode "$walkers" --sheet -o out/%05d.png
    fails 2 "sheet: malformed name" decode "$walkers" --sheet -o out/%q.png
    fails 2 "sheet: too large" decode "$walkers" --sheet --sheet-frames 1024 --tile 4096 \
        -o out/s.png
    fails 2 "--tile without --sheet" decode "$walkers" --tile 64 -o out/s.png
    fails 2 "--sheet-frames without --sheet" decode "$walkers" --sheet-frames 4 -o out/s.png
    fails 2 "--sheet-frames 0" decode "$walkers" --sheet --sheet-frames 0 -o out/s.png
}

test_outputs()
{
    local name
    for name in missing/a.y4m missing/a.png key/a.gray; do
        fails 2 "decode to $name" decode "$walkers" --frames 0 -o "$name"
    done
    mkdir -p out/folder.png out/folder.y4m
    fails 2 "decode to a folder" decode "$walkers" --frames 0 -o out/folder.png
    fails 2 "decode a video to a folder" decode "$walkers" --frames 0 -o out/folder.y4m
    fails 2 "convert to a missing folder" convert "$walkers" missing/a.asvp
    "$tool" decode "$walkers" -o - >/dev/full 2>stderr
    judge 2 "decode to a full device" $?
    check "decode to a full device: one sentence" one_sentence
    rm -rf out/*
    test_long_name
    test_replaced
    # Ended by a signal: what was begun is taken away.
    "$tool" decode "$walkers" --size 4096x2048 -o out/ended.y4m 2>stderr &
    local pid=$!
    while [ -z "$(ls -A out)" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
    judge 143 "decode ended by a signal" $?
    check "decode ended by a signal: nothing is left" is "$(ls -A out)" ""
}

# As long as a name may be: the temporary's must not be longer.
test_long_name()
{
    local stem form most
    most=$(getconf NAME_MAX out)
    stem=$(printf "%$((most - 5))s" '' | tr ' ' n)
    for form in y4m gray png pgm; do
        run 0 "decode to the longest name, $form" decode "$walkers" --frames 0 --size 8x8 \
            -o "out/${stem:0:$((most - 1 - ${#form}))}.$form"
    done
    check "decode to the longest names: all there" is "$(find out -type f -size +0 | wc -l)" 4
    run 0 "convert to the longest name" convert "$ties" "out/$stem.asvp"
    run 0 "decode to a name without a folder" decode "$walkers" --frames 0 --size 8x8 -o here.gray
    check "decode to a name without a folder: there" is "$(wc -c <here.gray)" 64
    rm -f out/* here.gray
}

test_replaced()
{
    local mode name
    for mode in 600 640 664 444; do
        for name in r.gray r.png; do
            echo old >"out/$name"
            chmod "$mode" "out/$name"
            run 0 "decode over a file of mode $mode, $name" decode "$walkers" --frames 0 \
                --size 8x8 -o "out/$name"
            check "decode over a file of mode $mode, $name: kept" is \
                "$(stat -c %a "out/$name")" "$mode"
            rm -f "out/$name"
        done
    done
    echo old >out/r.gray
    chmod 6777 out/r.gray
    run 0 "decode over a file with set-id bits" decode "$walkers" --frames 0 --size 8x8 -o out/r.gray
    check "decode over a file with set-id bits: not kept" is "$(stat -c %a out/r.gray)" 777
    # What a link leads to says nothing about the rights of what replaces the link.
    chmod 6777 out/r.gray
    ln -s r.gray out/link.gray
    (umask 077 && "$tool" decode "$walkers" --frames 0 --size 8x8 -o out/link.gray 2>stderr)
    judge 0 "decode over a link" $?
    check "decode over a link: rights of a new file" is "$(stat -c '%a %F' out/link.gray)" \
        "600 regular file"
    (umask 027 && "$tool" decode "$walkers" --frames 0 --size 8x8 -o out/new.gray 2>stderr)
    judge 0 "decode to a new file" $?
    check "decode to a new file: by the umask" is "$(stat -c %a out/new.gray)" 640
    rm -f out/*
}

test_convert()
{
    local key=(--scene 7 --passphrase-file key2)
    run 0 "convert ASVP to ASVR" convert "$walkers" out/a.asvr "${key[@]}"
    run 0 "convert ASVR to ASVP" convert out/a.asvr out/b.asvp "${key[@]}"
    check "convert there and back: blocks" python3 "$helper" same-frames "$walkers" out/b.asvp
    check "convert there and back: hashes" is "$(hashes "$walkers" --size 64x32 | sha256sum)" \
        "$(hashes out/b.asvp --size 64x32 | sha256sum)"
    check "convert to ASVR: hashes" is "$(hashes "$walkers" --size 64x32 | sha256sum)" \
        "$(hashes out/a.asvr "${key[@]}" --size 64x32 | sha256sum)"
    run 0 "convert to the reference ASVR" convert "$closeup" out/closeup.asvr --scene 85342 \
        --passphrase-file key
    check "convert to ASVR: the reference's hashes" is \
        "$(hashes "$closeup_encrypted" --scene 85342 --passphrase-file key --frames 0-50)" \
        "$(hashes out/closeup.asvr --scene 85342 --passphrase-file key --frames 0-50)"
    run 0 "convert ASVP to ASVP" convert "$torture" out/t.asvp
    check "convert ASVP to ASVP: blocks" python3 "$helper" same-frames "$torture" out/t.asvp
    run 0 "convert --to" convert "$torture" out/t.bin --to asvr --name x "${key[@]}"
    run 0 "convert --to: --name was taken" verify out/t.bin --name x "${key[@]}"
    run 0 "convert ASVR to ASVR" convert out/a.asvr out/c.asvr "${key[@]}" --to-scene 9 \
        --to-stream-version 2.0 --to-name other --to-passphrase-file key
    run 0 "convert ASVR to ASVR: opens" verify out/c.asvr --scene 9 --stream-version 2.0 \
        --name other --passphrase-file key
    run 0 "convert ASVR to ASVR by default" convert out/a.asvr out/d.asvr "${key[@]}"
    run 0 "convert ASVR to ASVR by default: opens under its own name" verify out/d.asvr \
        "${key[@]}"
    run 0 "convert --frames" convert "$walkers" out/e.asvp --frames 315,0-1
    check "convert --frames: those" is \
        "$(hashes out/e.asvp | cut -d ' ' -f 2)" \
        "$(hashes "$walkers" --frames 315,0-1 | cut -d ' ' -f 2)"
    "$tool" convert - out/f.asvp <"$ties" >stdout 2>stderr
    judge 0 "convert from standard input" $?
    run 0 "convert in place" convert out/f.asvp out/f.asvp
    check "convert in place: blocks" python3 "$helper" same-frames "$ties" out/f.asvp
    rm -f out/*
}

test_convert_errors()
{
    local to
    fails 2 "convert without extension" convert "$walkers" out/a.bin
    for to in "" "--to asvp" "--to asvr"; do
        # shellcheck disable=SC2086  # two words or none
        fails 2 "convert to an empty name $to" convert "$walkers" "" $to
        check "convert to an empty name $to: says so" says 'OUT is empty; give a file name$'
    done
    fails 2 "convert: --to" convert "$walkers" out/a.asvp --to zip
    fails 2 "convert: --to-scene of a plain OUT" convert "$walkers" out/a.asvp --to-scene 1
    fails 1 "convert to ASVR without passphrase" convert "$walkers" out/a.asvr
    fails 1 "convert from ASVR without passphrase" convert "$closeup_encrypted" out/a.asvp
    fails 3 "convert of a missing file" convert missing.asvp out/a.asvp
    echo old >out/old.asvp
    fails 1 "convert of a bad frame" convert bad.asvp out/old.asvp
    check "convert of a bad frame: names it" says 'frame 3:'
    check "convert of a bad frame: OUT is as it was" is "$(cat out/old.asvp)" old
    fails 2 "convert past the end" convert "$walkers" out/a.asvp --frames 720
    mkdir -p out/folder.asvp
    fails 2 "convert to a folder" convert "$walkers" out/folder.asvp
    check "convert leaves nothing behind" is "$(cd out && echo ./*)" "./folder.asvp ./old.asvp"
}

# Building it: the first thing that may be missing.
test_configure()
{
    command -v cmake >/dev/null || return 0
    cmake -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON -P "$root/cmake/dependencies.cmake" \
        >stdout 2>stderr
    judge 1 "no pkg-config" $?
    tr -s ' \n' ' ' <stderr >words && mv words stderr
    check "no pkg-config: names the package" says 'apt-get install pkg-config, or run'
    check "no pkg-config: names the script" says 'scripts/install-deps'
}

test_help
test_typos
test_usage
test_sources
test_info
test_passphrase
test_verify
test_framehash
test_empty
test_progress
test_decode_streams
test_decode_bad_streams
test_decode_pictures
test_sheet
test_outputs
test_convert
test_convert_errors
test_configure
check "no temporary files are left" no_temporaries

echo "$count checks"
exit "$failed"

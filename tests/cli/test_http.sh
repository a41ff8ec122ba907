#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tool on http and https URLs, from nginx and from a server that plays faults: test_http.sh TOOL
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
cd "$scratch" || exit 1

unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE
echo "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" >key
printf 'another passphrase' >key2

mkdir files out late
cp "$walkers" "$ties" "$closeup_encrypted" files
echo "no container at all" >files/notes.txt

# shellcheck source=tests/support/servers.sh
. "$root/tests/support/servers.sh"
trap 'stop_servers; cd /; rm -rf "$scratch"' EXIT
start_servers "$root" "$scratch" "$scratch/files" || exit 1
honest=http://127.0.0.1:$nginx_port
faulty=http://127.0.0.1:$fault_port/s

# ------------------------------------------------------------------------------ checks -----------

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
above() { [ "$1" -gt "$2" ] || { echo "  got \"$1\", not more than $2"; return 1; }; }
says() { grep -q -- "$1" stderr || { echo "  no \"$1\" in:"; head -n 5 stderr; return 1; }; }
prints() { grep -q -- "$1" stdout || { echo "  no \"$1\" in:"; head -n 5 stdout; return 1; }; }
silent() { [ ! -s stderr ] || { head -n 5 stderr; return 1; }; }
answered() { grep -q -- "$1" <<<"$answer" || { echo "  no \"$1\" in:"; echo "$answer"; return 1; }; }
sound_stderr() { ! grep -q -e Sanitizer -e 'runtime error' stderr; }
one_sentence() { is "$(wc -l <stderr)" 1 && says '^alphastream: '; }
parses() { python3 -m json.tool stdout /dev/null; }
value() { python3 "$helper" json stdout "$@"; }
of_http() { python3 -c 'import json; print(*[json.load(open("stdout"))["http"][key] for key in "'"$*"'".split()])'; }

# run CODE NAME ARGUMENTS...: the tool must exit with CODE; its output is in stdout and stderr.
run()
{
    local want=$1 name=$2 code=0
    shift 2
    "$tool" "$@" >stdout 2>stderr </dev/null || code=$?
    if [ "$code" = "$want" ] && sound_stderr; then
        ok "$name"
    else
        bad "$name (exit $code, not $want)"
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

# same NAME PATH URL COMMAND [ARGUMENTS...]: prints the same of both, but for their names.
same()
{
    local name=$1 path=$2 url=$3 command=$4
    shift 4
    "$tool" "$command" "$path" "$@" >expected 2>stderr </dev/null
    run 0 "$name" "$command" "$url" "$@"
    check "$name: the same as of the file" diff <(sed "s|$path|SOURCE|" expected) \
        <(sed "s|$url|SOURCE|" stdout)
    check "$name: silent" silent
}

# start NAME ARGUMENTS...: runs the tool in the background, where most of its time is waiting for the
# next try. After wait_for_all, "tool=replay run CODE TEXT NAME" is as if it had run then.
pids=()
start()
{
    local name=$1
    shift
    {
        code=0
        "$tool" "$@" >"late/$name.stdout" 2>"late/$name.stderr" </dev/null || code=$?
        echo "$code" >"late/$name.code"
    } &
    pids+=($!)
}
wait_for_all()
{
    [ ${#pids[@]} = 0 ] || wait "${pids[@]}"
    pids=()
}
replay()
{
    cat "late/$1.stdout"
    cat "late/$1.stderr" >&2
    return "$(cat "late/$1.code")"
}

# ------------------------------------------------------------------------------ tests ------------

test_commands()
{
    local url=$honest/walkers.asvp
    same "info" "$walkers" "$url" info
    same "info --json" "$walkers" "$url" info --json
    same "verify" "$walkers" "$url" verify
    same "framehash" "$walkers" "$url" framehash --size 256x128
    same "framehash of some frames" "$walkers" "$url" framehash --frames 719,0,300-310,5,0
    same "framehash with one thread" "$walkers" "$url" framehash --threads 1 --frames 100-700 \
        --size 64x32
    same "decode to standard output" "$walkers" "$url" decode -o - --frames 600-609 --size 64x32 -q
    same "scheme in capitals" "$ties" "HTTP${honest#http}/ties.asvp" framehash
    local out
    for out in a.y4m a.gray; do
        run 0 "decode to $out of the file" decode "$walkers" -o "out/file-$out" --size 64x32
        run 0 "decode to $out" decode "$url" -o "out/url-$out" --size 64x32
        check "decode to $out: the same" cmp "out/file-$out" "out/url-$out"
    done
    run 0 "decode to a picture" decode "$url" -o out/url.png --frames 315
    check "decode to a picture: pixels" is "$(python3 "$helper" png out/url.png | cut -d ' ' -f 4)" \
        36c4b398851cab86aed3f22343e4aa2584a0240d5178e8f22d534757c8d6e512
    run 0 "sheet of the file" decode "$walkers" --sheet -o out/file-sheet.png --tile 64
    run 0 "sheet" decode "$url" --sheet -o out/url-sheet.png --tile 64
    check "sheet: the same" cmp out/file-sheet.png out/url-sheet.png
    run 0 "convert" convert "$url" out/url.asvp
    check "convert: the same frames" python3 "$helper" same-frames "$walkers" out/url.asvp
    run 0 "play" play "$url" --flat-out --size 64x32 --json
    check "play: all came" is "$(value due on_time missing)" "720 720 0"
    check "play: what it took" above "$(of_http received)" 414602
    run 0 "play: a table" play "$url" --flat-out --size 64x32
    check "play: the table has it too" prints '^received  *[1-9]'
    run 0 "play of the file" play "$walkers" --flat-out --size 64x32 --json
    check "play of the file: nothing of http" is "$(value http)" null
    run 0 "--progress always" verify "$url" --progress always
    check "--progress always: a bar" says 'verify \[.*/720 frames'
    fails 2 "convert to a URL" convert "$walkers" "$honest/new.asvp"
    rm -f out/*
}

# The key's salt has the file's name, which a query does not change.
test_encrypted()
{
    local url="$honest/closeup.asvr?sig=a%20b"
    run 0 "encrypted" verify "$url" --scene 85342 --passphrase-file key
    same "encrypted: framehash" "$closeup_encrypted" "${url%%\?*}" framehash --scene 85342 \
        --passphrase-file key --size 64x32
    fails 1 "missing passphrase" verify "$url" --scene 85342
    check "missing passphrase: says how" says '; here: --passphrase-file$'
    fails 1 "wrong passphrase" verify "$url" --scene 85342 --passphrase-file key2
    fails 1 "wrong scene" info "$url" --scene 1 --passphrase-file key
    fails 1 "wrong passphrase, play" play "$url" --scene 85342 --passphrase-file key2
    run 0 "convert to a plain container" convert "$url" out/plain.asvp --scene 85342 \
        --passphrase-file key
    check "convert to a plain container: the same frames" python3 "$helper" same-frames \
        "$root/tests/data/closeup.asvp" out/plain.asvp
    rm -f out/*
}

test_unreachable()
{
    local command closed
    fault listen
    closed=${answer#port }
    closed=${closed%$'\n'}
    fault offline "$closed"
    for command in info verify framehash play; do
        start "$command" "$command" "http://127.0.0.1:$closed/a.asvp"
    done
    start host info http://no-such-host.invalid/a.asvp
    wait_for_all
    for command in info verify framehash play; do
        tool=replay fails 3 "$command: port closed" "$command"
        fails 3 "$command: no such file" "$command" "$honest/none.asvp"
        check "$command: no such file: the status" says 404
    done
    fails 3 "decode: no such file" decode "$honest/none.asvp" -o out/a.y4m
    fails 3 "convert: no such file" convert "$honest/none.asvp" out/a.asvp
    check "no such file: no output" is "$(ls -A out)" ""
    tool=replay fails 3 "host name that does not exist" host
    check "host name that does not exist: which" says no-such-host.invalid
    fails 2 "no URL" info http://
    fails 1 "not a container" info "$honest/notes.txt"
}

test_faults()
{
    fault scenario w "file=$walkers" etag=%22v1%22
    fault rule w status=503 header=Retry-After:0
    fault rule w skip=1 cut=1000
    run 0 "server that fails at first" framehash "$faulty/w/walkers.asvp" --frames 315
    check "server that fails at first: hash" prints '^315 36c4b398'
    fault scenario w "file=$walkers"
    fault rule w times=always whole=1
    run 0 "server without ranges" verify "$faulty/w/walkers.asvp"
    check "server without ranges: one request" is "$(fault log w; grep -c ^request <<<"$answer")" 1
    fault scenario w "file=$walkers"
    fault rule w skip=1 times=always status=404
    fails 3 "file that goes away" verify "$faulty/w/walkers.asvp"
    fault scenario w "file=$walkers" etag=%22v1%22
    fault rule w skip=1 "file=$ties" etag=%22v2%22
    run 3 "file that is replaced" verify "$faulty/w/walkers.asvp"
    check "file that is replaced: says so" says '^alphastream: .* replaced by another'
}

# A server that never answers must not keep the program from being ended.
test_interrupt()
{
    local command pid code
    for command in play verify; do
        fault scenario w "file=$walkers"
        fault rule w times=always stall=before
        # A shell starts what runs in its background with SIGINT ignored.
        env --default-signal=INT "$tool" "$command" "$faulty/w/walkers.asvp" >stdout 2>stderr \
            </dev/null &
        pid=$!
        fault wait w stalled=1
        kill -INT "$pid"
        code=0
        wait "$pid" || code=$?
        check "$command interrupted while it opens" is "$code" 130
        check "$command interrupted while it opens: silent" silent
        fault release w
    done
}

test_options()
{
    printf 'X-Token: from-file\r\n\nX-Other: 2\n' >headers
    fault scenario w "file=$ties"
    run 0 "--header" info "$faulty/w/a.asvp" --header 'X-One: 1' --header 'X-Two:2' \
        --header @headers
    fault log w
    local header
    for header in 'X-One: 1' 'X-Two: 2' 'X-Token: from-file' 'X-Other: 2'; do
        check "--header: $header arrives" answered "^header $header\$"
    done
    run 0 "options of URLs with a path" info "$ties" --header 'X-One: 1' --proxy http://127.0.0.1:1 \
        --cacert none.pem --insecure --cache-dir none
    check "options of URLs with a path: no directory" test ! -e none
    fails 2 "--header without a colon" info "$ties" --header secret-4711
    check "--header without a colon: not repeated" is "$(grep -c secret-4711 stderr)" 0
    fails 2 "--header without a name" info "$ties" --header ': value'
    fails 2 "--header of a missing file" info "$ties" --header @missing
    fails 2 "--header of a file with a bad line" info "$ties" --header "@$walkers"
    fails 2 "--header that the library sets" info "$faulty/w/a.asvp" --header 'Range: bytes=0-'
    fails 2 "misspelt option with a secret" info "$ties" --headr='X-Token: secret-4711'
    check "misspelt option with a secret: not repeated" is "$(grep -c secret-4711 stderr)" 0
    fails 2 "--insecure with a value" info "$ties" --insecure=yes
    fails 2 "empty --cache-dir" info "$faulty/w/a.asvp" --cache-dir ''

    fault scenario w "file=$walkers" etag=%22v1%22
    run 0 "--cache-dir, first" verify "$faulty/w/walkers.asvp?sig=1" --cache-dir kept
    fault scenario w "file=$walkers" etag=%22v1%22
    run 0 "--cache-dir, again" play "$faulty/w/walkers.asvp?sig=1" --cache-dir kept --flat-out \
        --size 64x32 --json
    check "--cache-dir, again: all came" is "$(value on_time)" 720
    check "--cache-dir, again: from disk" above "$(of_http disk_hits)" 0

    fault scenario w "file=$ties"
    run 0 "--proxy" framehash http://far.invalid/s/w/ties.asvp --proxy "http://127.0.0.1:$fault_port"
    check "--proxy: hashes" is "$(cat stdout)" "$("$tool" framehash "$ties")"
    fault log w
    check "--proxy: asked for the whole URL" answered 'target=http://far.invalid/s/w/ties.asvp$'
    http_proxy=http://127.0.0.1:$fault_port run 0 "proxy of the environment" info \
        http://far.invalid/s/w/ties.asvp
    http_proxy=http://127.0.0.1:$fault_port fails 3 "--proxy ''" info \
        http://far.invalid/s/w/ties.asvp --proxy ''
}

test_tls()
{
    local good other ca
    fault listen tls=good
    good=https://localhost:$(tr -dc 0-9 <<<"$answer")/s/w/ties.asvp
    fault listen tls=wrong-host
    other=https://localhost:$(tr -dc 0-9 <<<"$answer")/s/w/ties.asvp
    fault certificates
    ca=${answer#ca=}
    ca=${ca%% *}
    fault scenario w "file=$ties"
    fails 3 "unknown authority" info "$good"
    same "--cacert" "$ties" "$good" framehash --cacert "$ca"
    same "--insecure" "$ties" "$good" framehash --insecure
    fails 3 "certificate of another host" info "$other" --cacert "$ca"
    fails 3 "--cacert of a missing file" info "$good" --cacert missing.pem
}

test_info_http()
{
    local url=$honest/walkers.asvp
    run 0 "info --http" info "$url" --http
    local row
    for row in source format frames requests received 'from cache' ranges; do
        check "info --http: $row" prints "^$row  *[^ ]"
    done
    check "info --http: the first request" prints '^ *0-[0-9]*  *[0-9]*  *206  *0  *yes '
    run 0 "info --http --json" info "$url" --http --json
    check "info --http --json: parses" parses
    check "info --http --json: frames" is "$(value frames)" 720
    check "info --http --json: ranges" is "$(of_http ranges retries)" "True 0"
    check "info --http --json: exchanges" is "$(python3 - <<'END'
import json
http = json.load(open("stdout"))["http"]
x = http["exchanges"]
assert len(x) == http["requests"] and sum(e["received"] for e in x) == http["received"]
assert all(e["status"] == 206 and e["result"] == 0 and e["received"] == e["length"] for e in x)
assert all(0 < e["first_byte_ms"] <= e["total_ms"] for e in x)
print(x[0]["first"], x[0]["attempt"], x[0]["connected"])
END
)" "0 0 True"
    run 3 "info --http of a missing file" info "$honest/none.asvp" --http
    check "info --http of a missing file: its request" prints '  404 '
    check "info --http of a missing file: one sentence" one_sentence
    run 3 "info --http --json of a missing file" info "$honest/none.asvp" --http --json
    check "info --http --json of a missing file: parses" parses
    check "info --http --json of a missing file: source" is "$(value source)" \
        "\"$honest/none.asvp\""
    fails 2 "info --http of a path" info "$walkers" --http
    fails 2 "verify --http" verify "$url" --http
    fault scenario w "file=$walkers"
    fault rule w times=2 status=500
    run 0 "info --http with retries" info "$faulty/w/walkers.asvp" --http --json
    check "info --http with retries: counted" is "$(of_http retries)" 2
}

spilled=0
spill()
{
    spilled=$((spilled + 1))
    start "spill-$spilled" "$@"
}

# Whatever goes wrong, and at any level of logging: no user info, no query, no fragment, no header's
# value, no proxy's password and no passphrase in the output.
test_secrets()
{
    local level url name
    local -a options
    printf 'passphrase-4711' >secret_key
    fault scenario w "file=$walkers"
    fault rule w status=503 header=Retry-After:0
    fault rule w skip=2 times=1 cut=1000
    fault scenario denied "file=$walkers"
    fault rule denied times=always status=403
    fault scenario moved "file=$walkers"
    fault rule moved times=always status=302 header=Location:http://127.0.0.1:1/a?token=target-4711
    fault scenario crypt "file=$closeup_encrypted"
    for level in none warn debug; do
        options=(--log-level "$level" --header 'X-Token: header-4711'
            --passphrase-file secret_key)
        for name in w/walkers.asvp denied/a.asvp moved/a.asvp crypt/closeup.asvr none/a.asvp; do
            url="http://user:password-4711@127.0.0.1:$fault_port/s/$name?sig=query-4711#part-4711"
            spill info "$url" "${options[@]}"
            spill verify "$url" "${options[@]}"
            spill play "$url" "${options[@]}" --frames 0-3 --size 64x32
        done
        url="http://user:password-4711@127.0.0.1:$fault_port/s/w/a.asvp?sig=query-4711"
        spill info "$url" --http "${options[@]}"
        spill info "$url" --json --http "${options[@]}"
        spill info "$url" "$url" "$url" "$url"
        spill "$url"
        spill convert "$walkers" "$url" "${options[@]}"
        spill info "${url/127.0.0.1/no-such-host.invalid}" "${options[@]}"
        spill info "$url" "${options[@]}" --proxy http://proxy:proxy-4711@127.0.0.1:1
    done
    wait_for_all
    cat late/spill-*.std* >all_output
    check "secrets: there is output to look at" above "$(wc -l <all_output)" 100
    check "secrets: none in it" is "$(grep -c -e -4711 all_output)" 0
    check "secrets: which" is "$(grep -m 3 -e -4711 all_output)" ""
}

test_commands
test_encrypted
test_unreachable
test_faults
test_interrupt
test_options
test_tls
test_info_http
test_secrets

echo "$count checks"
exit "$failed"

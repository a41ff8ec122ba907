#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a sample and checks what it prints: every checksum, against those of the program "expected"
# or of golden.tsv, and how it fails.
#
# test_samples.sh cpu_frames|cv_client PROGRAM EXPECTED [LIBRARY]
# test_samples.sh http_options PROGRAM EXPECTED
# test_samples.sh dotnet LIBRARY
set -euo pipefail
# shellcheck source=tests/samples/sample.sh
. "$(dirname "${BASH_SOURCE[0]}")/sample.sh"

sample() # ARGUMENTS...
{
    case $kind in
    cpu_frames | http_options) "$program" "$@" ;;
    cv_client) "$program" "$library" "$@" ;;
    dotnet) "$root/samples/dotnet/run.sh" "$(dirname "$library")" "$@" ;;
    esac
}

# The frames the sample printed must be just these many of the wanted lines.
same_lines() # COUNT PATTERN FILE
{
    grep -E "$2" "$folder/out" >"$folder/got" || fail "$kind prints no line like $2"
    grep -E "$2" "$3" >"$folder/wanted" || fail "nothing is expected like $2"
    diff "$folder/wanted" "$folder/got" >&2 || fail "$kind prints other checksums (> are its own)"
    [ "$(sort -u "$folder/got" | wc -l)" = "$1" ] || fail "$kind prints other than $1 such lines"
}

golden() # FILE: "frame INDEX SHA256" of the plain rows of golden.tsv
{
    awk -F '\t' -v file="$1" '$1 == file && $3 == "2048x1024" && $4 == $3 && $5 == "nearest" &&
        $6 == "union" { print "frame", $2, $7 }' "$root/tests/data/golden.tsv"
}

check_walkers()
{
    runs "$walkers"
    case $kind in
    cpu_frames)
        grep -q '^720 frames of 2048 x 1024, plain$' "$folder/out" || fail "no first line"
        same_lines 8 '^frame [0-9]*00 |^frame 0 ' "$folder/expected"
        same_lines 1 '^total ' "$folder/expected"
        return
        ;;
    cv_client) same_lines 16 "$every_45th" "$folder/expected" ;;
    dotnet)
        golden walkers.asvp >"$folder/expected"
        same_lines 16 "$every_45th" "$folder/expected"
        ;;
    esac
    grep -q '^720 frames of 2097152 bytes$' "$folder/out" || fail "$kind does not print the frames"
    grep -q '^strip of frame 0: [1-9][0-9]* floats$' "$folder/out" || fail "$kind has no strip"
    grep -q '^frame 720: error 3: frame 720 ' "$folder/out" || fail "$kind has no error for frame 720"
}

check_closeup()
{
    ALPHASTREAM_PASSPHRASE=$secret runs "$closeup" 85342
    grep -q '^600 frames' "$folder/out" || fail "$kind does not open closeup.asvr"
    case $kind in
    cpu_frames) same_lines 1 '^total ' "$folder/expected_closeup" ;;
    cv_client) same_lines 14 "$every_45th" "$folder/expected_closeup" ;;
    esac
}

check_failures()
{
    refuses 1 "no such file or directory\|there is no file" "$folder/none.asvp"
    refuses 1 "passphrase" "$closeup" 85342
    ALPHASTREAM_PASSPHRASE=wrong refuses 1 "passphrase" "$closeup" 85342
    # Frame 0 damaged: told, not passed over in silence.
    cp "$walkers" "$folder/bad.asvp"
    table=$(od -An -tu4 -j 12 -N 4 "$walkers" | tr -d ' ')
    printf 'damaged' | dd of="$folder/bad.asvp" bs=1 seek=$((16 + table + 40)) conv=notrunc status=none
    refuses 1 "frame 0: " "$folder/bad.asvp"
    refuses 2 "usage" "$walkers" 0 too many
}

# A server that wants a header, one whose URLs run out, and what is kept on disk.
check_http()
{
    local url moved
    # shellcheck source=tests/support/servers.sh
    . "$root/tests/support/servers.sh"
    trap 'stop_servers; rm -rf "$folder"' EXIT
    start_servers "$root" "$folder"
    url=http://127.0.0.1:$fault_port/s/good/walkers.asvp
    moved="http://127.0.0.1:$fault_port/s/old/walkers.asvp?signature=1"
    fault scenario good "file=$walkers" 'etag="v1"'
    fault scenario old "file=$walkers"
    fault rule old times=always status=403

    for cache in "" "$folder/cache" "$folder/cache"; do
        runs "$url" "X-Token: 4711" "$cache"
        same_lines 8 '^frame ' "$folder/expected_100"
        same_lines 1 '^total ' "$folder/expected"
    done
    grep -q '^[1-9][0-9]* bytes received, [1-9][0-9]* units of 64 KiB from disk, 0 new URLs$' \
        "$folder/out" || fail "nothing came from the cache on disk"
    fault log good
    echo "$answer" >"$folder/log"
    [ "$(grep -c '^header X-Token: 4711$' "$folder/log")" = "$(grep -c '^request' "$folder/log")" ] ||
        fail "the header is not on every request"

    runs "$moved" "" "" "$url"
    same_lines 1 '^total ' "$folder/expected"
    grep -q '^status 403: going on with another URL$' "$folder/out" || fail "no new URL"
    grep -q ', 1 new URLs$' "$folder/out" || fail "the new URL is not counted"

    refuses 1 "403" "$moved"
    refuses 1 "403" "$moved" "" "" "$moved"
    refuses 1 "https://host/path" "$walkers"
    refuses 1 "headers\[0\]" "$url" "no header"
    refuses 2 "usage" "$url" "" "" "" too many
}

kind=${1:-}
every_45th='^frame ('$(seq -s '|' 0 45 675)') '
case $kind in
cpu_frames | cv_client)
    [ "$#" = 3 ] || [ "$#" = 4 ] || { echo "usage: see the head of $0" >&2; exit 2; }
    program=$2
    expected=$3
    library=${4:-}
    "$expected" "$walkers" >"$folder/expected"
    ALPHASTREAM_PASSPHRASE=$secret "$expected" "$closeup" 85342 >"$folder/expected_closeup"
    ;;
http_options)
    [ "$#" = 3 ] || { echo "usage: see the head of $0" >&2; exit 2; }
    program=$2
    "$3" "$walkers" >"$folder/expected"
    grep -E '^frame [0-9]*00 |^frame 0 ' "$folder/expected" >"$folder/expected_100"
    check_http
    echo "$kind prints what it must"
    exit 0
    ;;
dotnet)
    library=$2
    ;;
*)
    echo "usage: see the head of $0" >&2
    exit 2
    ;;
esac

check_walkers
check_failures
check_closeup
echo "$kind prints what it must"

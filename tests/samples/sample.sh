# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of samples share; sourced by them. They set `kind` and `program`, and replace
# `sample` where running one takes more.
# shellcheck disable=SC2034,SC2154 # for who sources this, and from there
export LC_ALL=C
unset ALPHASTREAM_PASSPHRASE ALPHASTREAM_PASSPHRASE_FILE
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
walkers=$root/samples/data/walkers.asvp
closeup=$root/tests/data/closeup.asvr
secret=hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
folder=$(mktemp -d)
# shellcheck disable=SC2064 # expanded now on purpose
trap "rm -rf '$folder'" EXIT

fail() # WHAT
{
    echo "FAILED: $1" >&2
    sed 's/^/    /' "$folder/out" "$folder/err" >&2
    exit 1
}

sample() # ARGUMENTS...
{
    "$program" "$@"
}

runs() # ARGUMENTS...: leaves what it says in out and err
{
    sample "$@" >"$folder/out" 2>"$folder/err" </dev/null || fail "$kind $* exits with $?"
}

# The sample must exit with this status and say so.
refuses() # STATUS PART ARGUMENTS...
{
    local status=0 wanted=$1 part=$2
    shift 2
    sample "$@" >"$folder/out" 2>"$folder/err" </dev/null || status=$?
    [ "$status" = "$wanted" ] || fail "$kind $* exits with $status, not $wanted"
    grep -q -- "$part" "$folder/err" || fail "$kind $* does not say \"$part\""
}

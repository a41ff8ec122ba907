#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/release: the same bytes everywhere and at any time, and its refusals.
# shellcheck disable=SC2317  # functions that `check` calls by name
set -uo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
# A hook's would lead git back to this repository; and nobody's settings matter.
for variable in "${!GIT_@}"; do unset "$variable"; done
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost \
    GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@localhost

failed=0
count=0
ok() { count=$((count + 1)); echo "ok: $1"; }
bad() { count=$((count + 1)); failed=1; echo "NOT OK: $1"; tail -n 20 log; }
check()
{
    local name=$1
    shift
    if "$@" >log 2>&1; then ok "$name"; else bad "$name"; fi
}
refuses() # NAME WORDS
{
    if one/scripts/release --output "$scratch/refused" >log 2>&1; then
        bad "$1: was not refused"
    elif grep -qF -- "$2" log && [ ! -e refused ]; then
        ok "$1"
    else
        bad "$1: does not say \"$2\", or writes something"
    fi
}
commit() { git -C one add --all && git -C one commit --quiet --allow-empty --message "$1"; }

# The files as they lie here, with the changelog of a release.
mkdir one
python3 "$root/tests/policy/files.py" | tar -C "$root" --null -T - -cf - | tar -C one -xf -
git -C one init --quiet --initial-branch=main
release_changelog()
{
    cat >one/CHANGELOG.md <<'END'
# Changelog

## [Unreleased]

## [9.8.7] - 2031-02-03

### Added

- Something new,
  in two lines.

### Fixed

- Something old.

## [9.8.6] - 2030-01-01

- Older.
END
}
release_changelog
sed -i -e 's/\(#define AS_VERSION_MAJOR\) .*/\1 9/' -e 's/\(#define AS_VERSION_MINOR\) .*/\1 8/' \
    -e 's/\(#define AS_VERSION_PATCH\) .*/\1 7/' one/include/alphastream/version.h
commit release

# Another place, time, umask, time zone and clone.
check "makes a release" one/scripts/release --output "$scratch/first"
git clone --quiet one "another place"
find "another place" -path '*/.git' -prune -o -exec touch -h -d 2001-01-01 {} +
elsewhere() (umask 077 && TZ=Asia/Tokyo "another place/scripts/release" --output "$scratch/second")
check "makes it elsewhere" elsewhere
check "the same files, bit for bit" diff -r first second
check "named for the version" test -s first/libalphastream-9.8.7.tar.gz
sum_fits() (cd first && sha256sum --check --quiet libalphastream-9.8.7.tar.gz.sha256)
check "the checksum fits" sum_fits
mkdir unpacked && tar -C unpacked -xf first/libalphastream-9.8.7.tar.gz
same_files()
{
    diff <(git -C one ls-files | sort) <(cd unpacked/libalphastream-9.8.7 && find . -type f -o -type l | sed 's|^\./||' | sort) &&
        diff -r -x .git one unpacked/libalphastream-9.8.7
}
check "it holds what git tracks" same_files
cat >want <<'END'
libalphastream 9.8.7

Added:

- Something new,
  in two lines.

Fixed:

- Something old.
END
check "the tag's text" diff want first/libalphastream-9.8.7.tag.txt
check "the tag can be made of it" git -C one tag --annotate --cleanup=verbatim \
    --file="$scratch/first/libalphastream-9.8.7.tag.txt" v9.8.7
check "again, with the tag there" one/scripts/release --output "$scratch/third"
check "again: the same" diff -r first third
# As a user has it: in a folder of somebody's, which may itself be a checkout of something else.
git -C unpacked init --quiet
files_without_git()
{
    diff <(git -C one ls-files -z) <(unpacked/libalphastream-9.8.7/tests/policy/files.py)
}
check "its tests and scripts find its files without git" files_without_git
check "a test of the sources, there" unpacked/libalphastream-9.8.7/tests/policy/test_docs.py
listed_in_a_build_folder()
{
    mkdir -p one/build/x && touch one/build/x/a.md one/docs/a.o && one/tests/policy/files.py >with_git &&
        cp -a one bare && rm -rf bare/.git && diff with_git <(bare/tests/policy/files.py) &&
        rm -rf one/build one/docs/a.o bare
}
check "what .gitignore names is left out with and without git" listed_in_a_build_folder
configures() # without git, and with the version of the header and the day of the changelog
{
    cmake -S unpacked/libalphastream-9.8.7 -B configured -G Ninja -DALPHASTREAM_WITH_TESTS=OFF \
        -DALPHASTREAM_WITH_BENCH=OFF -DALPHASTREAM_WITH_VIEWER=OFF -DALPHASTREAM_WITH_PACKAGES=ON &&
        grep -qx 'CMAKE_PROJECT_VERSION:STATIC=9.8.7' configured/CMakeCache.txt &&
        grep -q '  Mon, 03 Feb 2031 00:00:00 +0000$' configured/debian/changelog.Debian
}
check "it configures by itself" configures

echo x >>one/README.md
refuses "changed file" "not committed"
git -C one checkout --quiet README.md
echo x >one/new-file
refuses "new file" "?? new-file"
rm one/new-file
commit later
refuses "tag on another commit" "the tag v9.8.7 is on another commit"
git -C one tag --delete v9.8.7 >/dev/null
sed -i 's/^## \[9.8.7\].*/## [9.8.7]/' one/CHANGELOG.md && commit "no date"
refuses "section without a date" "no section '## [9.8.7] - YYYY-MM-DD'"
sed -i 's/^## \[9.8.7\].*/## [9.8.7] - 2031-02-30/' one/CHANGELOG.md && commit "no day"
refuses "no day of the calendar" "'2031-02-30' in CHANGELOG.md is no day"
sed -i 's/^## \[9.8.7\].*/## [9.8.5] - 2031-02-03/' one/CHANGELOG.md && commit "other version"
refuses "no section" "no section '## [9.8.7]"
release_changelog
sed -i 's/^## \[Unreleased\]/&\n\n- Not yet./' one/CHANGELOG.md && commit unreleased
refuses "unreleased entries" "entries under [Unreleased]"
release_changelog
sed -i '/^### Added/,/Something old/d' one/CHANGELOG.md && commit empty
refuses "empty section" "is empty"

echo "$count checks"
exit "$failed"

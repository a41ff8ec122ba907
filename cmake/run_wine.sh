#!/bin/sh
# Runs a program for Windows: with a folder of its own for what wine keeps, without its messages and
# questions, and with names of files in UTF-8, which wine takes from the locale.
: "${WINEPREFIX:=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)/build/wine}"
export WINEPREFIX WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES=mscoree,mshtml= LC_ALL=C.UTF-8
mkdir -p "$WINEPREFIX"
exec wine "$@"

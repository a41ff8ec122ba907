#!/bin/sh
# Runs a program for Windows: with a folder of its own for what wine keeps, and without its messages
# and questions.
: "${WINEPREFIX:=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)/build/wine}"
export WINEPREFIX WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES=mscoree,mshtml=
mkdir -p "$WINEPREFIX"
exec wine "$@"

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Completion of alphastream-viewer for bash.

_alphastream_viewer()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=''
    COMPREPLY=()
    case $before in
    --renderer) words='gl cpu' ;;
    --view) words='cutout mask outline strips' ;;
    --eye) words='both left right' ;;
    --scale) words='nearest vector' ;;
    --combine) words='union parity' ;;
    --window) words='1280x640 1920x960' ;;
    --size | --canvas) words='2048x1024 4096x2048 6720x3360' ;;
    --fps) words='60 59.94 30000/1001' ;;
    --speed) words='0.25 0.5 1 2 4' ;;
    --cache-dir)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --video | --font | --screenshot | --script | --passphrase-file | --background)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        [ "$before" != --background ] || COMPREPLY+=(checker video)
        return
        ;;
    --start | --frames | --scene | --stream-version | --name | --header)
        return # nothing to suggest
        ;;
    *)
        case $word in
        -*)
            words='--help --version --renderer --window --fullscreen --view --eye --background --video
                --linear --no-hud --font --fps --speed --start --paused --no-loop --size --canvas --scale
                --combine --headless --frames --screenshot --script --log-state --passphrase-file --scene
                --stream-version --name --header --cache-dir'
            ;;
        *)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -X '!*.@(asvp|asvr)' -- "$word"; compgen -d -- "$word")
            return
            ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _alphastream_viewer alphastream-viewer

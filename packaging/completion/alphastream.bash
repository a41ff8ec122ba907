# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Completion of alphastream for bash.

_alphastream_options() # COMMAND: the options it takes
{
    local all='--help --version --frames --size --canvas --scale --combine --backend --gl-api --device
        --threads --scene --stream-version --name --passphrase-file --log-level --progress
        --header --proxy --cacert --insecure --cache-dir'
    case $1 in
    info) echo "$all --json --http" ;;
    verify | gpus | doctor) echo "$all --json" ;;
    decode) echo "$all --output --sheet --sheet-frames --tile --keep-going --quiet" ;;
    convert) echo "$all --to --to-scene --to-stream-version --to-name --to-passphrase-file" ;;
    play)
        echo "$all --json --fps --speed --seconds --start --loop --seek-every --seed --flat-out --l0 --l1"
        ;;
    framehash) echo "$all" ;;
    *) echo '--help --version' ;;
    esac
}

_alphastream()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i
    local commands='info verify framehash decode convert play gpus doctor'
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case " $commands " in *" ${COMP_WORDS[i]} "*)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    local words=''
    case $before in
    --scale) words='nearest vector' ;;
    --combine) words='union parity' ;;
    --backend) words='cpu gl vulkan' ;;
    --gl-api) words='core es' ;;
    --log-level) words='none error warn info debug' ;;
    --progress) words='auto always never' ;;
    --to) words='asvp asvr' ;;
    --size | --canvas) words='2048x1024 4096x2048 6720x3360' ;;
    --fps) words='60 59.94 30000/1001' ;;
    --cache-dir)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --passphrase-file | --to-passphrase-file | --cacert | --output | -o)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --frames | --device | --threads | --scene | --stream-version | --name | --header | --proxy | \
        --sheet-frames | --tile | --to-scene | --to-stream-version | --to-name | --speed | --seconds | \
        --start | --seek-every | --seed | --l0 | --l1)
        return # nothing to suggest
        ;;
    *)
        case $word in
        -*) words=$(_alphastream_options "$command") ;;
        *)
            if [ -z "$command" ]; then
                words=$commands
            elif [ "$command" != gpus ] && [ "$command" != doctor ]; then
                compopt -o filenames 2>/dev/null
                # Containers and folders.
                mapfile -t COMPREPLY < <(compgen -f -X '!*.@(asvp|asvr)' -- "$word"; compgen -d -- "$word")
                return
            fi
            ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _alphastream alphastream

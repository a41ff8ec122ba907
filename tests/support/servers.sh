# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Web servers for shell tests, to be sourced: nginx_server.py and fault_server.py. Each ends when its
# standard input is closed, which the script holds open: at its end, whatever that is.
#
#     start_servers ROOT FOLDER [FILES]   below FOLDER; nginx only where it has FILES to serve
#     fault COMMAND...                    to the fault server; what it answers is in $answer
#     stop_servers                        and waits for them
#
# Sets nginx_port and fault_port. Takes proxies out of the environment. Descriptors 5 to 8 are taken.

# shellcheck disable=SC2034  # for who sources this
start_servers()
{
    local support=$1/tests/support folder=$2
    unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
    mkdir "$folder/certificates"
    mkfifo "$folder/faults.in" "$folder/faults.out"
    python3 "$support/fault_server.py" "$folder/certificates" <"$folder/faults.in" \
        >"$folder/faults.out" &
    server_pids=($!)
    exec 5>"$folder/faults.in" 6<"$folder/faults.out"
    read -r _ fault_port <&6 || return 1
    [ "$#" = 3 ] || return 0
    mkfifo "$folder/nginx.in" "$folder/nginx.out"
    python3 "$support/nginx_server.py" "$folder/nginx" "$3" <"$folder/nginx.in" \
        >"$folder/nginx.out" 5>&- 6<&- &
    server_pids+=($!)
    exec 7>"$folder/nginx.in" 8<"$folder/nginx.out"
    read -r _ nginx_port <&8
}

stop_servers()
{
    exec 5>&- 7>&-
    wait "${server_pids[@]}"
}

fault()
{
    local line
    answer=
    echo "$*" >&5
    while read -r line <&6; do
        case $line in
        ok) return 0 ;;
        error*) echo "$line" >&2; exit 1 ;;
        esac
        answer+=$line$'\n'
    done
    echo "the fault server has ended" >&2
    exit 1
}

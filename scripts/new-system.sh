# shellcheck shell=bash disable=SC2154 # what who sources this sets
# A new Debian 12 in a temporary folder, for scripts to source that need one. Who does sets `program` (its
# name, for messages), `mirror` (where packages come from, or nothing), and `keep` (1: the folder stays).
#
#     need_new_system COMMAND...     root and these commands, or it ends the script
#     make_new_system                makes $root below $work, which both go away at the script's end
#     in_new_system COMMAND...       as a login there would, with this machine's proxies

suite=bookworm

fail()
{
    echo "$program: $*" >&2
    exit 1
}

need_new_system()
{
    local command
    [ "$(id -u)" = 0 ] || fail "needs root for chroot and mount; run: sudo $program"
    for command in debootstrap chroot mount umount apt-config apt-get "$@"; do
        command -v "$command" >/dev/null || fail "$command is missing; run scripts/install-deps on a Debian system"
    done
}

# "URI suite component" of every package index of this Debian release that apt knows here.
package_indexes()
{
    # shellcheck disable=SC2016 # $(...) is apt's own notation
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
        awk -v suite="$suite" '$2 ~ "^" suite "(-updates|-security)?$" && $3 == "main" &&
            ($4 == "Debian" || $4 ~ /\(ORIGIN\)/) { print $1, $2, $3 }' | sort -u
}

# Sets `mirror` and `sources`.
find_packages()
{
    if [ -n "$mirror" ]; then
        sources="deb $mirror $suite main"
    else
        mirror=$(package_indexes | awk -v suite="$suite" '$2 == suite { print $1; exit }')
        sources=$(package_indexes | sed 's/^/deb /')
    fi
    case $mirror in
    http://* | https://* | file:/*) ;;
    '') fail "apt on this machine has no source for Debian $suite; name a mirror with --mirror" ;;
    *) fail "debootstrap cannot use apt's source '${mirror%%:*}:...'; name a mirror with --mirror" ;;
    esac
}

# debootstrap knows proxies from the environment only, apt from its configuration as well.
proxy_of() # PROTOCOL
{
    local proxy
    eval "$(apt-config shell proxy "Acquire::$1::Proxy")"
    [ "${proxy:-}" = DIRECT ] || echo "${proxy:-}"
}

export_proxies()
{
    local protocol variable proxy
    for protocol in http https; do
        variable=${protocol}_proxy
        proxy=$(proxy_of "$protocol")
        if [ -z "${!variable:-}" ] && [ -n "$proxy" ]; then
            export "$variable=$proxy"
        fi
    done
}

# shellcheck disable=SC2317,SC2329 # called by the trap
clean_up_new_system()
{
    local status=$?
    trap - EXIT INT TERM HUP
    cd /
    if mountpoint -q "$root/proc" && ! umount "$root/proc" 2>/dev/null; then
        # A process may still hold it; detached, it goes away with that process.
        umount -l "$root/proc" || true
    fi
    if grep -qF " $work/" /proc/self/mounts; then
        echo "$program: something is still mounted below $work; left in place" >&2
        status=1
    elif [ "$keep" = 1 ]; then
        echo "$program: kept $root"
    else
        rm -rf --one-file-system "$work"
    fi
    exit "$status"
}

in_new_system()
{
    local environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        TERM="${TERM:-dumb}" LC_ALL=C) variable
    for variable in http_proxy https_proxy no_proxy HTTPS_PROXY NO_PROXY CI ALPHASTREAM_TEST_SEED; do
        if [ -n "${!variable:-}" ]; then
            environment+=("$variable=${!variable}")
        fi
    done
    env -i "${environment[@]}" chroot "$root" "$@"
}

# What this machine trusts and how it reaches its mirror. Files that are there already stay.
configure_apt()
{
    local folder
    printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    for folder in /usr/share/keyrings /etc/apt/keyrings /etc/apt/trusted.gpg.d /etc/apt/auth.conf.d; do
        if [ -d "$folder" ]; then
            mkdir -p "$root$folder"
            cp -nL "$folder"/* "$root$folder/" 2>/dev/null || true
        fi
    done
    apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-Date|Check-Valid-Until)(::|[ ])' \
        >"$root/etc/apt/apt.conf.d/90host" || true
}

make_new_system() # PACKAGES: beside the smallest system, with commas; and what apt needs for its sources
{
    local packages=$1
    find_packages
    [[ "$mirror $sources" != *https:* ]] || packages=ca-certificates${packages:+,$packages}
    export_proxies
    work=$(mktemp -d "${TMPDIR:-/tmp}/alphastream-new.XXXXXX")
    root=$work/root
    chmod 755 "$work"
    trap clean_up_new_system EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    echo "== debootstrap $suite =="
    if ! debootstrap --variant=minbase ${packages:+"--include=$packages"} "$suite" "$root" "$mirror" \
        >"$work/debootstrap.log" 2>&1; then
        tail -n 20 "$work/debootstrap.log" >&2
        fail "debootstrap failed"
    fi
    configure_apt
    mount -t proc proc "$root/proc"
}

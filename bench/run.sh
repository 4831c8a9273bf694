#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures unchain beside other programs that show images as files, and prints one table:
#
#     bench/run.sh [--newer] [--quick] [--more] [--rounds N] [--micro] [--list] [WORKLOAD-PATTERN...]
#
# For Debian 12, as root. Installs (apt) what is missing, builds unchain in build/bench (or below
# $BUILD), and keeps its images (12 GiB) in /var/tmp/unchain-bench (or $BENCH_WORK), where the
# results are left as well: full.txt and full.json, or last.txt and last.json if only a part was
# measured. --newer adds the QEMU of the newer Debian's backports, in a chroot there; --micro
# measures the library alone. bench/README.md says what the rows mean.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}/bench
work=${BENCH_WORK:-/var/tmp/unchain-bench}
chroot=$work/newer

needed=(gcc libc6-dev meson ninja-build pkg-config python3 fio
    libfuse3-dev fuse3 libglib2.0-dev libjson-glib-dev libseccomp-dev libxxhash-dev zlib1g-dev libzstd-dev libdeflate-dev
    qemu-utils qemu-system-common)
# Peers that are left out if they cannot be had.
wanted=(libnbd-bin libqcow-utils)

say() {
    echo "bench: $*"
}

missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            echo "$package"
    done
}

install_quietly() {
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" \
        >"$work/apt.log" 2>&1
}

install_packages() {
    local need want package
    mapfile -t need < <(missing "${needed[@]}")
    mapfile -t want < <(missing "${wanted[@]}")
    [ $((${#need[@]} + ${#want[@]})) != 0 ] || return 0
    say "installing ${need[*]} ${want[*]}"
    apt-get -qq update || say "apt-get update failed; going on with the lists that are there"
    if [ ${#need[@]} != 0 ] && ! install_quietly "${need[@]}"; then
        cat "$work/apt.log"
        exit 1
    fi
    for package in "${want[@]}"; do
        install_quietly "$package" || say "$package cannot be installed: one peer less"
    done
}

build_release() {
    say "building in $build"
    if ! {
        [ -e "$build/build.ninja" ] ||
            meson setup -Dtests=false --buildtype=release "$build" "$root" &&
            ninja -C "$build" fuse/unchain bench/bare bench/walk bench/micro
    } >"$work/build.log" 2>&1; then
        cat "$work/build.log"
        exit 1
    fi
}

# The chroot sees devices, processes, the images, and mountpoints of its own.
enter_newer() {
    [ -x /usr/sbin/debootstrap ] || install_quietly debootstrap
    say "preparing the newer Debian in $chroot"
    say "qemu-storage-daemon $("$root/bench/newer.sh" "$chroot") is \"qsd-11\""
    mkdir -p "$chroot/bench/images" "$chroot/bench/mnt" "$work/images"
    leave_newer
    mount --bind /dev "$chroot/dev"
    mount --bind /proc "$chroot/proc"
    mount --bind -o ro "$work/images" "$chroot/bench/images"
}

# Lazily: a peer may still be ending.
leave_newer() {
    local below
    for below in bench/images proc dev; do
        ! mountpoint -q "$chroot/$below" || umount --lazy "$chroot/$below"
    done
}

PATH=$PATH:/usr/sbin:/sbin
arguments=() newer=no
for argument in "$@"; do
    if [ "$argument" = --newer ]; then newer=yes; else arguments+=("$argument"); fi
done

[ "$(id -u)" = 0 ] || { echo "bench: this needs root" >&2; exit 1; }
mkdir -p "$work"
case " $* " in
*" --list "* | *" --help "* | *" -h "*) ;;
*)
    install_packages
    build_release
    if [ $newer = yes ]; then
        trap leave_newer EXIT
        enter_newer
        arguments+=(--newer "$chroot")
    fi
    ;;
esac
# Who is told to end lets the measuring end first: it unmounts.
measure=
trap '[ -z "$measure" ] || { kill "$measure" && wait "$measure"; } || true; exit 1' HUP INT PIPE TERM
python3 -B "$root/bench/bench.py" --work "$work" --build "$build" "${arguments[@]}" &
measure=$!
wait "$measure"

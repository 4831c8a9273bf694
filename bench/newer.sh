#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prepares a chroot of the newer Debian with the QEMU of its backports, for `run.sh --newer`:
#
#     bench/newer.sh DIRECTORY
#
# As root. If the directory is ready nothing is done. The last line of the output is the version of
# qemu-storage-daemon that is in it: the backports' if they can be had, else the release's own.
set -eu

release=trixie
mirror=http://deb.debian.org/debian
root=$1

enter()
{
    chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
}

bootstrap()
{
    rm -rf "$root"
    debootstrap --variant=minbase "$release" "$root" "$mirror"
    echo "deb $mirror $release-backports main" >"$root/etc/apt/sources.list.d/backports.list"
}

install_qemu()
{
    enter apt-get -q update
    for from in "$release-backports" "$release"; do
        if enter apt-get -q install -y --no-install-recommends -t "$from" \
            qemu-system-common qemu-utils; then
            return
        fi
    done
    return 1
}

if [ ! -e "$root/.ready" ]; then
    {
        bootstrap
        install_qemu
        enter apt-get clean
    } >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; exit 1; }
    touch "$root/.ready"
fi
enter qemu-storage-daemon --version | awk 'NR == 1 { print $3 }'

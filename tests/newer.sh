#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the tests in a chroot of the newer Debian, for what its libraries have and ours lack (FUSE
# passthrough):
#
#     tests/newer.sh DIRECTORY [ARGUMENT-OF-run.sh...]
#
# As root. Needs debootstrap. What is in DIRECTORY is used again; what is mounted in it is gone when
# the tests are.
set -eu

release=trixie
mirror=http://deb.debian.org/debian
source=$(cd "$(dirname "$0")/.." && pwd)
root=$1
shift

if [ ! -x "$root/usr/bin/apt-get" ]; then
    debootstrap --variant=minbase "$release" "$root" "$mirror"
fi
root=$(cd "$root" && pwd -P)
mkdir -p "$root/unchain"
ln -sfn /proc/self/mounts "$root/etc/mtab" # fusermount3 looks there

# The root is a mount of its own, so that tests can have mount namespaces of their own.
exec unshare --mount --propagation private sh -euc '
    root=$1 source=$2
    shift 2
    # A mount of which there is a copy here would not end when it is unmounted.
    awk "/ - fuse(blk)?(\.[^ ]*)? / { print \$5 }" /proc/self/mountinfo | xargs -r umount -l || true
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount --bind -o ro "$source" "$root/unchain"
    exec chroot "$root" env BUILD=/var/tmp/unchain-build /unchain/tests/run.sh "$@"
' sh "$root" "$source" "$@"

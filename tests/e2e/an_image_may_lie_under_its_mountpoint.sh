# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything is open before the mount hides it, relative names included.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

mkdir here
cd here
qemu-img create -q -f raw base.raw 1M
qemu-io -f raw -c 'write -q -P 7 0 100k' base.raw
qemu-img create -q -f qcow2 -b base.raw -F raw top.qcow2
qemu-img convert -O raw top.qcow2 ../expected
cd ..
mount_image here here/top.qcow2
[ "$(ls here)" = top.raw ] || fail "$(ls here)"
same here/top.raw expected
unmount here
[ "$(ls here)" = "$(printf 'base.raw\ntop.qcow2')" ] || fail "$(ls here)"

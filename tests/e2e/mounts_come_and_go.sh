# SPDX-License-Identifier: GPL-2.0-or-later
#
# Many mounts one after the other, each asked the moment the launcher returns.
. "$TESTS/lib/mount.sh"
need qemu-img

qemu-img create -q -f qcow2 disk.qcow2 1M
mkdir mnt
trap unmount_all EXIT

for i in $(seq 50); do
    said=$("$UNCHAIN" mount disk.qcow2 mnt) # returns: nothing of it is held open
    [ "$(echo "$said" | wc -l)" = 2 ] || fail "it says: $said"
    has_blocks mnt/disk.raw 0
    [ "$(stat -c %s mnt/disk.raw)" = 1048576 ] || fail "round $i: $(stat mnt/disk.raw)"
    unmount mnt
done
for i in $(seq 20); do
    mkdir -p many/$i
    "$UNCHAIN" mount -q disk.qcow2 many/$i
done
cat many/*/disk.raw | cmp -n $((20 << 20)) - /dev/zero

# SPDX-License-Identifier: GPL-2.0-or-later
#
# mount(8) looks for its helpers in /sbin, so this runs with a /usr/sbin of its own, in a mount
# namespace of its own.
. "$TESTS/lib/mount.sh"
need qemu-img unshare mount

if [ "${1:-}" != inside ]; then
    [ "$(id -u)" = 0 ] || skip "needs root"
    ln -s "$UNCHAIN" mount.fuse.unchain
    qemu-img create -q -f qcow2 disk.qcow2 1M
    mkdir mnt helpers
    mv mount.fuse.unchain helpers

    # The helper itself, as mount(8) calls it, and the program, as mount.fuse3 does.
    trap unmount_all EXIT
    helpers/mount.fuse.unchain disk.qcow2 mnt -n -o rw,noauto,user,_netdev,x-systemd.automount,umask=022
    [ "$(stat -c %a mnt/disk.raw)" = 444 ] || fail 'umask'
    unmount mnt
    "$UNCHAIN" disk.qcow2 mnt -o rw,dev,suid,format=raw
    [ "$(stat -c %s mnt/disk.raw)" = "$(stat -c %s disk.qcow2)" ] || fail 'format'
    unmount mnt
    helpers/mount.fuse.unchain disk.qcow2 mnt -f -t fuse.unchain
    [ -z "$(ls mnt)" ] || fail 'it does mount though told to fake'
    exec unshare -m bash "$0" inside
fi

leave_mounts
mount -t overlay overlay -o "lowerdir=$(pwd -P)/helpers:/usr/sbin" /usr/sbin 2>/dev/null ||
    skip "cannot overlay /usr/sbin"
[ -e /sbin/mount.fuse.unchain ] || skip "/sbin is not /usr/sbin"

mount -t fuse.unchain disk.qcow2 mnt -o noatime
grep -q "mnt fuse.unchain ro,nosuid,nodev,noatime" /proc/mounts || fail "$(cat /proc/mounts)"
if mount -o remount,rw mnt 2>err; then
    fail 'it remounts'
fi
umount mnt
echo "$(pwd -P)/disk.qcow2 $(pwd -P)/mnt fuse.unchain noauto,allow_other,nofail,x-gvfs-hide 0 0" >fstab
mount -T fstab "$(pwd -P)/mnt"
[ "$(ls mnt)" = disk.raw ] || fail "$(ls mnt)"
umount mnt

# After a crash: mount(8) does not mind a dead mount in the place, and the helper mends it.
"$(dirname "$READER")/doomed" mnt 2>err &
until [ -n "$(awk -v here="$(pwd -P)/mnt" '$5 == here' /proc/self/mountinfo)" ]; do
    kill -0 $! 2>/dev/null || fail "$(cat err)"
    sleep 0.01
done
kill -9 $!
wait $! || true
mount -T fstab "$(pwd -P)/mnt" 2>err || fail "on a dead mount: $(cat err)"
grep -q ' had died; unmounted$' err || fail "$(cat err)"
[ "$(ls mnt)" = disk.raw ] || fail "$(ls mnt)"
umount mnt

! mount -t fuse.unchain no.qcow2 mnt 2>err || fail 'it mounts nothing'
grep -q '^unchain: .*no.qcow2' err || fail "$(cat err)"

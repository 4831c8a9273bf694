# SPDX-License-Identifier: GPL-2.0-or-later
#
# -o passthrough: what is a plain file is read by the kernel itself, with the bytes and the holes it
# has without; everything else, and everything where passthrough cannot be had, is served as usual.
. "$TESTS/lib/mount.sh"

head -c 1M /dev/urandom >disk.raw
truncate -s 3M disk.raw
head -c 1M /dev/urandom >>disk.raw
cp disk.raw expected
qemu-img convert -f raw -O qcow2 disk.raw image.qcow2
tail -c +4097 disk.raw >expected.window

window='json:{"driver":"raw","offset":4096,"file":{"driver":"file","filename":"disk.raw"}}'
slow='json:{"driver":"throttle","file":{"driver":"raw","file":"disk"}}'
mount_image mnt -o passthrough --blockdev driver=file,node-name=disk,filename=disk.raw \
    raw="json:{\"driver\":\"raw\",\"file\":\"disk\"}" window="$window" slow="$slow" image.qcow2
cat mount.err

# Open in many ways at once, and again.
exec 3<mnt/raw 4<mnt/raw
for _ in 1 2; do
    same mnt/raw expected
    same mnt/window expected.window
    same mnt/slow expected
    same mnt/image.raw expected
done
exec 3<&- 4<&-
dd if=mnt/raw of=copy bs=1M iflag=direct status=none
same copy expected
cp --sparse=auto mnt/raw copy
same copy expected
for name in raw window slow image.raw; do
    is_sparse mnt/$name
done
is_sparse copy

# Only what the kernel reads by itself shows what the file has become.
echo more >>disk.raw
seen=$(wc -c <mnt/slow)
[ "$seen" = 4194304 ] || fail "a node that reads stop at is read past its end: $seen"
seen=$(cat mnt/raw | wc -c)
if grep -q passthrough mount.err; then
    [ "$seen" = 4194304 ] || fail "$seen bytes are read though there is no passthrough"
    skip "$(cat mount.err)"
fi
[ "$(id -u)" = 0 ] || skip "needs root"
[ "$seen" = 4194309 ] || fail "the kernel does not read the file itself: $seen bytes"

# SPDX-License-Identifier: GPL-2.0-or-later
#
# On a regular file the file itself becomes the image, even if that file is the image.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

qemu-img create -q -f qcow2 disk.qcow2 1M
qemu-io -c 'write -q -P 7 64k 100k' disk.qcow2
qemu-img convert -O raw disk.qcow2 expected
touch file

trap unmount_all EXIT
"$UNCHAIN" mount disk.qcow2 file >out
grep -q "$(pwd -P)/file shows disk.qcow2" out || fail "$(cat out)"
same file expected
has_blocks file 256
[ "$(stat -c '%F %s %b %h' file)" = 'regular file 1048576 256 1' ] || fail "$(stat file)"
[ "$("$UNCHAIN" map disk.qcow2 | wc -l)" = "$("$UNCHAIN" map file -f raw | wc -l)" ] ||
    fail 'the holes differ'
unmount file

"$UNCHAIN" mount disk.qcow2 disk.qcow2 >out
same disk.qcow2 expected
unmount disk.qcow2
qemu-img info disk.qcow2 | grep -q 'file format: qcow2' || fail 'the image has changed'

status=0
"$UNCHAIN" mount a=disk.qcow2 b=disk.qcow2 file 2>err || status=$?
[ $status = 2 ] || fail "two images on a file: status $status"

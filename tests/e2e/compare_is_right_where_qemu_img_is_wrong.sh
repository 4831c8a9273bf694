# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-img compare believes block status too, but its status of raw over a qcow2 with a backing
# file is wrong: what lies in the backing file counts as zeroes, and different disks are
# "identical".
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

qemu-img create -q -f qcow2 base.qcow2 4M
qemu-io -c 'write -q -P 7 1M 1M' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2 4M
qemu-io -c 'write -q -P 8 3M 64k' top.qcow2
qemu-img create -q -f qcow2 other.qcow2 4M
qemu-io -c 'write -q -P 8 3M 64k' other.qcow2

one=driver=raw,file.driver=qcow2,file.file.driver=file,file.file.filename=top.qcow2
other=driver=qcow2,file.driver=file,file.filename=other.qcow2
status=0
"$UNCHAIN" compare --image-opts $one $other >out || status=$?
[ $status = 1 ] && grep -q ' differ: at 1048576 raw has 0x07, other.qcow2 0x00$' out ||
    fail "status $status: $(cat out)"
[ "$("$UNCHAIN" hash --image-opts $one | cut -c 1-32)" != \
    "$("$UNCHAIN" hash --image-opts $other | cut -c 1-32)" ] || fail 'equal digests'
qemu-img convert -O raw top.qcow2 flat.raw
"$UNCHAIN" compare flat.raw "image=json:{\"driver\":\"raw\",\"file\":{\"driver\":\"qcow2\",
    \"file\":{\"driver\":\"file\",\"filename\":\"top.qcow2\"}}}"

if qemu-img compare --image-opts $one $other >out 2>&1; then
    echo "$(qemu-img --version | head -n 1): $(cat out)"
else
    skip "unchain is right, and so is $(qemu-img --version | head -n 1): $(cat out)"
fi

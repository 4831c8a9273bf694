# SPDX-License-Identifier: GPL-2.0-or-later
#
# fio writes blocks with checksums to a raw file; the same bytes, spread over a chain, are then
# verified through the mount: in order, at random, with several jobs, with mmap and O_DIRECT.
. "$TESTS/lib/mount.sh"
need fio qemu-img qemu-io

job="--name=verify --bs=8k --size=16M --verify=crc32c --verify_fatal=1 --output-format=terse"
fio $job --filename=written --rw=write --do_verify=0 --end_fsync=0 >fio.out || fail "$(cat fio.out)"

# The lower half of every MiB goes to the base, the rest to the overlay.
qemu-img create -q -f qcow2 base.qcow2 16M
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2
for mib in $(seq 0 15); do
    dd if=written of="part$mib" bs=512k skip=$((2 * mib)) count=1 status=none
    echo "write -q -s part$mib $((mib * 1048576)) 512k"
done | qemu-io base.qcow2 >qemu-io.out
for mib in $(seq 0 15); do
    dd if=written of="part$mib" bs=512k skip=$((2 * mib + 1)) count=1 status=none
    echo "write -q -s part$mib $((mib * 1048576 + 524288)) 512k"
done | qemu-io top.qcow2 >qemu-io.out

mount_image mnt image=top.qcow2
same mnt/image written
for how in "--rw=read" "--rw=randread" "--rw=randread --ioengine=mmap" \
    "--rw=randread --ioengine=libaio --iodepth=16 --direct=1" \
    "--rw=read --direct=1 --numjobs=2"; do
    # shellcheck disable=SC2086
    fio $job --readonly --filename=mnt/image $how >fio.out 2>&1 || fail "fio $how: $(cat fio.out)"
done

# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0 the same, 1 different, 2 trouble, as cmp(1); and the first difference by its place.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

# says STATUS TEXT ARGUMENT...: what compare prints
says()
{
    wanted=$1 said=$2 status=0
    shift 2
    "$UNCHAIN" compare "$@" >out 2>err || status=$?
    [ $status = "$wanted" ] || fail "compare $*: status $status: $(cat out err)"
    [ "$(cat out)" = "$said" ] || fail "compare $*: prints $(cat out), not $said"
    "$UNCHAIN" compare -q "$@" >out 2>err || status=$?
    [ $status = "$wanted" ] && [ ! -s out ] || fail "compare -q $*: $status, $(cat out)"
}

qemu-img create -q -f qcow2 base.qcow2 4M
qemu-io -c 'write -q -P 7 1M 1M' -c 'write -q -P 0 2M 100k' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2 4M
qemu-io -c 'write -q -P 8 3M 64k' top.qcow2
qemu-img convert -O raw top.qcow2 disk.raw
qemu-img convert -c -O qcow2 top.qcow2 packed.qcow2

says 0 'top.qcow2 disk.raw have the same contents' top.qcow2 disk.raw
says 0 'disk.raw packed.qcow2 have the same contents' disk.raw packed.qcow2
says 0 'top.qcow2 top.qcow2 have the same contents' top.qcow2 top.qcow2
says 0 'disk.raw top.qcow2 have the same contents' -f raw -F qcow2 disk.raw top.qcow2
says 1 'top.qcow2 base.qcow2 differ: at 3145728 top.qcow2 has 0x08, base.qcow2 0x00' \
    top.qcow2 base.qcow2

# One byte, at places that matter to somebody who reads in pieces.
for at in 0 1 65535 65536 1048575 1048576 2097151 4194303; do
    cp --sparse=always disk.raw other.raw
    printf '\377' | dd of=other.raw bs=1 seek=$at conv=notrunc status=none
    old=$(od -An -tx1 -j $at -N 1 disk.raw | tr -d ' ')
    says 1 "disk.raw other.raw differ: at $at disk.raw has 0x$old, other.raw 0xff" \
        disk.raw other.raw
    says 1 "other.raw top.qcow2 differ: at $at other.raw has 0xff, top.qcow2 0x$old" \
        other.raw top.qcow2
done

# Of several differences it is the first.
cp disk.raw other.raw
for at in 4000000 3000000 2000000 1000000; do
    printf '\1' | dd of=other.raw bs=1 seek=$at conv=notrunc status=none
    "$UNCHAIN" compare disk.raw other.raw >out && fail 'they differ'
    grep -q "differ: at $at " out || fail "$at: $(cat out)"
done

# Sizes: zeroes that follow are named, and a difference unless that is said not to matter.
cp disk.raw longer.raw
truncate -s +70000 longer.raw
text='differ in size only: longer.raw is longer by 70000 bytes, all of them zeroes'
says 1 "disk.raw longer.raw $text" disk.raw longer.raw
says 1 "longer.raw disk.raw $text" longer.raw disk.raw
says 0 "longer.raw disk.raw $text" --ignore-size longer.raw disk.raw
printf '\1' | dd of=longer.raw bs=1 seek=4264303 conv=notrunc status=none
text='differ: at 4264303 disk.raw has ended, longer.raw has 0x01'
says 1 "disk.raw longer.raw $text" disk.raw longer.raw
says 1 "longer.raw disk.raw $text" --ignore-size longer.raw disk.raw
truncate -s 0 empty.raw empty2.raw
says 0 'empty.raw empty2.raw have the same contents' empty.raw empty2.raw
says 1 'empty.raw disk.raw differ: at 1048576 empty.raw has ended, disk.raw has 0x07' \
    empty.raw disk.raw

# The name that the first would have in a mount is not the second.
says 1 'top.qcow2 top.raw differ: at 1048576 top.qcow2 has 0x07, top.raw 0x00' top.qcow2 \
    "$(truncate -s 4M top.raw && echo top.raw)"

# Nodes and exports of a graph file, and paths beside them.
cat >graph.json <<'EOF'
{ "blockdevs": [
    { "node-name": "top", "driver": "qcow2", "file": { "driver": "file", "filename": "top.qcow2" } },
    { "node-name": "part", "driver": "raw", "offset": 1048576, "size": 1048576, "file": "top" } ],
  "exports": [ { "name": "disk", "node-name": "top" } ] }
EOF
says 0 'disk top have the same contents' -c graph.json disk top
says 0 'disk disk.raw have the same contents' -c graph.json disk disk.raw
says 1 'part disk differ: at 0 part has 0x07, disk 0x00' -c graph.json part disk

# Trouble: 2, and not a word about contents.
failing='json:{"driver":"blkdebug","inject-error":[{"event":"read_aio"}],
    "image":{"driver":"file","filename":"disk.raw"}}'
says 2 '' disk.raw "$failing"
grep -q '^unchain: blkdebug: ' err || fail "$(cat err)"
says 2 '' disk.raw none.raw
says 2 '' disk.raw
says 2 '' disk.raw disk.raw disk.raw
says 2 '' --frobnicate disk.raw disk.raw

# Where one block has gone bad, the checksum filter is in the way even if file and place are the same.
"$UNCHAIN" hash -m manifest disk.raw >out
printf '\1' | dd of=disk.raw bs=1 seek=1048576 conv=notrunc status=none
says 2 '' disk.raw 'json:{"driver":"checksum","manifest":"manifest",
    "file":{"driver":"file","filename":"disk.raw"}}'

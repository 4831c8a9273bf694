# SPDX-License-Identifier: GPL-2.0-or-later
#
# Mounted through the driver checksum, blocks that are not what the manifest says are EIO, exactly
# they; and a sparse copy does not step over those that have become holes.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

mkdir evidence
qemu-img create -q -f qcow2 evidence/base.qcow2 4M
qemu-io -c 'write -q -P 17 0 1M' -c 'write -q -P 18 2M 1M' evidence/base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 evidence/top.qcow2 4M
qemu-io -c 'write -q -P 19 512k 64k' evidence/top.qcow2
qemu-img convert -O raw evidence/top.qcow2 expected
"$UNCHAIN" hash --manifest evidence/manifest evidence/top.qcow2 >out

# File names in a graph file, the manifest's too, are as seen from there.
cat >evidence/graph.json <<'EOF'
{ "blockdevs": [
    { "node-name": "disk", "driver": "checksum", "manifest": "manifest",
      "file": { "driver": "qcow2", "file": { "driver": "file", "filename": "top.qcow2" } } } ],
  "exports": [ { "name": "disk", "node-name": "disk" } ] }
EOF

mount_image mnt -c evidence/graph.json
same mnt/disk expected
cp --remove-destination --sparse=always mnt/disk copy
same copy expected
is_sparse copy
"$UNCHAIN" map -c evidence/graph.json >with
"$UNCHAIN" map evidence/top.qcow2 >without
same with without
unmount mnt

# One bit in the base.
base=$("$UNCHAIN" map --output=json evidence/base.qcow2 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["offset"])')
printf '\020' | dd of=evidence/base.qcow2 bs=1 seek=$((base + 200000)) conv=notrunc status=none

mount_image mnt -c evidence/graph.json
for block in 0 1 2 3 4 5 16 32 63; do
    status=0
    dd if=mnt/disk of=block bs=64k skip=$block count=1 status=none 2>err || status=$?
    if [ $block = 3 ]; then
        [ $status != 0 ] && [ ! -s block ] || fail 'the changed block was read'
        grep -q 'Input/output error' err || fail "$(cat err)"
    else
        [ $status = 0 ] || fail "block $block: $(cat err)"
        dd if=expected of=part bs=64k skip=$block count=1 status=none
        same block part
    fi
done
! cp --remove-destination mnt/disk copy 2>err || fail 'a copy succeeds'
unmount mnt
finds=$("$UNCHAIN" verify evidence/top.qcow2 evidence/manifest 2>err) && fail 'verify says nothing'
[ "$finds" = 'block 3 at 196608 +65536: differs' ] || fail "$finds"
! "$UNCHAIN" hash -c evidence/graph.json disk 2>err || fail 'hashed what has changed'
grep -q 'block 3 at 196608 (65536 bytes) is not what manifest' err || fail "$(cat err)"

# A block that has become a hole: cp looks for holes, finds data there, and fails.
cp expected hollow.raw
fallocate --punch-hole -o 2M -l 64k hollow.raw
hollow='json:{"driver":"checksum","manifest":"evidence/manifest",
    "file":{"driver":"file","filename":"hollow.raw"}}'
mount_image mnt "disk=$hollow"
! cp --remove-destination --sparse=always mnt/disk copy 2>err || fail 'the hole was copied'
grep -q 'Input/output error' err || fail "$(cat err)"
unmount mnt

# Refused when it is opened: another size, another file, a manifest that was changed.
truncate -s +512 hollow.raw
! "$UNCHAIN" map "$hollow" 2>err || fail 'another size'
grep -q "is of a disk of 4194304 bytes, this one has 4194816" err || fail "$(cat err)"
sed -i 's/^block 0 ./block 0 0/' evidence/manifest
! "$UNCHAIN" map -c evidence/graph.json 2>err || fail 'a changed manifest'
grep -q "the sum of the lines above\|its sum is not that of the lines above" err || fail "$(cat err)"

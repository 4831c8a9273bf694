# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two exports of one graph file, in another directory; the same on the command line; mistakes.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

mkdir images
qemu-img create -q -f qcow2 images/disk.qcow2 2M
qemu-io -c 'write -q -P 7 1M 64k' images/disk.qcow2
qemu-img convert -O raw images/disk.qcow2 disk.expected
tail -c 1M disk.expected >part.expected

cat >images/graph.json <<END
{
  "blockdevs": [
    { "node-name": "disk", "driver": "qcow2",
      "file": { "driver": "file", "filename": "disk.qcow2" } },
    { "node-name": "part", "driver": "raw", "offset": 1048576, "size": "1M", "file": "disk" }
  ],
  "exports": [ { "name": "whole", "node-name": "disk" }, { "node-name": "part" } ]
}
END
check()
{
    [ "$(ls mnt | tr '\n' ' ')" = 'part.raw whole ' ] || fail "$(ls -l mnt)"
    same mnt/whole disk.expected
    same mnt/part.raw part.expected
    unmount mnt
}
mount_image mnt -c images/graph.json
grep -q "^images/graph.json $(pwd -P)/mnt fuse.unchain ro" /proc/mounts || fail 'the mount table'
check
mount_image mnt --export node-name=disk,name=whole --export '{"node-name": "part"}' \
    --blockdev driver=qcow2,node-name=disk,file.driver=file,file.filename=images/disk.qcow2 \
    --blockdev '{"driver": "raw", "node-name": "part", "offset": 1048576, "file": "disk"}'
check
mount_image mnt -o graph images/graph.json
check

# Words pick an export or a node; without one it must be clear.
"$UNCHAIN" map -c images/graph.json part.raw | grep -q '0x0 .*0x10000 .*images/disk.qcow2' ||
    fail "$("$UNCHAIN" map -c images/graph.json part.raw)"
"$UNCHAIN" map -c images/graph.json part >/dev/null
! "$UNCHAIN" map -c images/graph.json 2>err || fail 'which one?'
! "$UNCHAIN" map -c images/graph.json nobody 2>err || fail 'nobody is there'
grep -q 'nobody: no node and no file of that name' err || fail "$(cat err)"

# Wherever nodes are named, and for every command, a word is one of them, else a path.
node=driver=qcow2,node-name=disk,file.driver=file,file.filename=images/disk.qcow2
for word in disk images/disk.qcow2 disk.expected; do
    "$UNCHAIN" map --blockdev $node $word >/dev/null
    "$UNCHAIN" compare -q --blockdev $node $word disk.expected
    "$UNCHAIN" compare -q -c images/graph.json $word disk.expected
done
mount_image mnt --blockdev $node disk other=disk plain=disk.expected
[ "$(ls mnt | tr '\n' ' ')" = 'disk.raw other plain ' ] || fail "$(ls -l mnt)"
same mnt/disk.raw disk.expected
same mnt/other disk.expected
unmount mnt

# A snapshot cannot be chosen for a node that others may stand on: this is said, not ignored.
for word in disk whole; do
    ! "$UNCHAIN" hash -l monday -c images/graph.json $word 2>err || fail "$word: which snapshot?"
    grep -q '^unchain: --snapshot: ' err || fail "$(cat err)"
done
! "$UNCHAIN" mount -l monday -c images/graph.json mnt 2>err || fail 'mount: which snapshot?'

# mistake PATTERN SED-COMMAND
mistake()
{
    status=0
    sed "$2" images/graph.json >images/wrong.json
    "$UNCHAIN" mount -c images/wrong.json mnt 2>err || status=$?
    [ $status = 2 ] || fail "$2: status $status"
    grep -q "^unchain: .*$1" err || fail "$2: $(cat err)"
}
mistake "unknown key \"export\" (images/wrong.json, line 7, column [0-9]*)" 's/exports/export/'
mistake "node .part.: driver raw has no key .offsets. (images/wrong.json, line 5, column 45)" 's/offset/offsets/'
mistake "unknown key \"node\" (images/wrong.json, line 7, column [0-9]*)" 's/"node-name": "part" }/"node": "part" }/'
mistake 'exports (images/wrong.json, line 7, column [0-9]*): "node-name" is missing' 's/, { "node-name": "part" }/, {}/'

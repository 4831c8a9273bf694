# SPDX-License-Identifier: GPL-2.0-or-later
#
# Image fleecing: snapshot-access over copy-before-write over an overlay, as a backup program would
# describe it. Nobody writes, so the old view is the source, data in the base included, whatever
# lies in the target; also under a window, and as the backing file of the target itself.
. "$TESTS/lib/mount.sh"
. "$TESTS/lib/copies.sh"
need qemu-img cp tar

disk='{"driver":"qcow2","file":{"driver":"file","filename":"top.qcow2"}}'
target='{"driver":"qcow2","file":{"driver":"file","filename":"target.qcow2"},"backing":null}'

# old_view DISK TARGET: its description
old_view()
{
    echo "{\"driver\":\"snapshot-access\",\"file\":{\"driver\":\"copy-before-write\",\
\"on-cbw-error\":\"break-snapshot\",\"cbw-timeout\":45,\"file\":$1,\"target\":$2}}"
}

build_kind version_2_over_version_2
rm -f source
qemu-img create -q -f qcow2 -b top.qcow2 -F qcow2 target.qcow2
# What an earlier backup has left in the target is of no interest to this one.
qemu-io -c 'write -q -P 7 64k 1M' target.qcow2
tail -c +98305 expected >window

mount_image mnt "old=json:$(old_view "$disk" "$target")" "plain=json:$disk" \
    "window=json:{\"driver\":\"raw\",\"offset\":98304,\"file\":$(old_view "$disk" "$target")}"
copy_every_way mnt/old expected
copy_every_way mnt/window window
[ "$(stat -c %b mnt/old)" = "$(stat -c %b mnt/plain)" ] || fail "the old view has other blocks"
unmount mnt

# The map of the view is the map of the disk.
for arguments in "$disk" "$(old_view "$disk" "$target")"; do
    "$UNCHAIN" map --output=json "json:$arguments"
done >maps
[ "$(sort -u maps | wc -l)" = "$(($(wc -l <maps) / 2))" ] || fail "the maps differ: $(cat maps)"

# The graph that a virtual machine has: the target is an overlay on the disk that is saved.
cat >graph.json <<END
{ "blockdevs": [
    { "node-name": "disk", "driver": "qcow2", "file": { "driver": "file", "filename": "top.qcow2" } },
    { "node-name": "saved", "driver": "qcow2", "backing": "disk",
      "file": { "driver": "file", "filename": "target.qcow2" } },
    { "node-name": "cbw", "driver": "copy-before-write", "file": "disk", "target": "saved",
      "bitmap": { "node": "disk", "name": "dirty" } },
    { "node-name": "access", "driver": "snapshot-access", "file": "cbw" } ],
  "exports": [ { "name": "old", "node-name": "access" } ] }
END
mount_image mnt -c graph.json
copy_every_way mnt/old expected
unmount mnt

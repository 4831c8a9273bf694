# SPDX-License-Identifier: GPL-2.0-or-later
#
# The graph files in examples/ show what they promise.
set -eu

source=$(dirname "$TESTS")
examples=$source/examples
sample=$examples/sample
[ -e /dev/fuse ] || { echo "needs /dev/fuse"; exit 77; }

fail()
{
    echo "$*"
    exit 1
}
unmount()
{
    if [ "$(id -u)" = 0 ]; then umount mnt; else fusermount3 -u mnt; fi
}
mkdir mnt
trap 'if mountpoint -q mnt; then unmount; fi' EXIT

"$UNCHAIN" mount -c "$examples/partition.json" mnt
(cd mnt && sha256sum -c "$sample/stick.raw.sha256" "$sample/partition1.raw.sha256")
cp --sparse=always mnt/partition1.raw .
sha256sum -c "$sample/partition1.raw.sha256"
unmount

"$UNCHAIN" mount -c "$examples/shared-base.json" mnt
(cd mnt && sha256sum -c "$sample/tuesday.raw.sha256")
[ "$(ls mnt | tr '\n' ' ')" = "monday.raw sunday.raw tuesday.raw " ] || fail "other exports: $(ls mnt)"
cp mnt/monday.raw .
unmount

"$UNCHAIN" mount -c "$examples/throttled.json" mnt
cmp mnt/monday.raw monday.raw
unmount

"$UNCHAIN" mount -c "$examples/checksum.json" mnt
(cd mnt && sha256sum -c "$sample/tuesday.raw.sha256")
unmount
"$UNCHAIN" verify "$sample/tuesday.qcow2" "$sample/tuesday.manifest"

"$UNCHAIN" mount -c "$examples/cut.json" mnt
# Of Tuesday's own, the first 12 KiB; where the base showed through there is nothing now.
cp mnt/tuesdays-changes.raw cut.raw
cmp -n 20480 -i 12288:0 cut.raw /dev/zero
if cmp -s -n 12288 cut.raw /dev/zero; then fail "Tuesday's changes are gone"; fi
unmount

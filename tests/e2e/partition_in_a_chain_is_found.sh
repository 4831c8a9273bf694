# SPDX-License-Identifier: GPL-2.0-or-later
#
# A disk with a partition table in two layers: The Sleuth Kit lists it, and a raw window shows the
# partition alone.
. "$TESTS/lib/mount.sh"
need mmls fls jq

top=$sample/stick-today.qcow2
mount_image mnt "disk=$top" "part=json:$(jq -nc --arg top "$top" \
    '{driver: "raw", offset: 1048576, file: {driver: "qcow2", file: {driver: "file", filename: $top}}}')"
mmls mnt/disk | grep -q '0000002048 *0000032767 .*Linux' || fail "$(mmls mnt/disk)"
fls -o 2048 mnt/disk | sed 's,^[^\t]*\t,,' | sort >from_disk
fls mnt/part | sed 's,^[^\t]*\t,,' | sort >from_partition
same from_disk from_partition
grep -qx numbers.txt from_partition || fail "fls lists: $(cat from_partition)"
(cd mnt && sed 's/partition1.raw/part/; s/stick.raw/disk/' "$sample/partition1.raw.sha256" \
    "$sample/stick.raw.sha256" | sha256sum --quiet -c)
dd if=mnt/disk bs=1M skip=1 status=none | cmp - mnt/part

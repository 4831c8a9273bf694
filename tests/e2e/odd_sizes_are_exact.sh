# SPDX-License-Identifier: GPL-2.0-or-later
. "$TESTS/lib/mount.sh"
need dd

for size in 0 1 511 512 513 4095 4097 65535 1048577 3000001; do
    head -c $size /dev/urandom >$size.img
done
mount_image mnt ./*.img
for size in 0 1 511 512 513 4095 4097 65535 1048577 3000001; do
    file=mnt/$size.raw
    has_blocks $file $(((size + 511) / 512))
    [ "$(stat -c '%s %b' $file)" = "$size $(((size + 511) / 512))" ] || fail "$(stat $file)"
    for block in 1000003 4097 512 65536; do
        dd if=$file bs=$block status=none | cmp - $size.img
    done
    dd if=$file iflag=direct bs=64k status=none | cmp - $size.img
done
dd if=mnt/65535.raw bs=1000 status=none | wc -c | grep -qx 65535

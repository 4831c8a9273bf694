# SPDX-License-Identifier: GPL-2.0-or-later
#
# The sample chain, a real filesystem in three layers, seen by the tools people use.
. "$TESTS/lib/mount.sh"

mount_image mnt "image=$sample/tuesday.qcow2"
image=mnt/image
size=$(stat -c %s $image)
[ "$(sha256sum <$image)" = "$(sed 's/ .*/  -/' "$sample/tuesday.raw.sha256")" ] ||
    fail "the flat image is another one"

if command -v qemu-img >/dev/null; then
    qemu-img compare -q -f raw -F qcow2 $image "$sample/tuesday.qcow2"
fi

if command -v fls >/dev/null; then
    fls -r -p $image | sed -n 's,^[^*]*r/r [^*]*:\t,,p' | grep -v '^\$' | sort >listed
    sed 's,^[^ ]*  ,,' "$sample/SHA256SUMS" | sort >expected
    same listed expected
    inode=$(fls -r -p $image | sed -n 's,.*r/r \([0-9]*\):\tdata/numbers.txt$,\1,p')
    [ "$(icat $image "$inode" | sha256sum | cut -c1-64)" = \
        "$(sed -n 's,  data/numbers.txt$,,p' "$sample/SHA256SUMS")" ] || fail "icat reads other bytes"
fi

python3 - $image <<'END'
import hashlib, mmap, sys
with open(sys.argv[1], "rb") as file:
    content = file.read()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        assert hashlib.sha256(view).digest() == hashlib.sha256(content).digest()
        assert view[1080:1082] == b"\x53\xef", "no ext4 superblock"
END

# As a loop device: only root, and only where there are loop devices.
if [ "$(id -u)" = 0 ] && device=$(losetup --find --show --read-only $image 2>losetup.err); then
    at_exit 'losetup -d "$device"'
    mkdir fs
    mount -t ext4 -o ro,noload "$device" fs
    at_exit 'umount fs'
    (cd fs && sha256sum --quiet -c "$sample/SHA256SUMS")
    [ "$(cd fs && find . -type f | wc -l)" = "$(wc -l <"$sample/SHA256SUMS")" ] ||
        fail "other files: $(find fs -type f)"
    cmp "$device" $image
else
    echo "no loop device for this user"
fi
[ "$(stat -c %s $image)" = "$size" ] || fail "the size has changed"

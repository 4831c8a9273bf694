# SPDX-License-Identifier: GPL-2.0-or-later
#
# du, xfs_io, cp, tar and rsync on the sample chain: they see which ranges are holes, and nothing
# that changes while they look.
. "$TESTS/lib/mount.sh"
need qemu-img jq

mount_image mnt "image=$sample/tuesday.qcow2"
image=mnt/image
size=$(stat -c %s $image)
times=$(stat -c '%i %y %z' $image)

# The bytes that are data, counted by lseek; there is a hole and there is data.
data=$(python3 - $image <<'END'
import os, sys
sys.path.insert(0, os.environ["TESTS"] + "/lib")
from unchain import stat_with_blocks, walk
data = sum(end - start for start, end, kind in walk(sys.argv[1]) if kind == "data")
stat_with_blocks(sys.argv[1], data // 512)
print(data)
END
)
[ "$data" -gt 0 ] && [ "$data" -lt "$size" ] || fail "$data bytes of data in $size"
[ "$(stat -c %b $image)" = $((data / 512)) ] || fail "st_blocks $(stat -c %b $image) for $data bytes"
[ "$(du --block-size=1 $image | cut -f1)" = "$data" ] || fail "du says $(du -B1 $image)"
[ "$(du --apparent-size --block-size=1 $image | cut -f1)" = "$size" ] || fail "$(du -b $image)"
[ "$(qemu-img map --output=json -f raw $image | jq '[.[] | select(.data).length] | add')" = "$data" ] ||
    fail "qemu-img map of the mounted file finds other data"
[ "$("$UNCHAIN" map --output=json "$sample/tuesday.qcow2" |
    jq '[.[] | select(.data).length] | add')" = "$data" ] || fail "unchain map finds other data"

if command -v xfs_io >/dev/null; then
    xfs_io -r -c "seek -a -r 0" $image >seek.mounted
    cp --sparse=always $image twin
    # (The twin is a file of its own: borders are those of its filesystem.)
    [ "$(grep -c DATA seek.mounted)" -ge 2 ] || fail "$(cat seek.mounted)"
    python3 - $image seek.mounted <<'END'
import os, sys
sys.path.insert(0, os.environ["TESTS"] + "/lib")
from unchain import walk
expected = [(kind.upper(), str(start)) for start, end, kind in walk(sys.argv[1])]
got = [tuple(line.split()) for line in open(sys.argv[2]) if line[0] in "HD"]
size = str(os.path.getsize(sys.argv[1]))
assert [item for item in got if item[1] != size] == expected, (got, expected)
END
    same twin $image
    [ $(($(stat -c %b twin) * 512)) -le "$data" ] || fail "the sparse copy is larger than the data"
fi

tar -S -cvf copy.tar -C mnt image >tar.out 2>&1
! grep -q "changed as we read it" tar.out || fail "$(cat tar.out)"
[ "$(stat -c %s copy.tar)" -lt $((data + 65536)) ] || fail "tar -S stores $(stat -c %s copy.tar) bytes"
mkdir out
tar -S -xf copy.tar -C out
same out/image $image

if command -v rsync >/dev/null; then
    rsync -a -S mnt/ copies/
    same copies/image $image
    rsync -a -S --itemize-changes mnt/ copies/ >second
    [ ! -s second ] || fail "the second rsync copies: $(cat second)"
    unmount mnt
    mount_image mnt "image=$sample/tuesday.qcow2"
    [ "$(stat -c '%i %y %z' $image)" = "$times" ] || fail "inode and times were $times"
    rsync -a -S --itemize-changes mnt/ copies/ >third
    [ ! -s third ] || fail "after a new mount rsync copies: $(cat third)"
fi

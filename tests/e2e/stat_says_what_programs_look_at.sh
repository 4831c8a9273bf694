# SPDX-License-Identifier: GPL-2.0-or-later
#
# Size, blocks, times, inode and mode of the mounted file.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

qemu-img create -q -f raw base.raw 1M
qemu-io -f raw -c 'write -q -P 7 0 64k' base.raw
qemu-img create -q -f qcow2 -b base.raw -F raw top.qcow2 999936
qemu-io -c 'write -q -P 8 512k 64k' top.qcow2
truncate -s 1M empty.raw
head -c 100100 /dev/urandom >full.raw
chmod 640 base.raw
chmod 644 top.qcow2 empty.raw full.raw
touch -d '2020-01-01 12:00:00.123456789' top.qcow2
newest=$(stat -c '%.9Y
%.9Z' base.raw top.qcow2 | sort -n | tail -1)

# is FILE FORMAT EXPECTED
is()
{
    [ "$(stat -c "$2" "$1")" = "$3" ] || fail "$1: $2 is $(stat -c "$2" "$1") instead of $3"
}
mount_image mnt top.qcow2 empty.raw full.raw
has_blocks mnt/top.raw 256
has_blocks mnt/empty.raw 0
has_blocks mnt/full.raw 196
is mnt/top.raw '%s %b %o' "999936 256 1048576"
is mnt/top.raw '%.9Y' "$newest"
is mnt/top.raw '%.9Z' "$newest"
is mnt/top.raw '%a %u %h %F' "400 $(id -u) 1 regular file"
is mnt '%a %u %F' "500 $(id -u) directory"
is mnt/empty.raw '%s %b' '1048576 0'
is mnt/full.raw '%s %b' '100100 196'
inodes=$(stat -c %i mnt/*)
[ "$(echo "$inodes" | sort -u | wc -l)" = 3 ] || fail "inodes: $inodes"
[ "$(find mnt -type f -size +0 | wc -l)" = 3 ] || fail 'find'
[ "$(ls -i mnt | awk '{print $1}')" = "$inodes" ] || fail 'readdir tells other inodes'
sleep 0.1
is mnt/top.raw '%.9Y' "$newest"
unmount mnt
mount_image mnt top.qcow2 empty.raw full.raw
[ "$(stat -c %i mnt/*)" = "$inodes" ] || fail 'other inodes after a remount'
unmount mnt

if [ "$(id -u)" = 0 ]; then
    # What every file grants: base.raw keeps its secret from strangers. (In a directory that is
    # private nothing would be granted.)
    public=$(mktemp -d /tmp/unchain-public.XXXXXX)
    at_exit 'rm -rf "$public"'
    chmod 755 "$public"
    cp -p base.raw top.qcow2 full.raw "$public"
    mount_image mnt -o allow_other "$public/top.qcow2" "$public/full.raw"
    is mnt/top.raw %a 440
    is mnt/full.raw %a 444
    is mnt %a 555
    unmount mnt
fi
mount_image mnt -o uid=12,gid=13,umask=027 full.raw
is mnt/full.raw '%a %u %g' '440 12 13'
is mnt '%a %u %g' '550 12 13'
unmount mnt
mount_image mnt -o mode=444 full.raw
is mnt/full.raw '%a' 444

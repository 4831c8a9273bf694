# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Who reads what of a mount, tried as root and as two users: nobody but the one who mounts; with
# allow_other those who may read every image; with uid=, gid=, umask= and mode= as they say.
. "$TESTS/lib/users.sh"
need qemu-img qemu-io
as_users

games=60
qemu-img create -q -f raw base.raw 1M
qemu-io -f raw -c 'write -q -P 7 0 64k' base.raw
qemu-img create -q -f qcow2 -b base.raw -F raw top.qcow2
qemu-img convert -O raw top.qcow2 expected
chmod 644 base.raw top.qcow2 expected
mkdir private users
cp expected private/private.raw
chmod 700 private
cp expected users/own.raw
chown -R 65534:65534 users
chmod 644 users/own.raw

# reads WHO..., is_refused WHO...: the file mnt/disk
reads()
{
    "$@" cmp mnt/disk expected || fail "$options: it cannot be read by: $*"
}

is_refused()
{
    ! "$@" cat mnt/disk >got 2>err || fail "$options: it can be read by: $*"
    grep -q 'Permission denied' err || fail "$options: $*: $(cat err)"
    [ ! -s got ] || fail "$options: bytes for: $*"
}

# mounted OPTIONS SOURCE: by root
mounted()
{
    options=$1
    mount_image mnt ${1:+-o "$1"} "disk=$2"
}

mounted '' top.qcow2
reads
is_refused user
! user ls mnt 2>/dev/null || fail 'a stranger sees the names'
unmount mnt

mounted allow_other top.qcow2
reads
reads user
[ "$(user ls mnt)" = disk ] || fail 'a stranger does not see the names'
! user sh -c 'echo x >>mnt/disk' 2>/dev/null || fail 'a stranger writes'
[ ! -s mount.err ] || fail "$(cat mount.err)"
unmount mnt

# One image that is not for others is enough, wherever it is in the graph.
for secret in base.raw top.qcow2; do
    chmod 600 $secret
    mounted allow_other top.qcow2
    reads
    is_refused user
    [ "$(user stat -c '%a %s' mnt/disk)" = '400 1048576' ] || fail 'a stranger cannot even look'
    grep -q '^unchain: warning: disk: others cannot read it, .* -o umask=022 lets them$' mount.err ||
        fail "$(cat mount.err)"
    unmount mnt
    chmod 644 $secret
done

# Nor is one in a directory that is not for others.
mounted allow_other private/private.raw
reads
is_refused user
unmount mnt
qemu-img create -q -f qcow2 -b "$PWD/private/private.raw" -F raw over.qcow2
chmod 644 over.qcow2
mounted allow_other over.qcow2
is_refused user
unmount mnt
chmod 711 private
mounted allow_other over.qcow2
reads user
unmount mnt
chmod 700 private

# A group that may read the image is served if it is the file's group.
chgrp $games base.raw
chmod 640 base.raw
mounted allow_other top.qcow2
is_refused member $games
unmount mnt
mounted allow_other,gid=$games top.qcow2
reads member $games
is_refused other
unmount mnt
mounted allow_other,gid=2 top.qcow2
is_refused member 2
unmount mnt
chmod 600 base.raw

# Whoever mounts may say otherwise; but without allow_other nobody else comes in.
mounted allow_other,umask=022 top.qcow2
reads user
unmount mnt
mounted allow_other,umask=027,gid=$games top.qcow2
reads member $games
is_refused user
unmount mnt
mounted allow_other,mode=444 top.qcow2
reads user
unmount mnt
mounted allow_other,mode=000 top.qcow2
is_refused user
reads # root
unmount mnt
mounted allow_other,uid=65534 top.qcow2
reads user
is_refused other
unmount mnt
mounted umask=0,uid=65534 top.qcow2
is_refused user
unmount mnt
chmod 644 base.raw

# What a user mounts is for that user, and not even for root.
chown 65534 mnt
options='by a user'
user "$UNCHAIN" mount -q disk=users/own.raw mnt
reads user
is_refused other
is_refused
user fusermount3 -u mnt

# With allow_other, if /etc/fuse.conf permits it, the same as for root's mounts.
! user "$UNCHAIN" mount -q -o allow_other disk=users/own.raw mnt 2>err ||
    { user fusermount3 -u mnt; skip 'users may use allow_other here already'; }
grep -q '^unchain: cannot mount on .*/mnt: fusermount3: .*user_allow_other' err || fail "$(cat err)"
echo user_allow_other >fuse.conf
mount --bind fuse.conf /etc/fuse.conf 2>/dev/null || skip 'there is no /etc/fuse.conf'
user "$UNCHAIN" mount -q -o allow_other disk=users/own.raw mnt
reads user
reads other
reads
user fusermount3 -u mnt
chmod 600 users/own.raw
user "$UNCHAIN" mount -q -o allow_other disk=users/own.raw mnt
reads user
is_refused other
reads # root may read it where it lies, too
user fusermount3 -u mnt
user "$UNCHAIN" mount -q -o allow_root disk=users/own.raw mnt
reads user
is_refused other
reads
user fusermount3 -u mnt

# SPDX-License-Identifier: GPL-2.0-or-later
. "$TESTS/lib/processes.sh"

truncate -s 1M disk.raw
for how in umount 'umount -l' 'fusermount3 -u'; do
    if [ "$(id -u)" != 0 ] && [ "$how" != 'fusermount3 -u' ]; then
        continue
    fi
    start_foreground mnt disk.raw
    $how mnt
    is_gone mnt $worker
    status=0
    wait $supervisor || status=$?
    [ $status = 0 ] || fail "after $how: status $status"
    [ ! -s mount.err ] || fail "after $how it says: $(cat mount.err)"
    [ ! -e pid ] || fail 'the pid file is left behind'
done

# What is open keeps a mount that was only detached alive.
start_foreground mnt disk.raw
exec 3<mnt/disk.raw
umount -l mnt 2>/dev/null || fusermount3 -u -z mnt
sleep 0.1
kill -0 $supervisor || fail 'it ends although a file is open'
cmp - disk.raw <&3
exec 3<&-
is_gone mnt $supervisor $worker

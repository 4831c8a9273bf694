# SPDX-License-Identifier: GPL-2.0-or-later
#
# The worker holds the locks of an image: it is not given away while that lives, and when it has
# gone, however it went, the image is free.
. "$TESTS/lib/processes.sh"
need qemu-img qemu-io

qemu-img create -q -f qcow2 disk.qcow2 1M

write_disk()
{
    qemu-io -c 'write -q 0 512' disk.qcow2 >write.out 2>&1
}

# is_free AFTER-WHAT
is_free()
{
    for _ in $(seq 100); do
        write_disk && return
        sleep 0.01
    done
    fail "$1: $(cat write.out)"
}

for victims in supervisor worker 'supervisor worker' 'worker supervisor'; do
    start_foreground mnt disk.qcow2
    ! write_disk || fail 'an image is written while it is mounted'
    pids=
    for victim in $victims; do
        pids="$pids ${!victim}"
    done
    kill -9 $pids
    is_gone mnt $supervisor $worker
    is_free "killed $victims"
    wait $supervisor || true
done

# A worker that cannot end yet: what it still serves is still locked.
start_foreground mnt disk.qcow2
stop "$worker"
kill -9 $supervisor
! write_disk || fail 'it is written while the worker lives'
kill -CONT "$worker"
is_gone mnt "$worker"
is_free 'the worker has ended'
wait $supervisor || true

# Unmounted, but a program still reads: it is not free before that has ended.
start_foreground mnt disk.qcow2
exec 5<mnt/disk.raw
umount -l mnt 2>/dev/null || fusermount3 -u -z mnt
! write_disk || fail 'it is written while somebody reads it'
exec 5<&-
is_gone mnt $supervisor "$worker"
is_free 'the reader has ended'
wait $supervisor

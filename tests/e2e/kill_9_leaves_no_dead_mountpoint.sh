# SPDX-License-Identifier: GPL-2.0-or-later
. "$TESTS/lib/processes.sh"

truncate -s 1M disk.raw
for victims in supervisor worker 'supervisor worker' 'worker supervisor'; do
    start_foreground mnt disk.raw
    pids=
    for victim in $victims; do
        pids="$pids ${!victim}"
    done
    kill -9 $pids
    is_gone mnt $supervisor $worker
    status=0
    wait $supervisor || status=$?
    if [ "$victims" = worker ]; then
        [ $status = 1 ] || fail "killed the worker: status $status"
        grep -q '^unchain: .*killed (signal 9' mount.err || fail "$(cat mount.err)"
    fi
    ls mnt >/dev/null || fail "killed $victims: a dead mountpoint is left"
done

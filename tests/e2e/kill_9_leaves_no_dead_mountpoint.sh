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

# A guard that is killed is replaced: everything else may be killed afterwards.
guard_of()
{
    for child in $(cat "/proc/$1/task/$1/children"); do
        grep -q unchain "/proc/$child/comm" || echo "$child"
    done
}

start_foreground mnt disk.raw
old=$(guard_of $supervisor)
kill -9 "$old"
for _ in $(seq 100); do
    guard=$(guard_of $supervisor)
    [ -n "$guard" ] && [ "$guard" != "$old" ] && break
    sleep 0.01
done
[ -n "$guard" ] && [ "$guard" != "$old" ] || fail "no other guard has come"
cmp mnt/disk disk.raw 2>/dev/null || cmp mnt/disk.raw disk.raw
kill -9 $supervisor $worker
is_gone mnt $supervisor $worker
ls mnt >/dev/null || fail "killed after the guard: a dead mountpoint is left"

# Also if the worker lives a little longer than the supervisor: the new guard waits for both.
start_foreground mnt disk.raw
old=$(guard_of $supervisor)
kill -9 "$old"
until guard=$(guard_of $supervisor) && [ -n "$guard" ] && [ "$guard" != "$old" ]; do
    sleep 0.01
done
stop "$worker"
kill -9 $supervisor
sleep 0.2
waits=$(cat "/proc/$guard/wchan" 2>/dev/null || echo 0)
kill -CONT "$worker"
case $waits in
*pipe* | 0) ;; # 0: the kernel does not tell
*) fail "the guard looks at the mount while the worker is there: $waits" ;;
esac
is_gone mnt $supervisor $worker "$guard"
ls mnt >/dev/null || fail "killed after the guard, one by one: a dead mountpoint is left"

# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the shell tests of what happens when processes end:  . "$TESTS/lib/processes.sh"
. "$TESTS/lib/mount.sh"

# start_foreground DIRECTORY ARGUMENT...: mounts with --foreground, waits until it answers, and
# sets $supervisor and $worker
start_foreground()
{
    directory=$1
    shift
    mkdir -p "$directory"
    rm -f pid mount.out
    touch mount.out
    "$UNCHAIN" mount --foreground --pid-file pid "$@" "$directory" >>mount.out 2>mount.err &
    supervisor=$!
    trap unmount_all EXIT
    until grep -q "to end it" mount.out; do
        kill -0 $supervisor 2>/dev/null || fail "unchain mount: $(cat mount.err)"
        sleep 0.01
    done
    worker=$(worker_of $supervisor)
}

# worker_of PID: the worker of that supervisor (its other child is the guard, a shell)
worker_of()
{
    for child in $(cat "/proc/$1/task/$1/children"); do
        if grep -q unchain "/proc/$child/comm"; then
            echo "$child"
        fi
    done
}

# stop PID: returns when it has stopped. The signal alone does not do that: until one of its threads
# has taken it, the others run on.
stop()
{
    kill -STOP "$1"
    until is_stopped "$1"; do
        sleep 0.01
    done
}

is_stopped()
{
    for thread in /proc/"$1"/task/*/stat; do
        grep -q ') T ' "$thread" || return 1
    done
}

is_mounted()
{
    grep -q -F " $(pwd -P)/$1 " /proc/self/mountinfo
}

# is_gone DIRECTORY PID...: within a second it is not mounted and the processes have ended
is_gone()
{
    for _ in $(seq 100); do
        if ! is_mounted "$1" && ! is_any_alive "$@"; then
            return
        fi
        sleep 0.01
    done
    fail "after a second: $(grep -F " $(pwd -P)/$1 " /proc/self/mountinfo) $(ps -f || true)"
}

is_any_alive()
{
    shift
    for pid in "$@"; do
        # One that has ended but was not waited for yet is a zombie.
        if [ -e "/proc/$pid/stat" ] && ! grep -q ') Z' "/proc/$pid/stat" 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

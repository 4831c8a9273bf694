# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# --sandbox=auto goes on without what a kernel does not have, and says so; --sandbox=require does
# not; --sandbox=off takes nothing away.
. "$TESTS/lib/processes.sh"
[ "$(id -u)" = 0 ] || skip "needs root"
[ -w /dev/fuse ] || skip "needs /dev/fuse"

deprive=$(dirname "$READER")/deprive
truncate -s 1M disk.raw
"$deprive" landlock_create_ruleset true || skip "no system call can be taken away here"

# seccomp_of PID: 0, or 2 if there is a filter
seccomp_of()
{
    awk '/^Seccomp:/ { print $2 }' "/proc/$1/status"
}

# How it looks from outside.
start_foreground mnt -v --sandbox=require disk.raw
grep -q '^unchain: debug: sandbox: no-new-privileges, no-capabilities, landlock, limits, seccomp$' mount.err ||
    fail "$(cat mount.err)"
[ "$(seccomp_of "$worker")" = 2 ] && [ "$(seccomp_of $supervisor)" = 0 ] || fail 'no seccomp'
grep -q '^CapEff:.*[1-9a-f]' "/proc/$worker/status" && fail 'there are capabilities'
grep -q '^Max open files  *3  *3 ' "/proc/$worker/limits" || fail "$(cat "/proc/$worker/limits")"
unmount mnt
wait $supervisor || fail "status $?"

start_foreground mnt -o sandbox=off disk.raw
[ "$(seccomp_of "$worker")" = 0 ] || fail 'sandbox=off: there is a filter'
unmount mnt
wait $supervisor || fail "status $?"

# Kernels that lack something.
for wall in landlock seccomp; do
    call=$wall
    [ $wall = seccomp ] || call=landlock_create_ruleset
    for command in mount info map; do
        status=0
        set -- disk.raw
        [ $command != mount ] || set -- disk.raw mnt
        "$deprive" $call "$UNCHAIN" $command --sandbox=require "$@" >out 2>err || status=$?
        [ $status = 1 ] || fail "$command without $wall: status $status"
        grep -q "^unchain: --sandbox=require: there is no $wall here: " err || fail "$(cat err)"
        [ "$(wc -l <err)" = 1 ] || fail "$(cat err)"
        ! is_mounted mnt || fail "mounted without $wall"
    done
    "$deprive" $call "$UNCHAIN" mount --sandbox=auto disk.raw mnt >out 2>err || fail "$(cat err)"
    grep -q "^unchain: warning: the sandbox is without $wall (" err || fail "$wall: $(cat err)"
    cmp mnt/disk.raw disk.raw
    unmount mnt
    "$deprive" $call "$UNCHAIN" map --sandbox=auto disk.raw >out 2>err && [ ! -s err ] || fail "$(cat err)"
    "$deprive" $call "$UNCHAIN" info --sandbox=auto disk.raw | grep -q "; without $wall (" || fail 'info'
done
"$UNCHAIN" info --sandbox=off disk.raw | grep -q '^  off$' || fail 'info --sandbox=off'

status=0
"$UNCHAIN" map --sandbox=maybe disk.raw 2>err || status=$?
[ $status = 2 ] || fail "--sandbox=maybe: status $status"
"$UNCHAIN" mount -o clone_fd disk.raw mnt >out 2>err
grep -q '^unchain: warning: clone_fd needs --sandbox=off' err || fail "$(cat err)"
unmount mnt
"$UNCHAIN" mount -o clone_fd,sandbox=off disk.raw mnt >out 2>err
[ ! -s err ] || fail "$(cat err)"
cmp mnt/disk.raw disk.raw
unmount mnt

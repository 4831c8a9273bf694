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
"$UNCHAIN" map --sandbox=require disk.raw >out 2>err || ! grep 'there is no' err || skip "$(cat err)"

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

# without_wall MODE COMMAND: runs it so on a kernel that lacks $wall; sets $status
without_wall()
{
    call=$wall status=0
    [ $wall = seccomp ] || call=landlock_create_ruleset
    mode=$1 command=$2
    set -- disk.raw
    case $command in
    mount) set -- disk.raw mnt ;;
    compare) set -- disk.raw disk.raw ;;
    verify) set -- disk.raw manifest ;;
    esac
    "$deprive" $call "$UNCHAIN" $command --sandbox=$mode "$@" >out 2>err || status=$?
}

# says LINE: that line, which is a pattern, and no other
says()
{
    grep -q "^unchain: $1" err && [ "$(wc -l <err)" = 1 ] ||
        fail "$command --sandbox=$mode without $wall: $(cat err)"
}

"$UNCHAIN" hash --manifest manifest disk.raw >out
for wall in landlock seccomp; do
    for command in mount map info hash verify compare graph; do
        without_wall require $command
        [ $command = compare ] && trouble=2 || trouble=1 # as cmp(1) has it
        [ $status = $trouble ] && [ ! -s out ] || fail "$command without $wall: status $status: $(cat out)"
        says "--sandbox=require: there is no $wall here: the kernel does not "
        ! is_mounted mnt || fail "mounted without $wall"

        without_wall auto $command
        [ $status = 0 ] || fail "$command without $wall: status $status: $(cat err)"
        says "warning: the sandbox is without $wall (the kernel does not [a-z ]*)$"
        [ $command != info ] || grep -q "; without $wall (" out || fail "info: $(cat out)"
        [ $command != mount ] || { cmp mnt/disk.raw disk.raw && unmount mnt; }

        without_wall off $command
        [ $status = 0 ] && [ ! -s err ] || fail "$command --sandbox=off: status $status: $(cat err)"
        [ $command != info ] || grep -q '^  off$' out || fail "info --sandbox=off: $(cat out)"
        [ $command != mount ] || unmount mnt
    done
done

status=0
"$UNCHAIN" map --sandbox=maybe disk.raw 2>err || status=$?
[ $status = 2 ] || fail "--sandbox=maybe: status $status"
"$UNCHAIN" mount -o clone_fd,sandbox=auto disk.raw mnt >out 2>err
grep -q '^unchain: warning: clone_fd needs --sandbox=off' err || fail "$(cat err)"
unmount mnt
"$UNCHAIN" mount -o clone_fd,sandbox=off disk.raw mnt >out 2>err
[ ! -s err ] || fail "$(cat err)"
cmp mnt/disk.raw disk.raw
unmount mnt

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A user may have only so many processes and threads. Whatever a mount gets of them, it either
# serves, or says in one line what it lacks; and nothing is left of it.
# sanitize: no
. "$TESTS/lib/mount.sh"
. "$TESTS/lib/users.sh"
as_users
need prlimit

# one who runs nothing else, and whom fusermount3 finds in the list of users
games()
{
    setpriv --reuid=games --regid=games --clear-groups "$@"
}

id games >/dev/null 2>&1 || skip "needs a user games"
echo data >disk.raw
mkdir mnt
chown games mnt
served=no
for most in $(seq 12) 100; do
    if games prlimit --nproc="$most" "$UNCHAIN" mount -f raw disk.raw mnt >out 2>err; then
        games cmp disk.raw mnt/disk.raw || fail "with $most processes: mounted, but not served"
        games fusermount3 -u mnt || { sleep 0.5 && games fusermount3 -u mnt; } || fail "busy"
        served=yes
    else
        [ $? = 1 ] && [ "$(wc -l <err)" = 1 ] && ! grep -q "was killed" err ||
            fail "with $most processes: $(cat err)"
    fi
    for _ in $(seq 500); do
        pgrep -f "$public/" >/dev/null || break
        sleep 0.01
    done
    ! pgrep -af "$public/" || fail "with $most processes: this is left"
    ! grep " $PWD/mnt " /proc/self/mountinfo || fail "with $most processes: still mounted"
done
[ $served = yes ] || fail "100 processes are not enough: $(cat err)"

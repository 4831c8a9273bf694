# SPDX-License-Identifier: GPL-2.0-or-later
#
# While a program has a mounted file open, umount refuses and all goes on; a signal ends the mount
# all the same, after a warning and no more time than is promised, and leaves nothing.
. "$TESTS/lib/processes.sh"

truncate -s 16M disk.raw
start_foreground mnt disk.raw
exec 3<mnt/disk.raw
if [ "$(id -u)" = 0 ]; then
    ! umount mnt 2>err || fail 'umount does not mind'
    grep -q 'busy' err || fail "$(cat err)"
fi
! fusermount3 -u mnt 2>err || fail 'fusermount3 does not mind'
grep -q 'busy' err || fail "$(cat err)"
head -c 4096 <&3 | cmp -n 4096 - disk.raw
kill $supervisor
is_gone mnt $supervisor "$worker"
wait $supervisor || fail "status $?"
[ "$(cat mount.err)" = "unchain: warning: $(pwd -P)/mnt is unmounted while it is in use; \
what is still open there ends with errors" ] || fail "$(cat mount.err)"
! tail -c 4096 <&3 >got 2>err || fail 'what was open can still be read'
[ ! -s got ] || fail 'bytes come from nowhere'
exec 3<&-
[ -z "$(ls -A mnt)" ] && [ ! -e pid ] || fail "$(ls -A mnt) is left"

# If nothing is open, nothing is said.
start_foreground mnt disk.raw
cmp -n 4096 mnt/disk.raw disk.raw
kill $supervisor
is_gone mnt $supervisor "$worker"
wait $supervisor || fail "status $?"
[ ! -s mount.err ] || fail "it is not in use: $(cat mount.err)"

# Whoever is ready in time is not cut off. (On a busy machine nobody may be; but not every time.)
for _ in $(seq 10); do
    start_foreground mnt disk.raw
    rm -f open
    (exec 3<mnt/disk.raw && : >open && sleep 0.05 && tail -c 4096 <&3 >last) 2>err &
    reader=$!
    until [ -e open ]; do sleep 0.01; done
    kill $supervisor
    status=0
    wait $reader || status=$?
    is_gone mnt $supervisor "$worker"
    wait $supervisor || fail "status $?"
    [ $status != 0 ] || exit 0
done
fail "a reader that is ready in time is cut off: $(cat err)"

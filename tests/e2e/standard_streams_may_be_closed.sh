# SPDX-License-Identifier: GPL-2.0-or-later
#
# With standard input, output or error closed, with no descriptors left, or with files that may not
# grow: the image is right, or one line says what is wrong.
. "$TESTS/lib/mount.sh"

seq 20000 >disk.raw
mkdir mnt

# one_line COMMAND...: fails with status 1 and says so in one line
one_line()
{
    status=0
    "$@" >out 2>err || status=$?
    [ $status = 1 ] || fail "$*: status $status: $(cat err)"
    [ "$(grep -c '^unchain: ' err)" = 1 ] || fail "$*: says $(cat err)"
}

"$UNCHAIN" hash -m disk.sums disk.raw >/dev/null 2>err 0<&- || fail "hash: $(cat err)"
"$UNCHAIN" verify disk.raw disk.sums >/dev/null || fail "the manifest is wrong"
one_line sh -c "exec \"$UNCHAIN\" map disk.raw 1>&-"
one_line sh -c "ulimit -f 1; exec \"$UNCHAIN\" hash --block-size=512 -m new.sums disk.raw"
[ ! -e new.sums ] || fail "hash has left new.sums"
one_line "$UNCHAIN" map -c /dev/zero

[ -r /dev/fuse ] && [ -w /dev/fuse ] || skip "needs /dev/fuse"
at_exit unmount_all
for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&-' '1>&- 2>&-' '0<&- 1>&- 2>&-'; do
    sh -c "exec \"$UNCHAIN\" mount -f raw disk.raw mnt >/dev/null $closed" || fail "$closed: not mounted"
    cmp mnt/disk.raw disk.raw || fail "$closed: wrong bytes"
    unmount mnt
done
if [ "$(id -u)" = 0 ]; then
    one_line sh -c "ulimit -n 8; exec \"$UNCHAIN\" mount disk.raw mnt"
fi

# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Where a mount stands whose program has died, another can be mounted at once; where that is not
# permitted, what it says to run helps. A living mount is left alone, whatever it answers.
. "$TESTS/lib/users.sh"
need pgrep pkill
as_users

cp "$(dirname "$READER")/doomed" doomed
head -c 100000 /dev/urandom >disk.raw
chmod 644 disk.raw

# start WHO... -- MOUNTPOINT ARGUMENT...: a filesystem in the background, $filesystem
start()
{
    who=
    while [ "$1" != -- ]; do
        who="$who $1"
        shift
    done
    shift
    $who "$PWD/doomed" "$@" 2>doomed.err &
    filesystem=$!
    until is_mounted "$1"; do
        kill -0 $filesystem 2>/dev/null || fail "doomed: $(cat doomed.err)"
        sleep 0.01
    done
}

# crash: as any other program may
crash()
{
    kill -9 $filesystem
    wait $filesystem 2>/dev/null || true
    ! stat -f mnt >stat.out 2>&1 || fail "this is not dead: $(cat stat.out)"
}

# is_mended WHERE WARNINGS COMMAND...: it mounts, warns so often, shows the image, and leaves nothing
is_mended()
{
    place=$1 warnings=$2
    shift 2
    "$@" "$UNCHAIN" mount disk.raw "$place" >out 2>err || fail "$place: $(cat err)"
    said=$(grep -c '/mnt: a mount of type fuse[.a-z]* stood there whose program had died; unmounted$' err || true)
    [ "$said" = "$warnings" ] && [ "$(wc -l <err)" = "$warnings" ] || fail "$place: $(cat err)"
    shown=mnt
    [ -f mnt ] || shown=mnt/disk.raw
    "$@" cmp disk.raw $shown || fail "$place: other bytes"
    if [ -z "${1-}" ]; then umount mnt; else "$@" fusermount3 -u mnt; fi
    ! is_mounted mnt || fail "$place: something is still mounted"
}

mkdir mnt
ln -s mnt link
for place in mnt mnt/ "$PWD/mnt" link link/ ./mnt//; do
    start -- mnt
    crash
    is_mended $place 1
    is_mended $place 0
done

# In use by somebody who has not noticed yet; one upon the other; on a file.
start -- mnt
exec 5<mnt
crash
is_mended mnt 1
exec 5<&-
"$UNCHAIN" mount -q disk.raw mnt
"$UNCHAIN" mount -q disk.raw mnt
all=$(pgrep -f "^$UNCHAIN mount -q disk.raw mnt|unchain-guard $PWD/mnt")
kill -STOP $all
kill -9 $all
sleep 0.1
[ "$(grep -c -F " $PWD/mnt " /proc/self/mountinfo)" = 2 ] || fail 'somebody has unmounted them'
is_mended mnt 2
rmdir mnt
touch mnt
start -- mnt
crash
is_mended mnt 1
if command -v qemu-storage-daemon >/dev/null; then
    qemu-storage-daemon --blockdev driver=file,node-name=disk,filename=disk.raw,read-only=on \
        --export fuse,id=export,node-name=disk,mountpoint=mnt >out 2>err &
    filesystem=$!
    until is_mounted mnt; do
        kill -0 $filesystem 2>/dev/null || break
        sleep 0.01
    done
    if is_mounted mnt; then
        crash
        is_mended mnt 1
    fi
fi
rm mnt
mkdir mnt

# is_refused MESSAGE COMMAND...: the last argument is the mountpoint
is_refused()
{
    message=$1
    shift
    status=0
    "$@" >out 2>err || status=$?
    [ $status = 1 ] || fail "$*: status $status: $(cat err)"
    grep -q "^unchain: mountpoint $message$" err || fail "$*: $(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "$*: $(cat err)"
}

# advice: what it said to run
advice()
{
    sed -n 's/.*; remove it with \(as root: \)\?//p' err
}

dead='a mount of type fuse.doomed is in the way whose program has died; remove it with'
alive='Transport endpoint is not connected: so says the program, still alive, whose mount of type'

# A living one that answers the same.
start -- mnt
is_refused "mnt: $alive fuse.doomed is at $PWD/mnt" "$UNCHAIN" mount disk.raw mnt
is_mounted mnt && kill -0 $filesystem || fail 'a living mount is gone'
crash

# Inside a dead one.
is_refused "mnt/below: $dead umount -l $PWD/mnt" "$UNCHAIN" mount disk.raw mnt/below
eval "$(advice)"
! is_mounted mnt || fail "this does not help: $(advice)"

# The guard of a mount leaves alone what somebody has mounted upon it meanwhile.
"$UNCHAIN" mount -q --foreground disk.raw mnt 2>err &
supervisor=$!
until is_mounted mnt; do sleep 0.01; done
until [ -e mnt/disk.raw ]; do sleep 0.01; done
"$UNCHAIN" mount -q other=disk.raw mnt
kill -9 $supervisor $(worker_of $supervisor)
sleep 0.3
cmp disk.raw mnt/other || fail 'the guard was too eager'
umount mnt
is_mounted mnt || fail 'this is not what shall be tried'
is_mended mnt 1

# A supervisor that is late does not take it for its own mount, which has been unmounted meanwhile.
# (Before Linux 6.8 everything by which it could tell them apart is used again.)
if [ "$(printf '6.8\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.8 ]; then
    "$UNCHAIN" mount -q --foreground disk.raw mnt 2>err &
    supervisor=$!
    until [ -e mnt/disk.raw ]; do sleep 0.01; done
    worker=$(worker_of $supervisor)
    stop $supervisor
    umount mnt
    while is_any_alive mnt "$worker"; do sleep 0.01; done
    start -- mnt
    kill -CONT $supervisor
    wait $supervisor || fail "status $?: $(cat err)"
    is_mounted mnt || fail 'it has unmounted what is not its own'
    umount mnt
    wait $filesystem || true
fi

# A user's, which root cannot look at; dead or alive.
chown 65534 mnt
start user -- mnt
is_refused "mnt: Permission denied: at $PWD/mnt user 65534 has mounted something of type fuse.doomed for nobody else" \
    "$UNCHAIN" mount disk.raw mnt
is_mounted mnt || fail "a user's living mount is gone"
is_refused "mnt: $alive fuse.doomed is at $PWD/mnt" user "$UNCHAIN" mount disk.raw mnt
is_mounted mnt || fail "a user's own living mount is gone"
pkill -9 -f "^$PWD/doomed "
is_mended mnt 1
start user -- mnt
pkill -9 -f "^$PWD/doomed "
is_mended mnt 1 user
start user -- mnt
pkill -9 -f "^$PWD/doomed "
is_refused "mnt/below: $dead fusermount3 -u -z $PWD/mnt" user "$UNCHAIN" mount disk.raw mnt/below
user sh -c "$(advice)"
! is_mounted mnt || fail "this does not help: $(advice)"

# Root's, which a user may not unmount.
start -- mnt -o allow_other
crash
is_refused "mnt: $dead as root: umount -l $PWD/mnt" user "$UNCHAIN" mount disk.raw mnt
is_mounted mnt || fail "a user has unmounted a mount of root's"
eval "$(advice)"
! is_mounted mnt || fail "this does not help: $(advice)"

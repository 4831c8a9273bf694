# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# As a user: mounting, ending, being killed. Root runs this as nobody, with a /dev/fuse that users
# may open as they may on a Debian system, in a mount namespace of its own.
. "$TESTS/lib/processes.sh"
need fusermount3

case ${1:-start} in
start)
    if [ "$(id -u)" != 0 ]; then
        [ -w /dev/fuse ] || skip "/dev/fuse is not for users here"
        exec bash "$0" user
    fi
    need unshare runuser
    [ -u "$(command -v fusermount3)" ] || skip "fusermount3 is not setuid here"
    exec unshare -m bash "$0" root
    ;;
root)
    leave_mounts
    directory=$(mktemp -d /tmp/unchain-user.XXXXXX)
    trap 'rm -rf "$directory"' EXIT
    cp "$UNCHAIN" "$directory/unchain"
    chmod 755 "$directory" "$directory/unchain"
    mknod -m 666 "$directory/fuse" c 10 229 && mount --bind "$directory/fuse" /dev/fuse ||
        skip "cannot make a /dev/fuse for users"
    mkdir "$directory/work"
    chown nobody "$directory/work"
    cp -r "$TESTS/lib" "$directory/lib"
    cp "$0" "$directory/test"
    cd "$directory/work"
    export UNCHAIN="$directory/unchain" TESTS="$directory"
    runuser -u nobody -- "$UNCHAIN" --version >/dev/null || skip "nobody cannot run programs here"
    runuser -u nobody -- bash "$directory/test" user
    exit
    ;;
esac

truncate -s 1M disk.raw
mkdir -p mnt
touch file
trap unmount_all EXIT
"$UNCHAIN" mount disk.raw mnt >out 2>err ||
    { cat err; grep -q 'fusermount3: .*Permission\|fusermount3: .*not permitted' err && exit 77; exit 1; }
grep -q "to end it: fusermount3 -u $(pwd -P)/mnt" out || fail "$(cat out)"
same mnt/disk.raw disk.raw
[ "$(stat -c '%a %u' mnt/disk.raw)" = "400 $(id -u)" ] || fail "$(stat mnt/disk.raw)"
fusermount3 -u mnt
"$UNCHAIN" mount -q disk.raw file
same file disk.raw
fusermount3 -u file

status=0
"$UNCHAIN" mount disk.raw /usr 2>err || status=$?
[ $status = 1 ] || fail "mounting on /usr: status $status"
grep -q '^unchain: cannot mount on /usr: fusermount3: ' err || fail "$(cat err)"
[ "$(wc -l <err)" = 1 ] || fail "$(cat err)"

for victims in supervisor worker 'supervisor worker'; do
    start_foreground mnt disk.raw
    pids=
    for victim in $victims; do
        pids="$pids ${!victim}"
    done
    kill -9 $pids
    is_gone mnt $supervisor $worker
    wait $supervisor || true
done
start_foreground mnt disk.raw
kill $supervisor
is_gone mnt $supervisor $worker
wait $supervisor || fail "SIGTERM: status $?"

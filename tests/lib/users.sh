# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the shell tests in which several users take part:  . "$TESTS/lib/users.sh"
#
# They run as root, in a mount namespace of their own whose /dev/fuse is for everybody, in a
# directory that everybody can enter.
. "$TESTS/lib/processes.sh"

# as_users: comes first; what stands above it in the test is run twice
as_users()
{
    need unshare setpriv fusermount3
    [ "$(id -u)" = 0 ] || skip "needs root"
    [ -w /dev/fuse ] || skip "needs /dev/fuse"
    [ -u "$(command -v fusermount3)" ] || skip "fusermount3 is not setuid here"
    [ -n "${AS_USERS-}" ] || AS_USERS=1 exec unshare -m bash "$0"
    leave_mounts
    public=$(mktemp -d /tmp/unchain-users.XXXXXX)
    at_exit 'cd /; rm -rf "$public"'
    cp "$UNCHAIN" "$public/unchain"
    mkdir "$public/work"
    chmod 755 "$public" "$public/unchain" "$public/work"
    UNCHAIN=$public/unchain
    mknod -m 666 "$public/fuse" c 10 229 && mount --bind "$public/fuse" /dev/fuse ||
        skip "cannot make a /dev/fuse for users"
    cd "$public/work"
    user "$UNCHAIN" --version >/dev/null || skip "nobody cannot run programs here"
    trap 'unmount_all; eval "$at_exit_commands"' EXIT
}

# user COMMAND..., other COMMAND...: as two different users, who are in no group but their own
user()
{
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

other()
{
    setpriv --reuid=1 --regid=1 --clear-groups "$@"
}

# member GROUP COMMAND...: as the other user, who is in this group as well
member()
{
    group=$1
    shift
    setpriv --reuid=1 --regid=1 --groups="$group" "$@"
}

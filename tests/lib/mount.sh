# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the shell tests:  . "$TESTS/lib/mount.sh"
set -eu

root=$(dirname "$TESTS")
sample=$root/examples/sample

fail()
{
    echo "$*"
    exit 1
}

skip()
{
    echo "$*"
    exit 77
}

# need COMMAND...: skips the test where one is missing
need()
{
    for command in "$@"; do
        command -v "$command" >/dev/null || skip "needs $command"
    done
}

# at_exit COMMAND: runs when the test ends, however it does; the last one given comes first
at_exit()
{
    at_exit_commands="$1; ${at_exit_commands-:}"
    trap 'eval "$at_exit_commands"' EXIT
}

# build_kind KIND: builds a graph of tests/lib/kinds.py here. The source is then in $source, what
# it must show in the file `expected`.
build_kind()
{
    python3 "$TESTS/lib/build_kind.py" "$1"
    source=$(cat source)
}

# mount_image DIRECTORY ARGUMENT...: mounts, until the test ends or `unmount DIRECTORY`
mount_image()
{
    directory=$1
    shift
    [ -r /dev/fuse ] && [ -w /dev/fuse ] || skip "needs /dev/fuse"
    mkdir -p "$directory"
    "$UNCHAIN" mount --pid-file "$directory.pid" "$@" "$directory" >mount.out 2>mount.err ||
        fail "unchain mount: $(cat mount.err)"
    at_exit unmount_all
}

unmount()
{
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if [ "$(id -u)" = 0 ]; then
            umount "$1" 2>unmount.err && until_free "$1" && return
        else
            fusermount3 -u "$1" 2>unmount.err && until_free "$1" && return
        fi
        sleep 0.1 # something else on the machine may be looking at it
    done
    fail "cannot unmount $1: $(cat unmount.err)"
}

# until_free DIRECTORY: the images are let go of a moment after it is unmounted
until_free()
{
    for _ in $(seq 500); do
        [ -e "$1.pid" ] || return 0
        sleep 0.01
    done
    fail "$1 is unmounted, but the program has not ended"
}

# leave_mounts: to be called first in a mount namespace of one's own. It has copies of all mounts,
# and as long as there is one, a mount of a test that runs beside this one has not ended.
leave_mounts()
{
    awk '/ - fuse(blk)?(\.[^ ]*)? / { print $5 }' /proc/self/mountinfo | xargs -r umount -l || true
}

unmount_all()
{
    here=$(pwd -P)
    awk -v here="$here/" 'index($5, here) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while read -r point; do
            unmount "$point"
        done
}

# same FILE FILE: must be equal to the byte
same()
{
    cmp "$1" "$2" || fail "$1 and $2 differ"
}

# has_blocks FILE BLOCKS: of a mounted file; on a busy machine they may not be counted at once, and
# until then they are a guess
has_blocks()
{
    for _ in $(seq 200); do
        [ "$(stat -c %b "$1")" != "$2" ] || return 0
        sleep 0.01
    done
    fail "$1 has $(stat -c %b "$1") blocks instead of $2"
}

# is_sparse FILE: must take less room than its size
is_sparse()
{
    [ $(($(stat -c %b "$1") * 512)) -lt "$(stat -c %s "$1")" ] || fail "$1 is not sparse"
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
#     examples/quickstart.sh                    builds unchain and shows it on the sample chain
#     examples/quickstart.sh IMAGE MOUNTPOINT   builds unchain and mounts your own image
#
# For Debian 12 and 13, as root or as a user with sudo. It installs what is missing (and nothing
# if nothing is), builds into build/, and writes nothing else into this directory.
set -eu

# What building and running need: a Debian package, and how to see that it is there.
needs()
{
    cat <<END
gcc               command -v cc
meson             command -v meson
ninja-build       command -v ninja
pkg-config        command -v pkg-config
libglib2.0-dev    pkg-config --exists glib-2.0
libjson-glib-dev  pkg-config --exists json-glib-1.0
libfuse3-dev      pkg-config --exists fuse3
libseccomp-dev    pkg-config --exists libseccomp
libxxhash-dev     pkg-config --exists libxxhash
libdeflate-dev    pkg-config --exists libdeflate
zlib1g-dev        pkg-config --exists zlib
libzstd-dev       pkg-config --exists libzstd
fuse3             command -v fusermount3
END
}

say()
{
    printf '\n%s\n' "$*"
}

fail()
{
    printf '\nquickstart: %s\n' "$*" >&2
    exit 1
}

# show COMMAND...: prints the command as one would type it, then runs it
show()
{
    printf '\n$ %s\n' "$*"
    "$@"
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo: $*"
    fi
}

missing()
{
    needs | while read -r package test; do
        $test >/dev/null 2>&1 || printf '%s ' "$package"
    done
}

install_missing()
{
    packages=$(missing)
    if [ -z "$packages" ]; then
        say "Everything that building needs is installed."
        return
    fi
    say "Installing with apt (a minute or so): $packages"
    command -v apt-get >/dev/null || fail "there is no apt-get here; please install: $packages"
    as_root true
    {
        as_root apt-get update
        # shellcheck disable=SC2086 # a list of packages
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends $packages
    } >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; fail "apt-get failed, see above"; }
}

build()
{
    if [ -f build/build.ninja ]; then
        say "Bringing build/ up to date."
    else
        say "Building into build/ (a minute or two)."
    fi
    {
        [ -f build/build.ninja ] || meson setup build -Dtests=false
        meson compile -C build
    } >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; fail "the build failed, see above"; }
}

need_fuse()
{
    [ -e /dev/fuse ] || (as_root modprobe fuse) 2>/dev/null || true
    [ -e /dev/fuse ] || fail "there is no /dev/fuse, so nothing can be mounted here." \
        "In a container, start it with: --device /dev/fuse --cap-add SYS_ADMIN"
    if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
        fail "$(id -un) may not open /dev/fuse; try: sudo chmod 666 /dev/fuse"
    fi
}

clean_up()
{
    if mountpoint -q "$work/disk"; then $umount "$work/disk"; fi
    rm -rf "$work"
}

demonstrate()
{
    unchain=$PWD/build/fuse/unchain
    sample=$PWD/examples/sample
    mkdir "$work/disk"
    cd "$work"
    # From here on the commands are short enough to be read.
    ln -s "$sample"/*.qcow2 .
    PATH=$(dirname "$unchain"):$PATH

    say "tuesday.qcow2 is an image in three layers. Mounted, it is one raw file:"
    show unchain mount tuesday.qcow2 disk
    show ls -ls disk
    say "The first number is the space it takes: only what is not known to be zero. Here is where" \
        "every byte comes from:"
    show unchain map tuesday.qcow2
    say "A copy is the same disk, bit by bit, and as sparse:"
    show cp disk/tuesday.raw copy.raw
    show cmp disk/tuesday.raw copy.raw
    echo "(no output: they are identical)"
    show du -h --apparent-size copy.raw
    show du -h copy.raw
    say "And it is the disk that was written once:"
    (cd disk && show sha256sum -c "$sample/tuesday.raw.sha256")
    say "That is all. The mount ends like any other:"
    # shellcheck disable=SC2086 # the command has an option
    show $umount disk
    cd /
    say "Your own image: examples/quickstart.sh IMAGE MOUNTPOINT"
}

mount_own()
{
    [ -e "$2" ] || show mkdir -p "$2"
    show build/fuse/unchain mount "$1" "$2"
}

case $# in
0 | 2) ;;
*) echo "usage: examples/quickstart.sh [IMAGE MOUNTPOINT]" >&2; exit 2 ;;
esac
if [ $# = 2 ]; then
    [ -e "$1" ] || fail "there is no image $1"
    image=$(realpath -s "$1") # as named: backing files are found relative to it
    mountpoint=$(realpath -m "$2")
fi
cd "$(dirname "$0")/.."
if [ "$(id -u)" = 0 ]; then umount=umount; else umount="fusermount3 -u"; fi
work=$(mktemp -d)
trap clean_up EXIT
trap 'exit 1' HUP INT PIPE TERM

need_fuse
install_missing
build
if [ $# = 0 ]; then demonstrate; else mount_own "$image" "$mountpoint"; fi

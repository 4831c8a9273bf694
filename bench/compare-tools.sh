#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What other tools make of the sample images, beside unchain: is the mounted file right when it is
# read (dd), when it is copied by programs that ask for holes (cp, tar -S), and how much of it do
# they know to be empty? As root. Tools that are not installed are left out.
#
#     bench/compare-tools.sh [path of unchain]
#
# "chain" is tuesday.qcow2 and its two backing files; "single" is the same disk as one qcow2 file
# and "zeroes" is that with one zero cluster more; "window" is the partition inside
# stick-today.qcow2 and its backing file: a raw node with an offset, over a chain.
set -u

source=$(cd "$(dirname "$0")/.." && pwd)
sample=$source/examples/sample
unchain=${1:-$source/build/fuse/unchain}
work=$(mktemp -d)
pids=
trap 'cd /; kill $pids 2>/dev/null; wait; umount -q "$work"/m; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT PIPE TERM
cd "$work" || exit 1
mkdir m

window="driver=raw,offset=1048576,file.driver=qcow2"
window="$window,file.file.driver=file,file.file.filename=$sample/stick-today.qcow2"

have()
{
    command -v "$1" >/dev/null
}

# same FILE IMAGE: "right" or "WRONG", by the sum of the flat image
same()
{
    if [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$(cut -d' ' -f1 "$sample/$2.raw.sha256")" ]
    then echo right; else echo WRONG; fi
}

size()
{
    case $1 in
    tuesday) echo 50331648 ;;
    partition1) echo 15728640 ;;
    esac
}

archived()
{
    rm -rf t && mkdir t
    tar -C "$(dirname "$1")" -Scf t.tar "$(basename "$1")" 2>/dev/null
    tar -C t -xf t.tar 2>/dev/null
    same "t/$(basename "$1")" "$2"
}

# Bytes that SEEK_HOLE and SEEK_DATA call data.
data_bytes()
{
    xfs_io -r -c "seek -a -r 0" "$1" 2>/dev/null | awk -v size="$(stat -c %s "$1")" '
        $1 == "DATA" { at = $2; open = 1 }
        $1 == "HOLE" && open { sum += $2 - at; open = 0 }
        END { print open ? sum + size - at : sum + 0 }'
}

# judge TOOL CASE FILE IMAGE
judge()
{
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -s "$3" ] && break
        sleep 0.3
    done
    if [ ! -s "$3" ] || [ "$(stat -c %s "$3")" != "$(size "$4")" ]; then
        printf '%-28s %-7s does not show it as a disk\n' "$1" "$2"
        return
    fi
    dd if="$3" of=dd.raw bs=1M status=none
    cp --sparse=auto "$3" cp.raw 2>/dev/null
    printf '%-28s %-7s %-6s %-6s %-6s %9s KiB %9s KiB\n' "$1" "$2" "$(same dd.raw "$4")" \
        "$(same cp.raw "$4")" "$(archived "$3" "$4")" "$(($(stat -c %b "$3") / 2))" \
        "$(($(data_bytes "$3") / 1024))"
}

stop()
{
    umount m 2>/dev/null
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || { kill $pids 2>/dev/null; wait $pids 2>/dev/null; }
    pids=
}

printf '%-28s %-7s %-6s %-6s %-6s %13s %13s\n' tool image dd cp "tar -S" st_blocks "SEEK_DATA"

if have qemu-img; then
    # The copy has holes where qemu-img has preallocated: ext4 calls those data once they were read.
    qemu-img convert -O qcow2 "$sample/tuesday.qcow2" written.qcow2
    cp --sparse=always written.qcow2 single.qcow2
    cp --sparse=always single.qcow2 zeroes.qcow2
    qemu-io -c "write -q -z -u 40M 64k" zeroes.qcow2
fi

# file CASE: the image of a case without options
file()
{
    case $1 in
    chain) echo "$sample/tuesday.qcow2" ;;
    *) echo "$work/$1.qcow2" ;;
    esac
}

if [ -x "$unchain" ]; then
    name="$("$unchain" --version | head -n 1)"
    for case in single zeroes chain; do
        "$unchain" mount -q "disk=$(file $case)" m
        judge "$name" $case m/disk tuesday
        stop
    done
    "$unchain" mount -q --image-opts "$window" m
    judge "$name" window m/disk.raw partition1
    stop
fi

# storage_daemon CASE IMAGE BLOCKDEV
storage_daemon()
{
    : >m/disk
    qemu-storage-daemon --blockdev "$3" \
        --export type=fuse,id=e,node-name=n,mountpoint="$work/m/disk" 2>err &
    pids=$!
    sleep 1
    judge "$name" "$1" m/disk "$2"
    umount m/disk 2>/dev/null
    stop
    rm -f m/disk
}

if have qemu-storage-daemon; then
    name="qemu-storage-daemon $(qemu-storage-daemon --version | awk 'NR == 1 { print $3 }')"
    for case in single zeroes chain; do
        storage_daemon $case tuesday \
            "driver=qcow2,node-name=n,read-only=on,file.driver=file,file.filename=$(file $case)"
    done
    storage_daemon window partition1 "$window,node-name=n,read-only=on"
fi

# nbd CASE IMAGE ARGUMENT...
nbd()
{
    case=$1 image=$2
    shift 2
    qemu-nbd -r -t -k "$work/socket" "$@" 2>err &
    pids=$!
    sleep 1
    nbdfuse -r m/disk.raw --unix "$work/socket" 2>err &
    judge "$name" "$case" m/disk.raw "$image"
    umount m 2>/dev/null
    stop
    rm -f socket
}

if have nbdfuse && have qemu-nbd; then
    name="qemu-nbd + nbdfuse $(nbdfuse --version | awk 'NR == 1 { print $2 }')"
    for kind in single zeroes chain; do
        nbd $kind tuesday -f qcow2 "$(file $kind)"
    done
    nbd window partition1 --image-opts "$window"
fi

if have qcowmount; then
    name=$(qcowmount -V | head -n 1)
    for case in single zeroes chain; do
        qcowmount "$(file $case)" m >/dev/null 2>err
        judge "$name" $case m/qcow1 tuesday
        stop
    done
fi

if have xmount; then
    # It has no input library for qcow2; as "raw" it would show the file itself.
    xmount --in raw single.qcow2 --out raw m >/dev/null 2>err
    judge "$(xmount --version 2>&1 | awk 'NR == 1 { print $1, $2 }')" single m/single.dd tuesday
    stop
fi

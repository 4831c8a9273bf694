# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# Documents why unchain exists: the FUSE export of qemu-storage-daemon, given raw over a qcow2 with
# a backing file, calls everything that lies in the backing file a hole. A `cp` of it is wrong and
# exits 0; `dd` of the same file is right. A QEMU that gets it right is welcome: then this says so.
. "$TESTS/lib/mount.sh"
need qemu-storage-daemon

build_kind raw_over_a_chain
touch export

# It takes its mount away itself. (If somebody else does, version 7.2 runs in circles for ever.)
stop_daemon()
{
    [ ! -e pid ] || kill "$(cat pid)"
    while [ -e pid ]; do
        sleep 0.1
    done
}

qemu-storage-daemon --daemonize --pidfile pid \
    --blockdev driver=file,node-name=base-file,filename=base.qcow2,read-only=on \
    --blockdev driver=qcow2,node-name=base,file=base-file,read-only=on \
    --blockdev driver=file,node-name=top-file,filename=top.qcow2,read-only=on \
    --blockdev driver=qcow2,node-name=top,file=top-file,backing=base,read-only=on \
    --blockdev driver=raw,node-name=raw,file=top,read-only=on \
    --export type=fuse,id=export,node-name=raw,mountpoint=export,writable=off 2>qsd.err ||
    skip "qemu-storage-daemon has no FUSE export here: $(tail -n 1 qsd.err)"
# 7.2 spins for ever once its mount is gone, and then hears no other signal.
trap 'kill -KILL "$(cat pid)"; unmount_all' EXIT

dd if=export of=read bs=64k status=none
cp --sparse=auto export copy
same read expected
if cmp -s copy expected; then
    echo "$(qemu-storage-daemon --version | head -n 1) copies raw over a chain right"
else
    echo "$(qemu-storage-daemon --version | head -n 1) loses data: $(cmp copy expected 2>&1 || true)"
fi
stop_daemon

# The same graph, the same tool, through unchain.
mount_image mnt "image=$source"
cp --remove-destination --sparse=auto mnt/image copy
same copy expected

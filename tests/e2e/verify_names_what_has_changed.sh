# SPDX-License-Identifier: GPL-2.0-or-later
#
# A manifest finds a single flipped bit, and names its block; what cannot be read does not stop it.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

qemu-img create -q -f qcow2 disk.qcow2 4M
qemu-io -c 'write -q -P 17 0 1M' -c 'write -q -P 18 2M 1M' disk.qcow2
qemu-img convert -O raw disk.qcow2 disk.raw
"$UNCHAIN" hash --manifest manifest disk.qcow2 >out

# flip FILE OFFSET: one bit of it
flip()
{
    python3 - "$1" "$2" <<'EOF'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)[0]
    file.seek(int(sys.argv[2]))
    file.write(bytes([byte ^ 4]))
EOF
}

# finds STATUS LINES ARGUMENT...: what verify prints
finds()
{
    wanted=$1 lines=$2 status=0
    shift 2
    "$UNCHAIN" verify "$@" >out 2>err || status=$?
    [ $status = "$wanted" ] || fail "verify $*: status $status: $(cat out err)"
    [ "$(cat out)" = "$lines" ] || fail "verify $*: prints $(cat out)"
}

for source in disk.qcow2 disk.raw; do
    finds 0 "$source: all 64 blocks are what 'manifest' says" "$source" manifest
    finds 0 '' -q "$source" manifest
done

cp disk.raw bad.raw
flip bad.raw 200000
finds 1 'block 3 at 196608 +65536: differs' bad.raw manifest
[ "$(cat err)" = "unchain: bad.raw is not what 'manifest' says: 1 of 64 blocks changed" ] ||
    fail "$(cat err)"
"$UNCHAIN" hash -m fine --block-size 512 disk.raw >out
finds 1 'block 390 at 199680 +512: differs' bad.raw fine

# The same bit inside the qcow2: guest and host offset differ.
host=$("$UNCHAIN" map --output=json disk.qcow2 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["offset"])')
flip disk.qcow2 $((host + 200000))
finds 1 'block 3 at 196608 +65536: differs' disk.qcow2 manifest
flip disk.qcow2 $((host + 200000))
finds 0 "disk.qcow2: all 64 blocks are what 'manifest' says" disk.qcow2 manifest

# Data that has become a hole, and zeroes that have become data.
fallocate --punch-hole -o 2M -l 128k bad.raw
flip bad.raw 4000000
finds 1 'block 3 at 196608 +65536: differs
blocks 32 to 33 at 2097152 +131072: differs
block 61 at 3997696 +65536: differs' bad.raw manifest

# What cannot be read is named, and the rest is looked at all the same.
finds 1 'block 3 at 196608 +65536: differs
blocks 8 to 9 at 524288 +131072: cannot be read: blkdebug: injected into the read of 65536 bytes at 524288: Input/output error
blocks 32 to 33 at 2097152 +131072: differs
block 61 at 3997696 +65536: differs' 'json:{"driver":"blkdebug",
    "inject-error":[{"event":"read_aio","offset":524288,"length":131072}],
    "image":{"driver":"file","filename":"bad.raw"}}' manifest
grep -q "4 of 64 blocks changed, 2 of 64 blocks unreadable" err || fail "$(cat err)"

# Another size.
truncate -s -100 bad.raw
finds 1 'block 3 at 196608 +65536: differs
blocks 32 to 33 at 2097152 +131072: differs
block 61 at 3997696 +65536: differs' bad.raw manifest
grep -q ': 4194204 bytes instead of 4194304, 4 of 64 blocks changed' err || fail "$(cat err)"
cp disk.raw longer.raw
truncate -s +1 longer.raw
finds 1 '' longer.raw manifest
grep -q ': 4194305 bytes instead of 4194304$' err || fail "$(cat err)"

# With a graph file the source is a node or an export.
echo '{"blockdevs": [{"node-name": "a", "driver": "file", "filename": "disk.raw"}]}' >graph.json
finds 0 "a: all 64 blocks are what 'manifest' says" -c graph.json a manifest

# A manifest is opened as an image is: nobody waits for the other end of a FIFO.
mkfifo pipe
finds 1 '' disk.raw pipe
grep -q "'pipe' is a FIFO, expected a regular file" err || fail "$(cat err)"

# A manifest that is not whole is not believed; one that cannot be written leaves the old one.
head -c 1000 manifest >cut
finds 1 '' disk.raw cut
grep -q "manifest 'cut', line .*: the file ends in it: it has been cut short" err ||
    fail "$(cat err)"
finds 1 '' disk.raw none
cp manifest kept
! "$UNCHAIN" hash --manifest manifest 'json:{"driver":"blkdebug",
    "inject-error":[{"event":"read_aio","offset":2097152,"length":1}],
    "image":{"driver":"file","filename":"disk.raw"}}' >out 2>err || fail 'hashed what is unreadable'
same manifest kept
[ ! -s out ] || fail "$(cat out)"
for name in manifest.*; do
    [ ! -e "$name" ] || fail "$name is left"
done
! "$UNCHAIN" hash -m disk.raw disk.raw 2>err || fail 'the image was overwritten'
! "$UNCHAIN" hash -m pipe disk.raw 2>err || fail 'the pipe was overwritten'

# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is known to be zeroes is not read: a disk on which every read fails can be hashed and
# compared as long as it is all holes, and a sparse disk of 1 TiB takes no time.
. "$TESTS/lib/mount.sh"
need qemu-img

failing()
{
    echo "json:{\"driver\":\"blkdebug\",\"inject-error\":[{\"event\":\"read_aio\"}],\"image\":$1}"
}

null=$(failing '{"driver":"null-co","size":"1T","read-zeroes":true}')
! "$UNCHAIN" hash "$(failing '{"driver":"null-co","size":"1M"}')" 2>err || fail 'reads succeed'

qemu-img create -q -f qcow2 thin.qcow2 1T
qemu-img create -q -f qcow2 -o preallocation=metadata,cluster_size=2M thick.qcow2 1T
truncate -s 1T disk.raw

expected=$("$UNCHAIN" hash thin.qcow2 | cut -d ' ' -f 1)
for source in "$null" thick.qcow2 disk.raw; do
    found=$("$UNCHAIN" hash --manifest manifest "$source" | cut -d ' ' -f 1)
    [ "$found" = "$expected" ] || fail "$source has the digest $found instead of $expected"
    [ "$(grep -c ^block manifest)" = 1 ] || fail "$source: $(cat manifest)"
    "$UNCHAIN" verify "$source" manifest
    "$UNCHAIN" compare "$source" thin.qcow2
done
"$UNCHAIN" compare "$null" "$null"

# Where it is not all holes, only the rest is read.
qemu-img create -q -f qcow2 -b thin.qcow2 -F qcow2 some.qcow2 1T
qemu-io -c 'write -q -P 7 500G 1M' some.qcow2
"$UNCHAIN" hash --manifest manifest some.qcow2
[ "$(grep -c '^block ' manifest)" = 16 ] || fail "$(head -n 30 manifest)"
"$UNCHAIN" compare some.qcow2 some.qcow2
! "$UNCHAIN" compare some.qcow2 thin.qcow2 >out || fail 'they differ'
grep -q 'differ: at 536870912000 ' out || fail "$(cat out)"

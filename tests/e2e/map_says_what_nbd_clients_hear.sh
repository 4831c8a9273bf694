# SPDX-License-Identifier: GPL-2.0-or-later
#
# `unchain map --nbd` prints what nbdinfo --map prints of a server that gets it right: nbdkit for a
# sparse file, qemu-nbd for a chain.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io qemu-nbd nbdkit nbdinfo

# agree EXPECTED ARGUMENT...: `unchain map --nbd` prints this file
agree()
{
    expected=$1
    shift
    "$UNCHAIN" map --nbd "$@" >found || fail "map --nbd $*"
    diff "$expected" found || fail "map --nbd $*: differs from $expected"
}

truncate -s 1M sparse.raw
printf x | dd of=sparse.raw bs=1 seek=500000 conv=notrunc status=none
nbdkit -r file sparse.raw --run 'nbdinfo --map "$uri"' >said
agree said sparse.raw
nbdkit -r file sparse.raw --run 'nbdinfo --map --json "$uri"' >said
agree said --output=json sparse.raw

qemu-img create -q -f qcow2 base.qcow2 1M
qemu-io -c 'write -q -P 7 0 64k' -c 'write -q -P 7 256k 64k' -c 'write -q -z 128k 64k' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2
qemu-io -c 'write -q -P 9 64k 64k' -c 'write -q -z 256k 64k' top.qcow2
qemu-nbd --pid-file=pid --fork -r -k "$PWD/socket" -f qcow2 top.qcow2
nbdinfo --map 'nbd+unix:///?socket=socket' >said
kill "$(cat pid)"
agree said top.qcow2

# Through the mount nothing is known of storage, and zeroes are holes.
mount_image mnt top.qcow2
nbdkit -r file mnt/top.raw --run 'nbdinfo --map "$uri"' >said
unmount mnt
cat >zero.expected <<END
         0      131072    0  data
    131072      917504    3  hole,zero
END
diff zero.expected said

# A zero over storage is no hole (QEMU says it is one); what nobody has defined is data, though nothing is stored.
"$UNCHAIN" map --nbd --image-opts driver=null-co,size=1M | grep -qx '         0     1048576    0  data'
"$UNCHAIN" map --nbd --image-opts driver=null-co,size=1M,read-zeroes=on |
    grep -qx '         0     1048576    3  hole,zero'
qemu-img create -q -f qcow2 kept.qcow2 128k
qemu-io -c 'write -q -P 9 0 64k' -c 'write -q -z 0 64k' kept.qcow2
cat >kept.expected <<END
         0       65536    2  zero
     65536       65536    3  hole,zero
END
agree kept.expected kept.qcow2

# A block is a hole only if all of it is.
cat >blocks.expected <<END
         0      131072    2  zero
END
agree blocks.expected --granularity 128k kept.qcow2

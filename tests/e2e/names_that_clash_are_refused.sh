# SPDX-License-Identifier: GPL-2.0-or-later
#
# a.qcow2 and a.raw would both be a.raw: refused, with the way out; NAME=SOURCE is that way.
. "$TESTS/lib/mount.sh"
need qemu-img

qemu-img create -q -f qcow2 a.qcow2 1M
truncate -s 2M a.raw
truncate -s 3M 'odd=name'
mkdir mnt

status=0
"$UNCHAIN" mount a.qcow2 a.raw mnt 2>err || status=$?
[ $status = 2 ] || fail "status $status"
grep -q 'called "a.raw".*other.raw=a.raw' err || fail "$(cat err)"
for name in '' . .. x/y; do
    status=0
    "$UNCHAIN" mount "$name=json:{\"driver\":\"null-co\"}" mnt 2>err || status=$?
    [ $status != 0 ] || fail "the name '$name' is taken"
done

mount_image mnt a.qcow2 b.raw=a.raw odd=name c=odd=name 'd=json:{"driver":"null-co","size":4096}'
[ "$(cd mnt && stat -c '%n %s' ./* | tr '\n' ' ')" = \
    './a.raw 1048576 ./b.raw 2097152 ./c 3145728 ./d 4096 ./odd=name.raw 3145728 ' ] ||
    fail "$(ls -l mnt)"

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Copies of a mounted file, for the shell tests:  . "$TESTS/lib/copies.sh", after mount.sh

# copy_every_way mnt/FILE EXPECTED: with all that asks for holes, and with what does not
copy_every_way()
{
    for sparse in auto always never; do
        cp --remove-destination --sparse=$sparse "$1" copy
        same copy "$2"
        [ $sparse = never ] || is_sparse copy
    done
    mkdir out
    tar -S -cf copy.tar -C mnt "${1#mnt/}"
    tar -S -xf copy.tar -C out
    same "out/${1#mnt/}" "$2"
    is_sparse "out/${1#mnt/}"
    rm copy
    qemu-img convert -f raw -O qcow2 "$1" copy
    qemu-img compare -q -f qcow2 -F raw copy "$2" || fail "qemu-img convert of $1 differs from $2"
    rm -r out copy copy.tar
}

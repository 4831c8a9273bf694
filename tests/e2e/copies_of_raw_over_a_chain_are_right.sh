# SPDX-License-Identifier: GPL-2.0-or-later
#
# Raw over a qcow2 with a backing file, the graph whose holes other tools get wrong, copied with
# everything that asks for holes and with everything that does not.
. "$TESTS/lib/mount.sh"
need qemu-img cp tar dd

copy_with_cp()
{
    for sparse in auto always never; do
        cp --sparse=$sparse "$image" copy
        same copy expected
        [ $sparse = never ] || is_sparse copy
        rm copy
    done
}

copy_with_tar()
{
    tar -S -cf copy.tar -C mnt "${image#mnt/}"
    [ "$(stat -c %s copy.tar)" -lt "$(stat -c %s "$image")" ] || fail "the archive is not sparse"
    mkdir out
    tar -S -xf copy.tar -C out
    same "out/${image#mnt/}" expected
    is_sparse "out/${image#mnt/}"
    tar -cf - -C mnt "${image#mnt/}" | tar -xOf - >copy
    same copy expected
    rm -r out copy copy.tar
}

copy_with_bsdtar()
{
    command -v bsdtar >bsdtar.path || { echo "no bsdtar"; return 0; }
    mkdir out
    bsdtar --read-sparse -cf - -C mnt "${image#mnt/}" | bsdtar -xf - -C out
    same "out/${image#mnt/}" expected
    rm -r out
}

copy_with_rsync()
{
    command -v rsync >rsync.path || { echo "no rsync"; return 0; }
    rsync -S "$image" copy
    same copy expected
    is_sparse copy
    rm copy
}

copy_with_dd()
{
    for size in 512 4093 64k 1M; do
        dd if="$image" of=copy bs=$size conv=sparse status=none
        truncate -s "$(stat -c %s "$image")" copy # sparse to the very end
        same copy expected
        rm copy
    done
    dd if="$image" of=copy bs=3000 skip=33 count=200 status=none
    dd if=expected of=part bs=3000 skip=33 count=200 status=none
    same copy part
    rm copy
}

copy_with_qemu_img()
{
    qemu-img compare -q -f raw -F raw "$image" expected
    qemu-img convert -f raw -O raw "$image" copy
    same copy expected
    qemu-img convert -f raw -O qcow2 -c "$image" copy
    qemu-img compare -q -f qcow2 -F raw copy expected
    rm copy
}

for kind in raw_over_a_chain raw_over_a_chain_from_an_offset raw_over_a_chain_with_offset_and_size; do
    mkdir $kind
    cd $kind
    build_kind $kind
    mount_image mnt "image=$source"
    image=mnt/image
    same "$image" expected
    [ "$(sha256sum <"$image")" = "$(sha256sum <expected)" ] || fail "sha256sum differs"
    copy_with_cp
    copy_with_tar
    copy_with_bsdtar
    copy_with_rsync
    copy_with_dd
    copy_with_qemu_img
    unmount mnt
    cd ..
done

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Graphs in which one thing stands on another that other programs do not expect there, copied
# through the mount with what asks for holes: a window over a chain, a window as the backing file, an
# image inside an image, an image somewhere inside a disk that is an overlay itself, an external data
# file that is a chain, and all of them seen through the two filters of image fleecing.
. "$TESTS/lib/mount.sh"
. "$TESTS/lib/copies.sh"
need qemu-img cp tar

# saved DESCRIPTION: as a backup program would see it
saved()
{
    echo "{\"driver\":\"snapshot-access\",\"file\":{\"driver\":\"copy-before-write\",\
\"file\":$1,\"target\":{\"driver\":\"null-co\",\"size\":512}}}"
}

for kind in raw_over_a_chain_from_an_offset raw_as_the_backing_of_an_overlay qcow2_inside_qcow2 \
    preallocated_inside_preallocated qcow2_inside_a_window_of_a_chain data_file_that_is_a_chain; do
    mkdir $kind
    cd $kind
    build_kind $kind
    mount_image mnt "plain=$source" "saved=json:$(saved "${source#json:}")"
    copy_every_way mnt/plain expected
    copy_every_way mnt/saved expected
    unmount mnt
    cd ..
    echo "$kind"
done

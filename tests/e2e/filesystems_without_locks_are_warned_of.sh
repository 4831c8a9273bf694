# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where nothing can be locked (some network filesystems), images are read with one warning, unless
# "locking" insists; whatever the reason is that the filesystem gives.
. "$TESTS/lib/mount.sh"
need qemu-img

lockless=$(dirname "$READER")/lockless
warning='cannot be locked .*: nothing keeps a virtual machine from writing it while it is read$'

qemu-img create -q -f qcow2 disk.qcow2 1M
mkdir there
at_exit unmount_all
for reason in 37 95 38 22; do # ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL
    "$lockless" $reason disk.qcow2 there || skip 'needs FUSE'
    image=there/disk.qcow2

    "$UNCHAIN" map $image >out 2>err || fail "errno $reason: $(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "errno $reason: $(cat err)"
    grep -q "^unchain: warning: '$image' $warning" err || fail "errno $reason: $(cat err)"

    # Once, however many files there are.
    "$UNCHAIN" compare $image $image >out 2>err || fail "$(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "several warnings: $(cat err)"

    for silent in "-q $image" "-U $image" \
        "--image-opts driver=qcow2,file.driver=file,file.filename=$image,file.locking=off"; do
        "$UNCHAIN" map $silent >out 2>err || fail "$silent: $(cat err)"
        [ ! -s err ] || fail "$silent: $(cat err)"
    done

    status=0
    "$UNCHAIN" map --image-opts \
        driver=qcow2,file.driver=file,file.filename=$image,file.locking=on >out 2>err || status=$?
    [ $status = 1 ] || fail "locking=on: status $status"
    grep -q "^unchain: '$image' cannot be locked (.*), and \"locking\" says that it must be$" err ||
        fail "locking=on: $(cat err)"

    mount_image mnt $image
    grep -q "$warning" mount.err || fail "mount: $(cat mount.err)"
    unmount mnt
    unmount there
done

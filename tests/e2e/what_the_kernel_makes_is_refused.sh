# SPDX-License-Identifier: GPL-2.0-or-later
#
# No image is taken from a file system without a store, in which files are what the kernel says or
# what a process has in memory. For /proc and /sys see tests/data/hostile/chain.txt.
. "$TESTS/lib/mount.sh"
[ "$(id -u)" = 0 ] || skip "needs root"
[ -n "${ALONE-}" ] || ALONE=1 exec unshare -m bash "$0"
leave_mounts
tried=0
missing=

# refuse FILE: it is one, and it is not looked at
refuse()
{
    [ -f "$1" ] || fail "$1 is not a file"
    status=0
    "$UNCHAIN" map "$1" >out 2>err || status=$?
    [ $status = 1 ] && [ ! -s out ] &&
        grep -q "' is made by the kernel, expected a file that is stored$" err ||
        fail "$1: status $status: $(cat err)"
    tried=$((tried + 1))
}

# refuse_type TYPE: the first file of a file system of that type, if it can be mounted and has one
refuse_type()
{
    mkdir "$1"
    if mount -t "$1" none "$1" 2>/dev/null; then
        [ "$1" != mqueue ] || touch mqueue/queue
        file=$(find "$1" -maxdepth 2 -type f 2>/dev/null | LC_ALL=C sort | head -n 1)
    fi
    if [ -n "${file-}" ]; then
        refuse "$file"
    else
        missing="$missing $1"
    fi
    unset file
}

for type in securityfs selinuxfs smackfs cgroup2 bpf debugfs tracefs configfs binfmt_misc mqueue \
    efivarfs pstore binder nfsd rpc_pipefs; do
    refuse_type $type
done
if [ -e /sys/fs/cgroup/cpu/tasks ]; then
    refuse /sys/fs/cgroup/cpu/tasks
fi
touch namespace
mount --bind /proc/self/ns/uts namespace
refuse namespace

# The files of a connection of ours: others come and go.
truncate -s 1M disk.raw
mount_image mnt disk.raw
mkdir connections
mount -t fusectl none connections
refuse "connections/$(mountpoint -d mnt | cut -d: -f2)/waiting"
unmount mnt
[ $tried -ge 4 ] || fail "only $tried were tried"
[ -z "$missing" ] || echo "not tried: files of$missing: there are none here"

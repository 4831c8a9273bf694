# SPDX-License-Identifier: GPL-2.0-or-later
#
# What libvirt and QEMU say of a disk with -blockdev, all options of theirs included, is a graph
# file as it stands. QEMU itself is asked whether it knows the options.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

qemu-img create -q -f qcow2 base.qcow2 1M
qemu-io -c 'write -q -P 7 0 64k' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2
qemu-io -c 'write -q -P 9 512k 64k' top.qcow2
qemu-img convert -O raw top.qcow2 expected

cache='"cache": { "direct": false, "no-flush": false }'
base_file='"driver": "file", "filename": "base.qcow2", "aio": "threads", "auto-read-only": true,
    "discard": "unmap", '$cache
base='"driver": "qcow2", "read-only": true, "discard": "unmap", '$cache', "backing": null'
top_file='"driver": "file", "filename": "top.qcow2", "aio": "io_uring", "locking": "off",
    "drop-cache": true, "x-check-cache-dropped": false, "auto-read-only": true, "force-share": false,
    "discard": "unmap", "detect-zeroes": "on"'
top='"driver": "qcow2", "read-only": true, "discard": "unmap", "detect-zeroes": "unmap",
    "lazy-refcounts": false, "pass-discard-request": true, "pass-discard-snapshot": true,
    "pass-discard-other": false, "overlap-check": { "template": "cached", "active-l1": true },
    "l2-cache-size": 1048576, "l2-cache-entry-size": 65536, "refcount-cache-size": 262144,
    "cache-clean-interval": 600'

cat >vm.json <<END
{
  "blockdevs": [
    { "node-name": "libvirt-2-storage", $base_file },
    { "node-name": "libvirt-2-format", "file": "libvirt-2-storage", $base },
    { "node-name": "libvirt-1-storage", $top_file },
    { "node-name": "libvirt-1-format", "file": "libvirt-1-storage", "backing": "libvirt-2-format",
      "discard-no-unref": true, $top }
  ],
  "exports": [ { "node-name": "libvirt-1-format", "name": "vda" } ]
}
END
mount_image mnt -c vm.json
same mnt/vda expected
unmount mnt

# The same nested, for the command line, and with dotted keys, as QEMU takes them.
nested='json:{ "file": { '$top_file' }, "backing": { "file": { '$base_file' }, '$base' }, '$top' }'
qemu-io -r -c 'read -q -P 9 512k 64k' -c 'read -q -P 7 0 64k' "$(echo "$nested" | sed 's/io_uring/threads/')" ||
    fail 'QEMU does not take these options'
mount_image mnt "disk=$nested"
same mnt/disk expected
unmount mnt
dotted='json:{"driver": "qcow2", "file.filename": "top.qcow2", "file.driver": "file",
    "backing.driver": "qcow2", "backing.file.filename": "base.qcow2", "cache.direct": "on"}'
qemu-io -r -c 'read -q -P 7 0 64k' "$(echo "$dotted" | sed 's/"cache.direct": "on"/"cache.direct": "off"/')" ||
    fail 'QEMU does not take dotted keys'
mount_image mnt "disk=$dotted"
same mnt/disk expected
unmount mnt
qemu-img rebase -u -f qcow2 -F qcow2 -b 'json:{"driver":"qcow2","file.filename":"base.qcow2"}' top.qcow2
mount_image mnt disk=top.qcow2
same mnt/disk expected
unmount mnt

# refused PATTERN OPTION: of the top image, in dotted form
refused()
{
    status=0
    "$UNCHAIN" map --image-opts "driver=qcow2,file.driver=file,file.filename=top.qcow2,$2" \
        >out 2>err || status=$?
    [ $status = 2 ] || fail "$2: status $status"
    grep -q "^unchain: .*$1" err || fail "$2: $(cat err)"
}
refused "driver qcow2: 'encrypt' cannot be used: encrypted images are not read" encrypt.format=luks
refused "driver file: 'pr-manager' cannot be used: " file.pr-manager=helper
refused "driver qcow2: option 'overlap-check' is 'some', expected none or constant" overlap-check=some
refused "driver qcow2: option 'template' is 'some', expected none" overlap-check.template=some
refused "driver file: option 'aio' is 'soon', expected threads" file.aio=soon
refused "driver qcow2: option 'lazy-refcounts' is 'maybe', expected on or off" lazy-refcounts=maybe
refused "driver qcow2: option 'discard' is 'all', expected ignore" discard=all
refused "node 'x': driver qcow2 has no key 'lazy'" node-name=x,lazy=on

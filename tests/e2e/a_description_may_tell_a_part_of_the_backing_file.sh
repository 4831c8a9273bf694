# SPDX-License-Identifier: GPL-2.0-or-later
#
# "backing" with a driver and without a file means the file that the image names, as QEMU has it:
# its format is stated, or overridden, in the description.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

mkdir images
qemu-img create -q -f qcow2 base.qcow2 1M
qemu-io -c 'write -q -P 7 0 64k' base.qcow2
qemu-img create -q -f qcow2 -u -b ../base.qcow2 -F qcow2 images/middle.qcow2 1M
qemu-img create -q -f qcow2 -u -b middle.qcow2 -F qcow2 images/top.qcow2 1M
# qemu-img insists on stating the format: the header extension that says it becomes one that nobody
# knows.
python3 - images/middle.qcow2 images/top.qcow2 <<END
import sys
for name in sys.argv[1:]:
    with open(name, "r+b") as image:
        head = image.read(512)
        assert head.count(bytes.fromhex("e2792aca")) == 1
        image.seek(0)
        image.write(head.replace(bytes.fromhex("e2792aca"), bytes.fromhex("0badf00d")))
END
qemu-io -c 'write -q -P 9 512k 64k' "json:{\"driver\": \"qcow2\", \"file\":
    {\"driver\": \"file\", \"filename\": \"images/top.qcow2\"}, \"backing\": null}"

! "$UNCHAIN" map images/top.qcow2 >out 2>err || fail 'the format is not stated'
grep -q 'does not have its format stated' err || fail "$(cat err)"

# shows ARGUMENT...: QEMU and the mount show the same
shows()
{
    qemu-img convert "$@" -O raw expected
    mount_image mnt "$@"
    same mnt/disk.raw expected
    unmount mnt
}
shows --image-opts driver=qcow2,file.driver=file,file.filename=images/top.qcow2,backing.driver=qcow2,backing.backing.driver=qcow2
shows --image-opts driver=qcow2,file.driver=file,file.filename=images/top.qcow2,backing.driver=raw
shows 'json:{"driver": "qcow2", "file.filename": "images/top.qcow2",
    "backing": {"driver": "qcow2", "backing": null}}'

# What describes a child of its own is left alone, and no way leads round the checks.
"$UNCHAIN" map --image-opts driver=qcow2,file.filename=images/top.qcow2,backing.driver=null-co,backing.size=1M |
    grep -q '^1 MiB in .*: 1 MiB of data' || fail 'the null device is not there'

# refused STATUS PATTERN DESCRIPTION
refused()
{
    status=0
    "$UNCHAIN" map --image-opts "driver=qcow2,file.driver=file,$3" >out 2>err || status=$?
    [ $status = "$1" ] || fail "$3: status $status"
    grep -q "^unchain: .*$2" err || fail "$3: $(cat err)"
}
refused 2 "driver throttle needs a child 'file'" file.filename=images/top.qcow2,backing.driver=throttle
refused 2 "driver qcow2 needs a child 'file'" file.filename=base.qcow2,backing.driver=qcow2
refused 1 "driver qcow2 has no key 'lazy'.* (the backing file of top.qcow2)" file.filename=images/top.qcow2,backing.driver=qcow2,backing.lazy=on
refused 1 'does not have its format stated' file.filename=images/top.qcow2,backing.driver=qcow2
refused 1 'does not have its format stated' file.filename=images/top.qcow2,backing.read-only=on
qemu-img rebase -u -f qcow2 -b images/top.qcow2 -F qcow2 base.qcow2
refused 1 'stands on already\|endless\|loop' \
    file.filename=images/top.qcow2,backing.driver=qcow2,backing.backing.driver=qcow2

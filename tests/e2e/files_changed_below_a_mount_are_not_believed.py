# SPDX-License-Identifier: GPL-2.0-or-later
"""A file that is written, cut or emptied below its mount: EIO for what is read of it from then on,
one warning in the log, everything else as it was. One that is replaced is still shown. With
--force-share it is read as it comes."""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from moody import Logged, Moody, read_or_fail  # noqa: E402
from unchain import Wrong, main, run, walk  # noqa: E402

K, M = 1 << 10, 1 << 20
SIZE = 4 * M  # data in the first half of each MiB, of the top in the first, of the base in the rest
ADVANCE = 0.02  # seconds: what kernels call the same time is shorter


def content():
    return b"".join(bytes([mib + 1]) * (512 * K) + bytes(512 * K) for mib in range(4))


def build():
    with open("disk.raw", "wb") as file:
        for mib in range(4):
            file.seek(mib * M)
            file.write(bytes([mib + 1]) * (512 * K))
        file.truncate(SIZE)
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2")
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "base.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", "top.qcow2")
    run("qemu-io", "-c", "write -q -P 1 0 512k", "top.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=data.raw,data_file_raw=on",
        "outer.qcow2", str(SIZE))
    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", "disk.raw", "outer.qcow2")
    time.sleep(ADVANCE)


def write(name):
    with open(name, "r+b") as file:
        file.seek(os.path.getsize(name) // 2)
        file.write(b"!")


def cut(name):
    os.truncate(name, os.path.getsize(name) - 64 * K)


def empty_and_fill(name):
    """What `cp new.img old.img` does, in the middle of which there are zeroes."""
    size = os.path.getsize(name)
    os.truncate(name, 0)
    os.truncate(name, size)


def read_page(path, offset):
    return read_or_fail(path, offset, 4 * K)


def check_changed(source, name, change, good):
    """`good`: the MiB that do not come from the file."""
    what = f"{change.__name__} {name} below {source}"
    shutil.copy(name, "kept")
    time.sleep(ADVANCE)
    with Logged({"image": source}) as mount:
        path = f"{mount.directory}/image"
        extents = walk(path)
        before = read_page(path, 3 * M)
        change(name)
        for mib in range(4):
            expected = bytes([mib + 1]) * 4 * K
            got = read_page(path, mib * M + 256 * K)
            if got != (expected if mib in good else None):
                raise Wrong(f"{what}: MiB {mib} reads as {got and got[:8]}")
            if read_page(path, mib * M + 768 * K) not in (bytes(4 * K), None):
                raise Wrong(f"{what}: the zeroes of MiB {mib}")
        if before != read_page(path, 3 * M) or before != bytes([4]) * 4 * K:
            raise Wrong(f"{what}: what had been read before is lost")
        if os.stat(path).st_size != SIZE or walk(path) != extents:
            raise Wrong(f"{what}: size {os.stat(path).st_size}, {walk(path)}")
        log = mount.log()
    shutil.copy("kept", name)
    if len(log) != 1 or f"warning: '{name}' has been changed since it was opened" not in log[0]:
        raise Wrong(f"{what}: the log says {log}")


def check_replaced(source, name):
    shutil.copy(name, "kept")
    with Logged({"image": source}) as mount:
        with open("new", "wb") as file:
            file.write(b"!" * 2 * M)
        os.rename("new", name)
        with open(f"{mount.directory}/image", "rb") as file:
            if file.read() != content():
                raise Wrong(f"{name} replaced: wrong bytes")
        log = mount.log()
    os.rename("kept", name)
    if len(log) != 1 or f"warning: '{name}' has been removed or replaced" not in log[0]:
        raise Wrong(f"{name} replaced: the log says {log}")


def check_shared():
    """Data of the disk are written; what is gone is no zeroes even then."""
    shutil.copy("disk.raw", "kept")
    with Logged({"image": "disk.raw"}, "-U") as mount:
        path = f"{mount.directory}/image"
        with open("disk.raw", "r+b") as file:
            file.seek(2 * M)
            file.write(b"!" * 4 * K)
        if read_page(path, 2 * M) != b"!" * 4 * K:
            raise Wrong("--force-share does not read what was written")
        os.truncate("disk.raw", 1 * M)
        if read_page(path, 3 * M) is not None or read_page(path, 0) != bytes([1]) * 4 * K:
            raise Wrong("--force-share: cut")
    os.rename("kept", "disk.raw")


def check_shared_holes():
    """What was a hole of the file is read of it all the same, also below a format."""
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", "empty.qcow2",
        "1M")
    place = json.loads(run("qemu-img", "map", "--output=json", "empty.qcow2"))[0]["offset"]
    with Logged({"image": "empty.qcow2"}, "-U") as mount:
        path = f"{mount.directory}/image"
        if walk(path) != [(0, M, "hole")]:
            raise Wrong(f"an empty disk has data: {walk(path)}")
        with open("empty.qcow2", "r+b") as file:
            file.seek(place)
            file.write(b"!" * 4 * K)
        if read_page(path, 0) != b"!" * 4 * K:
            raise Wrong("--force-share does not read what was written into a hole")


def check_untouched():
    """Times and modes of other things, links, reading: no change."""
    with Logged({"image": "disk.qcow2"}) as mount:
        os.link("disk.qcow2", "link")
        os.unlink("link")
        os.chmod("disk.qcow2", 0o600)
        os.utime("disk.qcow2", ns=(1, os.stat("disk.qcow2").st_mtime_ns))
        run("qemu-img", "convert", "-O", "raw", "disk.qcow2", "copy.raw")
        with open(f"{mount.directory}/image", "rb") as file:
            if file.read() != content() or mount.log():
                raise Wrong(f"something is taken for a change: {mount.log()}")


def check_made_up_times():
    """As QEMU's FUSE export has it, the file was written just now, whenever one asks."""
    with Moody("disk.raw", "now") as disk, Logged({"image": disk.path}) as mount:
        for mib in range(2):
            if read_page(f"{mount.directory}/image", mib * M) != bytes([mib + 1]) * 4 * K:
                raise Wrong(f"where times are made up, MiB {mib}")
            time.sleep(1.1)  # longer than the kernel keeps the times
        if mount.log():
            raise Wrong(f"where times are made up: {mount.log()}")


def test():
    build()
    for change in write, cut, empty_and_fill:
        check_changed("disk.raw", "disk.raw", change, ())
        check_changed("top.qcow2", "base.qcow2", change, (0,))
    check_changed("disk.qcow2", "disk.qcow2", cut, ())
    check_changed("top.qcow2", "top.qcow2", write, (1, 2, 3))
    check_changed("outer.qcow2", "data.raw", empty_and_fill, ())
    for source, name in ("disk.raw",) * 2, ("top.qcow2", "base.qcow2"):
        check_replaced(source, name)
    check_shared()
    check_shared_holes()
    check_untouched()
    check_made_up_times()


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a disk cannot be read, exactly what lies there is EIO, and no hole appears where data is.
As soon as it can be read again, everything is as it was: no error is remembered, by no cache. With a
filesystem that fails, a loop device whose file is cut, and NBD servers that fail, die and
return."""
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from moody import Logged, Moody, drop_cache, read_or_fail  # noqa: E402
from unchain import LONG, Wrong, main, map_of, run, unmount, walk  # noqa: E402

K, M = 1 << 10, 1 << 20
SIZE = 4 * M
PAGE = 4 * K
PATIENCE = 20  # seconds


def content():
    """Data and zeroes in turn, 192 KiB and 64 KiB, which can be packed."""
    return b"".join((bytes([n * 3 + 1, n + 1]) * 96 * K if n % 4 else bytes(192 * K)) + bytes(64 * K)
                    for n in range(SIZE // (256 * K)))


def build():
    with open("disk.raw", "wb") as file:
        file.write(content())
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "plain.qcow2")
    run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "disk.raw", "packed.qcow2")


def read_at(path, offset, length=PAGE):
    """The bytes, or None for EIO. What the kernel has cached is dropped first."""
    drop_cache(path)
    return read_or_fail(path, offset, length)


def bad_pages(path, what, pages):
    """Which of these pages cannot be read. All others are right."""
    bad = set()
    expected = content()
    for page in pages:
        got = read_at(path, page * PAGE)
        if got is None:
            bad.add(page)
        elif got != expected[page * PAGE:(page + 1) * PAGE]:
            raise Wrong(f"{what}: page {page} is wrong")
    return bad


def check_holes(path, holes, what):
    """What cannot be told counts as data."""
    for start, end, kind in walk(path):
        if kind == "hole" and not any(a <= start and end <= b for a, b, k in holes if k == "hole"):
            raise Wrong(f"{what}: a hole at {start}..{end}")


def check_recovered(path, holes, what):
    if read_at(path, 0, SIZE) != content():
        raise Wrong(f"{what}: not everything can be read again")
    if (got := walk(path)) != holes:
        raise Wrong(f"{what}: the holes were {holes}, now they are {got}")
    some = any(kind == "hole" for _, _, kind in holes)
    if some and (stat := os.stat(path)).st_blocks * 512 >= stat.st_size:
        raise Wrong(f"{what}: it looks like a disk without holes")


# ---- a filesystem that fails ----

def table_of(name):
    """Where the L2 table lies: without it nothing is known."""
    with open(name, "rb") as file:
        head = file.read(64)
        file.seek(int.from_bytes(head[40:48], "big"))
        return int.from_bytes(file.read(8), "big") & 0x00fffffffffffe00


def check_bad_range(disk, holes, start, end, expected, what):
    """`expected`: the pages that are bad while the range is."""
    pages = range(0, SIZE // PAGE, 5)
    disk.be("error", start, end)
    with Logged({"image": disk.path}) as mount:
        path = f"{mount.directory}/image"
        check_holes(path, holes, what)
        bad = bad_pages(path, what, pages)
        if bad != set(pages) & expected:
            raise Wrong(f"{what}: bad are {sorted(bad)}, expected {sorted(set(pages) & expected)}")
        disk.be("well")
        check_recovered(path, holes, what)


def pages_of(start, length):
    return set(range(start // PAGE, (start + length) // PAGE))


def check_filesystem():
    data = [extent for extent in map_of("plain.qcow2") if extent["data"]]
    with Logged({"image": "plain.qcow2"}) as mount:
        holes = walk(f"{mount.directory}/image")
    place, at = data[2]["start"] + 64 * K, data[2]["offset"] + 64 * K
    with Moody("plain.qcow2") as disk:
        check_bad_range(disk, holes, at, at + 16 * K, pages_of(place, 16 * K), "16 KiB of data")
    for name in "plain.qcow2", "packed.qcow2":
        table = table_of(name)
        with Moody(name) as disk:
            check_bad_range(disk, holes, table, table + PAGE, pages_of(0, SIZE),
                            f"the table of {name}")
    check_packed(holes)


def check_packed(holes):
    """The first packed cluster: 64 KiB of the disk lie in some bytes of the file."""
    place = 320 * K
    with Moody("packed.qcow2") as disk:
        at = packed_at("packed.qcow2", place)
        start = at // PAGE * PAGE
        with Logged({"image": disk.path}) as mount:
            path = f"{mount.directory}/image"
            disk.be("error", start, start + PAGE)
            if read_at(path, place) is not None:
                raise Wrong("a packed cluster reads, though it cannot be read")
            disk.be("well")
            check_recovered(path, holes, "packed")


def packed_at(name, offset):
    with open(name, "rb") as file:
        file.seek(table_of(name) + offset // (64 * K) * 8)
        return int.from_bytes(file.read(8), "big") & ((1 << 54) - 1)


# ---- a loop device over a file that is cut ----

def attach(name):
    done = subprocess.run(["losetup", "-f", "--show", "--direct-io=on", name],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode().strip() if done.returncode == 0 else None


def check_loop_device():
    """On a kernel whose loop devices say that they cannot read, and do not give zeroes."""
    shutil.copy("disk.raw", "looped.raw")
    device = attach(os.path.abspath("looped.raw"))
    if device is None:
        print("not tried: no loop devices")
        return
    try:
        with Logged({"image": device}, "-f", "raw") as mount:
            path = f"{mount.directory}/image"
            pages = range(0, SIZE // PAGE, 16)
            os.truncate("looped.raw", 1 * M)
            drop_cache(device)
            if read_at(device, 2 * M) is not None:
                print("not tried: loop devices do not tell")
                return
            if (bad := bad_pages(path, "cut", pages)) != {p for p in pages if p >= 1 * M // PAGE}:
                raise Wrong(f"a loop device over a file that was cut: bad are {sorted(bad)}")
            with open("looped.raw", "r+b") as file:
                file.write(content())
            drop_cache(device)
            check_recovered(path, [(0, SIZE, "data")], "a loop device")
    finally:
        run("losetup", "-d", device)


# ---- NBD servers ----

def is_there(*tools):
    return all(shutil.which(tool) for tool in tools)


def wait_for(what, path):
    deadline = time.monotonic() + PATIENCE
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise Wrong(f"{what} does not come up")
        time.sleep(0.02)


class Nbd:
    """Programs that serve an image on a socket, and nbdfuse that shows what they serve."""

    def __init__(self):
        self.processes = []

    def __enter__(self):
        os.makedirs("nbd", exist_ok=True)
        return self

    def start(self, socket, *command):
        if os.path.exists(socket):
            os.unlink(socket)
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL))
        wait_for(command[0], socket)
        return self.processes[-1]

    def show(self, socket):
        self.processes.append(subprocess.Popen(["nbdfuse", "-r", "nbd/image", "--unix", socket],
                                               stderr=subprocess.DEVNULL))
        wait_for("nbdfuse", "nbd/image")
        return "nbd/image"

    def __exit__(self, *_):
        unmount(os.path.abspath("nbd"))
        for process in self.processes:
            process.terminate()
            process.wait()


def check_failing_server(holes):
    with Nbd() as nbd:
        nbd.start("failing", "nbdkit", "-f", "-r", "-U", "failing", "--filter=error", "file",
                  "plain.qcow2", "error-pread=EIO", "error-pread-rate=100%", "error-pread-file=bad")
        image = nbd.show("failing")
        with Logged({"image": image}, "-f", "qcow2") as mount:
            path = f"{mount.directory}/image"
            with open("bad", "wb"):
                pass
            if read_at(path, 320 * K) is not None:
                raise Wrong("a server that fails: bytes")
            check_holes(path, holes, "a server that fails")
            os.unlink("bad")
            check_recovered(path, holes, "a server that has failed")


def check_dying_server(holes):
    """A middle server tries to reach it once more, after a second."""
    server = ("qemu-nbd", "-r", "-t", "-f", "raw", "-k", os.path.abspath("dying"), "plain.qcow2")
    with Nbd() as nbd:
        first = nbd.start("dying", *server)
        nbd.start("middle", "nbdkit", "-f", "-r", "-U", "middle", "--filter=retry", "nbd",
                  "socket=" + os.path.abspath("dying"), "retries=1", "retry-delay=1")
        image = nbd.show("middle")
        with Logged({"image": image}, "-f", "qcow2") as mount:
            path = f"{mount.directory}/image"
            first.kill()
            first.wait()
            if read_at(path, 320 * K) is not None:
                raise Wrong("a server that has died: bytes")
            nbd.start("dying", *server)
            check_recovered(path, holes, "a server that was restarted")


def test():
    build()
    check_filesystem()
    with Logged({"image": "plain.qcow2"}) as mount:
        holes = walk(f"{mount.directory}/image")
    if os.getuid() == 0:
        check_loop_device()
    if is_there("nbdkit", "nbdfuse", "qemu-nbd"):
        check_failing_server(holes)
        if LONG:
            check_dying_server(holes)


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""An image cut short: EIO for exactly what is missing, data for lseek, one line in the log, and
zeroes if they are asked for."""
import errno
import hashlib
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Mount, Wrong, main, run, unmount  # noqa: E402

KIB = 1024


def build():
    run("qemu-img", "create", "-q", "-f", "qcow2", "cut.qcow2", "1M")
    for start in 0, 128, 64:
        run("qemu-io", "-c", f"write -q -P {start + 1} {start}k 64k", "cut.qcow2")
    os.truncate("cut.qcow2", os.path.getsize("cut.qcow2") - 64 * KIB)  # written last: 64k


def read_at(fd, offset, length):
    try:
        return os.pread(fd, length, offset)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return None


def check(path):
    fd = os.open(path, os.O_RDONLY)
    for offset, expected in (0, 1), (128, 129), (64, None), (192, 0):
        got = read_at(fd, offset * KIB, 4096)
        if got != (None if expected is None else bytes([expected]) * 4096):
            raise Wrong(f"{offset}k reads as {got and got[:10]} instead of {expected}")
    got = os.pread(fd, 128 * KIB, 0)
    if got != bytes([1]) * 64 * KIB:
        raise Wrong(f"a read that runs into it gives {len(got)} bytes")
    if os.lseek(fd, 64 * KIB, os.SEEK_DATA) != 64 * KIB or os.lseek(fd, 0, os.SEEK_HOLE) != 192 * KIB:
        raise Wrong("what cannot be read must be data")
    os.close(fd)


def check_compressed():
    """Half a stream, with zeroes in place of the rest, would unpack as something."""
    with open("packed.raw", "wb") as file:
        file.write(b"".join(hashlib.sha256(b"%d" % n).digest()[:8] + bytes(24)
                            for n in range(4 * 64 * KIB // 32)))
    run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "packed.raw", "packed.qcow2")
    os.truncate("packed.qcow2", os.path.getsize("packed.qcow2") - 4 * KIB)
    with Mount({"packed": "packed.qcow2"}, "-q") as directory, open("packed.raw", "rb") as file:
        fd = os.open(f"{directory}/packed", os.O_RDONLY)
        whole, cut = os.pread(fd, 192 * KIB, 0), read_at(fd, 192 * KIB, 4096)
        os.close(fd)
        if whole != file.read(192 * KIB):
            raise Wrong("compressed clusters before the cut")
        if cut is not None:
            raise Wrong("a compressed cluster that is cut reads as something")


def test():
    build()
    os.mkdir("mnt")
    with open("log", "wb") as log:
        process = subprocess.Popen([os.environ["UNCHAIN"], "mount", "-q", "--foreground",
                                    "cut.qcow2", "mnt"], stderr=log)
    try:
        while not os.path.exists("mnt/cut.raw"):
            if process.poll() is not None:
                raise Wrong(f"status {process.returncode}")
            time.sleep(0.01)
        check("mnt/cut.raw")
    finally:
        unmount(os.path.abspath("mnt"))
    process.wait()
    with open("log", encoding="utf-8") as file:
        log = file.read()
    if "unchain: cut.raw: cannot read" not in log or "cut.qcow2" not in log:
        raise Wrong(f"the log says: {log}")
    with Mount({"cut": "cut.qcow2"}, "--truncated=zero") as directory:
        with open(f"{directory}/cut", "rb") as file:
            if file.read(1 << 20)[64 * KIB:128 * KIB] != bytes(64 * KIB):
                raise Wrong("--truncated=zero")
    check_compressed()


main(test)

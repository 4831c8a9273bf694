# SPDX-License-Identifier: GPL-2.0-or-later
"""SEEK_DATA and SEEK_HOLE at every interesting offset, against what the pattern says."""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Mount, Wrong, main, run  # noqa: E402

KIB = 1024
SIZE = 300 * KIB + 100
DATA = [(64 * KIB, 128 * KIB), (192 * KIB, 256 * KIB)]


def build():
    run("qemu-img", "create", "-q", "-f", "qcow2", "disk.qcow2", str(304 * KIB))
    for start, end in DATA:
        run("qemu-io", "-c", f"write -q -P 7 {start} {end - start}", "disk.qcow2")
    return {"driver": "raw", "size": SIZE,
            "file": {"driver": "qcow2", "file": {"driver": "file", "filename": "disk.qcow2"}}}


def expected(offset, whence):
    """The answer, or None for ENXIO."""
    if not 0 <= offset < SIZE:
        return None
    for start, end in DATA:
        if offset < end:
            if whence == os.SEEK_DATA:
                return max(offset, start)
            return offset if offset < start else end
    return None if whence == os.SEEK_DATA else offset


def answer(fd, offset, whence):
    try:
        return os.lseek(fd, offset, whence)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


def test():
    with Mount({"disk.raw": build()}) as directory:
        fd = os.open(f"{directory}/disk.raw", os.O_RDONLY)
        borders = [0, SIZE] + [border for extent in DATA for border in extent]
        offsets = {border + d for border in borders for d in (-1, 0, 1, 511)} | {2**62, -2**62}
        for offset in sorted(offsets):
            for whence in os.SEEK_DATA, os.SEEK_HOLE:
                got, want = answer(fd, offset, whence), expected(offset, whence)
                if got != want:
                    raise Wrong(f"lseek({offset}, {whence}) is {got} instead of {want}")
        if os.lseek(fd, -10, os.SEEK_END) != SIZE - 10:
            raise Wrong("SEEK_END")
        os.close(fd)


main(test)

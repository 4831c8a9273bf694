# SPDX-License-Identifier: GPL-2.0-or-later
"""64 TiB of alternating extents from an L2 table that every L1 entry names: nobody counts that in
time. The mount is there at once, st_blocks is a guess that makes programs look for holes, and
it ends at once."""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Mount, Wrong, main  # noqa: E402

CLUSTER = 65536
L1_ENTRIES = 1 << 17
SIZE = L1_ENTRIES * (CLUSTER // 8) * CLUSTER


def build(path):
    l1, l2 = CLUSTER, CLUSTER + L1_ENTRIES * 8
    data = l2 + CLUSTER
    header = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 0, 0, 16, SIZE, 0, L1_ENTRIES, l1,
                         0, 0, 0, 0, 0, 0, 0, 4, 104)
    copied = 1 << 63
    with open(path, "wb") as file:
        file.write(header)
        file.seek(l1)
        file.write(struct.pack(">Q", copied | l2) * L1_ENTRIES)
        file.write(struct.pack(">QQ", copied | data, 0) * (CLUSTER // 16))
        file.write(b"x" * CLUSTER)


def test():
    build("huge.qcow2")
    start = time.monotonic()
    with Mount({"huge": "huge.qcow2"}) as directory:
        took = time.monotonic() - start
        stat = os.stat(f"{directory}/huge")
        if took > 5:
            raise Wrong(f"mounting takes {took:.1f} s")
        if stat.st_size != SIZE or not 8 <= stat.st_blocks < SIZE // 512:
            raise Wrong(f"{stat.st_blocks} blocks")
        fd = os.open(f"{directory}/huge", os.O_RDONLY)
        if os.lseek(fd, SIZE - 1, os.SEEK_HOLE) != SIZE - 1:
            raise Wrong("the last cluster is a hole")
        if os.pread(fd, 2 * CLUSTER, SIZE - 3 * CLUSTER) != bytes(CLUSTER) + b"x" * CLUSTER:
            raise Wrong("content")
        os.close(fd)
        start = time.monotonic()
    if time.monotonic() - start > 5:
        raise Wrong("unmounting waits for the counting")


main(test)

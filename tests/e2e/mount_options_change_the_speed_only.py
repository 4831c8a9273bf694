# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is said about memory, threads and the page cache, the bytes and the holes are the same;
and the kernel is told how far to read ahead."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
import kinds  # noqa: E402
from chain import Builder  # noqa: E402
from unchain import Mount, Wrong, check_mounted, main  # noqa: E402

OPTIONS = ["direct_io", "read_ahead=0", "max_threads=1", "cache_size=0", "index_size=0",
           "cache_size=100k,index_size=100k,max_threads=2,direct_io",
           "splice_read,splice_write,splice_move", "max_write=1"]


def check_read_ahead(directory, kib):
    device = os.stat(directory).st_dev
    knob = f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb"
    with open(knob, encoding="ascii") as file:
        found = int(file.read())
    if found != kib:
        raise Wrong(f"the kernel reads {found} KiB ahead instead of {kib}")


def test():
    for build in kinds.three_layers_of_different_clusters, kinds.compressed_over_a_backing_file:
        kind = build(Builder())
        for options in OPTIONS:
            with Mount({"a": kind.source}, "-o", options) as directory:
                check_mounted(f"{directory}/a", kind.view, f"{build.__name__}, -o {options}")
    with Mount({"a": kind.source}) as directory:
        check_read_ahead(directory, 1024 if os.getuid() == 0 else 128)
    with Mount({"a": kind.source}, "-o", "read_ahead=64k") as directory:
        check_read_ahead(directory, 64)


main(test)

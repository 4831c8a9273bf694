# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of the table: which number of which workload, and what it should reach."""
import dataclasses

import goals
from images import DEPTHS
from workloads import CACHED, DIRECT, SHALLOW


@dataclasses.dataclass
class Row:
    """One value of a workload as the table shows it. `ours` is the contestant it is about."""
    title: str
    workload: str
    value: str
    goals: tuple = ()
    ours: str = CACHED
    more_is_better: bool = True
    digits: int = 2


def plain_rows():
    yield Row("sequential, dd bs=1M, GB/s", "sequential", "GB/s", (goals.at_least(1.8),))
    yield Row("… direct_io", "sequential", "GB/s", (goals.at_least(4),), DIRECT)
    yield Row("… CPU of the daemon, s per GiB", "sequential", "CPU", more_is_better=False)
    yield Row("… … direct_io", "sequential", "CPU", (), DIRECT, more_is_better=False)
    yield Row("sequential, fragmented image, GB/s", "sequential-fragmented", "GB/s")
    yield Row("… direct_io", "sequential-fragmented", "GB/s", (), DIRECT)
    yield Row("dd bs=4k, GB/s", "dd-4k", "GB/s",
              (goals.at_least(10, "qsd-11-best"), goals.at_least(2.5, "qsd-7.2")))
    for name, title in (("cp-full", "cp of a full disk of 1 GiB, s"),
                        ("cp-sparse", "cp of a disk of 10 GiB, 10 % data, s")):
        yield Row(title, name, "s", (goals.time_of_raw(1.2),), more_is_better=False)
        yield Row("… direct_io", name, "s", (), DIRECT, more_is_better=False)
    for name, title, least in (("random-1", "random 4K, one reader, kIOPS", 1.1),
                               ("random-4", "random 4K, four readers, kIOPS", 1.3),
                               ("depth32", "random 4K, O_DIRECT, queue of 32, kIOPS", 4)):
        yield Row(title, name, "kIOPS", (goals.at_least(least),), digits=1)
        yield Row("… direct_io", name, "kIOPS", (), DIRECT, digits=1)
        yield Row("… CPU of the daemon, µs per read", name, "CPU", more_is_better=False, digits=1)


def chain_rows():
    kinds = (("sequential", "sequential, dd bs=1M, GB/s", "GB/s", 0.85),
             ("random-1", "random 4K, one reader, kIOPS", "kIOPS", 0.9),
             ("random-4", "random 4K, four readers, kIOPS", "kIOPS", 0.9),
             ("depth32", "random 4K, queue of 32, kIOPS", "kIOPS", 0.9))
    floors = {100: 2.5, 500: 50}
    for kind, title, value, factor in kinds:
        for depth in DEPTHS:
            aims = (goals.of_shallow(SHALLOW, factor),) if depth > 1 else ()
            if kind != "sequential" and depth in floors:
                aims += (goals.at_least(floors[depth]),)
            yield Row(f"{depth} deep: {title}", f"chain-{depth}-{kind}", value, aims)
    for depth in DEPTHS:
        yield Row(f"{depth} deep: first read after the mount, GB/s", f"chain-{depth}-mount", "GB/s")
    limits = {500: (150, 48), 1000: (400, 48)}
    for value, title, which in (("ms", "until it is mounted, ms", 0),
                                ("MiB", "memory then, MiB", 1),
                                ("MiB after", "memory after a full read, MiB", None)):
        for depth in DEPTHS:
            aims = ()
            if depth in limits and which is not None:
                aims = (goals.at_most(limits[depth][which]),)
            yield Row(f"{depth} deep: {title}", f"chain-{depth}-mount", value, aims,
                      more_is_better=False, digits=1)


def special_rows():
    yield Row("map, 100 deep, s", "chain-100-map", "s", (), more_is_better=False, digits=3)
    yield Row("map, 500 deep, s", "chain-500-map", "s", (goals.at_least(20, "qsd-11"),),
              more_is_better=False, digits=3)
    yield Row("map of 1 TiB, s", "map-huge", "s", (goals.at_least(10, "qsd-11"),),
              more_is_better=False, digits=3)
    yield Row("seek walk, 1000 extents/s", "walk", "k/s",
              (goals.at_least(1.1), goals.of_ceiling(0.9)), digits=1)
    yield Row("zlib, GB/s", "zlib", "GB/s", (goals.at_least(1.4),))
    yield Row("zstd, GB/s", "zstd", "GB/s", (goals.at_least(2),))
    yield Row("extended L2, pieces of 2 KiB, GB/s", "subclusters", "GB/s", (goals.at_least(4),))
    yield Row("sha256sum of 10 GiB, 10 % data, s", "sha256sum", "s", more_is_better=False)
    yield Row("unchain hash of the same, s", "hash", "s", (goals.faster_than("sha256sum", 3),),
              more_is_better=False)
    yield Row("… speed on the data, GB/s", "hash", "GB/s",
              (goals.of_reading_raw("sequential", 0.5),))


def all_rows():
    return [*plain_rows(), *chain_rows(), *special_rows()]

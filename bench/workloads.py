# SPDX-License-Identifier: GPL-2.0-or-later
"""All that is measured: which job with which image, for whom, and the rows this gives the table."""
import dataclasses

import goals
import images
import jobs

CACHED, DIRECT = "unchain", "unchain-direct"
CEILINGS = {CACHED: "bare", DIRECT: "bare-direct"}


@dataclasses.dataclass
class Row:
    """One value of a workload as the table shows it. `ours` is the contestant it is about."""
    title: str
    workload: str
    value: str
    goal: object = None
    ours: str = CACHED
    more_is_better: bool = True
    digits: int = 2


@dataclasses.dataclass
class Workload:
    name: str
    image: str
    job: object
    forms: tuple = (CACHED,)  # of unchain; each is measured beside its ceiling
    raw: bool = True
    ceilings: bool = True
    peers: bool = True
    quick: bool = False

    def is_for(self, contestant):
        if contestant.is_peer:
            return self.peers
        if contestant.name == "raw":
            return self.raw
        if contestant.name in CEILINGS.values():
            return self.ceilings and contestant.name in [CEILINGS[form] for form in self.forms]
        return contestant.name in self.forms


def plain(work, seconds):
    both = (CACHED, DIRECT)
    read = jobs.Dd("1M")
    yield Workload("sequential", "plain", read, forms=both, quick=True)
    yield Workload("sequential-fragmented", "fragmented", read, forms=both)
    yield Workload("dd-4k", "plain", jobs.Dd("4k"), quick=True)
    yield Workload("cp-full", "plain", jobs.Cp(work), forms=both, quick=True)
    yield Workload("cp-sparse", "sparse", jobs.Cp(work), forms=both)
    yield Workload("random-1", "plain", jobs.RandomReads(seconds), forms=both, quick=True)
    yield Workload("random-4", "plain", jobs.RandomReads(seconds, 4), forms=both, quick=True)
    yield Workload("depth32", "plain", jobs.RandomReads(seconds, depth=32), forms=both, raw=False,
                   quick=True)


def chains(build, seconds):
    for depth in images.DEPTHS:
        name, quick = f"chain-{depth}", depth in (1, 100)
        yield Workload(f"{name}-sequential", name, jobs.Dd("1M"), quick=quick)
        yield Workload(f"{name}-random-1", name, jobs.RandomReads(seconds), quick=quick)
        yield Workload(f"{name}-random-4", name, jobs.RandomReads(seconds, 4))
        yield Workload(f"{name}-depth32", name, jobs.RandomReads(seconds, depth=32), raw=False,
                       quick=quick)
        yield Workload(f"{name}-mount", name, jobs.Mount(), raw=False, ceilings=False,
                       quick=quick)
        if depth in (100, 500):
            yield Workload(f"{name}-map", name, jobs.Map(build), raw=False, ceilings=False,
                           quick=quick)


def special(build, seconds):
    yield Workload("map-huge", "huge", jobs.Map(build), raw=False, ceilings=False, quick=True)
    yield Workload("walk", "walk", jobs.Walk(build, seconds), quick=True)
    for name in ("zlib", "zstd", "subclusters"):
        yield Workload(name, name, jobs.Dd("1M"), quick=True)
    yield Workload("sha256sum", "sparse", jobs.Sum(), ceilings=False, peers=False)
    yield Workload("hash", "sparse", jobs.Hash(build), raw=False, ceilings=False, peers=False)


def all_workloads(work, build, seconds):
    return [*plain(work, seconds), *chains(build, seconds), *special(build, seconds)]


# ---- the table ----

def plain_rows():
    yield Row("sequential, dd bs=1M, GB/s", "sequential", "GB/s", goals.at_least(1.8))
    yield Row("… direct_io", "sequential", "GB/s", goals.at_least(4), DIRECT)
    yield Row("… CPU of the daemon, s per GiB", "sequential", "CPU", more_is_better=False)
    yield Row("… … direct_io", "sequential", "CPU", None, DIRECT, more_is_better=False)
    yield Row("sequential, fragmented image, GB/s", "sequential-fragmented", "GB/s")
    yield Row("… direct_io", "sequential-fragmented", "GB/s", None, DIRECT)
    yield Row("dd bs=4k, GB/s", "dd-4k", "GB/s",
              goals.every(goals.at_least(10), goals.at_least(2.5, "qsd-7.2")))
    for name, title in (("cp-full", "cp of a full disk of 1 GiB, s"),
                        ("cp-sparse", "cp of a disk of 10 GiB, 10 % data, s")):
        yield Row(title, name, "s", goals.times_raw(1.2), more_is_better=False)
        yield Row("… direct_io", name, "s", None, DIRECT, more_is_better=False)
    for name, title, least in (("random-1", "random 4K, one reader, kIOPS", 1.1),
                               ("random-4", "random 4K, four readers, kIOPS", 1.3),
                               ("depth32", "random 4K, O_DIRECT, queue of 32, kIOPS", 4)):
        yield Row(title, name, "kIOPS", goals.at_least(least), digits=1)
        yield Row("… direct_io", name, "kIOPS", None, DIRECT, digits=1)


def chain_rows():
    kinds = (("sequential", "sequential, dd bs=1M, GB/s", "GB/s", 0.85, {}),
             ("random-1", "random 4K, one reader, kIOPS", "kIOPS", 0.9, {}),
             ("random-4", "random 4K, four readers, kIOPS", "kIOPS", 0.9, {}),
             ("depth32", "random 4K, queue of 32, kIOPS", "kIOPS", 0.9, {}))
    floors = {100: 2.5, 500: 50}
    for kind, title, value, factor, _ in kinds:
        for depth in images.DEPTHS:
            goal = goals.near(f"chain-1-{kind}", value, factor) if depth > 1 else None
            if kind != "sequential" and depth in floors:
                goal = goals.every(goal, goals.at_least(floors[depth]))
            yield Row(f"{depth} deep: {title}", f"chain-{depth}-{kind}", value, goal)
    limits = {500: (150, 48), 1000: (400, 48)}
    for value, title, which in (("ms", "until it is mounted, ms", 0),
                                ("MiB", "memory then, MiB", 1),
                                ("MiB after", "memory after a full read, MiB", None)):
        for depth in images.DEPTHS:
            goal = None
            if depth in limits and which is not None:
                goal = goals.at_most(limits[depth][which])
            yield Row(f"{depth} deep: {title}", f"chain-{depth}-mount", value, goal,
                      more_is_better=False, digits=1)


def special_rows():
    yield Row("map, 100 deep, s", "chain-100-map", "s", None, more_is_better=False, digits=3)
    yield Row("map, 500 deep, s", "chain-500-map", "s", goals.at_least(20, "qsd-11"),
              more_is_better=False, digits=3)
    yield Row("map of 1 TiB, s", "map-huge", "s", goals.at_least(10, "qsd-11"),
              more_is_better=False, digits=3)
    yield Row("seek walk, 1000 extents/s", "walk", "k/s",
              goals.every(goals.at_least(1.1), goals.of_ceiling(0.9)), digits=1)
    yield Row("zlib, GB/s", "zlib", "GB/s", goals.at_least(1.4))
    yield Row("zstd, GB/s", "zstd", "GB/s", goals.at_least(2))
    yield Row("extended L2, pieces of 2 KiB, GB/s", "subclusters", "GB/s", goals.at_least(4))
    yield Row("sha256sum of 10 GiB, 10 % data, s", "sha256sum", "s", more_is_better=False)
    yield Row("unchain hash of the same, s", "hash", "s", goals.faster_than("sha256sum", "s", 3),
              more_is_better=False)
    yield Row("… speed on the data, GB/s", "hash", "GB/s",
              goals.of_raw("sequential", "GB/s", 0.5))


def all_rows():
    return [*plain_rows(), *chain_rows(), *special_rows()]

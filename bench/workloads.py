# SPDX-License-Identifier: GPL-2.0-or-later
"""All that is measured: which job is done with which image, and by whom."""
import dataclasses

import images
import jobs

CACHED, DIRECT = "unchain", "unchain-direct"
SHALLOW = "1-deep"  # unchain with one layer, beside the chains
CEILINGS = {CACHED: "bare", DIRECT: "bare-direct"}


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
        if contestant.name == SHALLOW:
            return self.ceilings and self.image.startswith("chain-")
        if contestant.name in CEILINGS.values():
            return self.ceilings and contestant.name in [CEILINGS[form] for form in self.forms]
        return contestant.name in self.forms


def plain(work):
    both = (CACHED, DIRECT)
    read = jobs.Dd("1M")
    yield Workload("sequential", "plain", read, forms=both, quick=True)
    yield Workload("sequential-fragmented", "fragmented", read, forms=both)
    yield Workload("dd-4k", "plain", jobs.Dd("4k"), quick=True)
    yield Workload("cp-full", "plain", jobs.Cp(work), forms=both, quick=True)
    yield Workload("cp-sparse", "sparse", jobs.Cp(work), forms=both)
    yield Workload("random-1", "plain", jobs.RandomReads(), forms=both, quick=True)
    yield Workload("random-4", "plain", jobs.RandomReads(4), forms=both, quick=True)
    yield Workload("depth32", "plain", jobs.RandomReads(depth=32), forms=both, raw=False,
                   quick=True)


def chains(build):
    for depth in images.DEPTHS:
        name, quick = f"chain-{depth}", depth in (1, 100)
        yield Workload(f"{name}-sequential", name, jobs.Dd("1M"), quick=quick)
        yield Workload(f"{name}-random-1", name, jobs.RandomReads(), quick=quick)
        yield Workload(f"{name}-random-4", name, jobs.RandomReads(4))
        yield Workload(f"{name}-depth32", name, jobs.RandomReads(depth=32), raw=False,
                       quick=quick)
        yield Workload(f"{name}-mount", name, jobs.Mount(), raw=False, ceilings=False,
                       quick=quick)
        if depth in (100, 500):
            yield Workload(f"{name}-map", name, jobs.Map(build), raw=False, ceilings=False,
                           quick=quick)


def special(build):
    yield Workload("map-huge", "huge", jobs.Map(build), raw=False, ceilings=False, quick=True)
    yield Workload("walk", "walk", jobs.Walk(build), quick=True)
    for name in ("zlib", "zstd", "subclusters"):
        yield Workload(name, name, jobs.Dd("1M"), quick=True)
    yield Workload("sha256sum", "sparse", jobs.Sum(), raw=False, ceilings=False, peers=False)
    yield Workload("hash", "sparse", jobs.Hash(build), raw=False, ceilings=False, peers=False)


def all_workloads(work, build):
    return [*plain(work), *chains(build), *special(build)]

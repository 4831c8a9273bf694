# SPDX-License-Identifier: GPL-2.0-or-later
"""Every filter in every place of a chain that qemu-img has made changes nothing.

Not the bytes, not the holes, and not a field of the map: depth, presence, offset and file are those
of the chain without the filter. A quorum computes its bytes, so its map has no offsets and no depth.
"""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Patterns, check_convert  # noqa: E402
from kinds import K, base_and_top, file, qcow2, raw  # noqa: E402
from unchain import (LONG, Mount, Reader, Wrong, check_mounted, main, map_of, run,  # noqa: E402
                     spec_of)


def simple(driver, port="file", **options):
    return lambda node: {"driver": driver, port: node, **options}


def before_write(node):
    return {"driver": "copy-before-write", "file": node,
            "target": {"driver": "null-co", "size": 1 * K}}


def checksum(block_size):
    """Over a manifest of what the child shows, written when it is first met."""
    def wrap(node):
        name = hashlib.md5(json.dumps([node, block_size]).encode()).hexdigest() + ".manifest"
        if not os.path.exists(name):
            run(os.environ["UNCHAIN"], "hash", "--manifest", name, "--block-size", block_size,
                spec_of(node))
        return {"driver": "checksum", "manifest": name, "file": node}
    return wrap


FILTERS = {
    "throttle": simple("throttle"),
    "copy-on-read": simple("copy-on-read"),
    "compress": simple("compress"),
    "preallocate": simple("preallocate", **{"prealloc-align": 4096}),
    "copy-before-write": before_write,
    "snapshot-access": simple("snapshot-access"),
    "fleecing": lambda node: {"driver": "snapshot-access", "file": before_write(node)},
    "blkdebug": simple("blkdebug", "image"),
    "blkdebug align=512": simple("blkdebug", "image", align=512),
    "blkdebug align=3000": simple("blkdebug", "image", align=3000),
    "blkdebug align=1M": simple("blkdebug", "image", align="1M"),
    "blkverify": lambda node: {"driver": "blkverify", "test": node, "raw": node},
    "checksum": checksum("64k"),
    "checksum of small blocks": checksum("512"),
    "checksum of large blocks": checksum("16M"),
    "quorum": lambda node: {"driver": "quorum", "vote-threshold": 2, "children": [node, node]},
    "quorum fifo": lambda node: {"driver": "quorum", "vote-threshold": 1, "read-pattern": "fifo",
                                 "children": [node]},
}


# What qemu-img convert opens as well, above a chain; the others want an object, or a node that can
# be written.
IN_QEMU = ("preallocate", "blkdebug", "blkdebug align=512", "blkdebug align=1M",
           "blkverify", "quorum", "quorum fifo")


def nothing(node):
    return node


def chain(top=nothing, top_file=nothing, base=nothing, base_file=nothing):
    below = {"driver": "qcow2", "file": base_file(file("base.qcow2"))}
    return top({"driver": "qcow2", "file": top_file(file("top.qcow2")), "backing": base(below)})


PLACES = {
    "above": lambda wrap: chain(top=wrap),
    "between": lambda wrap: chain(base=wrap),
    "below the top": lambda wrap: chain(top_file=wrap),
    "below the base": lambda wrap: chain(base_file=wrap),
    "everywhere": lambda wrap: chain(wrap, wrap, wrap, wrap),
    "above a window": lambda wrap: wrap(raw(chain(), offset=96 * K)),
    "under a window": lambda wrap: raw(chain(top=wrap), offset=96 * K),
    "around windows in a chain": lambda wrap: chain(
        wrap, base=lambda node: wrap(raw(wrap(node), offset=0)), base_file=lambda node: raw(wrap(node))),
}


def merged(extents):
    """Of a map only what is a hole and what is not."""
    result = []
    for extent in extents:
        if result and result[-1]["zero"] == extent["zero"]:
            result[-1]["length"] += extent["length"]
        else:
            result.append({key: extent[key] for key in ("start", "length", "zero", "data")})
    return result


def check_map(source, plain_source, votes, what):
    """Both are asked now: what has been read may no longer be a hole of the host's file."""
    plain, filtered = map_of(plain_source), map_of(source)
    if votes:
        plain, filtered = merged(plain), merged(filtered)
    if filtered != plain:
        different = [pair for pair in zip(filtered, plain) if pair[0] != pair[1]]
        raise Wrong(f"{what}: map: {len(filtered)} extents for {len(plain)}: {different[:1]}")


def check_place(place, reader, full):
    make = PLACES[place]
    view = full.window(96 * K) if place.endswith("a window") else full
    for name, wrap in FILTERS.items():
        what = f"{name} {place}"
        source = make(wrap)
        reader.check(source, view, what, ranges=20)
        check_map(source, make(nothing), "quorum" in name, what)
        if place == "above" and name in IN_QEMU:
            check_convert(source, view, f"QEMU, {what}")
        if LONG or place == "everywhere":
            with Mount({"image": source}) as directory:
                check_mounted(f"{directory}/image", view, what)


def test():
    builder = Builder(Patterns())
    _, top = base_and_top(builder)
    builder.flush()
    if map_of(chain()) != map_of(qcow2("top.qcow2")):
        raise Wrong("the chain described is not the chain")
    with Reader() as reader:
        for place in PLACES:
            check_place(place, reader, top.view)
    print(f"{len(FILTERS)} filters in {len(PLACES)} places")


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares `unchain map --output=json` with `qemu-img map --output=json`, field by field.

DIFFERENCES lists where they may differ, and why: each is a name, a reason, and a function that
gets both entries for the same range and the kind, and says whether the difference is that one.
"""
import json

from unchain import Wrong, map_of, run, spec_of

FIELDS = ("depth", "present", "zero", "data", "compressed", "offset")


def zero_has_no_offset(ours, theirs, _):
    return differing(ours, theirs) == {"offset"} and ours["zero"] and "offset" not in ours


DIFFERENCES = [
    ("a zero has no offset",
     "`offset` says where the bytes of the range lie as they are. QEMU also gives it where storage "
     "is kept for zeroes (a zero cluster, a hole of a raw file).",
     zero_has_no_offset),
]


def at(entry, start, length):
    """The part of an entry that begins at `start`."""
    cut = dict(entry, start=start, length=length)
    if "offset" in entry:
        cut["offset"] += start - entry["start"]
    return cut


def pieces(ours, theirs):
    """Both maps, cut at the borders of either."""
    i = j = position = 0
    while i < len(ours) and j < len(theirs):
        ends = [e["start"] + e["length"] for e in (ours[i], theirs[j])]
        end = min(ends)
        yield at(ours[i], position, end - position), at(theirs[j], position, end - position)
        position = end
        i += ends[0] == end
        j += ends[1] == end


def differing(ours, theirs):
    """The fields that differ; fields that this QEMU does not know are not compared."""
    known = [field for field in FIELDS if field in theirs or field in ("offset",)]
    return {field for field in known if ours.get(field) != theirs.get(field)}


def check_shape(extents, view):
    """What must hold of a map by itself."""
    position = 0
    for extent in extents:
        if extent["start"] != position or extent["length"] <= 0:
            raise Wrong(f"map: a gap or an overlap at {position}: {extent}")
        position += extent["length"]
        if extent["zero"] and (bad := view.wrong_hole(extent["start"], position)) is not None:
            raise Wrong(f"map: {extent} is zero but holds the byte at {bad}")
        if extent["zero"] == extent["data"]:
            raise Wrong(f"map: neither zero nor data, or both: {extent}")
    if position != view.size:
        raise Wrong(f"map: ends at {position} instead of {view.size}")


def check_offsets(extents, view):
    """Bytes that the map places in a file lie there."""
    for extent in extents:
        if extent["data"] and "offset" in extent and "filename" in extent:
            with open(extent["filename"], "rb") as file:
                file.seek(extent["offset"])
                got = file.read(extent["length"])
            if got != view.content[extent["start"]:extent["start"] + extent["length"]]:
                raise Wrong(f"map: other bytes lie at {extent}")


def check_map(kind):
    """Returns the names of the differences met."""
    ours = map_of(kind.source)
    check_shape(ours, kind.view)
    check_offsets(ours, kind.view)
    if not kind.qemu_map:
        return set()
    theirs = json.loads(run("qemu-img", "map", "--output=json", spec_of(kind.qemu_map)))
    met = set()
    for mine, other in pieces(ours, theirs):
        if not differing(mine, other):
            continue
        names = [name for name, _, applies in DIFFERENCES if applies(mine, other, kind)]
        if not names:
            raise Wrong(f"map:\n  unchain  {mine}\n  qemu-img {other}")
        met.add(names[0])
    return met

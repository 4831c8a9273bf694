# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares `unchain map --output=json` with `qemu-img map --output=json`, field by field.

DIFFERENCES lists where they may differ, and why: each is a name, a function that gets both entries
for the same range and says whether the difference is that one, and the reason. That a range called
zero is one, and that bytes lie where the map says, is checked whatever QEMU thinks.
"""
import json

from unchain import Wrong, map_of, run, spec_of

FIELDS = ("depth", "present", "zero", "data", "compressed", "offset")


def is_zero(entry):
    return entry["zero"] and not entry["data"] and "offset" not in entry


def no_offset(ours, theirs):
    return differing(ours, theirs) == {"offset"} and is_zero(ours)


def past_the_end(ours, theirs):
    return (differing(ours, theirs) == {"depth"} and is_zero(ours) and not ours["present"] and
            ours["depth"] > theirs["depth"])


def last_sector(ours, theirs):
    return (differing(ours, theirs) == {"present", "offset"} and is_zero(ours) and
            theirs["zero"] and ours["length"] < 512)


def both_zero_and_data(ours, theirs):
    return (differing(ours, theirs) == {"data", "offset"} and is_zero(ours) and
            theirs["zero"] and theirs["data"])


def hole_of_the_file(ours, theirs):
    return (differing(ours, theirs) <= {"zero", "data", "offset"} and is_zero(ours) and
            theirs["data"] and not theirs["zero"])


def undefined(ours, theirs):
    """Data that lies in no file and is not packed."""
    return (raw_over_a_chain(ours, theirs) and ours["data"] and "offset" not in ours and
            not ours["compressed"])


def raw_over_a_chain(_, theirs):
    return not (theirs["present"] or theirs["zero"] or theirs["data"])


def physical_offset(ours, theirs):
    """That our offset is the right one is proved by check_offsets."""
    return differing(ours, theirs) == {"offset"} and ours["data"] and "filename" in ours


DIFFERENCES = [
    ("a zero has no offset", no_offset,
     "`offset` says where the bytes of the range lie as they are. QEMU gives it also where storage "
     "is kept for zeroes: a zero cluster, a hole of a raw file."),
    ("past the end of a short layer", past_the_end,
     "The short layer makes these zeroes, so its depth is said: from there no further layer is "
     "looked at. QEMU gives the depth of the layer above."),
    ("the last sector of a short file", last_sector,
     "QEMU counts in sectors of 512 bytes and says of the bytes after the end that they are there."),
    ("zero and data", both_zero_and_data,
     "Clusters with preallocated metadata over a hole of the host's file. They read as zeroes; "
     "QEMU says so, and calls them data as well."),
    ("a hole of the file", hole_of_the_file,
     "An allocated cluster over a hole of the host's file (preallocation with falloc, a raw data "
     "file). They read as zeroes; QEMU does not ask the file."),
    ("undefined content", undefined,
     "What a null device without read-zeroes has. It promises nothing, so a copy must take it; QEMU "
     "says that it is neither present nor zero nor data."),
    ("raw over a chain", raw_over_a_chain,
     "QEMU looks at the one layer below raw; whatever is in the backing files is neither present "
     "nor zero nor data. What we say there is compared with the map of the chain itself."),
    ("the physical offset", physical_offset,
     "`offset` is a place in the file that is named. Where one format lies inside another, QEMU "
     "gives the place in the inner one's file as if it were a file of the host."),
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


def qemu_map(source):
    return json.loads(run("qemu-img", "map", "--output=json", spec_of(source)))


def moved(extents, offset, size):
    """The part of a map that a window of `size` bytes at `offset` shows."""
    found = []
    for extent in extents:
        start = max(extent["start"], offset)
        end = min(extent["start"] + extent["length"], offset + size)
        if start < end:
            part = at(extent, start, end - start)
            part["start"] -= offset
            found.append(part)
    return found


def compare(ours, theirs):
    """Returns the names of the differences met; any other difference is wrong."""
    met = set()
    for mine, other in pieces(ours, theirs):
        if not differing(mine, other):
            continue
        names = [name for name, applies, _ in DIFFERENCES if applies(mine, other)]
        if not names:
            raise Wrong(f"map:\n  unchain  {mine}\n  qemu-img {other}")
        met.add(names[0])
    return met


def check_map(kind):
    """Returns the names of the differences met."""
    ours = map_of(kind.source)
    check_shape(ours, kind.view)
    check_offsets(ours, kind.view)
    met = set()
    if kind.qemu:
        met |= compare(ours, qemu_map(kind.qemu))
    if kind.chain:
        chain, offset = kind.chain
        met |= compare(ours, moved(qemu_map(chain), offset, kind.view.size))
    return met

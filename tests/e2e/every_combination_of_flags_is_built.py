# SPDX-License-Identifier: GPL-2.0-or-later
"""LOCAL, ZERO, ALLOC, OFFSET: each combination that docs/block-status.md gives a graph for is built
and found, and none of those that it says do not exist is ever found. (The one that no driver here
has is built from a fake driver in tests/unit/status.c.)"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Reader, Wrong, main, run  # noqa: E402

PAGE = os.path.join(os.path.dirname(os.environ["TESTS"]), "docs/block-status.md")
SIZE = 256 << 10
UNDEFINED = {"driver": "null-co", "size": SIZE}
ZEROES = {"driver": "null-co", "size": SIZE, "read-zeroes": True}


def file(name):
    return {"driver": "file", "filename": name}


def create(name, *commands, backing=None, size=SIZE, **options):
    """An image of four clusters with what these commands of qemu-io write."""
    words = ["qemu-img", "create", "-q", "-f", "qcow2"]
    if backing:
        words += ["-b", backing, "-F", "qcow2"]
    if options:
        words += ["-o", ",".join(f"{key}={value}" for key, value in options.items())]
    run(*words, name, str(size))
    for command in commands:
        run("qemu-io", "-c", command, name)
    return {"driver": "qcow2", "file": file(name)}


DATA = "write -q -P 7 0 64k"
KEPT = "write -q -z 0 64k"
PACKED = "write -q -c -P 7 0 64k"


def over(backing):
    """An empty overlay of a node."""
    return {**create("over.qcow2"), "backing": backing}


def with_data_file(node):
    """A data cluster in another data file than it was written to."""
    create("outside.qcow2", DATA, data_file="outside.data")
    return {"driver": "qcow2", "file": file("outside.qcow2"), "data-file": node}


def raw_file(name, *commands):
    with open(name, "wb") as made:
        made.truncate(SIZE)
    for command in commands:
        run("qemu-io", "-f", "raw", "-c", command, name)
    return file(name)


def subcluster_kept():
    """32 subclusters of 2k in a cluster: the second is written, so that the host has a block for the
    first as well, which is open."""
    return create("sub.qcow2", "write -q -P 7 2k 2k", extended_l2="on")


# What stands at offset 0 of each, and its flags LOCAL ZERO ALLOC OFFSET.
FORMATS = [
    ("0000", lambda: over(UNDEFINED)),
    ("0010", lambda: over(create("a.qcow2", PACKED))),
    ("0011", lambda: over(create("b.qcow2", DATA))),
    ("0100", lambda: over(create("c.qcow2", KEPT))),
    ("0100", lambda: over(create("d.qcow2", size=0))),
    ("0100", lambda: over(create("d.qcow2", "discard 0 64k", size=SIZE))),
    ("0100", lambda: over(None)),
    ("0110", lambda: over(create("e.qcow2", DATA, KEPT))),
    ("0110", subcluster_kept),
    ("0010", lambda: {**subcluster_kept(), "backing": UNDEFINED}),
    ("1000", lambda: with_data_file(UNDEFINED)),
    ("1010", lambda: create("f.qcow2", PACKED)),
    ("1011", lambda: create("g.qcow2", DATA)),
    ("1011", lambda: with_data_file(raw_file("h.data", DATA))),
    ("1100", lambda: create("i.qcow2", KEPT)),
    ("1100", lambda: create("j.qcow2", preallocation="metadata")),
    ("1100", lambda: with_data_file(raw_file("k.data"))),
    ("1100", lambda: with_data_file(ZEROES)),
    ("1110", lambda: create("l.qcow2", DATA, KEPT)),
]


def preallocated():
    run("fallocate", "-l", str(SIZE), "preallocated")
    return file("preallocated")


# LOCAL, and the three of the table.
PROTOCOLS = [
    ("1000", lambda: UNDEFINED),
    ("1011", lambda: raw_file("m.raw", DATA)),
    ("1100", lambda: raw_file("n.raw")),
    ("1100", lambda: ZEROES),
    ("1100", preallocated),
]
OTHERS = {"1010"}  # not of a driver here


def flags_of(reader, source):
    """[(start, end, "1011")]"""
    reader.open(source)
    words = reader.ask("flags").split()
    return [(int(words[i]), int(words[i + 1]), "".join(words[i + 2:i + 6]))
            for i in range(0, len(words), 6)]


def table(flags):
    """The rows of the page that have so many columns of flags: {flags: text}"""
    with open(PAGE, encoding="utf-8") as page:
        rows = re.findall(r"^\| " + r"([01]) \| " * flags + r"(.*) \|$", page.read(), re.M)
    return {"1" * (4 - flags) + "".join(row[:-1]): row[-1] for row in rows}


def check_kind(reader, name, cases, rows, others):
    exist = {flags for flags, text in rows.items() if not text.startswith("none")}
    if {flags for flags, _ in cases} != exist:
        raise Wrong(f"{name}: the page has graphs for {sorted(exist)}")
    allowed = exist | others
    for number, (expected, make) in enumerate(cases):
        os.mkdir(f"{name}{number}")
        os.chdir(f"{name}{number}")
        found = flags_of(reader, make())
        os.chdir("..")
        if found[0][0] != 0 or found[0][2] != expected:
            raise Wrong(f"{name} {number}: {found}, expected {expected}")
        strange = [extent for extent in found if extent[2] not in allowed]
        if strange:
            raise Wrong(f"{name} {number}: {strange} cannot be")


def test():
    if subprocess.run(["sh", "-c", "command -v qemu-img fallocate"], stdout=subprocess.DEVNULL,
                      check=False).returncode != 0:
        print("needs qemu-img and fallocate")
        sys.exit(77)
    formats, protocols = table(4), table(3)
    if len(formats) != 16 or len(protocols) != 8:
        raise Wrong(f"the page has {len(formats)} and {len(protocols)} combinations")
    with Reader() as reader:
        check_kind(reader, "format", FORMATS, formats, set())
        check_kind(reader, "protocol", PROTOCOLS, protocols, OTHERS)


main(test)

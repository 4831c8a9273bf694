# SPDX-License-Identifier: GPL-2.0-or-later
# parts: 2
"""Every kind of graph of tests/lib/kinds.py against the patterns written, and against QEMU.

For each: what is read, in all ways and sizes, is what was written; qemu-img convert agrees; no
hole holds data and every zero that is known to be one is a hole, through the library and through a
mount; `unchain map` says field by field what `qemu-img map` says, but for the differences listed in
tests/lib/map_compare.py.

    every_kind_of_graph_is_right.py [KIND...]
"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Patterns, check_convert  # noqa: E402
from kinds import KINDS  # noqa: E402
from map_compare import check_map  # noqa: E402
from unchain import PART, PARTS, Mount, Reader, Wrong, check_mounted, main, run  # noqa: E402


FEWEST_COMPARED = 60


def check(kind, reader):
    view = kind.view
    if kind.qemu:
        check_convert(kind.qemu, view, "qemu-img convert")
    reader.check(kind.source, view, "library")
    if view.size > 1:
        reader.ask("threads 4 1")
    used = check_map(kind)
    with Mount({"image": kind.source}) as directory:
        image = f"{directory}/image"
        check_mounted(image, view, "mount")
        run("cp", "--sparse=always", image, "copy")
        run("cmp", "copy", "model.bin")
    return used


def chosen():
    if len(sys.argv) > 1:
        return [kind for kind in KINDS if kind.__name__ in sys.argv[1:]]
    return KINDS[PART - 1::PARTS]


def test():
    wrong = compared = 0
    patterns = Patterns()
    with Reader() as reader:
        for make in chosen():
            name = make.__name__
            os.mkdir(name)
            os.chdir(name)
            try:
                kind = make(Builder(patterns))
                used = check(kind, reader)
                compared += bool(kind.qemu)
                print(f"{name}{': ' if used else ''}{', '.join(sorted(used))}")
            except Wrong as error:
                print(f"{name}: WRONG: {error}")
                wrong += 1
            os.chdir("..")
    if wrong:
        raise Wrong(f"{wrong} kinds are wrong")
    print(f"{compared} maps compared with those of qemu-img")
    if len(sys.argv) == 1 and compared < FEWEST_COMPARED // PARTS:
        raise Wrong("too few")


main(test)

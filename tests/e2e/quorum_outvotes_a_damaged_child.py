# SPDX-License-Identifier: GPL-2.0-or-later
"""Three copies of a disk in three forms. One that is damaged is outvoted, two are an error where
both are, and what all say is zero is a hole, through the mount and through `cp`."""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Patterns  # noqa: E402
from kinds import K, M, base_and_top, file, qcow2, raw  # noqa: E402
from unchain import Mount, Wrong, check_content, check_mounted, main, run, walk  # noqa: E402

PAGE = 4 * K


def quorum(*children, threshold=2, **options):
    return {"driver": "quorum", "vote-threshold": threshold, "children": list(children), **options}


def damaged(node, name, start, end, kind="write"):
    """The node with other bytes in a range: an overlay."""
    run("qemu-img", "create", "-q", "-f", "qcow2", f"{name}.qcow2", "4M")
    run("qemu-img", "rebase", "-u", "-b", "top.qcow2", "-F", "qcow2", f"{name}.qcow2")
    pattern = {"write": f"write -q -P {len(name) + 77}", "zero": "write -q -z"}[kind]
    run("qemu-io", "-c", f"{pattern} {start} {end - start}", f"{name}.qcow2")
    return qcow2(f"{name}.qcow2", backing=node)


def bad_pages(path, view):
    """The pages that cannot be read; all others must be right."""
    bad = []
    for offset in range(0, view.size, PAGE):
        fd = os.open(path, os.O_RDONLY)
        try:
            if os.pread(fd, PAGE, offset) != view.content[offset:offset + PAGE]:
                raise Wrong(f"{path}: the page at {offset} is wrong")
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            bad.append(offset)
        finally:
            os.close(fd)
    return bad


def expect(path, view, start, end):
    """Exactly the pages that touch [start, end) are EIO."""
    bad = bad_pages(path, view)
    if bad != list(range(start // PAGE * PAGE, end, PAGE)):
        raise Wrong(f"{path}: EIO at {bad}")


def test():
    builder = Builder(Patterns())
    _, top = base_and_top(builder)
    builder.flush()
    view = top.view
    run("qemu-img", "convert", "-O", "raw", "top.qcow2", "flat.raw")
    run("qemu-img", "convert", "-c", "-O", "qcow2", "top.qcow2", "small.qcow2")
    chain, flat, small = raw(qcow2("top.qcow2")), raw(file("flat.raw")), qcow2("small.qcow2")
    one = damaged(chain, "one", 150 * K + 100, 200 * K)
    two = damaged(chain, "second", 190 * K, 300 * K)
    hole = damaged(chain, "hole", 100 * K, 190 * K, "zero")
    dead = {"driver": "blkdebug", "inject-error": [{}], "image": flat}
    sources = {
        "whole": quorum(chain, flat, small),
        "damaged": quorum(one, flat, small),
        "hole": quorum(chain, hole, small),
        "dead": quorum(chain, small, dead),
        "apart": quorum(one, flat, damaged(chain, "third", 3 * M, 3 * M + 512)),
        "window": raw(quorum(one, flat, small), offset=96 * K),
        "backing": qcow2("top.qcow2", backing=quorum(qcow2("base.qcow2"), qcow2("base.qcow2"))),
        "nested": quorum(quorum(one, chain, small), quorum(flat, two, chain), two),
        "both": quorum(one, two, chain),
        "verify": quorum(one, chain, blkverify=True),
        "fifo": quorum(dead, small, chain, **{"read-pattern": "fifo"}),
        "mirror": {"driver": "blkverify", "test": one, "raw": flat},
    }
    with Mount(sources) as directory:
        check_sound(directory, view)
        # of all sectors only those that both have damaged
        expect(f"{directory}/both", view, 190 * K, 200 * K)
        expect(f"{directory}/verify", view, 150 * K + 100, 200 * K)
        expect(f"{directory}/mirror", view, 150 * K + 100, 200 * K)


def check_sound(directory, view):
    check_mounted(f"{directory}/backing", view, "backing")
    check_content(f"{directory}/window", view.window(96 * K), "window")
    for name in "whole", "damaged", "hole", "dead", "apart", "nested", "fifo":
        image = f"{directory}/{name}"
        check_content(image, view, name)
        for start, end, kind in walk(image):
            if kind == "hole" and view.wrong_hole(start, end) is not None:
                raise Wrong(f"{name}: DATA LOSS: a hole at {start}..{end}")
        run("cp", "--remove-destination", "--sparse=always", image, "copy")
        check_content("copy", view, f"cp of {name}")
    if not any(kind == "hole" for _, _, kind in walk(f"{directory}/whole")):
        raise Wrong("whole: no hole is found")


main(test)

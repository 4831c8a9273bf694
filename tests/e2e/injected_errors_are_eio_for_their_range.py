# SPDX-License-Identifier: GPL-2.0-or-later
"""What blkdebug makes fail is EIO through the mount, exactly there, and everything else is right."""
import errno
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Patterns  # noqa: E402
from kinds import K, M, base_and_top, qcow2  # noqa: E402
from unchain import Mount, Wrong, main, map_of, walk  # noqa: E402

PAGE = 4 * K  # what the kernel asks for at least


def broken(node, *ranges, **options):
    rules = [{"offset": start, "length": end - start} for start, end in ranges]
    return {"driver": "blkdebug", "image": node, "inject-error": rules, **options}


def read_page(path, offset):
    """The bytes, or the errno."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.pread(fd, PAGE, offset)
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)


def check_pages(path, view, bad, what):
    """Pages that touch one of the ranges in `bad` are EIO; all others have their bytes."""
    for offset in range(0, view.size, PAGE):
        spoilt = any(start < offset + PAGE and offset < end for start, end in bad)
        expected = errno.EIO if spoilt else bytes(view.content[offset:offset + PAGE])
        got = read_page(path, offset)
        if got != expected:
            shown = errno.errorcode[got] if isinstance(got, int) else "bytes"
            raise Wrong(f"{what}: the page at {offset} is {shown}, which is wrong")


def check_tools(path, first_bad, view, what):
    done = subprocess.run(["cp", "--remove-destination", path, "copy"], stderr=subprocess.PIPE,
                          check=False)
    if done.returncode == 0 or b"Input/output error" not in done.stderr:
        raise Wrong(f"{what}: cp: status {done.returncode}, {done.stderr}")
    subprocess.run(["dd", f"if={path}", "of=part", "bs=4096", f"count={first_bad // PAGE}",
                    "status=none"], check=True)
    with open("part", "rb") as part:
        if part.read() != view.content[:first_bad // PAGE * PAGE]:
            raise Wrong(f"{what}: what stands before the error is wrong")


def check_source(source, view, bad, what):
    with Mount({"image": source}) as directory:
        image = f"{directory}/image"
        check_pages(image, view, bad, what)
        check_tools(image, bad[0][0], view, what)


def test():
    builder = Builder(Patterns())
    _, top = base_and_top(builder)
    builder.flush()
    chain = qcow2("top.qcow2")
    bad = (1 * K, 2 * K), (104 * K, 164 * K), (2 * M + 512, 2 * M + 513)
    check_source(broken(chain, *bad), top.view, bad, "above")
    blocks = [(start // 65536 * 65536, -(-end // 65536) * 65536) for start, end in bad]
    check_source(broken(chain, *bad, align=65536), top.view, blocks, "in blocks of 64 KiB")
    sectors = [(start // 512 * 512, -(-end // 512) * 512) for start, end in bad]
    check_source(broken(chain, *bad, align=512), top.view, sectors, "in sectors")

    # Under the overlay an error shows wherever the base is read: its zeroes are not known before
    # somebody reads them. Holes are told without reading.
    under = qcow2("top.qcow2", backing=broken(qcow2("base.qcow2"), (0, 4 * M)))
    shown = [(extent["start"], extent["start"] + extent["length"]) for extent in map_of(chain)
             if extent["depth"] > 0]
    check_source(under, top.view, shown, "under the overlay")
    with Mount({"plain": chain, "above": broken(chain, *bad), "under": under}) as directory:
        for name in "above", "under":
            if walk(f"{directory}/{name}") != walk(f"{directory}/plain"):
                raise Wrong(f"{name}: an error changes the holes")


main(test)

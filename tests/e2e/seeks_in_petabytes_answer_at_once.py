# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""Disks of two petabytes that are cut into as many pieces as there can be: programs that ask where
the data is get an answer at once. It is never a hole where there is data, and who goes on asking
gets on."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from small_image import COPIED, SmallImage, cell  # noqa: E402
from unchain import Mount, Wrong, main  # noqa: E402

SIZE, CLUSTER, L1_ENTRIES = 1 << 51, 1 << 16, 1 << 22
TABLE = SIZE // L1_ENTRIES  # what an L2 table is about
SECONDS = 60 if "ASAN_OPTIONS" in os.environ else 8
LAST = SIZE - 4 * TABLE  # here something else comes


def build(name, first, second, last):
    """Every L1 entry names one L2 table, in which two clusters alternate; the last few entries
    name one where there is another cluster first."""
    image = SmallImage("A128", cluster_bits=16)
    places = {"nothing": 0}
    for letter in "A", "B":
        places[letter] = image.allocate()
        image.put(places[letter], cell(letter) * 128)
    places["hole2"] = image.allocate(2)
    places["hole"] = places["hole2"] + CLUSTER
    image.hollow.append((places["hole2"], places["hole"] + CLUSTER))
    tables = [image.allocate(), image.allocate()]
    image.put(tables[0], b"".join(places[x].to_bytes(8, "big") for x in (first, second)) * 4096)
    image.put(tables[1], places[last].to_bytes(8, "big") + bytes(CLUSTER - 8))
    l1 = image.allocate(512)
    image.put(l1, (COPIED | tables[0]).to_bytes(8, "big") * (L1_ENTRIES - 4))
    image.put(l1 + 8 * (L1_ENTRIES - 4), (COPIED | tables[1]).to_bytes(8, "big") * 4)
    image.finish()
    for field, value in ("size", SIZE), ("l1_entries", L1_ENTRIES), ("l1_offset", l1):
        image.set(field, value)
    image.name = name
    image.write()


class File:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.fd = os.open(self.path, os.O_RDONLY)
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def seek(self, offset, whence):
        start = time.monotonic()
        found = os.lseek(self.fd, offset, whence)
        took = time.monotonic() - start
        if took > SECONDS:
            raise Wrong(f"lseek({offset}, {whence}) takes {took:.1f} s")
        if found < offset:
            raise Wrong(f"lseek({offset}, {whence}) is {found}")
        return found

    def data(self, offset):
        return self.seek(offset, os.SEEK_DATA)

    def hole(self, offset):
        return self.seek(offset, os.SEEK_HOLE)


def expect(got, wanted, what):
    if got != wanted:
        raise Wrong(f"{what}: {got} instead of {wanted}")


def check_zeroes(directory):
    with File(f"{directory}/zeroes") as file:
        at = 0
        for _ in range(3):
            data = file.data(at)
            if not at < data < LAST:
                raise Wrong(f"the data begins at {data}")
            expect(file.data(at), data, "asked again")
            at = file.hole(data)
            expect(at, data + 512, "its end")
        expect(file.hole(0), 0, "the first hole")
        # where patience suffices, nothing is lost
        expect(file.data(LAST - TABLE), LAST, "the data at the end")
        expect(file.hole(LAST), LAST + CLUSTER, "the hole behind it")
        expect(os.pread(file.fd, 4, LAST), b"AAAA", "content")
        blocks = os.stat(f"{directory}/zeroes").st_blocks
        if not 8 <= blocks < SIZE // 512:
            raise Wrong(f"{blocks} blocks")


def check_data(directory):
    with File(f"{directory}/data") as file:
        expect(file.data(5), 5, "data")
        hole = file.hole(0)
        if not LAST <= hole < SIZE:
            raise Wrong(f"a hole at {hole}")
        expect(file.hole(LAST - TABLE), LAST, "the hole at the end")


def check_empty(directory):
    with File(f"{directory}/empty") as file:
        data = file.data(0)
        if not 0 < data <= LAST:
            raise Wrong(f"the data begins at {data}")
        expect(file.data(LAST - TABLE), LAST, "the data at the end")


def test():
    build("zeroes.qcow2", "hole", "hole2", "A")
    build("data.qcow2", "B", "A", "nothing")
    build("empty.qcow2", "nothing", "nothing", "A")
    with Mount({name: f"{name}.qcow2" for name in ("zeroes", "data", "empty")}) as directory:
        for check in check_zeroes, check_data, check_empty:
            check(directory)
        start = time.monotonic()
    if time.monotonic() - start > 5:
        raise Wrong("unmounting waits for somebody who counts")


main(test)

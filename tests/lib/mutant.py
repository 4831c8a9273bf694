# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutants: small images in which a few things are changed at once, to values that mean something.

What a mutant is, its number says: the same seed and number make the same one.
"""
import random
import struct

import small_image
from small_image import (BACKING_FORMAT, BITMAPS, COMPRESSION, COPIED, CRYPTO, DATA_FILE_NAME,
                         FEATURE_NAMES, FIELDS, KINDS, PACKED, SUBCLUSTERS, ZERO, cell, deflate,
                         zstd_frame, zstd_repeat, zstd_skip)

MUTATIONS = []
WEIGHTS = []


def mutation(weight):
    def add(function):
        MUTATIONS.append(function)
        WEIGHTS.append(weight)
        return function
    return add


class Mutant:
    def __init__(self, seed, number):
        self.rng = rng = random.Random(f"mutant {seed} {number}")
        self.kind = rng.choice(sorted(KINDS))
        self.image = KINDS[self.kind]()
        self.story = [f"mutant {number} of seed {seed}: {self.kind}"]
        for function in rng.choices(MUTATIONS, WEIGHTS, k=rng.choice([1, 1, 2, 2, 3, 4, 6])):
            self.story.append(f"{function.__name__} {function(self, self.image)}")

    def __str__(self):
        return ", ".join(self.story)

    def number(self, width=8):
        """A number that may mean something here."""
        rng, image = self.rng, self.image
        place = rng.choice([value for value in image.places.values() if value < 1 << 40])
        value = rng.choice([
            0, 1, 2, rng.randrange(600), place, place + rng.choice([-1, 1, 8, 256]),
            len(image.bytes) + rng.choice([-512, -1, 0, 1, 512, image.cluster]),
            rng.randrange(40) * image.cluster, 1 << rng.randrange(64), (1 << rng.randrange(65)) - 1,
            2**64 - rng.choice([1, 2, 8, 512]), rng.getrandbits(64)])
        return value & (1 << 8 * width) - 1

    def entry(self):
        """What may stand in a table."""
        rng, image = self.rng, self.image
        place = rng.choice([self.number(), rng.randrange(40) * image.cluster,
                            rng.choice(list(image.places.values())), 0])
        flags = rng.choice([0, 0, COPIED, COPIED, ZERO, COPIED | ZERO, PACKED, rng.getrandbits(9),
                            rng.getrandbits(7) << 56])
        if flags == PACKED:
            place &= (1 << 62 - (image.cluster_bits - 8)) - 1
            flags |= rng.randrange(3) << 62 - (image.cluster_bits - 8)
        return (place | flags) & 2**64 - 1

    def index(self):
        """Of a guest cluster, mostly one that the disk has."""
        clusters = -(-self.image.guest // self.image.cluster)
        return self.rng.randrange(clusters) if self.rng.random() < 0.9 else 0


@mutation(4)
def field(mutant, image):
    name = mutant.rng.choice(sorted(FIELDS))
    value = mutant.number(FIELDS[name][1])
    image.set(name, value)
    return f"{name} = {value:#x}"


@mutation(2)
def little(mutant, image):
    """A field changes by a little, so that much of it may still hold."""
    name = mutant.rng.choice(["size", "l1_entries", "header_length", "backing_length",
                              "backing_offset", "cluster_bits", "compatible", "autoclear",
                              "snapshot_count", "incompatible", "version"])
    width = FIELDS[name][1]
    value = image.get(name) + mutant.rng.choice([-512, -8, -1, 1, 2, 8, 512, 1000])
    value %= 1 << 8 * width
    image.set(name, value)
    return f"{name} = {value:#x}"


@mutation(4)
def l1(mutant, image):
    index, value = mutant.rng.randrange(image.l1_entries), mutant.entry()
    image.put_l1(index, value)
    return f"{index} = {value:#x}"


@mutation(12)
def l2(mutant, image):
    index, value = mutant.index(), mutant.entry()
    image.put_l2(index, value)
    return f"{index} = {value:#x}"


@mutation(3)
def swap(mutant, image):
    """What one entry says, another says as well."""
    one, other = (image.l2_place(mutant.index()) for _ in range(2))
    entry = bytes(image.bytes[one:one + 8])
    image.put(other, entry)
    return f"{one} to {other}"


@mutation(3)
def bitmap(mutant, image):
    if not image.subclusters:
        return "not here"
    index = mutant.index()
    value = mutant.rng.getrandbits(64)
    if mutant.rng.random() < 0.7:  # so that it may make sense
        value &= ~(value >> 32)
    image.put_bitmap(index, value)
    return f"{index} = {value:#x}"


@mutation(3)
def cut(mutant, image):
    length = mutant.rng.choice([mutant.rng.randrange(len(image.bytes)),
                                mutant.rng.randrange(len(image.bytes) // 2, len(image.bytes)),
                                len(image.bytes) - mutant.rng.randrange(1, 600)])
    image.cut(max(0, length))
    return f"to {length}"


@mutation(3)
def noise(mutant, image):
    if not image.bytes:
        return "of nothing"
    at = mutant.rng.randrange(len(image.bytes))
    length = mutant.rng.choice([1, 2, 8, 50])
    image.put(at, mutant.rng.randbytes(length))
    return f"{length} at {at}"


@mutation(2)
def flip(mutant, image):
    ranges = [(start, end) for start, end in image.metadata() if end <= len(image.bytes)]
    if not ranges:
        return "of nothing"
    at = mutant.rng.randrange(*mutant.rng.choice(ranges))
    image.bytes[at] ^= 1 << mutant.rng.randrange(8)
    return f"at {at}"


@mutation(2)
def copy(mutant, image):
    length = mutant.rng.choice([8, 16, 512, image.cluster])
    places = range(0, max(1, len(image.bytes) - length), 8)
    one, other = mutant.rng.choice(places), mutant.rng.choice(places)
    image.put(other, bytes(image.bytes[one:one + length]))
    return f"{length} from {one} to {other}"


@mutation(2)
def extension(mutant, image):
    kind = mutant.rng.choice([BACKING_FORMAT, FEATURE_NAMES, BITMAPS, CRYPTO, DATA_FILE_NAME, 0,
                              mutant.rng.getrandbits(32)])
    data = mutant.rng.choice([b"", b"raw", b"qcow2", b"data.bin", b"base.raw", b"\0" * 24,
                              mutant.rng.randbytes(mutant.rng.randrange(60))])
    stated = mutant.rng.choice([None, None, len(data) + 1, mutant.number(4)])
    image.extension(kind, data, stated)
    return f"{kind:#x} {data!r} {stated}"


@mutation(1)
def backing(mutant, image):
    """Never the image itself: QEMU opens that until there is no memory left."""
    name, format = mutant.rng.choice([
        (b"base.raw", b"raw"), (b"base.raw", None), (b"base.raw", b"qcow2"),
        (b"./base.raw", b"raw"), (b"file:base.raw", b"raw"), (b"none.raw", b"raw"),
        (b"base.qcow2", b"qcow2"), (b"base.qcow2", b"raw"), (b"base.raw\0x", b"raw"),
        (b'json:{"driver":"raw","file":{"driver":"file","filename":"base.raw"}}', None),
        (b'json:{"driver":"qcow2","file.driver":"file","file.filename":"base.qcow2"}', None),
        (b'json:{"driver":"raw","offset":512,"file":{"driver":"file","filename":"base.raw"}}',
         None),
        (b'json:{"driver":"null-co","size":4096,"read-zeroes":true}', None)])
    image.files.setdefault("base.raw", small_image.content(small_image.backing_cells(10)))
    base = KINDS["plain"]()
    image.files["base.qcow2"] = bytes(base.bytes)
    image.backing(name, format)
    return f"{name!r} {format!r}"


@mutation(2)
def beside(mutant, image):
    """A file beside the image is longer, shorter, or of an odd size."""
    if not image.files:
        return "there is nothing"
    name = mutant.rng.choice(sorted(image.files))
    length = mutant.rng.choice([0, 1, 511, 512, 513, 1000, 2047, 4096, 40000])
    image.files[name] = image.files[name][:length].ljust(length, b"+")
    return f"{name} has {length}"


def some_stream(mutant, image):
    """A compressed cluster, or something like it."""
    rng = mutant.rng
    letter = rng.choice("PQA")
    whole = (cell(letter) * (image.cluster // 512))[:image.cluster]
    if rng.random() < 0.3:
        whole = rng.randbytes(100) + whole[100:]
    part = rng.choice([len(whole), len(whole), len(whole), len(whole) - 1, 100])
    if image.get("incompatible") & COMPRESSION and image.version == 3:
        packed = rng.choice([
            lambda: zstd_frame(whole), lambda: zstd_frame(whole[:part]) + zstd_frame(whole[part:]),
            lambda: zstd_skip(b"1234") + zstd_frame(whole), lambda: zstd_frame(whole[:part]),
            lambda: zstd_repeat(b"A", image.cluster), lambda: zstd_repeat(b"A", image.cluster + 1),
            lambda: zstd_frame(whole, window=20), lambda: zstd_frame(b"") + zstd_frame(whole),
            lambda: zstd_frame(whole, checksum=b"1234")])()
    else:
        packed = rng.choice([
            lambda: deflate(whole), lambda: deflate(whole[:part]), lambda: deflate(whole + b"more"),
            lambda: deflate(whole, -9), lambda: deflate(whole[:part], -15),
            lambda: deflate(whole, 12)])()
    if rng.random() < 0.3:
        packed = bytearray(packed)
        packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
    return bytes(packed + rng.choice([b"", b"", b"\0", rng.randbytes(20)]))


@mutation(6)
def stream(mutant, image):
    packed = some_stream(mutant, image)
    index = mutant.index()
    longest = 1 << image.cluster_bits - 8
    if len(packed) // 512 + 2 > longest:
        return "does not fit"
    sectors = mutant.rng.choice([None, None, None, 1, 2, longest])
    at = mutant.rng.choice([None, None, max(0, len(image.bytes) - 100)])
    image.stream(index, packed, at, sectors)
    if mutant.rng.random() < 0.3:
        image.cut(len(image.bytes) - mutant.rng.randrange(1, 40))
    return f"{index} of {len(packed)} bytes, {sectors} sectors"


@mutation(2)
def snapshot_table(mutant, image):
    if "snapshots" not in image.places:
        return "not here"
    at = image.places["snapshots"] + mutant.rng.choice([0, 8, 12, 14, 36, 48, 64, 72, 100])
    width = mutant.rng.choice([2, 4, 8])
    value = mutant.number(width)
    image.put(at, value.to_bytes(width, "big"))
    return f"{at} = {value:#x}"


@mutation(1)
def subclusters_or_not(mutant, image):
    del mutant
    if image.version == 3:
        image.set("incompatible", image.get("incompatible") ^ SUBCLUSTERS)
    return "changed"


@mutation(1)
def bytes_of_l2(mutant, image):
    """A whole row of entries that say much the same."""
    value, step = mutant.entry(), mutant.rng.choice([0, 512, image.cluster])
    place = image.l2_place(0)
    for number in range(mutant.rng.randrange(2, 40)):
        entry = value + number * step & 2**64 - 1
        image.put(place + number * image.entry, struct.pack(">Q", entry))
    return f"{value:#x} and so on by {step}"

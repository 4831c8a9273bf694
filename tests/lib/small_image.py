# SPDX-License-Identifier: GPL-2.0-or-later
"""Small qcow2 images, made byte by byte, for tests that damage them.

Clusters have 512 bytes (16 KiB with subclusters), so the tables are small and everything can be
tried on every bit. Whatever stands in an image has a name in `places`: the L1 table, the L2 table
of the second L1 entry, the cluster full of "D".

What an image shows is written cell by cell, a cell being 512 bytes: "AB.3d" is a cell of "A", one
of "B", a hole of three cells, and one of "d" from the backing file. P to Z are texts, which
compress to more than a few bytes; the other letters fill their cell.
"""
import re
import struct
import zlib
from collections import Counter

CELL = 512
COPIED, PACKED, ZERO = 1 << 63, 1 << 62, 1

FIELDS = {  # offset, width
    "magic": (0, 4), "version": (4, 4), "backing_offset": (8, 8), "backing_length": (16, 4),
    "cluster_bits": (20, 4), "size": (24, 8), "crypt_method": (32, 4), "l1_entries": (36, 4),
    "l1_offset": (40, 8), "refcount_offset": (48, 8), "refcount_clusters": (56, 4),
    "snapshot_count": (60, 4), "snapshot_offset": (64, 8), "incompatible": (72, 8),
    "compatible": (80, 8), "autoclear": (88, 8), "refcount_order": (96, 4),
    "header_length": (100, 4), "compression": (104, 1),
}
DIRTY, CORRUPT, DATA_FILE, COMPRESSION, SUBCLUSTERS = 1, 2, 4, 8, 16
RAW_DATA_FILE = 2  # autoclear

BACKING_FORMAT, FEATURE_NAMES, BITMAPS, CRYPTO, DATA_FILE_NAME = (
    0xe2792aca, 0x6803f857, 0x23852875, 0x0537be77, 0x44415441)


def cell(letter):
    """The bytes of a cell."""
    if "P" <= letter <= "Z":
        return b"".join(b"%c%07x" % (ord(letter), i) for i in range(CELL // 8))
    return b"\0" * CELL if letter in "._!?" else letter.encode() * CELL


def spell(cells):
    """["A", ".", ".", "."] of "A.3"."""
    found = []
    assert re.fullmatch(r"([A-Za-z._!?]\d*)*", cells), cells
    for letter, count in re.findall(r"([A-Za-z._!?])(\d*)", cells):
        found += [letter] * int(count or 1)
    return found


def backing_cells(count):
    return "".join(chr(ord("a") + i % 26) for i in range(count))


def content(cells):
    return b"".join(cell(letter) for letter in spell(cells))


def deflate(data, window=-12):
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return packer.compress(data) + packer.flush()


def zstd_frame(data, size=None, window=None, checksum=b""):
    """A frame of one block that is stored as it is; a window instead of a stated size if given."""
    size = len(data) if size is None else size
    start = b"\x28\xb5\x2f\xfd"
    if window is None:
        start += bytes([0xa0 | (4 if checksum else 0)]) + struct.pack("<I", size)
    else:
        start += bytes([0x80 | (4 if checksum else 0), window - 10 << 3]) + struct.pack("<I", size)
    block = len(data) << 3 | 1
    return start + block.to_bytes(3, "little") + data + checksum


def zstd_repeat(byte, count):
    """A frame of one block that repeats a byte: a bomb, if count is large."""
    return (b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", count) +
            (count << 3 | 1 << 1 | 1).to_bytes(3, "little") + byte)


def zstd_old_frame(data):
    """The same as zstd 0.7 wrote it; Debian's library still unpacks it."""
    return (b"\x27\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) + b"\x40" +
            struct.pack(">H", len(data)) + data + b"\xc0\0\0")


def zstd_skip(data):
    return struct.pack("<II", 0x184d2a50, len(data)) + data


class SmallImage:
    def __init__(self, cells, cluster_bits=9, version=3, incompatible=0, autoclear=0):
        self.name = "test.qcow2"
        self.reads = cells
        self.cluster_bits, self.cluster = cluster_bits, 1 << cluster_bits
        self.version = version
        self.subclusters = bool(incompatible & SUBCLUSTERS)
        self.external = bool(incompatible & DATA_FILE)
        self.entry = 16 if self.subclusters else 8
        self.files = {}  # what stands beside the image: name, bytes
        self.bytes = bytearray()
        self.references = Counter()
        self.extensions = []
        self.streams = []  # ranges of compressed clusters
        self.hollow = []  # ranges that become holes of the file, in order
        self.backing_name = b""
        self.tables = {}  # L1 index: offset of the L2 table
        self.snapshot_metadata = []
        self.guest = len(spell(cells)) * CELL
        self.places = {"COPIED": COPIED, "PACKED": PACKED, "ZERO": ZERO, "cluster": self.cluster}
        self.make_header(incompatible, autoclear)

    def make_header(self, incompatible, autoclear):
        self.allocate()
        self.places["refcount_table"] = table = self.allocate()
        self.places["refcount_block"] = block = self.allocate()
        self.put(table, struct.pack(">Q", block))
        covered = self.cluster // self.entry * self.cluster
        self.l1_entries = -(-self.guest // covered)
        self.l1 = self.places["L1"] = self.allocate()
        for name, value in {
                "magic": 0x514649fb, "version": self.version, "cluster_bits": self.cluster_bits,
                "size": self.guest, "l1_entries": self.l1_entries, "l1_offset": self.l1,
                "refcount_offset": table, "refcount_clusters": 1}.items():
            self.set(name, value)
        self.header_length = 72
        if self.version == 3:
            self.header_length = 112
            self.set("incompatible", incompatible)
            self.set("autoclear", autoclear)
            self.set("refcount_order", 4)
            self.set("header_length", 112)

    # What recipes do

    def set(self, field, value):
        offset, width = FIELDS[field]
        self.put(offset, value.to_bytes(width, "big"))

    def get(self, field):
        offset, width = FIELDS[field]
        return int.from_bytes(self.bytes[offset:offset + width], "big")

    def put(self, offset, data):
        if len(self.bytes) < offset + len(data):
            self.bytes.extend(bytes(offset + len(data) - len(self.bytes)))
        self.bytes[offset:offset + len(data)] = data

    def put_l1(self, index, value):
        self.put(self.l1 + 8 * index, value.to_bytes(8, "big"))

    def l2_place(self, index):
        """Where the entry of a guest cluster lies; makes the table if there is none."""
        per_table = self.cluster // self.entry
        table, index = divmod(index, per_table)
        if table not in self.tables:
            self.tables[table] = self.allocate()
            self.places[f"L2_{table}" if table else "L2"] = self.tables[table]
            self.put_l1(table, COPIED | self.tables[table])
        return self.tables[table] + self.entry * index

    def put_l2(self, index, value):
        self.put(self.l2_place(index), value.to_bytes(8, "big"))

    def put_bitmap(self, index, value):
        self.put(self.l2_place(index) + 8, value.to_bytes(8, "big"))

    def extension(self, kind, data, stated=None):
        self.extensions.append((kind, data, len(data) if stated is None else stated))
        self.write_area()

    def backing(self, name, format=None):
        self.backing_name = name
        if format is not None:
            self.extensions.insert(0, (BACKING_FORMAT, format, len(format)))
        self.write_area()

    def write_area(self):
        """What follows the header: extensions, their end, the name of the backing file."""
        area = b"".join(struct.pack(">II", kind, stated) + data + bytes(-len(data) % 8)
                        for kind, data, stated in self.extensions)
        self.places["area"] = self.header_length
        self.places["area_end"] = self.header_length + len(area)
        area += bytes(8)
        if self.backing_name:
            self.set("backing_offset", self.header_length + len(area))
            self.set("backing_length", len(self.backing_name))
        self.put(self.header_length, area + self.backing_name)
        self.area_end = self.header_length + len(area) + len(self.backing_name)

    def cut(self, length):
        del self.bytes[length:]

    def grow(self, length):
        self.put(length - 1, b"\0")

    # What kinds are made of

    def allocate(self, count=1):
        offset = -(-len(self.bytes) // self.cluster) * self.cluster
        self.bytes.extend(bytes(offset + count * self.cluster - len(self.bytes)))
        for i in range(count):
            self.references[offset // self.cluster + i] += 1
        return offset

    def data(self, index, letter):
        """A cluster of 512 bytes with data."""
        place = index * self.cluster if self.external else self.allocate()
        self.places[letter] = place
        if self.external:
            file = bytearray(self.files.get("data.bin", b""))
            file.extend(bytes(max(0, place + self.cluster - len(file))))
            file[place:place + self.cluster] = cell(letter)
            self.files["data.bin"] = bytes(file)
        else:
            self.put(place, cell(letter))
        self.put_l2(index, COPIED | place)

    def stream(self, index, packed, offset=None, sectors=None, name=None):
        """A compressed cluster: `packed` goes to `offset`, or behind what is there."""
        offset = len(self.bytes) if offset is None else offset
        if name:
            self.places[name] = offset
        self.put(offset, packed)
        self.streams.append((offset, offset + len(packed)))
        last = (offset + max(1, len(packed)) - 1) // 512
        sectors = last - offset // 512 + 1 if sectors is None else sectors
        shift = 62 - (self.cluster_bits - 8)
        self.put_l2(index, PACKED | sectors - 1 << shift | offset)
        for number in range(offset // self.cluster, last * 512 // self.cluster + 1):
            self.references[number] += 1

    def finish(self):
        """The reference counts, which we do not need and qemu-img check does."""
        self.bytes.extend(bytes(-len(self.bytes) % self.cluster))
        for number, count in self.references.items():
            self.put(self.places["refcount_block"] + 2 * number, count.to_bytes(2, "big"))
        self.places["end"] = len(self.bytes)
        self.write_area()
        return self

    def metadata(self):
        """The ranges that say where the data lies or what it was before it was compressed. Tables
        as far as they say it: they are large, and what their ends say is nothing."""
        per_table = self.cluster // self.entry
        clusters = -(-self.guest // self.cluster)
        yield 0, self.area_end
        yield self.places["refcount_table"], self.places["refcount_table"] + 8
        block = self.places["refcount_block"]
        yield block, block + 2 * len(self.references)
        yield self.l1, self.l1 + 8 * (self.l1_entries + 1)
        for index, table in self.tables.items():
            entries = min(clusters - index * per_table, per_table - 1) + 1
            yield table, table + self.entry * entries
        yield from self.snapshot_metadata
        yield from self.streams

    def write(self):
        for name, data in [(self.name, self.bytes), *self.files.items()]:
            with open(name, "wb") as file:
                file.write(data)
        if self.hollow:
            self.write_hollow()

    def write_hollow(self):
        """Writes the image with holes, which a file only has where nothing was ever written."""
        with open(self.name, "wb") as file:
            at = 0
            for start, end in [*self.hollow, (len(self.bytes), None)]:
                file.seek(at)
                file.write(self.bytes[at:start])
                at = end
            file.truncate(len(self.bytes))


KINDS = {}


def kind(function):
    KINDS[function.__name__] = lambda: function().finish()
    return function


def fill_plain(image):
    for index, letter in (0, "A"), (1, "B"), (2, "C"):
        image.data(index, letter)
    image.put_l2(4, ZERO)
    image.places["kept"] = image.allocate()
    image.put_l2(5, COPIED | image.places["kept"] | ZERO)
    image.data(64, "E")
    image.data(65, "F")
    image.data(6, "D")
    return image


@kind
def plain():
    return fill_plain(SmallImage("ABC.3D.57EF"))


@kind
def backed():
    image = fill_plain(SmallImage("ABCd..Dhij.54EF"))
    image.files["base.raw"] = content(backing_cells(10))
    image.backing(b"base.raw", b"raw")
    return image


@kind
def version2():
    image = SmallImage("AB.D", version=2)
    for index, letter in (0, "A"), (1, "B"), (3, "D"):
        image.data(index, letter)
    return image


@kind
def packed():
    image = SmallImage("AP.QRSB")
    image.data(0, "A")
    image.data(6, "B")
    for index, letter in (1, "P"), (3, "Q"), (4, "R"), (5, "S"):
        image.stream(index, deflate(cell(letter)), name=letter)
    return image


@kind
def packed_zstd():
    image = SmallImage("AP.QABM", incompatible=COMPRESSION)
    image.set("compression", 1)
    image.data(0, "A")
    image.data(5, "B")
    image.stream(1, zstd_frame(cell("P")), name="P")
    image.stream(3, zstd_frame(cell("Q")), name="Q")
    image.stream(4, zstd_repeat(b"A", 512))
    image.stream(6, zstd_repeat(b"M", 512), name="M")
    return image


@kind
def subclusters():
    """Four clusters of 32 cells: parts of all sorts, compressed, nothing, all of it data."""
    below = backing_cells(40)
    image = SmallImage("AB..CCCC" + below[8:30] + "DE" + "P32" + ".32" + "F32",
                       cluster_bits=14, incompatible=SUBCLUSTERS)
    place = image.places["mixed"] = image.allocate()
    image.put(place, content("AB..CCCC.22DE"))
    image.put_l2(0, COPIED | place)
    image.put_bitmap(0, 0b1100 << 32 | 0b11 << 30 | 0b11110011)
    image.stream(1, deflate(cell("P") * 32), name="P")
    place = image.places["full"] = image.allocate()
    image.put(place, content("F32"))
    image.put_l2(3, COPIED | place)
    image.put_bitmap(3, 0xffffffff)
    image.files["base.raw"] = content(below)
    image.backing(b"base.raw", b"raw")
    return image


@kind
def data_file():
    image = SmallImage("ABC.D", incompatible=DATA_FILE)
    for index, letter in (0, "A"), (1, "B"), (2, "C"), (4, "D"):
        image.data(index, letter)
    image.extension(DATA_FILE_NAME, b"data.bin")
    return image


@kind
def raw_data_file():
    image = SmallImage("ABCDE", incompatible=DATA_FILE, autoclear=RAW_DATA_FILE)
    for index, letter in enumerate("ABCDE"):
        image.data(index, letter)
    image.extension(DATA_FILE_NAME, b"data.bin")
    return image


def add_snapshots(image, snapshots):
    """Of (id, name, size, L1 table, its entries)."""
    place = image.places["snapshots"] = image.allocate()
    table = b""
    for number, (ident, name, size, l1, entries) in enumerate(snapshots, 1):
        image.places[f"snapshot_{number}"] = place + len(table)
        table += struct.pack(">QIHHIIQII", l1, entries, len(ident), len(name), 0, 0, 0, 0, 16)
        table += struct.pack(">QQ", 0, size) + ident + name
        table += bytes(-len(table) % 8)
    image.put(place, table)
    image.set("snapshot_count", len(snapshots))
    image.set("snapshot_offset", place)
    image.snapshot_metadata.append((place, place + len(table)))


@kind
def snapshots():
    """The active disk, one that was larger and one that shares A with it."""
    image = SmallImage("AB.D")
    for index, letter in (0, "A"), (1, "B"), (3, "D"):
        image.data(index, letter)
    image.put_l2(0, image.places["A"])
    image.references[image.places["A"] // image.cluster] += 1
    made = []
    for number, letters in enumerate(["KLM.NO", "A.K"], 1):
        l1, l2 = image.allocate(), image.allocate()
        image.places[f"L1_of_{number}"], image.places[f"L2_of_{number}"] = l1, l2
        image.put(l1, (l2 | COPIED).to_bytes(8, "big"))
        for index, letter in enumerate(letters):
            if letter == ".":
                continue
            shared = letter in image.places and letter != "K"
            place = image.places[letter] if shared else image.allocate()
            if not shared:
                image.places[letter] = place
                image.put(place, cell(letter))
            image.put(l2 + 8 * index, (place | (0 if shared else COPIED)).to_bytes(8, "big"))
        image.snapshot_metadata += [(l1, l1 + 16), (l2, l2 + 8 * (len(letters) + 1))]
        made.append((b"%d" % number, b"large" if number == 1 else b"shared",
                     len(letters) * CELL, l1, 1))
    add_snapshots(image, made)
    return image


@kind
def wide():
    """Clusters of 64 KiB."""
    image = SmallImage("A128B128", cluster_bits=16)
    for index, letter in (0, "A"), (1, "B"):
        place = image.places[letter] = image.allocate()
        image.put(place, cell(letter) * 128)
        image.put_l2(index, COPIED | place)
    return image

# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes qcow2 files in one go, with every cluster where the caller wants it.

qemu-img decides itself where clusters go; here fragmented images and chains of a thousand layers
are made in seconds. The file is, in clusters:

    header | L1 table | refcount table | refcount blocks | L2 tables | data
"""
import array
import os
import struct
import sys

MAGIC = 0x514649FB
EXTENDED_L2 = 1 << 4
COPIED = 1 << 63
REFCOUNT_ORDER = 4  # 16 bits
BACKING_FORMAT = 0xE2792ACA
EVERY_OTHER_SUBCLUSTER = 0x55555555


def clusters_for(size, cluster):
    return -(-size // cluster)


def big_endian(numbers, code="Q"):
    packed = array.array(code, numbers)
    if sys.byteorder == "little":
        packed.byteswap()
    return packed.tobytes()


class Layout:
    """Which part of the file begins at which cluster."""

    def __init__(self, cluster, l1_entries, n_tables, n_slots):
        per_block = cluster // 2
        self.l1 = 1
        self.refcount_table = self.l1 + clusters_for(l1_entries * 8, cluster)
        rest = n_tables + n_slots
        blocks = 0
        while True:
            self.table_clusters = max(1, clusters_for(blocks * 8, cluster))
            self.blocks = self.refcount_table + self.table_clusters
            needed = clusters_for(self.blocks + blocks + rest, per_block)
            if needed <= blocks:
                break
            blocks = needed
        self.n_blocks = blocks
        self.l2 = self.blocks + blocks
        self.data = self.l2 + n_tables
        self.end = self.data + n_slots


def header(layout, bits, size, l1_entries, backing, fragments):
    extensions = struct.pack(">II8s", BACKING_FORMAT, 5, b"qcow2") if backing else b""
    extensions += struct.pack(">II", 0, 0)
    name_at = 104 + len(extensions) if backing else 0
    fixed = struct.pack(
        ">IIQIIQIIQQIIQQQQII", MAGIC, 3, name_at, len(backing), bits, size, 0, l1_entries,
        layout.l1 << bits, layout.refcount_table << bits, layout.table_clusters, 0, 0,
        EXTENDED_L2 if fragments else 0, 0, 0, REFCOUNT_ORDER, 104)
    return fixed + extensions + backing.encode()


def l2_tables(layout, bits, slots, shared, fragments):
    """Yields (number of the table in L1, its bytes)."""
    words = 2 if fragments else 1
    per_table = (1 << bits) // (8 * words)
    tables = {}
    for guest, slot in slots.items():
        table = tables.setdefault(guest // per_table, array.array("Q", bytes(1 << bits)))
        at = guest % per_table * words
        table[at] = (layout.data + slot << bits) | (0 if slot in shared else COPIED)
        if fragments:
            table[at + 1] = EVERY_OTHER_SUBCLUSTER
    for number in sorted(tables):
        yield number, big_endian(tables[number])


def refcounts(layout, users, bits):
    counts = array.array("H", [1]) * layout.data + array.array("H", users)
    counts.extend([0] * (layout.n_blocks * ((1 << bits) // 2) - len(counts)))
    return big_endian(counts, "H")


def copy_data(target, source, layout, bits, first_guest):
    """Slot after slot; what follows each other in both files is copied in one piece."""
    slot = 0
    while slot < len(first_guest):
        end = slot + 1
        while end < len(first_guest) and first_guest[end] == first_guest[end - 1] + 1:
            end += 1
        copy(source, first_guest[slot] << bits, target, layout.data + slot << bits,
             end - slot << bits)
        slot = end


def copy(source, source_at, target, target_at, length):
    while length > 0:
        done = os.copy_file_range(source, target, length, source_at, target_at)
        if done == 0:  # past the end of the source: zeroes
            return
        source_at, target_at, length = source_at + done, target_at + done, length - done


def write(path, size, slots, source, bits=16, backing="", fragments=False):
    """`slots` says for every guest cluster that the file holds in which of its data clusters it
    lies; several may share one. The contents come from the raw file `source`, from the same
    offset (that of the first cluster, where several share). With `fragments` every other
    subcluster is left out."""
    cluster = 1 << bits
    per_table = cluster // (16 if fragments else 8)
    l1_entries = clusters_for(clusters_for(size, cluster), per_table)
    users, first_guest = [0] * (max(slots.values(), default=-1) + 1), {}
    for guest in sorted(slots):
        users[slots[guest]] += 1
        first_guest.setdefault(slots[guest], guest)
    shared = {slot for slot, count in enumerate(users) if count > 1}
    n_tables = len({guest // per_table for guest in slots})
    layout = Layout(cluster, l1_entries, n_tables, len(users))
    l1 = [0] * l1_entries

    with open(path, "wb") as file, open(source, "rb") as contents:
        file.truncate(layout.end << bits)
        file.write(header(layout, bits, size, l1_entries, backing, fragments))
        file.seek(layout.l2 << bits)
        for i, (number, table) in enumerate(l2_tables(layout, bits, slots, shared, fragments)):
            l1[number] = (layout.l2 + i << bits) | COPIED
            file.write(table)
        file.seek(layout.l1 << bits)
        file.write(big_endian(l1))
        file.seek(layout.refcount_table << bits)
        file.write(big_endian(layout.blocks + i << bits for i in range(layout.n_blocks)))
        file.seek(layout.blocks << bits)
        file.write(refcounts(layout, users, bits))
        file.flush()
        copy_data(file.fileno(), contents.fileno(), layout, bits,
                  [first_guest[slot] for slot in range(len(users))])

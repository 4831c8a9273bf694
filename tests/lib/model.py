# SPDX-License-Identifier: GPL-2.0-or-later
"""A model of a disk: what a guest wrote, and which zeroes an exact reader must know about.

A `View` is a run of bytes as somebody sees them, with one flag for each 512 bytes: whether these
are zeroes that the image's metadata (or a hole of the host's file) *states*. Zeroes that somebody
wrote as data are not known; nobody is asked to find them.

A `Layer` is the view through one qcow2 image. It follows what QEMU does to (sub)clusters: a write
makes data of all it touches, a zeroing states zeroes for the (sub)clusters that it covers.
"""
SECTOR = 512


def sectors(size):
    return -(-size // SECTOR)


class View:
    def __init__(self, size, content=None, known=None):
        self.size = size
        self.content = bytearray(size) if content is None else bytearray(content)
        self.known = bytearray(b"\1" * sectors(size)) if known is None else bytearray(known)
        assert len(self.content) == size and len(self.known) == sectors(size)

    def copy(self):
        return View(self.size, self.content, self.known)

    def window(self, offset, size=None):
        """What `raw` with offset and size shows."""
        size = self.size - offset if size is None else size
        content = self.content[offset:offset + size]
        if offset % SECTOR == 0:
            return View(size, content, self.known[offset // SECTOR:][:sectors(size)])
        known = bytearray(sectors(size))
        for i in range(len(known)):
            first = (offset + i * SECTOR) // SECTOR
            last = (offset + min((i + 1) * SECTOR, size) - 1) // SECTOR
            known[i] = all(self.known[first:last + 1])
        return View(size, content, known)

    def resized(self, size):
        """Cut, or followed by zeroes that the shortness of this view states."""
        view = View(size)
        common = min(size, self.size)
        view.content[:common] = self.content[:common]
        view.known[:sectors(common)] = self.known[:sectors(common)]
        return view

    def wrong_hole(self, start, end):
        """The first byte in a range claimed to be a hole that is not zero, or None."""
        data = self.content[start:end].lstrip(b"\0")
        return end - len(data) if data else None

    def unknown_hole(self, start, end):
        """The first sector of a range claimed to be data that is a known zero, or None."""
        first = -(-start // SECTOR)
        last = sectors(end) if end == self.size else end // SECTOR
        found = self.known.find(1, first, last) if first < last else -1
        return None if found < 0 else found * SECTOR


def of_raw_file(path, holes):
    """The view of a raw file; `holes` is the walk of its holes (see unchain.walk)."""
    with open(path, "rb") as file:
        content = file.read()
    view = View(len(content), content, bytes(sectors(len(content))))
    for start, end, kind in holes:
        if kind == "hole":
            first = -(-start // SECTOR)
            last = sectors(end) if end == view.size else end // SECTOR
            view.known[first:last] = b"\1" * max(0, last - first)
    return view


class Layer(View):
    """A qcow2 image over a view (its backing file) or over nothing."""

    def __init__(self, size, cluster=65536, subcluster=None, version=3, backing=None):
        below = backing.resized(size) if backing else View(size)
        super().__init__(size, below.content, below.known)
        self.cluster = cluster
        self.unit = subcluster or cluster  # what a write allocates
        self.version = version
        self.has_backing = backing is not None
        self.backing_size = backing.size if backing else 0
        self.compressible = bytearray(b"\1" * -(-size // cluster))  # per cluster: still free
        self.compressed = set()  # clusters that are, or were
        self.preallocated = False
        self.shared = False  # with a snapshot

    def preallocate(self):
        """All clusters have a place; what is in there, only the host's file knows."""
        self.preallocated = True
        self.mark(0, self.size, 0)
        self.touch(0, self.size)

    def mark(self, start, end, value):
        """Sets the flags of [start, end), which begins at a sector."""
        first, last = start // SECTOR, sectors(min(end, self.size))
        self.known[first:last] = bytes([value]) * (last - first)

    def is_known(self, start, end):
        return all(self.known[start // SECTOR:sectors(min(end, self.size))])

    def touch(self, start, end):
        for index in range(start // self.cluster, -(-end // self.cluster)):
            self.compressible[index] = 0

    def write(self, start, data):
        end = start + len(data)
        assert end <= self.size
        self.content[start:end] = data
        self.touch(start, end)
        self.allocate(start, end)

    def allocate(self, start, end):
        """A cluster that a snapshot shares is copied, with what lies between its subclusters."""
        unit = self.cluster if self.shared else self.unit
        self.mark(start // unit * unit, -(-end // unit) * unit, 0)

    def write_compressed(self, start, data):
        """One cluster, or the end of the image."""
        self.write(start, data)
        self.compressed.add(start // self.cluster)

    def can_state_zeroes(self, start, end):
        """QEMU cannot in version 2. With subclusters: not at all if one of a compressed cluster is
        among those it should zero, and not for sure if it has to copy a shared cluster."""
        if self.version < 3 or self.unit == self.cluster:
            return self.version >= 3
        clusters = range(start // self.cluster, -(-end // self.cluster))
        whole = start % self.unit == 0 and (end % self.unit == 0 or end == self.size)
        return self.compressed.isdisjoint(clusters) and (whole or not self.shared)

    def write_zeroes(self, start, end):
        self.content[start:end] = bytes(end - start)
        self.touch(start, end)
        self.allocate(start, end)
        unit, can_state = self.unit, self.can_state_zeroes(start, end)
        for at in range(start // unit * unit, end, unit):
            stop = min(at + unit, self.size)
            if can_state and start <= at and stop <= end:
                self.mark(at, stop, 1)

    def discard(self, start, end):
        """What `discard=unmap` does: whole clusters become zeroes, the rest stays."""
        if self.version < 3 and self.has_backing:
            return
        first = -(-start // self.cluster) * self.cluster
        last = self.size if end == self.size else end // self.cluster * self.cluster
        if first < last:
            self.content[first:last] = bytes(last - first)
            self.mark(first, last, 1)
            self.touch(first, last)

    def resize(self, size):
        """Shrinking needs a multiple of the cluster size. Where a longer backing file would
        show through the new end, QEMU states zeroes, but writes them in the unit that was cut."""
        assert size >= self.size or size % self.cluster == 0
        unit, old = self.unit, self.size
        tail_known = old % unit == 0 or (self.is_known(old // unit * unit, old) and
                                         self.backing_size <= old)
        view = self.resized(size)
        self.size, self.content, self.known = view.size, view.content, view.known
        if self.preallocated:
            self.mark(min(old, size) // unit * unit, size, 0)
        elif not tail_known:
            self.mark(old // unit * unit, -(-old // unit) * unit, 0)
        clusters = -(-size // self.cluster)
        self.compressible = self.compressible[:clusters].ljust(clusters, b"\1")
        self.touch(min(old, size) // self.cluster * self.cluster, size)

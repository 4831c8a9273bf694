# SPDX-License-Identifier: GPL-2.0-or-later
"""A pool of real images for random graphs, made once, with few processes.

Every image comes with a map of its own layer, kept while it was written: which units hold data,
are zeroes, are compressed or hold nothing. `qemu-img map` must agree; it is also asked where the
data lies in the file, which nobody can know from writing.
"""
import os
import random
import shutil

from chain import Builder, Image, Patterns, set_size_in_header
from map_compare import qemu_map
from unchain import Wrong, run, walk

NOTHING, DATA, ZERO, PACKED = "nothing", "data", "zero", "packed"


def add_run(runs, start, end, kind, offset=None):
    """Appends to a list of (start, end, kind, offset), joining what goes on."""
    if start >= end:
        return
    if runs:
        first, last, previous, place = runs[-1]
        goes_on = place == offset if offset is None or place is None else \
            place + last - first == offset
        if last == start and previous == kind and goes_on:
            runs[-1] = (first, end, kind, place)
            return
    runs.append((start, end, kind, offset))


class HostFile:
    """A file of the host: its bytes, and its runs of data and holes."""

    def __init__(self, name):
        self.name = os.path.abspath(name)
        with open(name, "rb") as file:
            self.content = file.read()
        self.size = len(self.content)
        self.runs = []
        for start, end, kind in walk(name):
            add_run(self.runs, start, end, DATA if kind == "data" else ZERO)


class PoolImage:
    """A qcow2 image and its own layer; `layer` is a list of (start, end, kind, host offset)."""

    def __init__(self, rng, builder, name, backing=None):
        self.rng, self.name = rng, name
        self.backing = backing
        options = self.features(name)
        size = rng.randrange(1, 400) * 512
        self.image = Image(builder, name, size, backing and backing.image, **options)
        self.view = self.image.view
        self.cluster = self.view.cluster
        self.data_file = options.get("data_file")
        self.storage_only = "preallocation" in options  # nothing is compressed into that
        full = self.storage_only and "extended_l2" not in options
        self.units = [DATA if full else NOTHING] * -(-size // self.view.unit)
        self.fill()

    def features(self, name):
        rng = self.rng
        cluster = 1 << rng.choice([9, 9, 10, 12, 12, 13, 14, 14, 16, 21])
        options = {"cluster_size": cluster}
        if rng.random() < 0.15:
            return dict(options, compat="0.10")
        if cluster >= 16384 and rng.random() < 0.6:
            options["extended_l2"] = "on"
        if rng.random() < 0.2:
            options["compression_type"] = "zstd"
        if rng.random() < 0.2:
            options["data_file"] = name.replace(".qcow2", ".data")
        elif not self.backing and rng.random() < 0.15:
            options["preallocation"] = "metadata"
        return options

    def touched(self, start, length):
        unit = self.view.unit
        return range(start // unit, -(-(start + length) // unit))

    def set_units(self, start, length, kind):
        for index in self.touched(start, length):
            self.units[index] = kind

    def is_packed(self, start, length):
        cluster = self.view.cluster
        first = start // cluster * cluster
        last = min(self.view.size, -(-(start + length) // cluster) * cluster)
        return any(self.units[i] == PACKED for i in self.touched(first, last - first))

    def fill(self):
        """Compressed clusters come first; nothing else touches them."""
        for _ in range(self.rng.choice([0, 0, 1, 3, 6])):
            self.pack()
        for _ in range(self.rng.randrange(0, 14)):
            unit, size = self.view.unit, self.view.size
            start = self.rng.randrange(size)
            length = min(size - start, int(2 ** self.rng.uniform(3, 15)))
            if self.rng.random() < 0.45 and self.view.version == 3:
                self.zero(start // unit * unit, -(-(start + length) // unit) * unit)
            elif not self.is_packed(start, length):
                self.image.write(start, length)
                self.set_units(start, length, DATA)

    def pack(self):
        cluster, size = self.view.cluster, self.view.size
        start = self.rng.randrange(size) // cluster * cluster
        length = min(cluster, size - start)
        if self.data_file or self.storage_only:
            return
        if any(self.units[i] != NOTHING for i in self.touched(start, length)):
            return
        self.image.write_compressed(start, length)
        self.set_units(start, length, PACKED)

    def zero(self, start, end):
        end = min(end, self.view.size)
        if not self.is_packed(start, end - start):
            self.image.write_zeroes(start, end - start, unmap=self.rng.random() < 0.5)
            self.set_units(start, end - start, ZERO)

    def finish(self):
        """The file is complete: finds where the data lies, and checks the layer."""
        size = self.view.size
        if self.data_file:
            self.data_file = HostFile(self.data_file)
        description = {"driver": "qcow2", "backing": None,
                       "file": {"driver": "file", "filename": os.path.abspath(self.name)}}
        self.layer = []
        for entry in qemu_map(description):
            start, end = entry["start"], min(size, entry["start"] + entry["length"])
            kind, place = ZERO, None
            if not entry["present"]:
                kind = NOTHING
            elif entry["data"]:
                place = entry.get("offset")
                kind = PACKED if place is None else DATA
            add_run(self.layer, start, end, kind, place)
            if any(self.units[i] != kind for i in self.touched(start, end - start)):
                raise Wrong(f"{self.name}: not what was written: {entry}")
        if self.rng.random() < 0.2 and size > 512:
            set_size_in_header(self.image, size - self.rng.randrange(512))
            self.view = self.image.view
            self.layer = [(s, min(e, self.view.size), k, o) for s, e, k, o in self.layer
                          if s < self.view.size]
        self.file = HostFile(self.name)


def settle(names):
    """Ends files at a cluster, and makes their holes stay what they are: space that is allocated
    but was never written is a hole only until somebody reads it."""
    os.makedirs("settled", exist_ok=True)
    for name in names:
        os.truncate(name, -(-os.path.getsize(name) // 65536) * 65536)
    run("cp", "--sparse=always", *names, "settled")
    for name in names:
        shutil.move(f"settled/{name}", name)


def write_sparsely(rng, name, content):
    """Zeroes become holes, or not."""
    with open(name, "wb") as file:
        for start in range(0, len(content), 4096):
            block = content[start:start + 4096]
            if any(block) or rng.random() < 0.3:
                file.seek(start)
                file.write(block)
        file.truncate(len(content))


class Pool:
    """`raws`: host files of random content. `images`: PoolImages. For each image also `flats`, what
    it shows alone; `damaged`, the same with one byte wrong; `manifests` of it; `carriers`, a file
    that has the image's file somewhere inside; and for some `nested`, a qcow2 image of its file."""

    def __init__(self, rng, images=26, raws=6):
        self.rng = rng
        builder = Builder(Patterns())
        self.images = []
        for number in range(images):
            backing = None
            if self.images and rng.random() < 0.2:
                backing = rng.choice(self.images)
            self.images.append(PoolImage(rng, builder, f"image{number}.qcow2", backing))
        builder.flush()
        names = [image.name for image in self.images]
        names += [image.data_file for image in self.images if image.data_file]
        settle(names)
        for image in self.images:
            image.finish()
        self.raws = [self.raw(f"raw{number}.img") for number in range(raws)]
        self.flats, self.damaged, self.manifests = {}, {}, {}
        self.carriers, self.nested = {}, {}
        for image in self.images:
            self.make_carrier(image)
            if not image.backing:
                self.make_twins(image)
        for image in self.images[::3]:
            self.make_nested(image)

    def raw(self, name):
        rng = self.rng
        size = rng.randrange(1, 150000)
        content = bytearray(size)
        for _ in range(rng.randrange(6)):
            start = rng.randrange(size)
            content[start:start + 9000] = rng.randbytes(min(9000, size - start))
        write_sparsely(rng, name, bytes(content))
        return HostFile(name)

    def make_carrier(self, image):
        name = image.name + ".carrier"
        before = self.rng.choice([1, 512, 4096, 70001])
        content = self.rng.randbytes(before) + image.file.content + self.rng.randbytes(700)
        write_sparsely(self.rng, name, content)
        self.carriers[image] = HostFile(name), before

    def make_twins(self, image):
        """What an image shows with nothing below it is the same in all of these."""
        content = bytes(image.view.content)
        write_sparsely(self.rng, image.name + ".flat", content)
        self.flats[image] = HostFile(image.name + ".flat")
        wrong = bytearray(content)
        wrong[self.rng.randrange(len(wrong))] ^= 1 << self.rng.randrange(8)
        write_sparsely(self.rng, image.name + ".damaged", bytes(wrong))
        self.damaged[image] = HostFile(image.name + ".damaged")
        manifest = os.path.abspath(image.name + ".sums")
        run(os.environ["UNCHAIN"], "hash", "--block-size", self.rng.choice(["4k", "64k"]),
            "--manifest", manifest, "-f", "raw", image.name + ".flat")
        self.manifests[image] = manifest

    def make_nested(self, image):
        name = image.name + ".outer"
        cluster = self.rng.choice([512, 4096, 65536])
        run("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", "-o",
            f"cluster_size={cluster}", image.name, name)
        settle([name])
        self.nested[image] = Nested(name, image.file.size)


class Nested:
    """A qcow2 image that holds the file of another one. Its layer is what qemu-img map says."""

    def __init__(self, name, size):
        self.name, self.size = name, size
        self.layer = []
        for entry in qemu_map(name):
            place = entry.get("offset") if entry["data"] else None
            kind = DATA if entry["data"] else ZERO if entry["present"] else NOTHING
            add_run(self.layer, entry["start"], entry["start"] + entry["length"], kind, place)
        self.file = HostFile(name)


def make_pool(seed):
    return Pool(random.Random(f"pool {seed}"))

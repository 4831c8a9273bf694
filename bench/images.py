# SPDX-License-Identifier: GPL-2.0-or-later
"""The images that are measured: what they are and how they are made.

Every image is a directory of its own, built under another name and renamed when it is complete;
what is there is not built again. All contents come from seeds.
"""
import dataclasses
import glob
import os
import random
import shutil
import subprocess

import qcow2_writer

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
CLUSTER = 64 * KIB
DEPTHS = (1, 10, 100, 500, 1000)
CHAIN_SIZE = GIB // 2
WALK_EXTENTS = 100_000


@dataclasses.dataclass
class Image:
    """`top` is what is opened, `raw` the same disk (or, for compressed ones and the like, as much
    of another) as a raw file; None if there cannot be one."""
    name: str
    size: int
    directory: str
    top: str
    raw: str
    depth: int = 1

    def files(self):
        return sorted(glob.glob(f"{self.directory}/*.qcow2"))


# ---- contents ----

def write_random(path, size, seed):
    """Bytes that no program can make smaller."""
    generator = random.Random(seed)
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(generator.randbytes(MIB))


def write_text(path, size, seed):
    """Clusters that shrink to about one half: three quarters words, one quarter noise."""
    generator = random.Random(seed)
    words = [generator.randbytes(generator.randint(3, 9)) for _ in range(2000)]
    pool = b" ".join(generator.choices(words, k=MIB))
    with open(path, "wb") as file:
        for _ in range(size // CLUSTER):
            at = generator.randrange(len(pool) - CLUSTER)
            file.write(pool[at:at + CLUSTER * 3 // 4] + generator.randbytes(CLUSTER // 4))


def write_sparse(path, size, seed, source):
    """A tenth of data, in runs of 1 to 16 clusters wherever chance puts them."""
    generator = random.Random(seed)
    with open(path, "wb") as file, open(source, "rb") as contents:
        file.truncate(size)
        at = 0
        while True:
            run = generator.randint(1, 16)
            at += generator.randint(0, 18 * run) * CLUSTER
            if at + run * CLUSTER > size:
                break
            qcow2_writer.copy(contents.fileno(), at % (GIB - MIB), file.fileno(), at,
                              run * CLUSTER)
            at += run * CLUSTER


def write_comb(path, pieces, piece, source):
    """Data, hole, data, hole ..."""
    with open(path, "wb") as file, open(source, "rb") as contents:
        file.truncate(2 * pieces * piece)
        for i in range(pieces):
            qcow2_writer.copy(contents.fileno(), i * piece, file.fileno(), 2 * i * piece, piece)


def convert(source, target, *options):
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options, source, target],
                   check=True)


# ---- images ----

class Images:
    def __init__(self, work):
        self.root = f"{work}/images"
        os.makedirs(self.root, exist_ok=True)

    def make(self, name, build):
        """The directory of image `name`, built by build(directory) if it is not there."""
        directory = f"{self.root}/{name}"
        if not os.path.exists(directory):
            print(f"bench: building the image {name}", flush=True)
            unfinished = directory + ".unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            os.makedirs(unfinished)
            build(unfinished)
            os.sync()
            os.rename(unfinished, directory)
        return directory

    def flat(self):
        return self.make("flat", lambda d: write_random(f"{d}/disk.raw", GIB, 1)) + "/disk.raw"

    def get(self, name):
        """The Image of that name, made if need be: the method of that name does it."""
        kind, _, number = name.partition("-")
        return getattr(self, kind)(*([int(number)] if number else []))

    def one_file(self, name, size, build, raw=None):
        flat = self.flat()
        directory = self.make(name, lambda d: build(d, flat, f"{d}/top.qcow2"))
        return Image(name, size, directory, f"{directory}/top.qcow2",
                     f"{directory}/{raw}" if raw else flat)

    def plain(self):
        return self.one_file("plain", GIB, lambda _, flat, top: convert(flat, top))

    def fragmented(self):
        def build(_, flat, top):
            order = list(range(GIB // CLUSTER))
            random.Random(2).shuffle(order)
            qcow2_writer.write(top, GIB, dict(enumerate(order)), flat)
        return self.one_file("fragmented", GIB, build)

    def compressed(self, method):
        def build(directory, _, top):
            text = f"{directory}/text.raw"
            write_text(text, GIB, 3)
            convert(text, top, "-c", "-o", f"compression_type={method}")
            os.remove(text)
        return self.one_file(method, GIB, build)

    def zlib(self):
        return self.compressed("zlib")

    def zstd(self):
        return self.compressed("zstd")

    def subclusters(self):
        """Extended L2: 2 KiB of data, 2 KiB of nothing, and so on."""
        def build(_, flat, top):
            slots = {i: i for i in range(GIB // 2 // CLUSTER)}
            qcow2_writer.write(top, GIB // 2, slots, flat, fragments=True)
        return self.one_file("subclusters", GIB // 2, build)

    def sparse(self):
        def build(directory, flat, top):
            write_sparse(f"{directory}/disk.raw", 10 * GIB, 4, flat)
            convert(f"{directory}/disk.raw", top)
        return self.one_file("sparse", 10 * GIB, build, "disk.raw")

    def walk(self):
        """4 KiB of data, 4 KiB of nothing, in clusters of 4 KiB."""
        size = 2 * WALK_EXTENTS * 4 * KIB

        def build(directory, flat, top):
            write_comb(f"{directory}/disk.raw", WALK_EXTENTS, 4 * KIB, flat)
            slots = {2 * i: i for i in range(WALK_EXTENTS)}
            qcow2_writer.write(top, size, slots, f"{directory}/disk.raw", bits=12)
        return self.one_file("walk", size, build, "disk.raw")

    def huge(self):
        """1 TiB with data in 100,000 places. So that it fits on a small disk, a hundred guest
        clusters share one host cluster (as clusters of snapshots do, by their refcount)."""
        def build(_, flat, top):
            places = random.Random(5).sample(range((1 << 40) // CLUSTER), 100_000)
            slots = {guest: i % 1000 for i, guest in enumerate(sorted(places))}
            qcow2_writer.write(top, 1 << 40, slots, flat)
        image = self.one_file("huge", 1 << 40, build)
        image.raw = None
        return image

    def chain(self, depth):
        """Every cluster of the disk is held by one layer, which one is chance."""
        def build(directory):
            generator = random.Random(6)
            layers = [{} for _ in range(depth)]
            for guest in range(CHAIN_SIZE // CLUSTER):
                layer = generator.choice(layers)
                layer[guest] = len(layer)
            for i, slots in enumerate(layers):
                qcow2_writer.write(f"{directory}/{i:04}.qcow2", CHAIN_SIZE, slots, flat,
                                   backing=f"{i - 1:04}.qcow2" if i else "")
        flat = self.flat()
        directory = self.make(f"chain-{depth}", build)
        return Image(f"chain-{depth}", CHAIN_SIZE, directory, f"{directory}/{depth - 1:04}.qcow2",
                     flat, depth)

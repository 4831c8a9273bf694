# SPDX-License-Identifier: GPL-2.0-or-later
# parts: 4
# sanitize: no
"""Random chains, compared with a model of what was written.

    random_chains.py [--seeds A-B]     B excluded; else the share of PART of PARTS

Every chain has 1 to 12 layers of random features, random writes, zeroings, discards, resizes and
snapshots. All of it is read through the library: whole, in 200 unaligned pieces, and as a seek
walk; some chains also through a mount. A failure names the seed, which makes the same chain again.
"""
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import (Builder, Image, Patterns, RawImage, check_convert,  # noqa: E402
                   set_size_in_header)
from unchain import (LONG, PART, PARTS, SEED, Mount, Reader, Wrong, check_mounted,  # noqa: E402
                     main)

CHAINS = 2000 if LONG else 1000
MOUNTED_ONE_IN = 16


def random_size(rng):
    return max(1, int(2 ** rng.uniform(6, 13.3))) * 512


def random_range(rng, size, unit=1):
    """A range inside `size`; with a unit, borders are multiples of it or the end."""
    if rng.random() < 0.3:
        unit = max(unit, 1 << rng.randrange(9, 18))
    start = rng.randrange(size) // unit * unit
    length = min(size - start, max(1, int(2 ** rng.uniform(3, 19))))
    length = min(size - start, -(-length // unit) * unit)
    return start, length


class RandomLayer:
    """One qcow2 image with random features, and random things done to it."""

    def __init__(self, rng, builder, name, below):
        self.rng = rng
        options = self.features(name, below)
        size = random_size(rng) if not below or rng.random() < 0.3 else below.view.size
        size = -(-size // 512) * 512
        kind = "raw" if isinstance(below, RawImage) else "qcow2"
        self.image = Image(builder, name, size, below, kind, **options)
        self.data_file = "data_file" in options
        self.compressed = False

    def features(self, name, below):
        rng = self.rng
        options = {"cluster_size": 1 << rng.choice([9, 10, 12, 12, 14, 16, 16, 16, 18, 21])}
        if rng.random() < 0.2:
            return dict(options, compat="0.10")
        if options["cluster_size"] >= 16384 and rng.random() < 0.3:
            options["extended_l2"] = "on"
        if rng.random() < 0.3:
            options["compression_type"] = "zstd"
        if rng.random() < 0.15:
            options["data_file"] = name.replace(".qcow2", ".data")
            if not below and rng.random() < 0.5:
                options["data_file_raw"] = "on"
        if not below and rng.random() < 0.1:
            options["preallocation"] = rng.choice(["metadata", "falloc", "full"])
        return options

    def do_something(self):
        rng, image, view = self.rng, self.image, self.image.view
        what = rng.choices(["write", "zero", "unmap", "discard", "zero bytes", "resize",
                            "snapshot"], [40, 12, 10, 10, 4, 8, 4])[0]
        if what == "write":
            image.write(*random_range(rng, view.size))
        elif what in ("zero", "unmap"):
            image.write_zeroes(*random_range(rng, view.size), unmap=what == "unmap")
        elif what == "discard":
            image.discard(*random_range(rng, view.size))
        elif what == "zero bytes":
            image.write_byte(0, *random_range(rng, view.size))
        elif what == "resize":
            self.resize()
        elif not self.data_file:
            image.snapshot(f"snapshot{len(image.snapshots)}")

    def compress(self):
        """Comes first: when a compressed cluster is freed, QEMU 7.2 goes on packing compressed data
        into its place, even if something else has been written there meanwhile."""
        view = self.image.view
        free = [i for i, is_free in enumerate(view.compressible) if is_free]
        if free and not self.data_file:
            start = self.rng.choice(free) * view.cluster
            self.compressed = True
            self.image.write_compressed(start, min(view.cluster, view.size - start))

    def resize(self):
        """What QEMU can do, and does without leaving old bytes behind."""
        view, size = self.image.view, random_size(self.rng)
        if size < view.size:
            size = size // view.cluster * view.cluster
        old_version = view.version < 3 and (self.image.snapshots or view.backing_size)
        compressed_end = view.unit < view.cluster and self.compressed
        if size and not old_version and not compressed_end and size != view.size:
            self.image.resize(size)


def random_chain(rng, builder):
    """The images of a chain, the top last."""
    images = []
    depth = rng.randint(1, 12)
    if rng.random() < 0.3:
        size = random_size(rng) + (rng.randrange(512) if rng.random() < 0.5 else 0)
        pieces = [random_range(rng, size) for _ in range(rng.randint(0, 6))]
        images.append(RawImage(builder, "layer0.raw", size, pieces))
    while len(images) < depth or isinstance(images[-1], RawImage):
        layer = RandomLayer(rng, builder, f"layer{len(images)}.qcow2", images and images[-1])
        for _ in range(rng.choice([0, 0, 0, 1, 3])):
            layer.compress()
        for _ in range(rng.randint(0, 7)):
            layer.do_something()
        images.append(layer.image)
    builder.flush()
    return images


def description(rng, images):
    """The chain spelled out as nodes, with filters here and there."""
    node = None
    for image in images:
        below, node = node, {"driver": "file", "filename": os.path.abspath(image.name)}
        node = {"driver": "raw" if isinstance(image, RawImage) else "qcow2", "file": node}
        if below:
            node["backing"] = below
        while rng.random() < 0.2:
            node = {"driver": rng.choice(["throttle", "copy-on-read"]), "file": node}
    return node


def random_source(rng, images):
    """What is opened, what it must show, and whether QEMU can be asked as well."""
    top = images[-1]
    kind = rng.choices(["name", "nodes", "window", "snapshot", "odd size"], [40, 25, 20, 10, 5])[0]
    if kind == "nodes":
        return description(rng, images), top.view, False
    if kind == "window":
        unit = rng.choice([1, 512, 4096, 65536])
        offset = rng.randrange(top.view.size) // unit * unit
        size = max(1, rng.randrange(top.view.size - offset + 1) // unit * unit)
        return ({"driver": "raw", "offset": offset, "size": size,
                 "file": description(rng, images)}, top.view.window(offset, size), False)
    if kind == "snapshot" and top.snapshots:
        name = rng.choice(sorted(top.snapshots))
        return ({"driver": "qcow2", "snapshot": name,
                 "file": {"driver": "file", "filename": os.path.abspath(top.name)}},
                top.snapshots[name], False)
    if kind == "odd size":
        set_size_in_header(top, top.view.size - rng.randrange(512))
        return os.path.abspath(top.name), top.view, False
    return os.path.abspath(top.name), top.view, True


def test_chain(seed, patterns, reader):
    rng = random.Random(f"chain {seed}")
    builder = Builder(patterns)
    images = random_chain(rng, builder)
    source, view, qemu_agrees = random_source(rng, images)
    if qemu_agrees:
        check_convert(source, view, "QEMU")
    reader.check(source, view, "library", rng)
    if seed % MOUNTED_ONE_IN == 0:
        with Mount({"image": source}) as directory:
            check_mounted(f"{directory}/image", view, "mount")


def seeds():
    if len(sys.argv) == 3 and sys.argv[1] == "--seeds":
        first, last = sys.argv[2].split("-")
        return range(int(first), int(last))
    return range(SEED + PART - 1, SEED + CHAINS, PARTS)


def test():
    todo = seeds()
    print(f"chains of the seeds {todo.start} to {todo.stop - 1}, every {todo.step}")
    patterns = Patterns()
    with Reader() as reader:
        for seed in todo:
            os.mkdir(f"chain{seed}")
            os.chdir(f"chain{seed}")
            try:
                test_chain(seed, patterns, reader)
            except Wrong as wrong:
                raise Wrong(f"seed {seed}: {wrong}") from None
            os.chdir("..")
            shutil.rmtree(f"chain{seed}")


main(test)

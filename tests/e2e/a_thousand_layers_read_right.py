# SPDX-License-Identifier: GPL-2.0-or-later
"""A chain of 1000 layers, each with writes of its own, mounts and reads right.

qemu-img crashes at this depth, so the model alone is the judge. The library reads it on a stack of
256 KiB as well: nothing may recurse from layer to layer.
"""
import os
import random
import resource
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Image  # noqa: E402
from model import Layer  # noqa: E402
from unchain import SEED, Mount, Reader, Wrong, check_mounted, main, map_of, run  # noqa: E402

LAYERS = 1000
CLUSTER = 4096
SIZE = 2 << 20
NOBODY = "none.qcow2"


class Overlay(Image):
    """Made from a copy of an overlay that is there, and given its true backing file at the end: QEMU
    must not open the chain below it to write to it, which takes very long. Whole clusters do not
    need what lies there."""

    def __init__(self, builder, number, below):
        self.builder, self.name, self.below = builder, f"{number:04}.qcow2", below
        self.view = Layer(SIZE, CLUSTER, backing=below.view)
        shutil.copy("overlay.qcow2", self.name)

    def connect(self):
        with open(self.name, "r+b") as file:
            header = file.read(CLUSTER)
            assert header.count(NOBODY.encode()) == 1
            file.seek(0)
            file.write(header.replace(NOBODY.encode(), self.below.name.encode()))


def build():
    rng = random.Random(f"layers {SEED}")
    builder = Builder()
    options = ["-q", "-f", "qcow2", "-o", f"cluster_size={CLUSTER}"]
    run("qemu-img", "create", *options, NOBODY, str(SIZE))
    run("qemu-img", "create", *options, "-b", NOBODY, "-F", "qcow2", "overlay.qcow2")
    images = [Image(builder, "0000.qcow2", SIZE, cluster_size=CLUSTER)]
    for number in range(1, LAYERS):
        image = Overlay(builder, number, images[-1])
        image.write(rng.randrange(SIZE // CLUSTER) * CLUSTER, CLUSTER)
        if number % 7 == 0:
            image.write_zeroes(rng.randrange(SIZE // CLUSTER) * CLUSTER, CLUSTER)
        images.append(image)
    builder.flush()
    for image in images[1:]:
        image.connect()
    return images[-1]


def with_small_stack(top):
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, hard))
    with Reader() as reader:
        resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
        reader.check(top.name, top.view, "on a small stack")
        reader.ask("threads 4 7")
        path = reader.ask("paths status").split(" | ")[0]
        if path.count(">") // 2 > LAYERS + 1:
            raise Wrong(f"a path of {path.count('>') // 2} hops")


def test():
    top = build()
    with_small_stack(top)
    depths = {extent["depth"] for extent in map_of(top.name)}
    if max(depths) != LAYERS - 1 or len(depths) < LAYERS // 4:
        raise Wrong(f"map: {len(depths)} different depths, the largest {max(depths)}")
    with Mount({"image": top.name}) as directory:
        check_mounted(f"{directory}/image", top.view, "mount")
        run("cp", "--sparse=always", f"{directory}/image", "copy")
    with open("copy", "rb") as file:
        if file.read() != top.view.content:
            raise Wrong("cp makes something else of it")


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
# parts: 2
# sanitize: no
"""Random graphs over real images, compared with a model that knows where every byte comes from.

    random_graphs_read_right.py [--seeds A-B | --long | --endless]

Windows, filters, votes, formats inside formats, data files, shared nodes, backing files given or
cut: whatever can be described is put over a pool of images (tests/lib/pool.py). Of each graph are
checked: the bytes; the holes, to the byte and coarsely; depth, presence, allocation and
place in the host's file; and for every node of the graph as a base, where the path enters it. A
failure names the seed, and leaves the description in failed.json.

A normal run does as many of the 5000 graphs as fit into a minute; --long, or LONG in the
environment, does all of them.
"""
import json
import os
import random
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
import pool as pools  # noqa: E402
from graph_model import (BACKING, CHILD, DATA, FILTERED, METADATA, SELF, STORED,  # noqa: E402
                         WITNESS, ZERO, Edge, Node, below, holes_of, joined, places)
from unchain import LONG, PART, PARTS, SEED, Reader, Wrong, main, random_ranges  # noqa: E402

GRAPHS = 5000
SECONDS = 60
GRAPHS_PER_POOL = 250
MOST_VOTES = 40
MOST_NODES = 60
HIGHEST = 24  # the program opens what needs up to 64 reads inside each other
TRANSPARENT = ["throttle", "copy-on-read", "compress", "preallocate", "snapshot-access"]


class Generator:
    """Makes one random graph; every `make_...` returns a Node."""

    def __init__(self, rng, pool):
        self.rng, self.pool = rng, pool
        self.nodes = []

    def add(self, driver, size, steps, edges=(), content=None, implied=False, /,
            **options):
        name = f"{'implied' if implied else 'n'}{len(self.nodes)}"
        node = Node(name, driver, size, steps, edges, content, **options)
        children = [edge.node for edge in node.edges if edge.node]
        node.height = 1 + max((child.height for child in children), default=0)
        votes = [child.votes for child in children] or [1]
        node.votes = sum(votes) if node.is_vote else max(votes)
        self.nodes.append(node)
        return node

    # ---- leaves ----

    def make_file(self, host, implied=False):
        steps = [(start, end, STORED if kind == pools.DATA else ZERO, None, None)
                 for start, end, kind, _ in host.runs]
        return self.add("file", host.size, steps, (), host.content, implied,
                        filename=host.name)

    def make_null(self, size=None):
        size = size or self.rng.randrange(1, 200000)
        zero = self.rng.random() < 0.6
        return self.add("null-co", size, [(0, size, ZERO if zero else SELF, None, None)],
                        size=size, **{"read-zeroes": zero})

    # ---- formats ----

    def make_qcow2(self, layer, view, file, data, backing, data_port=None, backing_port="backing",
                   implied=False):
        steps = []
        for start, end, kind, offset in layer:
            if kind == pools.NOTHING:
                steps.append((start, end, CHILD, 2, start))
            elif kind == pools.DATA:
                steps.append((start, end, CHILD, 1, offset))
            else:
                steps.append((start, end, ZERO if kind == pools.ZERO else SELF, None, None))
        edges = [Edge("file", METADATA, file), Edge(data_port, DATA, data),
                 Edge(backing_port, BACKING, backing)]
        return self.add("qcow2", layer[-1][1], steps, edges, view, implied)

    def make_implied(self, image):
        """What an image's header names."""
        file = self.make_file(image.file, True)
        data = self.make_file(image.data_file, True) if image.data_file else file
        backing = self.make_implied(image.backing) if image.backing else None
        return self.make_qcow2(image.layer, image.view.content, file, data, backing, None, None,
                               True)

    def make_image(self, image, depth, alone=False):
        """An image in a file, or in something that shows the same bytes, over anything."""
        file, is_plain = self.make_carrier(image)
        data, data_port = file, None
        if image.data_file:
            data, data_port = self.make_data_file(image, depth, alone, is_plain)
        if image.backing and is_plain and not alone and self.rng.random() < 0.5:
            backing, port = self.make_implied(image.backing), None
        elif alone or depth <= 0 or self.rng.random() < 0.15:
            backing, port = None, "backing" if image.backing or self.rng.random() < 0.5 else None
        else:
            backing, port = self.make(depth - 1), "backing"
        return self.make_qcow2(image.layer, image.view.content, file, data, backing, data_port,
                               port)

    def make_carrier(self, image):
        kind = self.rng.choices(["file", "filter", "window", "nested"], [50, 15, 15, 20])[0]
        if kind == "file":
            return self.make_file(image.file), True
        if kind == "window":
            host, offset = self.pool.carriers[image]
            return self.make_window(self.make_file(host), offset, image.file.size), False
        if kind == "nested" and image in self.pool.nested:
            outer = self.pool.nested[image]
            file = self.make_file(outer.file)
            node = self.make_qcow2(outer.layer, bytes(outer.size), file, file, None)
            return (self.make_filter(node) if self.rng.random() < 0.3 else node), False
        return self.make_filter(self.make_file(image.file)), False

    def make_data_file(self, image, depth, alone, is_plain):
        """Anything that is long enough can be a data file."""
        if is_plain and self.rng.random() < 0.3:
            return self.make_file(image.data_file, True), None
        if not alone and depth > 0 and self.rng.random() < 0.4:
            needed = max((offset + end - start for start, end, kind, offset in image.layer
                          if kind == pools.DATA), default=0)
            other = self.make(depth - 1)
            if other.size >= -(-needed // image.cluster) * image.cluster:
                return other, "data-file"
        file = self.make_file(image.data_file)
        return (self.make_filter(file) if self.rng.random() < 0.3 else file), "data-file"

    # ---- windows and filters ----

    def make_window(self, child, offset=None, size=None):
        rng = self.rng
        if offset is None:
            unit = rng.choice([1, 512, 4096])
            offset = rng.randrange(child.size) // unit * unit
            size = max(1, rng.randrange(child.size - offset + 1) // unit * unit)
        options = {}
        if offset or rng.random() < 0.5:
            options["offset"] = offset
        if offset + size < child.size or rng.random() < 0.3:
            options["size"] = size
        return self.add("raw", size, [(0, size, CHILD, 0, offset)],
                        [Edge("file", DATA, child)], **options)

    def make_filter(self, child):
        """One that needs nothing but its child."""
        rng = self.rng
        driver = rng.choice(TRANSPARENT + ["blkdebug", "blkverify", "copy-before-write", "raw"])
        steps = [(0, child.size, CHILD, 0, 0)]
        edges, options = [Edge("file", FILTERED, child)], {}
        if driver == "raw":
            return self.make_window(child, 0, child.size)
        if driver == "blkdebug":
            edges = [Edge("image", FILTERED, child)]
            if rng.random() < 0.7:
                options["align"] = rng.choice([1, 7, 512, 4096, 65536])
        elif driver == "blkverify":
            edges = [Edge("test", FILTERED, child), Edge("raw", WITNESS, self.make_equal(child))]
        elif driver == "copy-before-write":
            edges.append(Edge("target", WITNESS, self.make_null(child.size)))
        return self.add(driver, child.size, steps, edges, **options)

    def make_equal(self, node):
        """Another node that shows the same bytes."""
        kind = self.rng.randrange(3)
        if kind == 0:
            return node
        if kind == 1:
            return self.make_window(node, 0, node.size)
        return self.add("throttle", node.size, [(0, node.size, CHILD, 0, 0)],
                        [Edge("file", FILTERED, node)])

    def make_twin(self, image):
        """What the image shows alone, by any means."""
        if self.rng.random() < 0.5:
            return self.make_image(image, 0, alone=True)
        file = self.make_file(self.pool.flats[image])
        return self.make_window(file, 0, file.size) if self.rng.random() < 0.5 else file

    def make_checksum(self):
        image = self.rng.choice(sorted(self.pool.flats, key=lambda image: image.name))
        child = self.make_twin(image)
        return self.add("checksum", child.size, [(0, child.size, CHILD, 0, 0)],
                        [Edge("file", FILTERED, child)], manifest=self.pool.manifests[image])

    # ---- votes ----

    def make_bad(self, image, size):
        """A child that is wrong somewhere, or cannot be read."""
        if image and self.rng.random() < 0.6:
            return self.make_file(self.pool.damaged[image])
        null = self.make_null(size)
        return self.add("blkdebug", size, [(0, size, CHILD, 0, 0)],
                        [Edge("image", FILTERED, null)], **{"inject-error": [{}]})

    def make_vote(self, depth):
        rng, image = self.rng, None
        kind = rng.random()
        if kind < 0.1:  # the same bytes, at different places of one node
            null = self.make_null()
            size = rng.randint(1, null.size)
            children = [self.make_window(null, rng.randrange(null.size - size + 1), size)
                        for _ in range(rng.randint(2, 3))]
        elif kind < 0.6:
            image = rng.choice(sorted(self.pool.flats, key=lambda image: image.name))
            children = [self.make_twin(image) for _ in range(rng.randint(1, 3))]
        else:
            children = [self.make(depth - 1)]
            children += [self.make_equal(children[0]) for _ in range(rng.randrange(3))]
        good, threshold = children[0], rng.randint(1, len(children))
        options = {}
        if len(children) > 1 and rng.random() < 0.5:
            children.insert(rng.randrange(len(children) + 1), self.make_bad(image, good.size))
            threshold = len(children) - 1
        elif rng.random() < 0.2:
            options["read-pattern"] = "fifo"
        return self.add("quorum", good.size, [(0, good.size, SELF, None, None)],
                        [Edge("children", FILTERED, child) for child in children], good.content,
                        **{"vote-threshold": threshold}, **options)

    # ---- anything ----

    def make(self, depth):
        node = self.make_any(depth)
        if node.votes > MOST_VOTES or node.height > HIGHEST:
            return self.make_file(self.rng.choice(self.pool.raws))
        return node

    def shared(self):
        """Something that is there already, whole and readable."""
        found = [node for node in self.nodes
                 if not node.name.startswith("implied") and "inject-error" not in node.options]
        return self.rng.choice(found) if found else None

    def make_any(self, depth):
        rng = self.rng
        if len(self.nodes) > MOST_NODES:
            depth = 0
        kind = rng.choices(["image", "window", "filter", "vote", "checksum", "shared", "raw",
                            "null"], [45, 13, 16, 9, 3, 7, 5, 2])[0]
        if kind == "shared" and (node := self.shared()):
            return node
        if kind == "null":
            return self.make_null()
        if kind == "checksum":
            return self.make_checksum()
        if kind == "raw" or depth <= 0:
            if rng.random() < 0.5:
                return self.make_image(rng.choice(self.pool.images), 0)
            return self.make_window(self.make_file(rng.choice(self.pool.raws)))
        if kind == "window":
            return self.make_window(self.make(depth - 1))
        if kind == "filter":
            return self.make_filter(self.make(depth - 1))
        if kind == "vote":
            return self.make_vote(depth - 1)
        return self.make_image(rng.choice(self.pool.images), depth)


def commands_to_open(rng, top):
    """Nodes with one user may be described in place, the others are declared."""
    users = {}
    for node in below(top):
        for edge in node.edges:
            if edge.node and edge.port:
                users[edge.node.name] = users.get(edge.node.name, 0) + 1
    in_place = {name for name, count in users.items() if count == 1 and rng.random() < 0.7}
    def nested(node):
        return node.name in in_place
    commands = [f"cd {os.getcwd()}", "new"]
    for node in below(top):
        if not node.name.startswith("implied") and not nested(node):
            commands.append("declare " + json.dumps(node.description(nested)))
    return commands + ["json " + json.dumps(top.name)]


def files_below(node):
    return [one.options["filename"] for one in below(node) if one.driver == "file"]


def stands_on_itself(top):
    """Whether a file is used twice. Where an image's header names a file that is in use above it,
    that is refused as a loop, even if it is none because a description has cut it."""
    names = files_below(top)
    return len(names) > len(set(names))


def open_graph(reader, commands, top):
    """False: the program says that it is a loop, which is possible."""
    try:
        reader.ask_all(commands)
    except Wrong as wrong:
        if "the chain is a loop" in str(wrong) and stands_on_itself(top):
            return False
        raise
    return True


def parse(answer, count):
    words = answer.split()
    return [words[i:i + count] for i in range(0, len(words), count)]


def check_places(answer, node, base, granularity):
    """The offsets the program gives are made relative, as the model's are."""
    got = joined((int(start), int(end), (zero == "1", allocated == "1",
                                         None if where == "-" else int(where) - int(start)))
                 for start, end, zero, allocated, where in parse(answer, 5))
    expected = places(node, base, granularity)
    if got != expected:
        raise Wrong(f"{node.name} above {base}, at {granularity}, zero, allocated, entered: "
                    f"{first_other(got, expected)}")


def check_status(answer, node):
    got = joined((int(start), int(end), (zero == "1", int(depth), present == "1", allocated == "1",
                                         *((None, None) if offset == "-" else
                                           (file, int(offset) - int(start)))))
                 for start, end, zero, depth, present, allocated, offset, file in parse(answer, 8))
    expected = joined((start, end, (fact.zero, fact.depth, fact.present, fact.allocated, fact.host,
                                    fact.host and leaf_delta(node, fact)))
                      for start, end, fact in node.facts())
    if got != expected:
        raise Wrong(f"{node.name}: zero, depth, present, allocated, file, offset: "
                    f"{first_other(got, expected)}")


def leaf_delta(node, fact):
    """Where in the host's file: the path ends at the one node that is this file."""
    return next(fact.entered[one.name] for one in below(node)
                if one.options.get("filename") == fact.host and one.name in fact.entered)


def first_other(got, expected):
    for mine, other in zip(got, expected):
        if mine != other:
            return f"{mine} instead of {other}"
    return f"{len(got)} ranges instead of {len(expected)}"


def check_walk(answer, node, granularity):
    got = [(int(start), int(end), kind) for start, end, kind in parse(answer, 3)]
    expected = holes_of(node, granularity)
    if got != expected:
        raise Wrong(f"{node.name}: holes at {granularity}: {first_other(got, expected)}")


def check_node(reader, rng, node, bases):
    """Status of one node of the open graph."""
    walks = [1, 512, 4096]
    asked = [(base, 1) for base in bases]
    asked += [(rng.choice(bases), rng.choice([512, 1000, 4096, 65536]))]
    answers = reader.ask_all([f"use {node.name}", "size", "status"] +
                             [f"walk {granularity}" for granularity in walks] +
                             [f"above {granularity} {base}" for base, granularity in asked])[1:]
    if int(answers[0]) != node.size:
        raise Wrong(f"{node.name}: size {answers[0]} instead of {node.size}")
    check_status(answers[1], node)
    for granularity, answer in zip(walks, answers[2:]):
        check_walk(answer, node, granularity)
    for (base, granularity), answer in zip(asked, answers[2 + len(walks):]):
        check_places(answer, node, base, granularity)


def check_bytes(reader, rng, top):
    with open("model.bin", "wb") as file:
        file.write(top.content)
    ranges = [f"check {offset} {length}" for offset, length in random_ranges(rng, top.size, 15)]
    reader.ask_all([f"model {os.path.abspath('model.bin')}", *ranges[:5], "check-all",
                    *ranges[5:]])


def test_graph(seed, pool, reader):
    rng = random.Random(f"graph {seed}")
    top = Generator(rng, pool).make(rng.randint(2, 14))
    commands = commands_to_open(rng, top)
    bases = [node.name for node in below(top) if not node.name.startswith("implied")]
    try:
        if not open_graph(reader, commands, top):
            return 0
        if rng.random() < 0.5:  # the order decides what is remembered
            check_bytes(reader, rng, top)
        check_node(reader, rng, top, bases)
        check_bytes(reader, rng, top)
        for name in rng.sample(bases, min(3, len(bases))):
            node = next(node for node in below(top) if node.name == name)
            check_node(reader, rng, node, rng.sample(bases, min(4, len(bases))))
    except Wrong:
        with open("failed.json", "w", encoding="utf-8") as file:
            file.write("\n".join(commands) + "\n")
        raise
    return len(bases)


def seeds():
    """Which, and whether until the time is over."""
    if "--seeds" in sys.argv:
        first, last = sys.argv[sys.argv.index("--seeds") + 1].split("-")
        return range(int(first), int(last)), False
    if "--endless" in sys.argv:
        return range(SEED + PART - 1, sys.maxsize, PARTS), False
    return (range(SEED + PART - 1, SEED + GRAPHS, PARTS),
            not LONG and "--long" not in sys.argv)


def test():
    todo, hurry = seeds()
    done = nodes = loops = 0
    stop, pool, pool_seed = None, None, None
    with Reader() as reader:
        for seed in todo:
            if seed // GRAPHS_PER_POOL != pool_seed:
                pool_seed = seed // GRAPHS_PER_POOL
                os.mkdir(f"pool{pool_seed}")
                os.chdir(f"pool{pool_seed}")
                pool = pools.make_pool(pool_seed)
                stop = stop or time.monotonic() + SECONDS
            try:
                met = test_graph(seed, pool, reader)
            except Wrong as wrong:
                raise Wrong(f"seed {seed}: {wrong}\nin {os.getcwd()}/failed.json") from None
            done += 1
            nodes += met
            loops += met == 0
            if hurry and time.monotonic() > stop:
                break
            if done % 1000 == 0:
                print(f"{done} graphs, at seed {seed}", flush=True)
            if (seed + todo.step) // GRAPHS_PER_POOL != pool_seed:
                os.chdir("..")
                shutil.rmtree(f"pool{pool_seed}")
    print(f"{done} graphs from seed {todo.start}, every {todo.step}, with {nodes} nodes: "
          f"no mismatch; {loops} were refused as loops")
    if loops * 20 > done:
        raise Wrong("too many loops")


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""A model of graphs: what every node shows, and where each byte of it comes from.

Every node has its bytes, its edges and `steps`, a list of (start, end, kind, edge, offset) that
cover it. `facts` composes them, range by range, into what may be asked: is it a known zero, which
nodes does the path enter and where. Nothing here is the way the program does it: there is no walk
and no question, all answers for all nodes are spelled out.
"""
from collections import namedtuple

CHILD, ZERO, SELF, STORED = "child", "zero", "self", "stored"
DATA, METADATA, FILTERED, BACKING, WITNESS = "data", "metadata", "filtered", "backing", "witness"

# entered: {node: where in it, less where in the node asked}
Fact = namedtuple("Fact", "zero depth present allocated host entered")
Edge = namedtuple("Edge", "port role node")


class Node:
    def __init__(self, name, driver, size, steps, edges=(), content=None, /, **options):
        self.name = name
        self.driver = driver
        self.size = size
        self.steps = steps
        self.edges = list(edges)
        self.options = options
        roles = {edge.role for edge in self.edges}
        self.is_format = METADATA in roles
        self.is_filter = FILTERED in roles
        self.is_vote = driver == "quorum"
        self.content = self.compose(content)
        self.known_facts = None
        self.readable = True

    def compose(self, own):
        """The bytes: from below where the steps say so, else its own."""
        found = bytearray(self.size) if own is None else bytearray(own[:self.size])
        for start, end, kind, edge, offset in self.steps:
            if kind == CHILD:
                below = self.edges[edge].node
                part = below.content[offset:offset + end - start] if below else b""
                found[start:end] = part.ljust(end - start, b"\0")
            elif kind == ZERO:
                found[start:end] = bytes(end - start)
        return bytes(found)

    def facts(self):
        """[(start, end, Fact)], which cover the node."""
        if self.known_facts is None:
            found = []
            for step in self.steps:
                found.extend(self.vote_facts() if self.is_vote else self.step_facts(*step))
            self.known_facts = joined(found)
        return self.known_facts

    def step_facts(self, start, end, kind, edge, offset):
        entered = {self.name: 0}
        if kind != CHILD:
            host = self.options.get("filename") if kind == STORED else None
            yield start, end, Fact(kind == ZERO, 0, True, True, host, entered)
            return
        role, below = self.edges[edge].role, self.edges[edge].node
        middle = start
        if below and offset < below.size:
            middle = min(end, start + below.size - offset)
            for first, last, fact in part_of(below.facts(), offset, offset + middle - start):
                yield (start + first - offset, start + last - offset,
                       self.through(role, fact, offset - start))
        if middle < end and below:
            shift = offset - start
            entered.update((name, shift) for name in short_nodes(below) if role == BACKING)
            own = role != BACKING
            yield middle, end, Fact(True, 0 if own else 1, own, own, None, entered)
        elif middle < end:
            yield middle, end, Fact(True, 0, False, False, None, entered)

    def through(self, role, fact, shift):
        """A child's fact, seen through the edge to it."""
        entered = {name: delta + shift for name, delta in fact.entered.items()}
        entered[self.name] = 0
        fact = fact._replace(entered=entered)
        if role == BACKING:
            return fact._replace(depth=fact.depth + 1, allocated=False)
        if role == DATA:
            fact = fact._replace(allocated=True)
            return fact._replace(depth=0, present=True) if self.is_format else fact
        return fact

    def vote_facts(self):
        """All children side by side."""
        lists = [edge.node.facts() for edge in self.edges]
        borders = sorted({border for facts in lists for start, end, _ in facts
                          for border in (start, end)})
        indexes = [0] * len(lists)
        for start, end in zip(borders, borders[1:]):
            for number, facts in enumerate(lists):
                while facts[indexes[number]][1] <= start:
                    indexes[number] += 1
            said = [facts[indexes[number]][2] for number, facts in enumerate(lists)]
            entered = dict(said[0].entered.items() & said[0].entered.items())
            for fact in said[1:]:
                entered = dict(entered.items() & fact.entered.items())
            entered[self.name] = 0
            yield start, end, Fact(all(fact.zero for fact in said), 0, True,
                                   any(fact.allocated for fact in said), None, entered)

    def description(self, nested):
        """In the words of -blockdev; `nested` says of a node whether it is described in place."""
        found = {"driver": self.driver, "node-name": self.name, **self.options}
        for edge in self.edges:
            if edge.port is None:
                continue
            child = edge.node and (edge.node.description(nested) if nested(edge.node)
                                   else edge.node.name)
            if self.is_vote:
                found.setdefault(edge.port, []).append(child)
            else:
                found[edge.port] = child
        return found


def short_nodes(node):
    """Whose end it is that is met past the end of a node: its own, and that of what it filters. A
    vote shows nobody's end but its own."""
    names = [node.name]
    while node.is_filter and not node.is_vote:
        node = next(edge.node for edge in node.edges if edge.role == FILTERED)
        names.append(node.name)
    return names


def part_of(facts, start, end):
    for first, last, fact in facts:
        if first < end and last > start:
            yield max(first, start), min(last, end), fact


def joined(facts):
    """Neighbours that are the same become one."""
    found = []
    for start, end, fact in facts:
        if found and found[-1][1] == start and found[-1][2] == fact:
            found[-1] = (found[-1][0], end, fact)
        elif start < end:
            found.append((start, end, fact))
    return found


def holes_of(node, granularity=1):
    """The walk that lseek must show: a hole shrinks inwards to the granularity."""
    found, at = [], 0
    for start, end, zero in joined((s, e, f.zero) for s, e, f in node.facts()):
        if not zero:
            continue
        start = -(-start // granularity) * granularity
        end = end if end == node.size else end // granularity * granularity
        if start < end:
            found += [(at, start, "data")] * (at < start) + [(start, end, "hole")]
            at = end
    return found + [(at, node.size, "data")] * (at < node.size)


def places(node, base, granularity=1):
    """[(start, end, (zero, allocated, how far base is entered beyond start or None))]. What a block
    says holds for all of its bytes; it is allocated if any of them is."""
    exact = joined((start, end, (fact.zero, fact.allocated, fact.entered.get(base)))
                   for start, end, fact in node.facts())
    return exact if granularity == 1 else joined(coarse(exact, node.size, granularity))


def coarse(exact, size, granularity):
    first = 0
    for start in range(0, size, granularity):
        end = min(size, start + granularity)
        while exact[first][1] <= start:
            first += 1
        said, index = [], first
        while index < len(exact) and exact[index][0] < end:
            said.append(exact[index][2])
            index += 1
        wheres = {where for _, _, where in said}
        yield start, end, (all(zero for zero, _, _ in said), any(held for _, held, _ in said),
                           wheres.pop() if len(wheres) == 1 else None)


def below(node):
    """The node and everything its edges lead to, children first, each once."""
    seen = {}

    def visit(one):
        if one.name not in seen:
            for edge in one.edges:
                if edge.node:
                    visit(edge.node)
            seen[one.name] = one

    visit(node)
    return list(seen.values())

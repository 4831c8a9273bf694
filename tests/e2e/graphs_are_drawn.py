# SPDX-License-Identifier: GPL-2.0-or-later
"""`unchain info` as a tree and as JSON, `unchain graph` as dot and as SVG: the same nodes and edges,
whatever is shared, named strangely or a thousand layers deep."""
import json
import os
import re
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Wrong, main, run  # noqa: E402

UNCHAIN = os.environ["UNCHAIN"]
STRANGE = 'a "b" \\n {c}|<d>\u00e4\x1b[31m'

TREE = """\
window (raw, 64 KiB)
`-- file (data): q (quorum, 64 KiB)
    |-- children (filtered): throttle (throttle, 64 KiB)
    |   `-- file (filtered): top (qcow2, 64 KiB)
    |       |-- file (metadata, data): top.qcow2 (file)
    |       backing: base (qcow2, 64 KiB)
    |       `-- file (metadata, data): base.qcow2 (file)
    |-- children (filtered): top (qcow2, 64 KiB), see above
    `-- children (filtered): base (qcow2, 64 KiB), see above
"""


def check(condition, what):
    if not condition:
        raise Wrong(what)


def said(*words):
    return run(UNCHAIN, *words).decode()


def shared_graph():
    for name in ("base", "top"):
        run("qemu-img", "create", "-q", "-f", "qcow2", f"{name}.qcow2", "64k")
    nodes = [
        {"node-name": "base", "driver": "qcow2", "file": {"driver": "file", "filename": "base.qcow2"}},
        {"node-name": "top", "driver": "qcow2", "file": {"driver": "file", "filename": "top.qcow2"},
         "backing": "base"},
        {"node-name": "q", "driver": "quorum", "vote-threshold": 1,
         "children": [{"driver": "throttle", "file": "top"}, "top", "base"]},
        {"node-name": "window", "driver": "raw", "file": "q"}]
    with open("graph.json", "w", encoding="utf-8") as file:
        json.dump({"blockdevs": nodes, "exports": [{"node-name": "window"}]}, file)
    return ["-c", "graph.json"]


def tree_of(words):
    return said("info", *words).split("graph:\n")[1].split("\nsandbox:\n")[0]


def edges_of_json(words):
    nodes = json.loads(said("info", "--output=json", *words))["nodes"]
    check([node["id"] for node in nodes] == list(range(len(nodes))), "ids are places in the list")
    return {(node["name"], nodes[edge["child"]]["name"], edge["role"])
            for node in nodes for edge in node["edges"]}, len(nodes)


def edges_of_dot(words):
    text = said("graph", *words)
    names = {number: re.sub(r"\\(.)", r"\1", label.split("\\n")[0])
             for number, label in re.findall(r'^  (n\d+) \[.*label="((?:[^"\\]|\\.)*)"\];$', text, re.M)}
    return {(names[one], names[other], role)
            for one, other, roles in re.findall(r'^  (n\d+) -> (n\d+) \[label="(.*)"\];$', text, re.M)
            for role in roles.split(", ")}, len(names)


def test_shared():
    words = shared_graph()
    tree = re.sub(r"\(file, .*?\)", "(file)", tree_of(words))
    check(tree == TREE, f"the tree is\n{tree}")
    check(edges_of_json(words) == edges_of_dot(words), "JSON and dot differ")
    edges, count = edges_of_json(words)
    check(count == 7 and len(edges) == 10 and ("top", "base", "backing") in edges, f"{edges}")


def test_strange_names():
    node = {"node-name": STRANGE, "driver": "null-co", "size": 512}
    words = ["json:" + json.dumps({"driver": "raw", "file": node})]
    text = said("graph", *words)
    check("\x1b" not in text, "an escape sequence gets through")
    check('label="a \\"b\\" \\\\n {c}|<d>\u00e4\\\\x1b[31m\\nnull-co, 512 bytes"' in text, text)
    if shutil.which("dot"):
        svg = said("graph", "--output=svg", *words)
        check("a &quot;b&quot; \\n {c}|&lt;d&gt;\u00e4\\x1b[31m" in svg, svg)


def test_svg():
    if shutil.which("dot"):
        svg = said("graph", "--output=svg", *shared_graph())
        check(svg.count('class="node"') == 7 and svg.count('class="edge"') == 8, svg)
    done = subprocess.run([UNCHAIN, "graph", "--output=svg", "top.qcow2"], env={"PATH": "/nowhere"},
                          stderr=subprocess.PIPE, stdout=subprocess.PIPE, check=False)
    check(done.returncode == 1 and b"Graphviz" in done.stderr and not done.stdout, done)


def sharing_at_every_level(levels):
    """Two ways lead down from each: 2**levels paths in all."""
    nodes = [{"node-name": "n0", "driver": "null-co", "size": 512}]
    for i in range(levels):
        nodes.append({"node-name": f"n{i + 1}", "driver": "blkverify", "test": f"n{i}", "raw": f"n{i}"})
    with open("levels.json", "w", encoding="utf-8") as file:
        json.dump({"blockdevs": nodes, "exports": [{"node-name": f"n{levels}"}]}, file)
    return ["-c", "levels.json"]


def test_levels():
    words = sharing_at_every_level(8)  # more would have too many witnesses to be opened
    check(edges_of_json(words) == edges_of_dot(words), "JSON and dot differ")
    check(tree_of(words).count("\n") == 9, "the tree repeats itself")


def test_deep():
    """A thousand layers; nothing may recurse from one to the next."""
    layers = 1000
    run("qemu-img", "create", "-q", "-f", "qcow2", "0000.qcow2", "64k")
    run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", "0000.qcow2", "-F", "qcow2",
        "overlay.qcow2", "64k")
    with open("overlay.qcow2", "rb") as file:
        overlay = file.read()
    for i in range(1, layers):
        with open(f"{i:04}.qcow2", "wb") as file:
            file.write(overlay.replace(b"0000.qcow2", b"%04d.qcow2" % (i - 1)))
    resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, resource.RLIM_INFINITY))
    top = f"{layers - 1:04}.qcow2"
    edges, count = edges_of_dot([top])
    check(count == 2 * layers and len(edges) == 3 * layers - 1, f"{count} nodes, {len(edges)} edges")
    check(edges_of_json([top]) == (edges, count), "JSON and dot differ")
    tree = tree_of([top]).split("\n")
    check(len(tree) == 2 * layers + 1 and max(map(len, tree)) < 80, "the tree grows sideways")


def test():
    test_shared()
    test_strange_names()
    test_svg()
    test_levels()
    test_deep()


main(test)

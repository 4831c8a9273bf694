# SPDX-License-Identifier: GPL-2.0-or-later
# threads: yes
"""A graph file with several exports that stand on the same nodes: each shows its own view, also
while all of them are read at once."""
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Image  # noqa: E402
from kinds import K, M, scribble  # noqa: E402
from unchain import Wrong, check_mounted, main, need_fuse, run, unmount  # noqa: E402


def build():
    builder = Builder()
    base = scribble(Image(builder, "base.qcow2", 4 * M))
    left = Image(builder, "left.qcow2", 4 * M, base).write(1 * M, 100 * K)
    right = Image(builder, "right.qcow2", 6 * M, base, extended_l2="on").write_zeroes(0, 1 * M)
    builder.flush()

    def node(name, **more):
        return {"node-name": name, "driver": "qcow2", **more,
                "file": {"driver": "file", "filename": f"{name}.qcow2"}}
    graph = {
        "blockdevs": [
            node("base"), node("left", backing="base"),
            {"node-name": "slow", "driver": "throttle", "file": "base"},
            node("right", backing="slow"),
            {"node-name": "part", "driver": "raw", "offset": 96 * K, "size": 1 * M, "file": "left"},
        ],
        "exports": [{"name": f"{name}.raw", "node-name": name}
                    for name in ("base", "left", "right", "part")],
    }
    views = {"base.raw": base.view, "left.raw": left.view, "right.raw": right.view,
             "part.raw": left.view.window(96 * K, 1 * M)}
    return graph, views


def check(path, view, wrong):
    try:
        for _ in range(5):
            check_mounted(path, view, path)
    except Wrong as error:
        wrong.append(str(error))


def test():
    need_fuse()
    graph, views = build()
    os.mkdir("elsewhere")  # names in a graph file are relative to that file
    with open("graph.json", "w", encoding="utf-8") as file:
        json.dump(graph, file, indent=2)
    os.chdir("elsewhere")
    os.mkdir("mnt")
    run(os.environ["UNCHAIN"], "mount", "-c", "../graph.json", "mnt")
    try:
        if sorted(os.listdir("mnt")) != sorted(views):
            raise Wrong(f"the directory has {os.listdir('mnt')}")
        wrong = []
        threads = [threading.Thread(target=check, args=(f"mnt/{name}", view, wrong))
                   for name, view in views.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise Wrong("\n".join(wrong))
    finally:
        unmount("mnt")


main(test)

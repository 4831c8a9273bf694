# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""What is deep does not take long and is not long: 20,000 windows on each other open at once, and
the paths through 500 layers fit on a line."""
import json
import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from recipe import Kitchen  # noqa: E402
from unchain import Wrong, main, run  # noqa: E402

WINDOWS, LAYERS = 20000, 500
SECONDS = 1.5


def check_windows():
    with open("disk.raw", "wb") as file:
        file.write(b"x" * (WINDOWS + 512))
    nodes = [{"node-name": f"n{i}", "driver": "raw", "offset": 1, "file": f"n{i + 1}"}
             for i in range(WINDOWS)]
    nodes.append({"node-name": f"n{WINDOWS}", "driver": "file", "filename": "disk.raw"})
    with open("graph.json", "w", encoding="utf-8") as file:
        json.dump({"blockdevs": nodes}, file)
    out = subprocess.run([os.environ["UNCHAIN"], "map", "--output=json", "--explain", "-c",
                          "graph.json", "n0"], stdout=subprocess.PIPE, check=True).stdout
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    row, = json.loads(out)
    if (row["length"], row["offset"]) != (512, WINDOWS):
        raise Wrong(out.decode())
    expected = (f"n0 >data> n1 >data> n2 >data> n3 ... {WINDOWS + 1 - 8} more ... "
                f">data> n{WINDOWS - 3} >data> n{WINDOWS - 2} >data> n{WINDOWS - 1} "
                f">data> disk.raw@{WINDOWS} +512")
    if row["path"].replace(f"n{WINDOWS}@", "disk.raw@") != expected:
        raise Wrong(f"{row['path']}\nexpected\n{expected}")
    if used.ru_utime + used.ru_stime > SECONDS:
        raise Wrong(f"takes {used.ru_utime + used.ru_stime:.2f} s")


def check_layers():
    kitchen = Kitchen()
    kitchen.image("plain")
    kitchen.chain(LAYERS)
    kitchen.finish()
    out = run(os.environ["UNCHAIN"], "map", "--explain", "test.qcow2").decode()
    longest = max(out.splitlines(), key=len)
    if len(longest) > 300 or "... 493 more ..." not in longest:
        raise Wrong(f"{len(longest)} characters: {longest[:1000]}")


def test():
    check_windows()
    check_layers()


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""A chain of ten thousand layers opens within a second and in 100 MB."""
import json
import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from recipe import Kitchen  # noqa: E402
from unchain import Wrong, main, skip  # noqa: E402

LAYERS = 10000
SECONDS, KILOBYTES = 1, 100 << 10


def test():
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < LAYERS + 100:
        skip(f"needs {LAYERS} open files")
    kitchen = Kitchen()
    kitchen.image("plain")
    kitchen.chain(LAYERS)
    kitchen.finish()
    out = subprocess.run([os.environ["UNCHAIN"], "map", "--output=json", "-f", "qcow2",
                          "test.qcow2"], stdout=subprocess.PIPE, check=True).stdout
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if [e["depth"] for e in json.loads(out) if e["zero"]] != [LAYERS, 0, LAYERS]:
        raise Wrong(out.decode())
    if used.ru_utime + used.ru_stime > SECONDS or used.ru_maxrss > KILOBYTES:
        raise Wrong(f"takes {used.ru_utime + used.ru_stime:.2f} s and {used.ru_maxrss} KiB")


main(test)

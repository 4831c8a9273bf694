# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine merges a layer of its chain into the one below. Meanwhile that layer shows no
disk that ever was, so it cannot be read, but with -U; and who has it mounted prevents the merge, but
not with -U, which disturbs nobody (QEMU's own -U does)."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Mount, Wrong, main, need_fuse, run, skip  # noqa: E402

UNCHAIN = os.environ["UNCHAIN"]
CHAIN = ["base.qcow2", "middle.qcow2", "top.qcow2"]


class Machine:
    def __init__(self, image):
        self.process = subprocess.Popen(
            ["qemu-storage-daemon", "--chardev", "stdio,id=stdio", "--monitor", "chardev=stdio",
             "--blockdev", f"driver=qcow2,node-name=disk,file.driver=file,file.filename={image}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """What is wrong, or None."""
        question = json.dumps({"execute": command, "arguments": arguments})
        self.process.stdin.write(question.encode() + b"\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if "return" in answer or "error" in answer:
                return answer.get("error", {}).get("desc")

    def merge(self):
        """Begins; it goes on for hours."""
        return self.ask("block-commit", **{"job-id": "merge", "device": "disk", "speed": 1,
                                           "top": "middle.qcow2", "base": "base.qcow2"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def build():
    below = []
    for name in CHAIN:
        run("qemu-img", "create", "-q", "-f", "qcow2", *below, name, "64M")
        below = ["-b", name, "-F", "qcow2"]
    run("qemu-io", "-c", "write -q -P 7 0 16M", "middle.qcow2")


def check(condition, text):
    if not condition:
        raise Wrong(text)


def check_reading():
    with Machine("top.qcow2") as machine:
        run(UNCHAIN, "map", "middle.qcow2")  # as long as it is only read there
        check(machine.merge() is None, "the merge does not begin")
        done = subprocess.run([UNCHAIN, "map", "middle.qcow2"], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, check=False)
        check(done.returncode == 1 and done.stdout == "" and done.stderr.startswith(
            "unchain: 'middle.qcow2' is in use: a virtual machine or another program is changing it "
            "and lets nobody read it; "), f"status {done.returncode}: {done.stderr}")
        run(UNCHAIN, "map", "-U", "middle.qcow2")


def check_mounts():
    with Machine("top.qcow2") as machine:
        with Mount({"middle": "middle.qcow2"}):
            check("lock" in (machine.merge() or ""), "it is changed while it is mounted")
        with Mount({"middle": "middle.qcow2"}, "-U"):
            wrong = machine.merge()
            check(wrong is None, f"a mount with -U prevents the merge: {wrong}")


def test():
    if not shutil.which("qemu-storage-daemon"):
        skip("needs qemu-storage-daemon")
    need_fuse()
    build()
    check_reading()
    check_mounts()


main(test)

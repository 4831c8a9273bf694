# SPDX-License-Identifier: GPL-2.0-or-later
# parts: 2
"""A reader and a virtual machine start at the same moment, many times: never do both get the image.
First with programs that stay, which open it within a millisecond, then with mounts."""
import collections
import os
import random
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from qemu_io import QemuIo  # noqa: E402
from unchain import LONG, PART, SEED, Reader, Wrong, main, need_fuse, run, skip, unmount  # noqa: E402
from writer import WRITERS  # noqa: E402

OPENINGS = 20000 if LONG else 2000
MOUNTS = 400 if LONG else 40
SPREAD = 0.002  # seconds between the two, at most


def wait(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def count(outcomes, reads, writes):
    if reads and writes:
        raise Wrong(f"it is written while it is read, after {sum(outcomes.values())} starts")
    outcomes["read" if reads else "written" if writes else "neither"] += 1


class Opening:
    """One command is sent to each of them before either answer is waited for."""

    def __init__(self, reader, writer):
        self.reader = reader.process
        self.writer = writer

    def start_reader(self):
        self.reader.stdin.write(b"image qcow2 top.qcow2\n")
        self.reader.stdin.flush()

    def start_writer(self):
        self.writer.process.stdin.write(b"open top.qcow2\n")
        self.writer.process.stdin.flush()

    def race(self, rng):
        starts = [self.start_reader, self.start_writer]
        rng.shuffle(starts)
        starts[0]()
        wait(rng.random() * SPREAD)
        starts[1]()
        answer = self.reader.stdout.readline().decode()
        reads, writes = answer == "ok\n", "can't open" not in self.writer.answer()
        if not reads and "is in use" not in answer:
            raise Wrong(answer)
        return reads, writes


def race_openings():
    rng, outcomes = random.Random(SEED), collections.Counter()
    with Reader() as reader, QemuIo() as writer:
        writer.start()
        opening = Opening(reader, writer)
        for _ in range(OPENINGS):
            reader.ask("new")
            count(outcomes, *opening.race(rng))
            reader.ask("new")
            writer.ask(["close"])
    return outcomes


def mount(results):
    results.append(subprocess.run([os.environ["UNCHAIN"], "mount", "-q", "--pid-file", "mount.pid",
                                   "top.qcow2", "mnt"], stderr=subprocess.PIPE, check=False))


def race_mounts():
    rng, outcomes = random.Random(SEED), collections.Counter()
    os.mkdir("mnt")
    for number in range(MOUNTS):
        done = []
        thread = threading.Thread(target=mount, args=(done,))
        late = rng.uniform(-0.03, 0.03)
        threading.Timer(max(0, late), thread.start).start()
        wait(max(0, -late))
        with WRITERS[number % len(WRITERS)]("top.qcow2", "qcow2") as writer:
            while not done:
                time.sleep(0.001)
            mounted = done[0].returncode == 0
            count(outcomes, mounted, writer is not None)
        if mounted:
            unmount(os.path.abspath("mnt"))
        elif b"is in use" not in done[0].stderr:
            raise Wrong(done[0].stderr)
        while os.path.exists("mount.pid"):
            time.sleep(0.001)
    return outcomes


def test():
    if not shutil.which("qemu-storage-daemon"):
        skip("needs qemu-storage-daemon")
    need_fuse()
    run("qemu-img", "create", "-q", "-f", "qcow2", "base.qcow2", "1M")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", "top.qcow2")
    outcomes = race_openings() if PART == 1 else race_mounts()
    print(dict(outcomes))
    if not outcomes["read"] or not outcomes["written"]:
        raise Wrong("the same one wins always: this is no race")


main(test)

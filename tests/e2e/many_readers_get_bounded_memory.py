# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""Many readers at the same moment (10,000 with --long) get the right bytes; and the serving process
gets no more threads, memory and descriptors than it is meant to.

    many_readers_get_bounded_memory.py [--readers N] [--reads N]
"""
import argparse
import os
import resource
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Image  # noqa: E402
from unchain import LONG, Mount, Wrong, main  # noqa: E402
from usage import usage, worker_of  # noqa: E402

K, M = 1 << 10, 1 << 20
SIZE = 32 * M
CACHE, INDEX = 4 * M, 1 * M
SERVING_THREADS = min(max(os.cpu_count(), 3), 8)
OTHER_THREADS = 3 + os.cpu_count()  # the first one, those that watch and count; and those that unpack
PER_THREAD = 2 * M
SPARE = (8 + 4 * os.cpu_count()) * M  # of the other threads, and of what they free for each other
PROCESSES = 50


def build():
    """Compressed, plain and zero clusters in three layers."""
    builder = Builder()
    base = Image(builder, "base.qcow2", SIZE)
    for at in range(0, SIZE, 2 * M):
        base.write_compressed(at, M)
    middle = Image(builder, "middle.qcow2", SIZE, base, compression_type="zstd")
    for at in range(M, SIZE, 4 * M):
        middle.write_compressed(at, 512 * K)
    top = Image(builder, "top.qcow2", SIZE, middle)
    for at in range(0, SIZE, 8 * M):
        top.write(at + 300 * K, 200 * K).write_zeroes(at + 6 * M, 700 * K)
    builder.flush()
    with open("expected", "wb") as file:
        file.write(top.view.content)


class Watch:
    """The most that a process uses while this is open."""

    def __init__(self, pid):
        self.pid = pid
        self.most = usage(pid)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.stop.wait(0.02):
            self.most = type(self.most)(*map(max, self.most, usage(self.pid)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class Crowd:
    def __init__(self, path, options):
        program = os.path.join(os.path.dirname(os.environ["READER"]), "crowd")
        command = [program, path, "expected", PROCESSES, options.readers // PROCESSES,
                   options.reads]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def said(self):
        line = self.process.stdout.readline().strip()
        if not line.endswith(" 0 reads wrong"):
            raise Wrong(f"the crowd says: {line or 'nothing'}")
        return line

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def check(before, most, after):
    bound = before.rss + (CACHE + INDEX + SERVING_THREADS * PER_THREAD + SPARE) // K
    if most.threads > SERVING_THREADS + OTHER_THREADS:
        raise Wrong(f"{most.threads} threads")
    if most.descriptors > before.descriptors or after.descriptors > before.descriptors:
        raise Wrong(f"{most.descriptors} descriptors, {before.descriptors} before")
    if most.rss > bound:
        raise Wrong(f"{most.rss} KiB of memory, more than {bound}")


def gather(path, worker, options):
    before = usage(worker)
    print("before:  ", before)
    with Crowd(path, options) as crowd, Watch(worker) as watch:
        crowd.said()
        print("all open:", usage(worker))
        start = time.monotonic()
        crowd.go_on()
        print(crowd.said(), f"in {time.monotonic() - start:.1f} s")
        print("at most: ", watch.most)
        crowd.go_on()
        if crowd.process.wait() != 0:
            raise Wrong(f"the crowd ends with status {crowd.process.returncode}")
    print("after:   ", usage(worker))
    check(before, watch.most, usage(worker))


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=10000 if LONG else 500)
    parser.add_argument("--reads", type=int, default=20 if LONG else 10)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NPROC, [resource.getrlimit(resource.RLIMIT_NPROC)[1]] * 2)
    build()
    sizes = f"cache_size={CACHE},index_size={INDEX}"
    for more in "", ",direct_io":
        with Mount({"disk": "top.qcow2"}, "-o", sizes + more) as directory:
            gather(f"{directory}/disk", worker_of(directory + ".pid"), options)


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""Mounts that are read in every way for a long time use no more memory at the end than soon after
the start. (A few seconds find a leak of a page in every request; others need minutes.)

    memory_stays_flat.py [--minutes N] [--load FRACTION] [--samples FILE]

--load: of one processor, how much the readers and what serves them take up together.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from chain import Builder, Image  # noqa: E402
from unchain import LONG, SEED, Mount, Wrong, check_walk, main, run, walk  # noqa: E402
from usage import usage, worker_of  # noqa: E402

K, M = 1 << 10, 1 << 20
SIZE = 48 * M
SIZES = "cache_size=2M,index_size=256k"
READERS = 3
GROWTH = 2048  # KiB, for the heap's gaps; while the caches and the threads' memory are being filled, more
GROWTH_AT_FIRST = 8192
LONG_ENOUGH = 5  # minutes


def build():
    """Four layers, the compressed ones of both kinds; and a smaller chain that comes and goes."""
    builder, rng, below = Builder(), random.Random(SEED), None
    for number, options in enumerate([{}, {"compression_type": "zstd"}, {"cluster_size": 4 * K},
                                      {"extended_l2": "on"}]):
        below = Image(builder, f"layer{number}.qcow2", SIZE, below, **options)
        for at in range(number * M, SIZE, 4 * M) if number < 2 else []:
            below.write_compressed(at, M)
        for _ in range(200 if number >= 2 else 0):
            below.write(rng.randrange(SIZE - 64 * K), rng.randrange(1, 64 * K))
            below.write_zeroes(rng.randrange(SIZE - 64 * K), rng.randrange(1, 64 * K))
    builder.flush()
    with open("expected", "wb") as file:
        file.write(below.view.content)
    return below


class Reader:
    """What a reading process does, a little of everything."""

    def __init__(self, paths, seed):
        self.paths = paths
        self.rng = random.Random(seed)
        with open("expected", "rb") as file:
            self.expected = file.read()
        with open("walk", encoding="ascii") as file:
            self.walk = [tuple(step) for step in json.load(file)]

    def read(self, fd, offset, length):
        if os.pread(fd, length, offset) != self.expected[offset:offset + length]:
            sys.exit(f"wrong bytes at {offset}")

    def read_here_and_there(self, path):
        with open(path, "rb") as file:
            for _ in range(50):
                self.read(file.fileno(), self.rng.randrange(SIZE),
                          int(2 ** self.rng.uniform(0, 18)))

    def read_on(self, path):
        start = self.rng.randrange(SIZE)
        with open(path, "rb") as file:
            for offset in range(start, min(SIZE, start + 4 * M), 128 * K):
                self.read(file.fileno(), offset, 128 * K)

    def seek(self, path):
        with open(path, "rb") as file:
            for start, end, kind in self.rng.sample(self.walk, min(50, len(self.walk))):
                other = os.SEEK_HOLE if kind == "data" else os.SEEK_DATA
                if end < SIZE and os.lseek(file.fileno(), start, other) != end:
                    sys.exit(f"{kind} at {start} does not end at {end}")

    def forget(self, path):
        """So that it is read anew."""
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def look(self, path):
        if os.stat(path).st_size != SIZE or not os.listdir(os.path.dirname(path)):
            sys.exit("stat")

    def run(self, share):
        """Until it is killed; at most `share` of the time."""
        while True:
            start = time.monotonic()
            path = self.rng.choice(self.paths)
            self.rng.choice([self.read_here_and_there, self.read_here_and_there, self.read_on,
                             self.seek, self.forget, self.look])(path)
            if share < 1:
                time.sleep((time.monotonic() - start) * (1 / share - 1))


def come_and_go(number):
    """Beside the long mount: others of the same images, and other commands."""
    name = f"layer{number % 4}.qcow2"
    with Mount({"other": name}, "-o", SIZES) as directory:
        with open(f"{directory}/other", "rb") as file:
            os.pread(file.fileno(), 64 * K, (number * M) % SIZE)
    run(os.environ["UNCHAIN"], "map", "--output=json", name)


def flat(samples):
    """The middle of the last third, against that of the third before it."""
    third = len(samples) // 3
    earlier, later = (statistics.median(sample["rss"] for sample in part)
                      for part in (samples[third:2 * third], samples[2 * third:]))
    return earlier, later


class Soak:
    def __init__(self, options):
        self.options = options
        self.samples = []
        self.rounds = 0

    def sample(self, workers, start):
        now = [usage(pid) for pid in workers]
        self.samples.append({"seconds": round(time.monotonic() - start, 1),
                             "rss": sum(u.rss for u in now),
                             "each": [u.rss for u in now],
                             "threads": [u.threads for u in now],
                             "descriptors": [u.descriptors for u in now]})
        if self.options.samples:
            with open(self.options.samples, "a", encoding="ascii") as file:
                file.write(json.dumps(self.samples[-1]) + "\n")

    def go(self, directories, readers):
        workers = [worker_of(directory + ".pid") for directory in directories]
        start = time.monotonic()
        pause = min(1, self.options.minutes)
        while time.monotonic() < start + self.options.minutes * 60:
            come_and_go(self.rounds)
            self.rounds += 1
            for _ in range(5):
                time.sleep(pause)
                self.sample(workers, start)
            for reader in readers:
                if reader.poll() is not None:
                    raise Wrong("a reader has ended")

    def judge(self):
        earlier, later = flat(self.samples)
        first, last = self.samples[0], self.samples[-1]
        print(f"{len(self.samples)} samples, {self.rounds} other mounts; memory in KiB: "
              f"{first['rss']} at the start, {earlier:.0f} in the middle third, {later:.0f} in the "
              f"last, {max(s['rss'] for s in self.samples)} at most")
        print(f"threads {first['threads']} to {last['threads']}, "
              f"descriptors {first['descriptors']} to {last['descriptors']}")
        allowed = GROWTH if self.options.minutes >= LONG_ENOUGH else GROWTH_AT_FIRST
        if later > earlier + allowed:
            raise Wrong(f"memory grows from {earlier:.0f} to {later:.0f} KiB")
        if last["descriptors"] != first["descriptors"]:
            raise Wrong("descriptors are lost")


def soak(options):
    top = build()
    with Mount({"disk": "layer3.qcow2"}, "-o", SIZES) as one, \
            Mount({"disk": "layer3.qcow2"}, "-o", SIZES + ",direct_io") as other:
        paths = [f"{one}/disk", f"{other}/disk"]
        steps = walk(paths[0])
        check_walk(steps, top.view, "at the start")
        with open("walk", "w", encoding="ascii") as file:
            json.dump(steps, file)
        readers = [subprocess.Popen([sys.executable, __file__, "--load", str(options.load), "--read",
                                     str(number), *paths]) for number in range(READERS)]
        soaking = Soak(options)
        try:
            soaking.go([one, other], readers)
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()
        if walk(paths[0]) != steps:
            raise Wrong("the holes have moved")
    soaking.judge()


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30 if LONG else 0.06)
    parser.add_argument("--load", type=float, default=READERS)
    parser.add_argument("--samples")
    parser.add_argument("--read", type=int)
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    if options.read is not None:
        Reader(options.paths, SEED + options.read).run(options.load / READERS)
    soak(options)


main(test)

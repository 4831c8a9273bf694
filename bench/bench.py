# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures unchain beside its peers: called by bench/run.sh, which has built and installed
everything.

For every image all contestants mount it, then every round gives each of them one turn at every
workload, so that whatever else the machine does falls on all alike. Before a turn the machine is
brought into the same state: the file's own cached pages are dropped, memory that is about to be
filled is touched (a virtual machine may have lost it), and what the image lies in is read, so that
it is in the page cache.
"""
import argparse
import atexit
import fnmatch
import json
import mmap
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import time

import contestants
import images
import table
import workloads

PATIENCE = 25  # seconds that one contestant may take for all rounds of one workload, about


class Bench:
    def __init__(self, options):
        self.options = options
        self.images = images.Images(options.work)
        self.contestants = self.list_contestants()
        self.failed = set()
        peers = [c.name for c in self.contestants if c.is_peer and c.has_column]
        self.results = table.Results(peers)
        self.notes = []

    def list_contestants(self):
        work, build = self.options.work, self.options.build
        here = contestants.Place(work, "", work)
        direct = ("-o", "direct_io")
        yours = [
            contestants.Raw("raw", here),
            contestants.Bare("bare", here, build),
            contestants.Bare("bare-direct", here, build, *direct),
            contestants.Unchain("unchain", here, build),
            contestants.Unchain("unchain-direct", here, build, *direct)]
        peers = [contestants.StorageDaemon("qsd-7.2", here)]
        if self.options.newer:
            there = contestants.Place(work, self.options.newer, "/bench")
            peers += [contestants.StorageDaemon("qsd-11", there),
                      contestants.StorageDaemon("qsd-11-best", there, 2, "the top layer"),
                      contestants.StorageDaemon("qsd-11-every", there, 2, "every layer")]
        return yours + peers + [contestants.Nbdfuse("nbdfuse", here),
                                contestants.Qcowmount("qcowmount", here)]

    # ---- one turn ----

    def settle(self, subject, job):
        if job.mounted and isinstance(subject, contestants.Mounted):
            drop_cached(subject.file)
        touch_memory(job.memory)
        for path in subject.sources():
            read_file(path)

    def turn(self, workload, subject):
        name = subject.contestant.name
        self.settle(subject, workload.job)
        try:
            self.results.add(workload.name, name, workload.job.run(subject))
        except (OSError, subprocess.CalledProcessError, contestants.MountFailed) as error:
            self.give_up(workload, subject, error)

    def give_up(self, workload, subject, error):
        self.failed.add((workload.name, subject.contestant.name))
        self.note(f"{workload.name}: {subject.contestant.name}: {error}")

    def note(self, text):
        print(f"bench: {text}", flush=True)
        self.notes.append(text)

    # ---- all turns with one image ----

    def subjects(self, image, group):
        """The contestants that any workload needs, mounted if one needs that."""
        for contestant in self.contestants:
            wanted = [w for w in group if w.is_for(contestant)]
            if not wanted or not contestant.can(image):
                continue
            if isinstance(contestant, contestants.Raw):
                yield contestants.Unmounted(contestant, image, image.raw)
                continue
            subject = contestants.Mounted(contestant, image)
            if any(workload.job.mounted for workload in wanted):
                try:
                    subject.start()
                except contestants.MountFailed as error:
                    for workload in wanted:
                        self.give_up(workload, subject, error)
                    continue
                atexit.register(subject.stop)
            yield subject

    def run_image(self, name, group):
        image = self.images.get(name)
        for part in ([w for w in group if w.job.mounted], [w for w in group if not w.job.mounted]):
            subjects = list(self.subjects(image, part))
            spent = {}
            for number in range(self.options.rounds):
                for workload in part:
                    self.run_round(number, workload, subjects, spent)
            for subject in subjects:
                subject.stop()
                atexit.unregister(subject.stop)

    def run_round(self, number, workload, subjects, spent):
        print(f"bench: round {number + 1}: {workload.name}", flush=True)
        for subject in subjects:
            key = (workload.name, subject.contestant.name)
            if not workload.is_for(subject.contestant) or key in self.failed:
                continue
            last, total = spent.get(key, (0, 0))
            if total + last > PATIENCE:
                continue
            begun = time.monotonic()
            self.turn(workload, subject)
            last = time.monotonic() - begun
            spent[key] = (last, total + last)

    def run(self, chosen):
        groups = {}
        for workload in chosen:
            groups.setdefault(workload.image, []).append(workload)
        for name, group in groups.items():
            self.run_image(name, group)
            self.save()

    # ---- what is left behind ----

    def text(self):
        text = table.table(self.results)
        for peer in ("nbdfuse", "qcowmount"):
            known = [f"{workload} {value[0]:.2f} {name}"
                     for workload, all_of in self.results.samples.items()
                     for name, value in all_of.get(peer, {}).items() if name != "CPU"]
            if known:
                text += f"\n{peer}: {', '.join(known)}"
        return text + "".join(f"\nnote: {note}" for note in self.notes) + "\n"

    def save(self):
        with open(f"{self.options.work}/last.json", "w", encoding="utf-8") as file:
            json.dump({"machine": machine(), "rounds": self.options.rounds,
                       "peers": self.results.peers, "samples": self.results.samples,
                       "notes": self.notes}, file, indent=1)
        with open(f"{self.options.work}/last.txt", "w", encoding="utf-8") as file:
            file.write(f"{machine()}\n\n{self.text()}")


# ---- the machine ----

def machine():
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(file.readline().split()[1]) / (1 << 20)
    kernel = re.match("[0-9.]+", platform.release()).group()
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}"


def drop_cached(path):
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def touch_memory(gib):
    if gib:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
        mmap.mmap(-1, int(gib * images.GIB), flags=flags).close()


def read_file(path, buffer=bytearray(images.MIB)):
    """What is a hole in it costs nothing and is left out."""
    file = os.open(path, os.O_RDONLY)
    at, size = 0, os.fstat(file).st_size
    try:
        while at < size:
            at = os.lseek(file, at, os.SEEK_DATA)
            at += os.preadv(file, [buffer], at)
    except OSError:  # ENXIO: no data any more
        pass
    os.close(file)


# ---- the program ----

def parse():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="Measures unchain and peers.")
    parser.add_argument("--newer", metavar="DIRECTORY", help="chroot of the newer Debian")
    parser.add_argument("--quick", action="store_true", help="few workloads, one round")
    parser.add_argument("--rounds", type=int, help="how often each is measured (5; quick: 1)")
    parser.add_argument("--list", action="store_true", help="print the workloads")
    parser.add_argument("--work", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("patterns", nargs="*", metavar="WORKLOAD-PATTERN")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    return options


def choose(options):
    seconds = 1 if options.quick else 2
    known = workloads.all_workloads(options.work, options.build, seconds)
    if options.patterns:
        return [w for w in known
                if any(fnmatch.fnmatch(w.name, f"*{pattern}*") for pattern in options.patterns)]
    return [w for w in known if w.quick or not options.quick]


def main():
    options = parse()
    chosen = choose(options)
    if options.list:
        print("\n".join(f"{w.name:28} {w.image}" for w in chosen))
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what is mounted is ended
    bench = Bench(options)
    bench.run(chosen)
    print()
    print(bench.text())


if __name__ == "__main__":
    sys.exit(main())

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
import os
import resource
import signal
import subprocess
import sys
import time

import images
import jobs
import lineup
import machine
import mounted
import table
import workloads

PATIENCE = 25  # seconds that one contestant may take for all rounds of one workload, about


class Bench:
    def __init__(self, options):
        self.options = options
        self.images = images.Images(options.work)
        self.contestants = lineup.contestants(options.work, options.build, options.newer,
                                              lambda: self.images.get("chain-1"))
        self.failed = set()
        before = self.load() if options.more else {"samples": {}, "notes": [], "commits": []}
        self.commits = before["commits"]
        if machine.commit() not in self.commits:
            self.commits.append(machine.commit())
        self.results = table.Results([c.name for c in self.contestants if c.has_column],
                                     before["samples"])
        self.notes = before["notes"]

    # ---- one turn ----

    def settle(self, subject, job):
        if job.mounted and subject.can_start:
            machine.drop_cached(subject.file)
        if not subject.contestant.bypasses_cache or job.writes:
            machine.touch_memory(int(job.fills * min(subject.image.size, images.GIB)))
        for path in subject.contestant.sources(subject.image):
            machine.read_file(path)

    def turn(self, workload, subject):
        name = subject.contestant.name
        try:
            self.settle(subject, workload.job)
            self.results.add(workload.name, name, workload.job.run(subject))
        except (OSError, subprocess.CalledProcessError, mounted.MountFailed) as error:
            self.give_up(workload, subject, error)

    def give_up(self, workload, subject, error):
        self.failed.add((workload.name, subject.contestant.name))
        reason = getattr(error, "stderr", None) or str(error)
        last = reason.strip().splitlines()[-1:]
        self.note(f"{workload.name}: {subject.contestant.name}: {''.join(last)[-200:]}")

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
            subject = contestant.subject(image)
            if subject.can_start and any(workload.job.mounted for workload in wanted):
                atexit.register(subject.stop)
                try:
                    subject.start()
                except mounted.MountFailed as error:
                    for workload in wanted:
                        self.give_up(workload, subject, error)
                    continue
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
        load = os.getloadavg()[0]
        if load > 0.5:
            self.note(f"the machine was not idle: its load was {load:.1f} at the start")
        groups = {}
        for workload in chosen:
            groups.setdefault(workload.image, []).append(workload)
        for name, group in groups.items():
            self.run_image(name, group)
            self.save()

    def run_micro(self):
        text = ""
        for depth in images.DEPTHS:
            image = self.images.get(f"chain-{depth}")
            for path in image.files():
                machine.read_file(path)
            text += jobs.output_of([f"{self.options.build}/bench/micro", image.top]).stdout
        text = text.replace(f"{self.images.root}/", "")
        with open(f"{self.options.work}/micro.txt", "w", encoding="utf-8") as file:
            file.write(text)
        return text

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

    def load(self):
        with open(f"{self.options.work}/full.json", encoding="utf-8") as file:
            return json.load(file)

    def save(self):
        """last.txt and last.json; or full.txt and full.json, which README.md is made from."""
        name = f"{self.options.work}/{'full' if self.options.is_full else 'last'}"
        with open(f"{name}.json", "w", encoding="utf-8") as file:
            json.dump({"machine": machine.describe(), "commits": self.commits,
                       "peers": self.results.peers, "samples": self.results.samples,
                       "notes": self.notes}, file, indent=1)
        with open(f"{name}.txt", "w", encoding="utf-8") as file:
            file.write(f"{machine.describe()}; unchain at {', then '.join(self.commits)}\n\n"
                       f"{self.text()}")


# ---- the program ----

def parse():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="Measures unchain and peers.")
    parser.add_argument("--newer", metavar="DIRECTORY", help="chroot of the newer Debian")
    parser.add_argument("--quick", action="store_true", help="few workloads, one round")
    parser.add_argument("--rounds", type=int, help="how often each is measured (3; quick: 1)")
    parser.add_argument("--more", action="store_true",
                        help="add rounds to the last full run, or the part it has not come to")
    parser.add_argument("--list", action="store_true", help="print the workloads")
    parser.add_argument("--micro", action="store_true", help="the library alone, nothing else")
    parser.add_argument("--work", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("patterns", nargs="*", metavar="WORKLOAD-PATTERN")
    options = parser.parse_args()
    options.is_full = options.more or not (options.quick or options.patterns)
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def choose(options):
    known = workloads.all_workloads(options.work, options.build)
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
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what is mounted is ended
    bench = Bench(options)
    if not options.micro:
        bench.run(chosen)
        print()
        print(bench.text())
    if options.micro or (options.is_full and not options.patterns):
        print(bench.run_micro())


if __name__ == "__main__":
    sys.exit(main())

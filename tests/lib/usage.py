# SPDX-License-Identifier: GPL-2.0-or-later
"""What a serving process uses: memory, threads, descriptors."""
import collections
import os

Usage = collections.namedtuple("Usage", "rss threads descriptors")  # rss in KiB


def worker_of(pid_file):
    """The process that serves a mount: the child of the one in the pid file that is no shell."""
    with open(pid_file, encoding="ascii") as file:
        supervisor = int(file.read())
    with open(f"/proc/{supervisor}/task/{supervisor}/children", encoding="ascii") as file:
        for child in map(int, file.read().split()):
            with open(f"/proc/{child}/comm", encoding="utf-8") as name:
                if name.read() == "unchain\n":
                    return child
    raise RuntimeError(f"{supervisor} has no worker")


def usage(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        facts = dict(line.rstrip().split(":", 1) for line in file)
    return Usage(int(facts["VmRSS"].split()[0]), int(facts["Threads"]),
                 len(os.listdir(f"/proc/{pid}/fd")))

# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done with a disk and timed. A job's run(subject) returns its numbers by name."""
import json
import os
import re
import signal
import subprocess
import time

GIB = 1 << 30


def output_of(words):
    """Interrupted is fine."""
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    if done.returncode not in (0, 128 + signal.SIGINT, -signal.SIGINT):
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
    return done


def seconds_of(words):
    begun = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


class Job:
    mounted = True  # it needs the disk as a file
    fills = 1       # how much memory, the page cache mostly: so many times the disk's data
    writes = False


class Dd(Job):
    """GB/s, and the CPU seconds that the serving program used for each GiB. Who is slow is
    interrupted, and has read less. (Once: a second signal, to the group, would silence dd.)"""
    patience = 8

    def __init__(self, block):
        self.block = block

    def run(self, subject):
        before = subject.cpu_seconds()
        text = output_of(["timeout", "--foreground", "--preserve-status", "--signal=INT",
                          str(self.patience), "dd", f"if={subject.file}", "of=/dev/null",
                          f"bs={self.block}", f"count={subject.image.size}",
                          "iflag=count_bytes"]).stderr
        used = subject.cpu_seconds() - before
        said = re.search(r"(\d+) bytes.* ([0-9.e-]+) s,", text)
        if said is None or int(said[1]) == 0:
            raise OSError(f"dd has read nothing: {text}")
        size, seconds = said.groups()
        return {"GB/s": float(size) / float(seconds) / 1e9, "CPU": used * GIB / float(size)}


class Cp(Job):
    """Seconds for a fresh copy on the filesystem that the images are on."""
    fills = 2
    writes = True

    def __init__(self, work):
        self.target = f"{work}/copy"

    def run(self, subject):
        try:
            return {"s": seconds_of(["cp", subject.file, self.target])}
        finally:
            if os.path.exists(self.target):
                os.remove(self.target)


class RandomReads(Job):
    """Thousands of reads of 4 KiB in a second, no block twice; and the CPU time that the serving
    program used for each, in microseconds."""
    fills = 0.25

    def __init__(self, readers=1, depth=0):
        self.readers, self.depth = readers, depth

    def run(self, subject):
        share = subject.image.size // self.readers
        engine = ["--ioengine=psync"]
        if self.depth:
            engine = ["--ioengine=io_uring", f"--iodepth={self.depth}", "--direct=1"]
        before = subject.cpu_seconds()
        text = output_of([
            "fio", "--name=bench", f"--filename={subject.file}", "--readonly", "--rw=randread",
            "--bs=4k", f"--size={share}", f"--offset_increment={share}", "--thread",
            f"--numjobs={self.readers}", "--runtime=1", "--group_reporting",
            "--invalidate=0", "--output-format=json", *engine]).stdout
        used = subject.cpu_seconds() - before
        report = json.loads(text[text.index("{"):])["jobs"][0]["read"]
        return {"kIOPS": report["iops"] / 1000, "CPU": used * 1e6 / max(report["total_ios"], 1)}


class Walk(Job):
    """Thousands of data extents in a second, by SEEK_DATA and SEEK_HOLE."""
    fills = 0

    def __init__(self, build):
        self.program = f"{build}/bench/walk"

    def run(self, subject):
        extents, seconds = output_of([self.program, subject.file, "2"]).stdout.split()
        return {"k/s": float(extents) / float(seconds) / 1000}


class Sum(Job):
    """Seconds of sha256sum."""

    def run(self, subject):
        return {"s": seconds_of(["sha256sum", subject.file])}


class Hash(Job):
    """`unchain hash` of the image: seconds, and GB/s of what is data in it."""
    mounted = False

    def __init__(self, build):
        self.words = [f"{build}/fuse/unchain", "hash"]

    def run(self, subject):
        seconds = seconds_of([*self.words, subject.image.top])
        return {"s": seconds, "GB/s": os.stat(subject.image.raw).st_blocks * 512 / seconds / 1e9}


class Map(Job):
    """Seconds of `unchain map` or `qemu-img map`."""
    mounted = False
    fills = 0

    def __init__(self, build):
        self.unchain = f"{build}/fuse/unchain"

    def run(self, subject):
        contestant, image = subject.contestant, subject.image
        if contestant.is_peer:
            place = contestant.place
            words = place.command(["qemu-img", "map", place.seen(image.top)])
        else:
            words = [self.unchain, "map", image.top]
        return {"s": seconds_of(words)}


class Mount(Job):
    """Milliseconds until a mount answers, MiB it holds then, the speed of the first read of all,
    and MiB after it."""
    mounted = False

    def run(self, subject):
        try:
            subject.start()
            values = {"ms": subject.seconds * 1000, "MiB": subject.memory()}
            values["GB/s"] = Dd("1M").run(subject)["GB/s"]
            return {**values, "MiB after": subject.memory()}
        finally:
            subject.stop()

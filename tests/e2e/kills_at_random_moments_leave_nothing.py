# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""While programs read, any process of a mount is killed at any moment: within a second there is no
mount, no process and no lock left, or, if the mount can do without it, it works.

    kills_at_random_moments_leave_nothing.py [--kills N] [--load N]

--load N: beside N processes that only compute.
"""
import argparse
import collections
import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from remains import PATIENCE, detach, is_mounted, processes, wait_until_gone  # noqa: E402
from unchain import LONG, SEED, Wrong, main, need_fuse, run  # noqa: E402

READERS = 2
VICTIMS = {"launcher": 3, "supervisor": 3, "worker": 3, "guard": 1, "supervisor, worker": 1,
           "worker, supervisor": 1}
CAN_DO_WITHOUT = ["launcher", "guard"]
MOMENTS = {"starting": 4, "serving": 3, "ending": 2}
IMAGE = "disk.qcow2"


def read_for_ever(path):
    """The readers: what they get is right, or an error. (If the end comes while the kernel gathers
    the pages of a read, it answers with those that it has, and the next read is the error.)"""
    with open("expected", "rb") as file:
        expected = file.read()
    rng = random.Random()
    while True:
        try:
            fd = os.open(path, os.O_RDONLY)
        except OSError:
            time.sleep(0.002)
            continue
        with contextlib.suppress(OSError):
            for _ in range(8):
                offset = rng.randrange(len(expected))
                length = rng.randrange(1, 65536)
                got = os.pread(fd, length, offset)
                if not got or got != expected[offset:offset + len(got)]:
                    sys.exit(f"a reader gets {len(got)} wrong bytes for {length} at {offset}")
        with contextlib.suppress(OSError):
            os.close(fd)
        time.sleep(0.001)


class Life:
    """One mount, until somebody kills a part of it."""

    start_takes = 0.05  # seconds; follows the machine

    def __init__(self, number, rng):
        self.rng = rng
        self.directory = os.path.abspath("mnt")
        self.mark = f"UNCHAIN_ROUND={os.getpid()}.{number}"
        self.killed = set()
        self.foreground = rng.random() < 0.4
        self.victims = rng.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        self.moment = rng.choices(list(MOMENTS), list(MOMENTS.values()))[0]
        if self.foreground and self.victims == "launcher":
            self.victims = "supervisor"
        self.began = time.monotonic()
        command = [os.environ["UNCHAIN"], "mount", "-q", *["--foreground"] * self.foreground,
                   IMAGE, self.directory]
        self.launcher = subprocess.Popen(command, env=dict(os.environ, **dict([self.mark.split("=")])),
                                         stderr=subprocess.DEVNULL)

    def roles(self):
        """Who is who. Each starts the next, and the guard is at first a copy of the supervisor."""
        self.launcher.poll()
        found = {}
        while set(found) != set(found := processes(self.mark)):
            pass  # a process may come or go while they are being looked for
        names = ["supervisor", "worker", "guard"]
        if self.launcher.pid in found and not self.foreground:
            names.insert(0, "launcher")
        found = sorted(found.values(), key=lambda process: process.age)
        return dict(zip(names, (process.pid for process in found)))

    def answers(self):
        try:
            return os.stat(f"{self.directory}/disk.raw").st_size > 0
        except OSError:
            return False

    def wait_until_served(self):
        while not (is_mounted(self.directory) and self.answers()):
            if self.launcher.poll() not in (None, 0) or time.monotonic() - self.began > 10:
                raise Wrong("it does not even start")
            time.sleep(0.001)
        Life.start_takes += (time.monotonic() - self.began - Life.start_takes) / 5

    def wait_for_moment(self):
        if self.moment == "starting":
            time.sleep(self.rng.random() * 1.2 * self.start_takes)
            return
        self.wait_until_served()
        time.sleep(self.rng.random() * 0.03)
        if self.moment == "ending":
            self.ending = detach(self.directory)
            time.sleep(self.rng.random() * 0.006)

    def kill(self):
        """Those of the victims that are there; if none is there yet, waits."""
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            roles = self.roles()
            there = [roles[name] for name in self.victims.split(", ") if name in roles]
            self.killed.update(there)
            for pid in there:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if there:
                return True
        return False

    def goes_on(self):
        """All that it needs is there, and it answers. (What was killed may still be dying.)"""
        roles = self.roles()
        return is_mounted(self.directory) and set(roles) == {"supervisor", "worker", "guard"} and \
            self.killed.isdisjoint(roles.values()) and self.answers()

    def end_otherwise(self):
        """It can do without one of its processes, and, with what has taken its place, again."""
        victim = self.roles().get(self.rng.choice(["supervisor", "worker", "nobody"]))
        if victim:
            os.kill(victim, signal.SIGKILL)
        else:
            detach(self.directory).wait()

    def reap(self):
        """Its own launcher would stay as a zombie, and is no remains."""
        self.launcher.wait()
        if self.moment == "ending":
            self.ending.wait()

    def end(self):
        """Returns (seconds until nothing was left, whether anything was killed)."""
        self.ending = None
        self.wait_for_moment()
        killed = self.kill()
        may_live = not killed or self.victims in CAN_DO_WITHOUT
        took = wait_until_gone(self.mark, self.directory, IMAGE,
                               lambda: may_live and self.moment != "ending" and self.goes_on())
        if took is None:
            self.end_otherwise()
            took = wait_until_gone(self.mark, self.directory, IMAGE)
        self.reap()
        return took, killed


def start_readers(stack):
    path = os.path.abspath("mnt/disk.raw")
    commands = [[sys.executable, __file__, "--read", path]] * READERS
    readers = [subprocess.Popen(command) for command in commands]
    for reader in readers:
        stack.callback(reader.wait)
        stack.callback(reader.kill)
    return readers


def start_load(stack, count):
    for _ in range(count):
        process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        stack.callback(process.wait)
        stack.callback(process.kill)


def build():
    os.mkdir("mnt")
    run("qemu-img", "create", "-q", "-f", "qcow2", "base.qcow2", "8M")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", IMAGE)
    run("qemu-io", "-c", "write -q -P 7 0 3M", "base.qcow2")
    run("qemu-io", "-c", "write -q -P 8 1M 1M", "-c", "write -q -P 9 7M 64k", IMAGE)
    run("qemu-img", "convert", "-O", "raw", IMAGE, "expected")


def kill_many(count, load):
    outcomes, times = collections.Counter(), []
    with contextlib.ExitStack() as stack:
        readers = start_readers(stack)
        start_load(stack, load)
        number = 0
        while len(times) < count:
            number += 1
            life = Life(number, random.Random(f"kill {SEED + number}"))
            try:
                took, killed = life.end()
            except Wrong as wrong:
                detach(life.directory).wait()
                raise Wrong(f"round {number}, {life.victims} killed while {life.moment}: "
                            f"{wrong}") from None
            if killed:
                outcomes[f"{life.victims} while {life.moment}"] += 1
                times.append(took)
            if any(reader.poll() is not None for reader in readers):
                raise Wrong(f"round {number}: a reader has ended")
    return outcomes, times


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000 if LONG else 30)
    parser.add_argument("--load", type=int, default=4 if LONG else 0)
    parser.add_argument("--read")
    options = parser.parse_args()
    if options.read:
        read_for_ever(options.read)
    need_fuse()
    build()
    outcomes, times = kill_many(options.kills, options.load)
    for what, count in sorted(outcomes.items()):
        print(f"{count:5} {what}")
    print(f"all gone after {statistics.median(times) * 1000:.0f} ms (median), "
          f"{max(times) * 1000:.0f} ms at most, {sum(took > PATIENCE for took in times)} times more "
          f"than {PATIENCE} s; the machine's load is {os.getloadavg()[0]:.0f}")


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""A contestant showing an image: started, ended, and looked at meanwhile.

Each mounts in a directory of its own. The newer Debian's programs run in a chroot that sees the
images in /bench/images and its mountpoints in /bench/mnt.
"""
import ctypes
import glob
import os
import signal
import subprocess
import time

PATIENCE = 180  # seconds for a mount; a thousand layers take some peers that long
LIBC = ctypes.CDLL(None, use_errno=True)
DETACH = 2


class MountFailed(Exception):
    pass


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Place:
    """Where programs run and what they see: this system, or the chroot."""

    def __init__(self, work, root="", prefix=""):
        self.work = work
        self.root = root      # of the chroot; "" is this system
        self.prefix = prefix  # how paths below `work` begin for the programs
        self.mounts = f"{root}{prefix}/mnt"

    def seen(self, path):
        """The image `path` as the programs name it."""
        return self.prefix + path.removeprefix(self.work)

    def command(self, words):
        return ["chroot", self.root, *words] if self.root else words

    def processes(self, text):
        """The numbers of the programs here that have `text` in their arguments."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            number = int(path.split("/")[2])
            try:
                with open(path, "rb") as file:
                    mine = text.encode() in file.read()
                if mine and os.readlink(f"/proc/{number}/root") == (self.root or "/"):
                    found.append(number)
            except OSError:  # it has ended
                pass
        return [number for number in found if number != os.getpid()]


class Unmounted:
    """A file as it is."""
    can_start = False

    def __init__(self, contestant, image, file):
        self.contestant, self.image, self.file = contestant, image, file

    def cpu_seconds(self):
        return 0

    def stop(self):
        pass


class Mounted:
    """One contestant showing one image."""
    can_start = True

    def __init__(self, contestant, image):
        self.contestant = contestant
        self.image = image
        self.place = contestant.place
        self.directory = f"{self.place.mounts}/{contestant.name}.mnt"  # no other begins so
        self.seen = f"{self.place.prefix}/mnt/{contestant.name}.mnt"
        self.file = f"{self.directory}/disk"
        self.seconds = None  # that mounting took
        os.makedirs(self.directory, exist_ok=True)

    def start(self):
        if os.path.ismount(self.directory) or os.path.ismount(self.file):
            self.stop()  # a run before this one was killed
        words = self.place.command(self.contestant.words(self.image, self))
        begun = time.monotonic()
        program = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        if self.contestant.stays:
            ready = wait_until(self.shows, PATIENCE)
        else:
            try:
                ready = program.wait(PATIENCE) == 0 and self.shows()
            except subprocess.TimeoutExpired:
                ready = False
        self.seconds = time.monotonic() - begun
        if not ready:
            self.stop()
            program.kill()
            raise MountFailed(program.stderr.read().strip()[-300:] or "it does not show the disk")
        self.contestant.adjust(self)

    def shows(self):
        try:
            return os.stat(self.file).st_size == self.contestant.shown_size(self.image)
        except OSError:
            return False

    def processes(self):
        return self.place.processes(self.seen)

    def stop(self):
        for path in (self.file, self.directory):
            LIBC.umount2(path.encode(), 0)
        if not wait_until(lambda: not self.processes(), 0.5):
            for number in self.processes():
                os.kill(number, signal.SIGTERM)
            wait_until(lambda: not self.processes(), 60)
        for path in (self.file, self.directory):
            LIBC.umount2(path.encode(), DETACH)

    # ---- what it costs ----

    def cpu_seconds(self):
        """Of all its processes since they began."""
        ticks = 0
        for number in self.processes():
            with open(f"/proc/{number}/stat", encoding="latin-1") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """MiB resident: all of the largest process, and what the others do not share."""
        resident, private = [], []
        for number in self.processes():
            with open(f"/proc/{number}/smaps_rollup", encoding="ascii") as file:
                kib = {line.split(":")[0]: int(line.split()[1]) for line in file if " kB" in line}
            resident.append(kib["Rss"])
            private.append(kib["Private_Clean"] + kib["Private_Dirty"])
        if not resident:
            return None
        largest = resident.index(max(resident))
        return (resident[largest] + sum(private) - private[largest]) / 1024

# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that are measured: how each shows an image as a file, and how it is ended.

Each mounts in a directory of its own. The newer Debian's programs run in a chroot that sees the
images in /images and the mountpoints in /mnt.
"""
import ctypes
import glob
import json
import os
import signal
import subprocess
import time

READ_AHEAD_KIB = 1024
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

    def __init__(self, contestant, image, file):
        self.contestant, self.image, self.file = contestant, image, file

    def sources(self):
        return [self.file]

    def cpu_seconds(self):
        return 0

    def stop(self):
        pass


class Mounted:
    """One contestant showing one image."""

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

    def sources(self):
        """What the bytes come from."""
        return [self.image.raw] if isinstance(self.contestant, Bare) else self.image.files()

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


class Contestant:
    stays = False  # in the foreground; else it returns when the mount answers
    is_peer = False
    has_column = False  # in the table; else it is a line below

    def __init__(self, name, place):
        self.name, self.place = name, place

    def can(self, image):
        return True

    def shown_size(self, image):
        return image.size

    def adjust(self, mounted):
        pass


class Raw(Contestant):
    """The disk as a raw file, without any mount."""

    def can(self, image):
        return image.raw is not None


class Bare(Contestant):
    def __init__(self, name, place, build, *options):
        super().__init__(name, place)
        self.program, self.options = f"{build}/bench/bare", options

    def can(self, image):
        return image.raw is not None

    def shown_size(self, image):
        return os.stat(image.raw).st_size

    def words(self, image, mounted):
        return [self.program, *self.options, image.raw, mounted.seen]

    def adjust(self, mounted):
        device = os.stat(mounted.file).st_dev
        path = f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb"
        with open(path, "w", encoding="ascii") as file:
            file.write(str(READ_AHEAD_KIB))


class Unchain(Contestant):
    def __init__(self, name, place, build, *options):
        super().__init__(name, place)
        self.program, self.options = f"{build}/fuse/unchain", options

    def words(self, image, mounted):
        return [self.program, "mount", "-q", *self.options, f"disk={image.top}", mounted.seen]


class StorageDaemon(Contestant):
    """qemu-storage-daemon. `iothreads` serve its export; io_uring is used for the top layer or for
    every one, which have to be described one by one then."""
    is_peer = True
    has_column = True

    def __init__(self, name, place, iothreads=0, uring=None):
        super().__init__(name, place)
        self.iothreads, self.uring = iothreads, uring

    def can(self, image):
        return self.uring != "every layer" or image.depth > 1

    def nodes(self, image):
        files = [self.place.seen(file) for file in image.files()]
        if self.uring == "every layer":
            for i, file in enumerate(files):
                below = {"backing": f"layer{i - 1}"} if i else {}
                yield self.node(f"layer{i}", file, **below)
        else:
            yield self.node(f"layer{image.depth - 1}", files[-1])

    def node(self, name, file, **more):
        aio = {"aio": "io_uring"} if self.uring else {}
        return {"driver": "qcow2", "node-name": name, "read-only": True, **more,
                "file": {"driver": "file", "filename": file, **aio}}

    def words(self, image, mounted):
        open(mounted.file, "a", encoding="ascii").close()
        words = ["qemu-storage-daemon", "--daemonize"]
        threads = [f"thread{i}" for i in range(self.iothreads)]
        for thread in threads:
            words += ["--object", f"iothread,id={thread}"]
        for node in self.nodes(image):
            words += ["--blockdev", json.dumps(node)]
        export = {"type": "fuse", "id": "export", "node-name": f"layer{image.depth - 1}",
                  "mountpoint": f"{mounted.seen}/disk"}
        if threads:
            export["iothread"] = threads
        return words + ["--export", json.dumps(export)]


class Nbdfuse(Contestant):
    """qemu-nbd, started by nbdfuse, which talks to it."""
    is_peer = True
    stays = True

    def can(self, image):
        return image.name == "plain"

    def words(self, image, mounted):
        return ["nbdfuse", "-r", f"{mounted.seen}/disk", "[", "qemu-nbd", "-r", "-f", "qcow2",
                image.top, "]"]


class Qcowmount(Contestant):
    is_peer = True

    def can(self, image):
        return image.name == "plain"

    def words(self, image, mounted):
        mounted.file = f"{mounted.directory}/qcow1"
        return ["qcowmount", image.top, mounted.seen]

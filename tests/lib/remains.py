# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left of a mount: its processes, its place in the mount table, its locks."""
import collections
import fcntl
import os
import struct
import subprocess
import time

from unchain import Wrong

PATIENCE = 1.0  # seconds after which nothing may be left
FLOCK = "hh4xqqi4x"  # struct flock on 64-bit machines

Process = collections.namedtuple("Process", "pid name state parent session age")


def processes(mark):
    """{pid: Process} of those that live and have `mark` ("NAME=value") in their environment; the
    `age` of the older one is less."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                if mark.encode() not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        name, rest = text[text.index("(") + 1:].rsplit(") ", 1)
        fields = rest.split()
        state, parent, session, started = fields[0], fields[1], fields[3], fields[19]
        if state not in "ZX":
            found[int(entry)] = Process(int(entry), name, state, int(parent), int(session),
                                          (int(started), int(entry)))
    return found


def is_mounted(directory):
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return any(line.split()[4] == directory for line in file)


def is_locked(path):
    """Whether anybody holds the locks of one who reads it."""
    with open(path, "rb") as file:
        for byte in 100, 201, 203:
            lock = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
            answer = fcntl.fcntl(file, fcntl.F_OFD_GETLK, lock)
            if struct.unpack(FLOCK, answer)[0] != fcntl.F_UNLCK:
                return True
    return False


def detach(directory):
    """Unmounts it though somebody may be using it; it may have been unmounted already."""
    tool = ["umount", "-l"] if os.getuid() == 0 else ["fusermount3", "-u", "-z"]
    return subprocess.Popen([*tool, directory], stderr=subprocess.DEVNULL)


def describe(mark, directory):
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounts = [line.strip() for line in file if line.split()[4] == directory]
    return "\n".join([*mounts, *map(str, processes(mark).values())]) or "a lock"


def slowness():
    """How long it takes just now to start programs that do nothing, in sessions of their own as the
    guard is. What is left may be waiting for its turn on a machine that has no time for anybody."""
    start = time.monotonic()
    for _ in range(5):
        subprocess.run(["true"], check=True, start_new_session=True)
    return time.monotonic() - start


def wait_until_gone(mark, directory, image, lives=lambda: False):
    """Returns the seconds until nothing is left; None if `lives()` says that it goes on."""
    start = time.monotonic()
    # A process that is ending has no environment any more, while its files are still open.
    while is_mounted(directory) or processes(mark) or is_locked(image):
        if lives():
            return None
        if time.monotonic() - start > PATIENCE and \
                time.monotonic() - start > PATIENCE + 10 * slowness():
            raise Wrong(f"after {PATIENCE} s is left:\n{describe(mark, directory)}")
        time.sleep(0.002)
    took = time.monotonic() - start
    if os.listdir(directory):
        raise Wrong(f"{directory} is not empty")
    return took

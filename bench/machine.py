# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine: what it is, and how it is brought into the same state before every turn."""
import mmap
import os
import platform
import re
import subprocess


def describe():
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(file.readline().split()[1]) / (1 << 20)
    kernel = re.match("[0-9.]+", platform.release()).group()
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}"


def commit():
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", here, "rev-parse", "--short", "HEAD"], capture_output=True,
                          text=True, check=False)
    return done.stdout.strip() or "an unknown commit"


def drop_cached(path):
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def touch_memory(size):
    if size:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
        mmap.mmap(-1, size, flags=flags).close()


def read_file(path, buffer=bytearray(1 << 20)):
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

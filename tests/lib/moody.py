# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk with moods (tests/lib/moody.c), and a mount whose log can be read."""
import errno
import os
import subprocess
import time

from unchain import Wrong, need_fuse, skip, spec_of, unmount

FOREVER = 1 << 60


class Moody:
    """`with Moody("disk.qcow2") as disk:` shows that file as disk.path."""

    def __init__(self, file, *options):
        self.file = file
        self.options = options
        self.directory = os.path.abspath(file + ".there")
        self.path = f"{self.directory}/{os.path.basename(file)}"

    def __enter__(self):
        need_fuse()
        os.mkdir(self.directory)
        self.be("well")
        moody = os.path.join(os.path.dirname(os.environ["READER"]), "moody")
        done = subprocess.run([moody, self.file + ".mood", self.file, self.directory,
                               *self.options], check=False)
        if done.returncode != 0:
            skip("needs FUSE")
        return self

    def __exit__(self, *_):
        self.be("well")
        unmount(self.directory)
        os.rmdir(self.directory)

    def be(self, mood, start=0, end=FOREVER):
        """"well", "late" with milliseconds, "never" or "error" with a range."""
        with open("mood.new", "w", encoding="ascii") as file:
            file.write(f"{mood} {start} {end}\n")
        os.rename("mood.new", self.file + ".mood")


class Logged:
    """`with Logged({"a": source}) as mount:` is a mount in the foreground, on mount.directory."""

    def __init__(self, sources, *options):
        self.sources = sources
        self.options = options
        self.process = None
        self.directory = os.path.abspath("logged")

    def __enter__(self):
        need_fuse()
        os.makedirs(self.directory, exist_ok=True)
        named = [f"{name}={spec_of(source)}" for name, source in self.sources.items()]
        with open("log", "wb") as log:
            self.process = subprocess.Popen(
                [os.environ["UNCHAIN"], "mount", "--foreground", *self.options, *named,
                 self.directory], stdout=subprocess.DEVNULL, stderr=log)
        name = next(iter(self.sources))
        while not os.path.exists(f"{self.directory}/{name}"):
            if self.process.poll() is not None:
                raise Wrong(f"status {self.process.returncode}: {self.log()}")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            unmount(self.directory)
        self.process.wait()

    def log(self):
        """The lines."""
        with open("log", encoding="utf-8") as file:
            return file.read().splitlines()

    def worker(self):
        """The process that serves."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as file:
            for child in file.read().split():
                with open(f"/proc/{child}/comm", encoding="ascii") as comm:
                    if "unchain" in comm.read():
                        return int(child)
        raise Wrong("there is no worker")


def drop_cache(path):
    """What the kernel has cached of the file."""
    fd = os.open(path, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def read_or_fail(path, offset, length):
    """The bytes, or None for EIO."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.pread(fd, length, offset)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return None
    finally:
        os.close(fd)

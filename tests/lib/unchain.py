# SPDX-License-Identifier: GPL-2.0-or-later
"""The program and the reader, as the tests use them: map, mount, seek walks, comparisons."""
import errno
import json
import os
import random
import subprocess
import sys
import time

SEED = int(os.environ.get("SEED", "0"))
LONG = bool(os.environ.get("LONG"))
PART, PARTS = int(os.environ.get("PART", "1")), int(os.environ.get("PARTS", "1"))


class Wrong(Exception):
    """A test has found what it was looking for."""


def skip(reason):
    print(reason)
    sys.exit(77)


def run(*command, **options):
    """Runs a command that must succeed and say nothing worse than what is returned."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          **options)
    if done.returncode != 0:
        raise Wrong(f"{' '.join(map(str, command))}: status {done.returncode}\n"
                    f"{done.stdout.decode(errors='replace')}{done.stderr.decode(errors='replace')}")
    return done.stdout


def spec_of(source):
    """A source is a file name or a description (a dict)."""
    return source if isinstance(source, str) else "json:" + json.dumps(source)


def map_of(source, *options):
    return json.loads(run(os.environ["UNCHAIN"], "map", "--output=json", *options,
                          spec_of(source)))


def need_fuse():
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        skip("needs /dev/fuse")


class Mount:
    """`with Mount({"a": source}) as directory:` shows the sources as files in a directory."""

    def __init__(self, sources, *options):
        self.sources = sources
        self.options = options
        self.directory = None

    def __enter__(self):
        need_fuse()
        for number in range(1000):
            self.directory = os.path.abspath(f"mnt{number}")
            if not os.path.exists(self.directory):
                break
        os.mkdir(self.directory)
        named = [f"{name}={spec_of(source)}" for name, source in self.sources.items()]
        run(os.environ["UNCHAIN"], "mount", "--pid-file", self.directory + ".pid", *self.options,
            *named, self.directory)
        return self.directory

    def __exit__(self, *_):
        unmount(self.directory)
        os.rmdir(self.directory)
        self.wait_until_free()

    def wait_until_free(self):
        """The images are let go of a moment after it is unmounted."""
        for _ in range(500):
            if not os.path.exists(self.directory + ".pid"):
                return
            time.sleep(0.01)
        raise Wrong(f"{self.directory} is unmounted, but the program has not ended")


def unmount(directory):
    for _ in range(100):  # something else on the machine may be looking at it
        tool = ["umount"] if os.getuid() == 0 else ["fusermount3", "-u"]
        if subprocess.run([*tool, directory], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise Wrong(f"cannot unmount {directory}")


def walk(path):
    """The seek walk: [(start, end, "data" or "hole")], without gaps."""
    found = []
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        at = 0
        while at < size:
            try:
                data = os.lseek(fd, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                data = size
            if data > at:
                found.append((at, data, "hole"))
            if data < size:
                hole = os.lseek(fd, data, os.SEEK_HOLE)
                if hole <= data:
                    raise Wrong(f"{path}: SEEK_HOLE at {data} answers {hole}")
                found.append((data, hole, "data"))
                data = hole
            at = data
    finally:
        os.close(fd)
    return found


def check_walk(extents, view, what):
    """No hole holds data, and every known zero is a hole."""
    at, last = 0, None
    for start, end, kind in extents:
        if start != at or end <= start or kind == last:
            raise Wrong(f"{what}: the walk goes from {last} to {at} on to {kind} at {start}..{end}")
        if start % 512 or (end % 512 and end != view.size):
            raise Wrong(f"{what}: the border {start}..{end} lies inside a sector")
        at, last = end, kind
        if kind == "hole" and (bad := view.wrong_hole(start, end)) is not None:
            raise Wrong(f"{what}: DATA LOSS: a hole at {start}..{end} hides the byte at {bad}")
        if kind == "data" and (bad := view.unknown_hole(start, end)) is not None:
            raise Wrong(f"{what}: {bad} is known to be zero, but lies in data {start}..{end}")
    if at != view.size:
        raise Wrong(f"{what}: the walk ends at {at} of {view.size}")


def first_difference(got, expected):
    if len(got) != len(expected):
        return f"{len(got)} bytes instead of {len(expected)}"
    for i in range(0, len(got), 65536):
        if got[i:i + 65536] != expected[i:i + 65536]:
            j = next(j for j in range(i, len(got)) if got[j] != expected[j])
            return f"byte {j} is {got[j]} instead of {expected[j]}"
    return None


def check_content(path, view, what):
    with open(path, "rb") as file:
        got = file.read()
    if got != view.content:
        raise Wrong(f"{what}: {first_difference(got, view.content)}")


def check_mounted(path, view, what):
    """Everything a program can see of a mounted file, against the model. What has been read may
    no longer be a hole of the host's file, so reading comes last."""
    extents = walk(path)
    check_walk(extents, view, what)
    data = sum(end - start for start, end, kind in extents if kind == "data")
    stat = stat_with_blocks(path, -(-data // 512))
    check_content(path, view, what)
    if stat.st_size != view.size or stat.st_blocks != -(-data // 512):
        raise Wrong(f"{what}: size {stat.st_size}, {stat.st_blocks} blocks for {data} bytes of "
                    f"data in {view.size}")
    return extents


def stat_with_blocks(path, blocks):
    """st_blocks may be a guess at first; waits (up to a limit) for what it must become."""
    for _ in range(200):
        stat = os.stat(path)
        if stat.st_blocks == blocks:
            break
        time.sleep(0.05)
    return stat


def random_ranges(rng, size, count):
    """Unaligned ranges, half of them near a border of something."""
    for _ in range(count):
        offset = rng.randrange(size)
        if rng.random() < 0.5:
            unit = 1 << rng.randrange(9, 22)
            offset = min(size - 1, max(0, offset // unit * unit + rng.randrange(-3, 4)))
        yield offset, min(size - offset, int(2 ** rng.uniform(0, 18)))


class Reader:
    """The reader program: the library without FUSE. One command, one answer; see reader.c."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["READER"]], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise Wrong(f"the reader ended with status {self.process.returncode}")

    def ask_all(self, commands):
        """Sends commands together, and returns what follows "ok" in each answer."""
        self.process.stdin.write("".join(c + "\n" for c in commands).encode())
        self.process.stdin.flush()
        answers = [self.process.stdout.readline().decode().rstrip("\n") for _ in commands]
        for command, answer in zip(commands, answers):
            if answer != "ok" and not answer.startswith("ok "):
                raise Wrong(f"reader: {command}: {answer or 'it has died'}")
        return [answer[3:] for answer in answers]

    def ask(self, command):
        return self.ask_all([command])[0]

    def open(self, source, format=None):
        """Starts a new graph and opens a file name or a description in it."""
        self.ask_all([f"cd {os.getcwd()}", "new"])
        if isinstance(source, str):
            self.ask(f"image {format or '-'} {source}")
        else:
            self.ask("json " + json.dumps(source))

    def walk(self, granularity=512):
        words = self.ask(f"walk {granularity}").split()
        return [(int(words[i]), int(words[i + 1]), words[i + 2]) for i in range(0, len(words), 3)]

    def check(self, source, view, what, rng=None, ranges=200):
        """Opens a source and asks everything that can be asked of it, against the model."""
        self.open(source)
        if int(self.ask("size")) != view.size:
            raise Wrong(f"{what}: size {self.ask('size')} instead of {view.size}")
        with open("model.bin", "wb") as file:
            file.write(view.content)
        rng = rng or random.Random(SEED)
        commands = [f"model {os.path.abspath('model.bin')}", "check-all"]
        if view.size:
            commands += [f"check {offset} {length}"
                         for offset, length in random_ranges(rng, view.size, ranges)]
        try:
            self.ask_all(commands)
        except Wrong as wrong:
            raise Wrong(f"{what}: {wrong}") from None
        extents = self.walk()
        check_walk(extents, view, what)
        return extents


def main(test):
    """Runs a test's function; anything it raises ends it with status 1."""
    try:
        test()
    except Wrong as wrong:
        print(wrong)
        sys.exit(1)

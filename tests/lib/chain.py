# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds images with qemu-img and qemu-io, and keeps a model of what was written beside them.

What is done to an image is collected and carried out by one qemu-io for a whole chain, because
starting processes is what takes the time. Patterns come from a few files of random bytes, whose
length is a prime so that no two places of an image look alike.
"""
import os
import random
import subprocess

from model import Layer, of_raw_file
from unchain import Wrong, first_difference, run, spec_of, walk

PATTERNS = 32
PATTERN_LENGTH = 65521


class Patterns:
    """Files of random bytes, the same for everybody, in the current directory."""

    def __init__(self):
        rng = random.Random("patterns")
        self.bytes = [rng.randbytes(PATTERN_LENGTH) for _ in range(PATTERNS)]
        self.names = [os.path.abspath(f"pattern{number}") for number in range(PATTERNS)]
        for name, content in zip(self.names, self.bytes):
            with open(name, "wb") as file:
                file.write(content)

    def filled(self, number, length):
        return (self.bytes[number] * -(-length // PATTERN_LENGTH))[:length]


class Builder:
    """Collects the commands for qemu-io; `flush` runs them."""

    def __init__(self, patterns=None):
        self.patterns = patterns or Patterns()
        self.next_pattern = 0
        self.commands = []
        self.open_image = None

    def pattern(self):
        self.next_pattern += 1
        return self.next_pattern % PATTERNS

    def add(self, image, command):
        if self.open_image is not image:
            self.close()
            self.commands.append(f"open -o {image.qemu_options()}")
            self.open_image = image
        self.commands.append(command)

    def close(self):
        if self.open_image:
            self.commands.append("close")
            self.open_image = None

    def flush(self):
        self.close()
        self.run_commands("".join(command + "\n" for command in self.commands))
        self.commands = []

    @staticmethod
    def run_commands(text):
        """qemu-io says nothing on its own with -q, but repeats every command after a prompt."""
        done = subprocess.run(["qemu-io"], input=text.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        said = done.stdout.decode(errors="replace").replace("qemu-io> ", "").strip()
        if done.returncode != 0 or said:
            raise Wrong(f"qemu-io: {said}\nwhile running:\n{text}")


class Image:
    """A qcow2 image and the model of it."""

    def __init__(self, builder, name, size, backing=None, backing_format="qcow2", **options):
        self.builder = builder
        self.name = name
        self.options = {key: str(value) for key, value in options.items()}
        self.snapshots = {}
        cluster = options.get("cluster_size", 65536)
        subcluster = cluster // 32 if options.get("extended_l2") == "on" else None
        version = 2 if options.get("compat") == "0.10" else 3
        self.view = Layer(size, cluster, subcluster, version, backing.view if backing else None)
        if "preallocation" in options or "data_file_raw" in options:
            self.view.preallocate()
        command = ["qemu-img", "create", "-q", "-f", "qcow2"]
        if backing:
            command += ["-b", backing.name, "-F", backing_format, "-u"]
        if options:
            command += ["-o", ",".join(f"{k}={v}" for k, v in self.options.items())]
        run(*command, name, str(size))

    def qemu_options(self):
        return ("driver=qcow2,file.driver=file,discard=unmap,cache.no-flush=on,"
                f"file.filename={self.name}")

    def write(self, start, length):
        patterns, number = self.builder.patterns, self.builder.pattern()
        self.builder.add(self, f"write -q -s {patterns.names[number]} {start} {length}")
        self.view.write(start, patterns.filled(number, length))
        return self

    def write_byte(self, value, start, length):
        """Also the way to write zeroes as data."""
        self.builder.add(self, f"write -q -P {value} {start} {length}")
        self.view.write(start, bytes([value]) * length)
        return self

    def write_zeroes(self, start, length, unmap=False):
        self.builder.add(self, f"write -q -z {'-u ' if unmap else ''}{start} {length}")
        self.view.write_zeroes(start, start + length)
        return self

    def write_compressed(self, start, length):
        """Whole clusters, or up to the end; nothing may have been written there before."""
        for at in range(start, start + length, self.view.cluster):
            self.write_compressed_cluster(at, min(self.view.cluster, start + length - at))
        return self

    def write_compressed_cluster(self, start, length):
        number = self.builder.pattern()
        little = self.builder.patterns.filled(number, 300)  # what repeats compresses well
        with open(f"small{number}", "wb") as file:
            file.write(little)
        self.builder.add(self, f"write -q -c -s small{number} {start} {length}")
        self.view.write_compressed(start, (little * -(-length // 300))[:length])

    def discard(self, start, length):
        self.builder.add(self, f"discard -q {start} {length}")
        self.view.discard(start, start + length)
        return self

    def resize(self, size):
        self.builder.add(self, f"truncate {size}")
        self.view.resize(size)
        return self

    def snapshot(self, name):
        self.builder.flush()
        run("qemu-img", "snapshot", "-c", name, self.name)
        self.snapshots[name] = self.view.copy()
        self.view.shared = True
        return self


class RawImage:
    """A raw file: `pieces` are (offset, length) of data in a file that is sparse else."""

    def __init__(self, builder, name, size, pieces=()):
        self.name = name
        with open(name, "wb") as file:
            for offset, length in pieces:
                file.seek(offset)
                file.write(builder.patterns.filled(builder.pattern(), length))
            file.truncate(size)
        self.view = of_raw_file(name, walk(name))


def set_size_in_header(image, size):
    """Gives a qcow2 image a size that QEMU does not make: not a multiple of 512."""
    image.builder.flush()
    with open(image.name, "r+b") as file:
        file.seek(24)
        file.write(size.to_bytes(8, "big"))
    image.view = image.view.resized(size)


def check_convert(source, view, what, *options):
    """Compares the model with what QEMU reads, which rounds sizes to sectors."""
    run("qemu-img", "convert", *options, "-O", "raw", spec_of(source), "convert.raw")
    with open("convert.raw", "rb") as file:
        got = file.read()
    os.unlink("convert.raw")
    if len(got) not in (view.size // 512 * 512, -(-view.size // 512) * 512):
        raise Wrong(f"{what}: QEMU shows {len(got)} bytes, the model has {view.size}")
    size = min(len(got), view.size)
    if got[:size] != view.content[:size] or any(got[size:]):
        raise Wrong(f"{what}: the model and QEMU differ: "
                    f"{first_difference(got[:size], view.content[:size])}")

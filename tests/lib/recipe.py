# SPDX-License-Identifier: GPL-2.0-or-later
"""Recipes for bad images, and what each must get. They are text, in tests/data/hostile:

    an offset with a bit too many in it
        image   plain
        l2      1, B + 512
        reads   A!C.3D.57EF
        eio     expected a multiple of the cluster size

A line that is not indented names a case; below it stand the steps of its recipe and the outcome.
Steps are the functions of `Kitchen`; where they take values these are Python expressions, in which
the places of the image (see small_image), the functions of PANTRY and the directory (`here`) have
names. `open` is what stands behind `unchain map`, if not "-f qcow2 test.qcow2".

The outcome is one of

    refuse TEXT    exit status 1 and one sentence, in which TEXT stands; no bytes
    reads CELLS    what it shows, cell by cell. A hole is where a hole must be seen, "_" is data
                   that is zero, "?" is data that is not spelled, and "!" cannot be read
    reads none     a disk of no size

and with `reads` can stand

    size BYTES     if not a multiple of a cell, or more than is spelled in CELLS
    warn TEXT      one warning with TEXT in it; without this there must be none. May be repeated
    eio TEXT       what is said of the first "!"
"""
import hashlib
import os
import shlex
import socket
import zlib

import small_image
from small_image import KINDS, deflate, spell

PANTRY = {name: getattr(small_image, name) for name in (
    "cell", "content", "zstd_frame", "zstd_old_frame", "zstd_repeat", "zstd_skip", "backing_cells",
    "BACKING_FORMAT", "FEATURE_NAMES", "BITMAPS", "CRYPTO", "DATA_FILE_NAME", "DIRTY", "CORRUPT",
    "DATA_FILE", "COMPRESSION", "SUBCLUSTERS", "RAW_DATA_FILE")}


def feature(kind, bit, name):
    """An entry of the feature name table."""
    return bytes([kind, bit]) + name.ljust(46, b"\0")


def zlib_stream(data):
    """With zlib's own header, which a qcow2 cluster does not have."""
    return zlib.compress(data, 9)


def noise(length):
    """The same random bytes for everybody."""
    blocks = (hashlib.sha256(b"%d" % i).digest() for i in range(length // 32 + 1))
    return b"".join(blocks)[:length]


PANTRY.update(feature=feature, deflate=deflate, zlib=zlib_stream, noise=noise, bytes=bytes,
              range=range, join=lambda *parts: b"".join(parts))


class Kitchen:
    """Carries out the steps of a recipe in the current directory."""

    def __init__(self):
        self.current = None  # the image that the steps work on

    def evaluate(self, text):
        names = dict(PANTRY, here=os.getcwdb())
        if self.current:
            names.update(self.current.places, end=len(self.current.bytes))
        return eval(f"[{text}]", {"__builtins__": {}, **names})  # recipes are code of ours

    def finish(self):
        if self.current:
            self.current.write()
            self.current = None

    def step(self, verb, text):
        step = getattr(self, verb, None)
        if step is None:
            raise ValueError(f"no such step: {verb}")
        step(*([text] if verb in self.PLAIN else self.evaluate(text)))

    PLAIN = ("image", "set", "fifo", "socket", "directory", "link", "hardlink", "rename")

    def image(self, kind):
        self.finish()
        self.current = KINDS[kind]()

    def rename(self, name):
        """The image has another name from here on. What comes next is a new one."""
        self.current.name = name
        self.finish()

    def set(self, text):
        field, value = text.split(None, 1)
        self.current.set(field, *self.evaluate(value))

    def l1(self, index, value):
        self.current.put_l1(index, value)

    def l2(self, index, value):
        self.current.put_l2(index, value)

    def bitmap(self, index, value):
        self.current.put_bitmap(index, value)

    def put(self, offset, data):
        self.current.put(offset, data)

    def cut(self, length):
        self.current.cut(length)

    def grow(self, length):
        self.current.grow(length)

    def hollow(self, offset, length):
        """The file has a hole there, whatever the image has."""
        self.current.hollow.append((offset, offset + length))

    def extension(self, kind, data, stated=None):
        self.current.extension(kind, data, stated)

    def no_extensions(self):
        self.current.extensions = []
        self.current.write_area()

    def backing(self, name, format=None):
        self.current.backing(name, format)

    def stream(self, index, packed, offset=None, sectors=None):
        self.current.stream(index, packed, offset, sectors)

    def allocate(self, name, count=1):
        self.current.places[name] = self.current.allocate(count)

    def file(self, name, data):
        """Beside the image; of that length if `data` is a number."""
        if self.current:
            self.current.files.pop(name, None)
        with open(name, "wb") as file:
            if isinstance(data, int):
                file.truncate(data)
            else:
                file.write(data)

    def absent(self, name):
        self.current.files.pop(name)

    def chain(self, layers):
        """Of images that hold nothing, layer00000 the lowest; the image stands on them."""
        layer = small_image.SmallImage(".66").finish()
        layer.name = "layer00000"
        layer.write()
        layer.backing(b"layer-----", b"qcow2")
        for number in range(1, layers):
            with open(f"layer{number:05}", "wb") as file:
                file.write(layer.bytes.replace(b"-----", b"%05d" % (number - 1)))
        self.current.backing(b"layer%05d" % (layers - 1), b"qcow2")

    def fifo(self, name):
        os.mkfifo(name)

    def socket(self, name):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(name)

    def directory(self, name):
        os.mkdir(name)

    def link(self, text):
        name, target = text.split()
        os.symlink(target, name)

    def hardlink(self, text):
        self.finish()
        name, target = text.split()
        os.link(target, name)


class Case:
    def __init__(self, name, place):
        self.name = name
        self.place = place
        self.steps = []
        self.refuse = self.reads = self.eio = self.size = None
        self.open = "-f qcow2 test.qcow2"
        self.warn = []

    def add(self, verb, text):
        if verb == "warn":
            self.warn.append(text)
        elif verb in ("open", "refuse", "reads", "eio", "size"):
            setattr(self, verb, text)
        else:
            self.steps.append((verb, text))

    @property
    def outcome(self):
        if self.refuse is not None:
            return "refused"
        if "!" in self.reads:
            return "unreadable in part"
        return "accepted with a warning" if self.warn else "accepted"

    def cook(self):
        """Makes the files of the case."""
        kitchen = Kitchen()
        for verb, text in self.steps:
            kitchen.step(verb, text)
        kitchen.finish()

    def arguments(self):
        return shlex.split(self.open)

    def cells(self):
        return spell("" if self.reads == "none" else self.reads)

    def expected_size(self):
        cells = len(self.cells()) * small_image.CELL
        return eval(self.size, {"__builtins__": {}}, {}) if self.size else cells


def read_cases(path):
    """The cases of a file of recipes."""
    cases = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            if not line[0].isspace():
                cases.append(Case(line.strip(), f"{os.path.basename(path)}:{number}"))
            else:
                verb, _, text = line.strip().partition(" ")
                cases[-1].add(verb, text.strip())
    for case in cases:
        if (case.refuse is None) == (case.reads is None):
            raise ValueError(f"{case.place}: {case.name}: one outcome, refuse or reads")
    return cases

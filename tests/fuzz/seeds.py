# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the inputs that fuzzing begins with:

    python3 tests/fuzz/seeds.py DIRECTORY

One folder for each target. They are made of what the other tests know already: small images, the
catalogue of bad ones (tests/data/hostile), the example graph files; and of images that qemu-img
makes, if it is there.
"""
import glob
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
from recipe import Kitchen, read_cases  # noqa: E402
from small_image import (KINDS, cell, deflate, zstd_frame, zstd_repeat,  # noqa: E402
                         zstd_skip)

LAYERS = ["test.qcow2", "base.qcow2", "base.raw", "data.bin"]  # tests/fuzz/layers.c
SPACE = 8 * 65534  # bytes of a file that records reach
LONGEST = 8192  # of an input


class Seeds:
    def __init__(self, directory):
        self.directory = directory

    def add(self, target, data):
        if len(data) > LONGEST:
            return
        folder = os.path.join(self.directory, target)
        os.makedirs(folder, exist_ok=True)
        name = hashlib.sha1(data).hexdigest()[:16]
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


# ---- files as records (tests/fuzz/layers.h) ----

def repeated(data, at):
    """How often, in steps of 64 bytes, the byte at `at` is repeated there."""
    end = at
    while end - at < 64 * 128 and data[end:end + 64] == data[at:at + 1] * 64:
        end += 64
    return (end - at) // 64


def literal(data, at):
    """The end of what must be spelled: up to 8 zeroes, or 64 times the same byte."""
    end = at
    while end < len(data) and end - at < 120:
        if data[end:end + 8].strip(b"\0") == b"" or repeated(data, end):
            break
        end += 8
    return min(end, len(data))


def records(data):
    found, at = b"", 0
    while at < len(data):
        head = struct.pack(">H", at // 8)
        if data[at:at + 8].strip(b"\0") == b"":
            at += 8
        elif count := repeated(data, at):
            found += head + bytes([127 + count, data[at]])
            at += 64 * count
        else:
            end = literal(data, at)
            found += head + bytes([end - at]) + data[at:end]
            at = end
    if data[-1:] in (b"", b"\0"):
        found += struct.pack(">HBB", len(data) // 8, 0, len(data) % 8)
    return found


def read(name):
    with open(name, "rb") as file:
        return file.read(SPACE)


def chain_seed(flags):
    """Of the files of a chain that are in the current directory."""
    there = [name for name in LAYERS if os.path.isfile(name)]
    last = LAYERS.index(there[-1])
    files = [records(read(name)) if name in there else b"" for name in LAYERS[:last + 1]]
    return bytes([flags, 0, 7]) + b"\xff\xff".join(files)


def add_images(seeds, flags=0, how=0):
    """What the current directory holds, for all targets that take images."""
    if not os.path.isfile("test.qcow2") or os.path.getsize("test.qcow2") > SPACE:
        return
    image = read("test.qcow2")
    seeds.add("chain", chain_seed(flags))
    seeds.add("header", bytes([how]) + image[:2048].rstrip(b"\0") + b"\0" * 16)
    seeds.add("header", bytes([how | 1]) + image[:2048].rstrip(b"\0"))
    if len(image) >= 112 and 9 <= image[23] <= 21:
        seeds.add("mapping", mapping_seed(image))


def mapping_seed(image):
    """The beginnings of all clusters, that of the L1 table first."""
    bits, version = image[23], image[7]
    incompatible = image[79] if version == 3 else 0
    entries, l1 = struct.unpack_from(">IQ", image, 36)
    flags = (incompatible >> 4 & 1) | (version == 2) << 1 | (incompatible >> 2 & 1) << 2
    pieces = [image[l1:l1 + 64].ljust(64, b"\0")] if l1 < len(image) else [b"\0" * 64]
    pieces += [image[at:at + 64].ljust(64, b"\0") for at in range(1 << bits, len(image), 1 << bits)]
    return bytes([bits - 9, flags, (entries - 1) & 255, 0]) + b"".join(pieces[:60])


# ---- where they come from ----

class Recorder(Kitchen):
    """Notes down streams and names on the way."""
    seeds = None

    def stream(self, index, packed, offset=None, sectors=None):
        zstd = self.current.get("compression")
        size = self.current.cluster_bits - 9
        self.seeds.add("compressed", bytes([size << 1 | zstd]) + bytes(packed))
        super().stream(index, packed, offset, sectors)

    def backing(self, name, format=None):
        self.seeds.add("names", bytes([1, 1 if format == b"raw" else 2 if format else 0]) + name)
        super().backing(name, format)


def cook(seeds, case):
    kitchen = Recorder()
    kitchen.seeds = seeds
    for verb, text in case.steps:
        kitchen.step(verb, text)
    kitchen.finish()
    flags = ("--allow-probing" in case.open) | ("truncated=zero" in case.open) << 1
    snapshot = "-l 1" in case.open
    add_images(seeds, flags | snapshot << 3, snapshot << 3)


def in_new_directory(function, *arguments):
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            function(*arguments)
        finally:
            os.chdir(here)


def from_catalogue(seeds):
    for path in sorted(glob.glob(os.path.join(TESTS, "data", "hostile", "*.txt"))):
        for case in read_cases(path):
            if not any(verb == "chain" for verb, _ in case.steps):
                in_new_directory(cook, seeds, case)


def small_image(seeds, kind):
    image = KINDS[kind]()
    image.write()
    add_images(seeds)
    add_images(seeds, 4 | 16)
    add_images(seeds, 8, 8)
    if kind == "raw_data_file":
        return
    # The same over a chain of two more.
    middle = KINDS["plain"]()
    middle.backing(b"base.raw", b"raw")
    middle.name = "base.qcow2"
    middle.write()
    with open("base.raw", "wb") as file:
        file.write(b"".join(cell(letter) for letter in "abcdefghij"))
    image.extensions = [extension for extension in image.extensions
                        if extension[0] != 0xe2792aca]
    image.backing(b"base.qcow2", b"qcow2")
    image.files = {name: data for name, data in image.files.items() if name == "data.bin"}
    image.write()
    add_images(seeds)


def from_small_images(seeds):
    for kind in KINDS:
        in_new_directory(small_image, seeds, kind)


def streams(seeds):
    for bits in range(9):
        size = 512 << bits
        texts = [cell("A") * (size // 512), cell("P") * (size // 512),
                 (b"%d " * 200 % tuple(range(200)) * 300)[:size]]
        for text in texts:
            for level in 0, 1, 9:
                for strategy in zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY:
                    packer = zlib.compressobj(level, zlib.DEFLATED, -12, 9, strategy)
                    seeds.add("compressed", bytes([bits << 1]) + packer.compress(text) +
                              packer.flush())
            seeds.add("compressed", bytes([bits << 1]) + deflate(text + b"more"))
            for packed in (zstd_frame(text), zstd_repeat(b"A", size), zstd_frame(b"") +
                           zstd_skip(b"x") + zstd_frame(text), zstd_frame(text, window=20)):
                seeds.add("compressed", bytes([bits << 1 | 1]) + packed)


def descriptions(seeds):
    for path in glob.glob(os.path.join(TESTS, "..", "examples", "*.json")):
        seeds.add("names", b"\0" + read(path))
    node = (b'{"driver":"qcow2","node-name":"a","file":{"driver":"file","filename":"test.qcow2"},'
            b'"backing":{"driver":"raw","file":{"driver":"file","filename":"base.raw"}}}')
    raw = b'{"driver":"raw","offset":"1k","size":512,"file":{"driver":"file",' \
          b'"filename":"base.raw","locking":"off","cache":{"direct":true}}}'
    vote = b'{"driver":"quorum","vote-threshold":1,"children":[' + raw + b"," + raw + b"]}"
    graph = b'{"blockdevs":[{"driver":"raw","node-name":"a","file":{"driver":"file",' \
            b'"filename":"base.raw"}},{"driver":"copy-on-read","node-name":"b","file":"a"}],' \
            b'"exports":[{"node-name":"b","name":"b.raw"}]}'
    failing = b'{"driver":"qcow2","file":{"driver":"blkdebug","align":512,"inject-error":[' \
              b'{"offset":"512","length":8,"errno":5,"once":true}],"image":{"driver":"file",' \
              b'"filename":"test.qcow2"}}}'
    filtered = b'{"driver":"qcow2","file":{"driver":"compress","file":{"driver":"file",' \
               b'"filename":"test.qcow2"}}}'
    same = b'{"driver":"quorum","node-name":"a","vote-threshold":2,"children":[' \
           b'{"driver":"null-co","node-name":"a"},{"driver":"null-co","node-name":""}]}'
    unnamed = b'{"driver":"raw","node-name":"","file":{"driver":"null-co","size":"8E"}}'
    first = b'{"driver":"qcow2","file":"a","backing":{"driver":"raw"}}'
    again = b'{"blockdevs":[' + b",".join(
        b'{"driver":"%s","node-name":"%s",%s}' % parts for parts in (
            (b"file", b"a", b'"filename":"test.qcow2"'), (b"qcow2", b"b", b'"file":"a"'),
            (b"throttle", b"b", b'"file":"b"'), (b"raw", b"", b'"file":"a"'),
            (b"copy-on-read", b"c", b'"file":"b"'), (b"compress", b"d", b'"file":"e"'),
            (b"preallocate", b"e", b'"file":"d"'))
    ) + b'],"exports":[{"node-name":"c"},{"node-name":"a","name":"a"},{"node-name":"d"}]}'
    deep = b'{"a":' * 70 + b"1" + b"}" * 70
    odd = b"/* a */ {'a': [1, -2.5, true, null, \"\\u00e9\\n\"], \"b.c\": 0x10}"
    for text in node, raw, vote, failing, filtered, same, unnamed, first, deep, odd:
        seeds.add("names", b"\0[" + text)
        seeds.add("names", b"\1\0json:" + text)
    for text in graph, again:
        seeds.add("names", b"\0" + text)
    for text in (b"driver=raw,file.driver=file,file.filename=base.raw,offset=1.5k",
                 b"driver=qcow2,file.filename=test.qcow2,overlap-check.template=all",
                 b"driver=quorum,vote-threshold=1,children.0.driver=null-co,"
                 b"children.1.driver=null-co", b"a,,b=c", b"driver=qcow2,file.driver=blkdebug,"
                 b"file.inject-error.0.sector=1,file.image.filename=test.qcow2"):
        seeds.add("names", b"\2" + text)
    for text in (b"1.5G", b"0x200", b"99999999999999999999", b"\x1b[2J\xe2\x80\xae\xff",
                 "Müller \u200b".encode()):
        seeds.add("names", b"\3" + text)


def qemu_img(*arguments):
    subprocess.run(["qemu-img", *arguments], check=True, stdout=subprocess.DEVNULL)


def qemu_image(seeds, options, compressed):
    """A chain of three, the top one with compressed clusters or not."""
    with open("base.raw", "wb") as file:
        file.write(b"a" * 5000 + bytes(60000) + b"b" * 70000)
    qemu_img("create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "base.qcow2", "200k")
    with open("top.raw", "wb") as file:
        file.write(bytes(3000) + b"abcdefgh" * 3000 + bytes(100000) + b"c" * 30000)
    qemu_img("convert", *(["-c"] if compressed else []), "-f", "raw", "-O", "qcow2", "-o", options,
             "top.raw", "test.qcow2")
    if "data_file" not in options:
        qemu_img("rebase", "-u", "-b", "base.qcow2", "-F", "qcow2", "test.qcow2")
    add_images(seeds)


def from_qemu(seeds):
    if not shutil.which("qemu-img"):
        return
    for options, compressed in (
            ("cluster_size=512", True), ("cluster_size=4k", True), ("cluster_size=64k", False),
            ("cluster_size=16k,extended_l2=on", False), ("cluster_size=16k,extended_l2=on", True),
            ("cluster_size=4k,compression_type=zstd", True), ("compat=0.10,cluster_size=4k", True),
            ("cluster_size=4k,data_file=data.bin,data_file_raw=off", False)):
        in_new_directory(qemu_image, seeds, options, compressed)


def main():
    seeds = Seeds(os.path.abspath(sys.argv[1]))
    for source in from_small_images, from_catalogue, streams, descriptions, from_qemu:
        source(seeds)
    for target in sorted(os.listdir(seeds.directory)):
        print(f"{target}: {len(os.listdir(os.path.join(seeds.directory, target)))} seeds")


main()

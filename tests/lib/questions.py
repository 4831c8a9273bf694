# SPDX-License-Identifier: GPL-2.0-or-later
"""What the questions of docs/block-status.md are asked with: tests/e2e/block_status_questions*.py.

A question is a function `question_NUMBER_...(ask)` that builds a graph, has every answer checked,
and notes what the QEMU that is installed answers for the same graph.
"""
import inspect
import json
import os
import re
import subprocess
import tempfile
import time

from chain import Builder, Image, Patterns
from kinds import K, qcow2
from model import View
from unchain import Mount, Reader, Wrong, check_mounted, map_of, run, spec_of


class Ask:
    def __init__(self, reader, patterns):
        self.reader = reader
        self.builder = Builder(patterns)
        self.notes = []

    # ---- images ----

    def image(self, name, size, backing=None, **options):
        return Image(self.builder, name, size, backing, **options)

    def flush(self):
        self.builder.flush()

    def overlay(self):
        """256 KiB. Base: data, zero, data, nothing. Top: nothing but 4 KiB of data in the third."""
        base = self.image("base.qcow2", 256 * K)
        base.write(0, 64 * K).write_zeroes(64 * K, 64 * K, unmap=True).write(128 * K, 64 * K)
        top = self.image("top.qcow2", 256 * K, base)
        top.write(128 * K, 4 * K)
        self.flush()
        return base, top

    # ---- our answers ----

    def at(self, source, offset, *options):
        """The entry of our map that holds an offset."""
        return next(entry for entry in map_of(source, *options)
                    if entry["start"] <= offset < entry["start"] + entry["length"])

    def path(self, source, offset):
        return self.at(source, offset, "--explain")["path"]

    def expect(self, source, offset, /, *options, **fields):
        """Fields of the entry at an offset; None: it must not be there."""
        entry = self.at(source, offset, *options)
        if "base-offset" in entry:
            entry["base-offset"] += offset - entry["start"]
        for key, value in fields.items():
            key = key.replace("_", "-")
            if entry.get(key) != value:
                raise Wrong(f"at {offset}: {key} is {entry.get(key)} instead of {value}: {entry}")
        return entry

    def same(self, got, expected, what):
        if got != expected:
            raise Wrong(f"{what}: {got} instead of {expected}")

    def contains(self, text, *parts):
        for part in parts:
            if part not in text:
                raise Wrong(f"no '{part}' in: {text}")

    def nbd(self, source, offset):
        """What an NBD client is told: "", "hole", "zero" or "hole,zero"."""
        said = run(os.environ["UNCHAIN"], "map", "--nbd", spec_of(source)).decode()
        for line in said.splitlines():
            start, length, number, words = line.split()
            if int(start) <= offset < int(start) + int(length):
                self.same(words, ["data", "hole", "zero", "hole,zero"][int(number)], "nbd")
                return words
        raise Wrong(f"nothing about {offset}: {said}")

    def holds(self, source, view, what="library"):
        """Bytes and holes, in every way the library has."""
        self.reader.check(source, view, what, ranges=60)

    def mounted(self, source, view):
        with Mount({"image": source}) as directory:
            check_mounted(f"{directory}/image", view, "mount")

    def allocated(self, source, offset):
        """In the node that is asked, not below it."""
        self.reader.open(source)
        words = self.reader.ask("status").split()
        for i in range(0, len(words), 8):
            if int(words[i]) <= offset < int(words[i + 1]):
                return words[i + 5] == "1"
        raise Wrong(f"nothing about {offset}")

    def refuses(self, source, *parts):
        done = subprocess.run([os.environ["UNCHAIN"], "map", spec_of(source)],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            raise Wrong(f"not refused: {source}")
        self.contains(done.stderr, *parts)

    # ---- QEMU's ----

    def qemu(self, *arguments):
        return subprocess.run(["qemu-img", *arguments], capture_output=True, text=True,
                              check=False)

    def qemu_at(self, source, offset, *options):
        """Notes the entry of qemu-img's map that holds an offset."""
        done = self.qemu("map", *options, "--output=json", spec_of(source))
        if done.returncode != 0:
            self.note(f"map refuses: {done.stderr.splitlines()[-1]}")
            return None
        for entry in json.loads(done.stdout):
            if entry["start"] <= offset < entry["start"] + entry["length"]:
                words = [word for word in ("present", "zero", "data") if entry[word]] or ["nothing"]
                place = " offset" if "offset" in entry else ""
                self.note(f"map at {offset // K}K: depth {entry['depth']} {' '.join(words)}{place}")
                return entry
        return None

    def qemu_converts(self, source, view, *options):
        """Notes whether a conversion shows what it should."""
        done = self.qemu("convert", *options, "-O", "raw", spec_of(source), "qemu.raw")
        if done.returncode != 0:
            self.note(f"convert refuses: {done.stderr.splitlines()[-1]}")
            return
        with open("qemu.raw", "rb") as copy:
            got = copy.read()
        same = got[:view.size] == view.content and not any(got[view.size:])
        rounded = "" if len(got) == view.size else f", {len(got)} bytes for {view.size}"
        self.note(f"convert {'right' if same else 'WRONG'}{rounded}")

    def qemu_copies_over(self, source, view, base):
        """Notes whether a copy that keeps a backing file shows what it should."""
        done = self.qemu("convert", "-O", "qcow2", "-B", base, "-F", "qcow2", spec_of(source),
                         "qemu.qcow2")
        if done.returncode != 0:
            self.note(f"convert -B refuses: {done.stderr.splitlines()[-1]}")
            return
        run("qemu-img", "convert", "-O", "raw", "qemu.qcow2", "qemu.raw")
        with open("qemu.raw", "rb") as copy:
            same = copy.read() == view.content
        self.note(f"convert -B {base} {'right' if same else 'WRONG'}")

    def qemu_nbd_at(self, source, offset):
        """Notes what qemu-nbd tells a client, who is qemu-img: data is what is no HOLE."""
        with tempfile.TemporaryDirectory() as directory:  # a socket's name must be short
            socket = f"{directory}/socket"
            server = subprocess.Popen(["qemu-nbd", "-t", "-r", "-k", socket,
                                       *(["-f", "qcow2"] if isinstance(source, str) else []),
                                       spec_of(source)])
            try:
                while not os.path.exists(socket) and server.poll() is None:
                    time.sleep(0.01)
                self.note("by NBD:")
                self.qemu_at({"driver": "raw", "file": {"driver": "nbd", "path": socket}}, offset)
            finally:
                server.terminate()
                server.wait()

    def note(self, text):
        self.notes.append(text)


def named(node, name):
    return {**node, "node-name": name}


def chain():
    """The overlay of Ask.overlay with both nodes named."""
    return named(qcow2("top.qcow2", backing=named(qcow2("base.qcow2"), "base")), "top")


def text_view(content):
    """A view in which no zero is known."""
    return View(len(content), content, bytes(-(-len(content) // 512)))


def run_questions(functions):
    """In the order of their numbers, each in a directory of its own."""
    wrong = []
    here = os.getcwd()
    patterns = Patterns()
    version = run("qemu-img", "--version").decode().split()[2]
    with Reader() as reader:
        for number, name, function in functions:
            os.mkdir(name)
            os.chdir(name)
            ask = Ask(reader, patterns)
            try:
                function(ask)
                print(f"{number}: qemu-img {version}: {'; '.join(ask.notes) or 'not asked'}")
            except Wrong as error:
                print(f"{number}: WRONG: {name}: {error}")
                wrong.append(number)
            os.chdir(here)
    if wrong:
        raise Wrong(f"wrong: {wrong}")


def questions_of(module):
    found = []
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if match := re.match(r"question_(\d+)_", name):
            found.append((int(match[1]), name, function))
    return sorted(found)

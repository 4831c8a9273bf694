# SPDX-License-Identifier: GPL-2.0-or-later
"""What this program and QEMU each think of a damaged image, and whether they may differ in it.

Both open it, or refuse it, and read it cell by cell. Wherever both read, the bytes must be the
same. Where only one of them opens or reads, the difference must be in DIFFERENCES with its reason.
"""
import contextlib
import json
import os
import re
import struct
import subprocess
import threading

from qemu_io import PATIENCE, Died, QemuIo, parse_dump
from small_image import CELL
from unchain import Reader, Wrong, first_difference

LIMIT = 256 << 10  # bytes that are read of a disk
SECONDS = 10       # for one image
TRIED = 4          # ranges that cannot be read, for each image

# What differs; what is said here; what QEMU says; why that is right.
REFUSED_HERE, REFUSED_THERE = "refused here only", "refused by QEMU only"
UNREADABLE_HERE, UNREADABLE_THERE = "unreadable here only", "unreadable for QEMU only"
BYTES = "other bytes"

CUT = "compressed data .*, cut by the end of the file"
TRUNCATED = r"(beyond the end of the file|but the file ends at)"

DIFFERENCES = [
    (REFUSED_THERE, r"^$", r"[Rr]eference count|refcount",
     "Reading needs no reference counts."),
    (REFUSED_THERE, r"^$", r"Header extension too large, .* \d bytes left over",
     "What is left of the first cluster is too short for another extension. QEMU reads on behind "
     "it."),
    (REFUSED_THERE, r"^$", r"bitmap",
     "Reading needs no bitmaps."),
    (REFUSED_THERE, r"^$", r"[Ss]napshot",
     "The table of snapshots is looked at when one of them is asked for."),
    (REFUSED_THERE, r"", r"it hangs, .*and \d+ snapshots",
     "QEMU reads every entry of the table of snapshots, one by one."),
    (REFUSED_HERE, r"L1 table .* " + TRUNCATED, r"^$",
     "An L1 table beyond the end of the file is lost. QEMU reads zeroes there, so that everything "
     "it has stood for reads as zero, or as the backing file."),
    (REFUSED_HERE, r"the file has \d+ bytes, its header and the names behind it need", r"^$",
     "The name of the backing file is lost. QEMU reads zeroes there, and finds no backing file."),
    (REFUSED_HERE, r"do not fit into the \d+ bytes below", r"^$",
     "A window of raw that begins behind the end. QEMU takes the file to end with a sector."),
    (REFUSED_HERE, r"L1 table is at 0", r"^$",
     "The header is there."),
    (REFUSED_HERE, r"backing file name is at \d+, inside the header", r"^$",
     "A name there is made of what other fields say."),
    (REFUSED_HERE, r"does not have its format stated, and looks like", r"^$",
     "A raw disk whose guest made it look like an image must not become one."),
    (REFUSED_HERE, r"is not a file name", r"^$",
     "No file has such a name. QEMU takes it up to the NUL byte."),
    (REFUSED_HERE, r"data file has a NUL byte in it", r"^$",
     "No file has such a name. QEMU takes it up to the NUL byte."),
    (UNREADABLE_HERE, TRUNCATED, r"^$",
     "What lies beyond the end of the file is lost. QEMU reads zeroes there."),
    (UNREADABLE_HERE, CUT, r"^$",
     "The end of a compressed cluster is lost with the end of the file. QEMU unpacks zeroes in its "
     "place, which gives bytes that nobody has written."),
    (UNREADABLE_THERE, r"with --truncated=zero: .*compressed data", r"",
     "A compressed cluster is all there, and then its stream goes on beyond the end of the file. "
     "QEMU finds zeroes there, which make no sense to it."),
    (REFUSED_HERE, r"the chain is a loop", r"^$",
     "An image that is its own backing file, as raw bytes."),
    (REFUSED_HERE, r"snapshot .*" + TRUNCATED, r"",
     "What the table of snapshots says beyond the end of the file is lost. QEMU reads zeroes "
     "there."),
    (REFUSED_HERE, r"snapshot .*(disk size is|L1 table has)", r"",
     "QEMU shows a snapshot with the size of the active disk, and does not look whether the size "
     "of its own is possible."),
    (BYTES, r"size of a snapshot", r"",
     "QEMU shows a snapshot with the size of the active disk."),
]


class Finding:
    def __init__(self, what, ours="", theirs="", at=None):
        self.what, self.ours, self.theirs, self.at = what, ours, theirs, at
        self.reason = next((number for number, (kind, here, there, _) in enumerate(DIFFERENCES)
                            if kind == what and re.search(here, ours) and
                            re.search(there, theirs)), None)

    def __str__(self):
        return f"{self.what}\n    here: {self.ours or 'nothing wrong'}\n    QEMU: " + \
            (self.theirs or "nothing wrong")


class Ours:
    """What is seen here."""

    def __init__(self, error=None, size=0, unreadable=(), content=b""):
        self.error, self.size, self.unreadable, self.content = error, size, unreadable, content

    def readable(self):
        """The ranges that can be read, of whole cells."""
        end = len(self.content) // CELL * CELL
        at = 0
        for start, stop, _ in self.unreadable:
            if at < start:
                yield at, min(start, end)
            at = stop
        if at < end:
            yield at, end


class Judge:
    def __init__(self, name="test.qcow2"):
        self.name = name
        self.reader = None
        self.qemu = QemuIo()
        self.judged = self.refused = self.whole = 0
        self.counts = {}
        self.story = "before the first"

    def __enter__(self):
        self.reader = Reader()
        return self

    def __exit__(self, *_):
        self.qemu.stop()
        with contextlib.suppress(BrokenPipeError):
            self.reader.__exit__()

    def wrong(self, text):
        return Wrong(f"{self.story}: {text}")

    # Here

    def ask(self, commands):
        """The reader answers in time, and answers all."""
        process = self.reader.process
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write("".join(command + "\n" for command in commands).encode())
            process.stdin.flush()
        answers = [process.stdout.readline().decode().rstrip("\n") for _ in commands]
        timer.cancel()
        if not all(answers):
            raise self.wrong(f"the reader has crashed, or was stopped after {SECONDS} seconds")
        return answers

    def look(self, source=None, gate=""):
        source = source or f"image qcow2 {self.name}"
        opened, size, survey, walk = self.ask([
            f"new {gate}", source, "size", f"survey {LIMIT} bytes", f"walk {CELL} {LIMIT}"])[1:]
        if opened != "ok":
            return Ours(error=opened.removeprefix("error "))
        unreadable = [(int(start), int(end), message) for start, end, message in
                      (part.split(" ", 2) for part in survey[3:].split("\t") if part)]
        with open("bytes", "rb") as file:
            ours = Ours(None, int(size[3:]), unreadable, file.read())
        self.check_holes(ours, walk[3:].split())
        return ours

    def check_holes(self, ours, words):
        for start, end, kind in zip(words[::3], words[1::3], words[2::3]):
            start, end = int(start), min(int(end), len(ours.content))
            if kind == "hole" and ours.content[start:end].strip(b"\0"):
                raise self.wrong(f"the hole at {start}..{end} hides data")
            if kind == "hole" and any(first < end and start < last
                                      for first, last, _ in ours.unreadable):
                raise self.wrong(f"the hole at {start}..{end} cannot be read")

    # QEMU

    def compare(self, ours):
        """Returns the findings; the same question to qemu-io."""
        try:
            error = self.qemu.open(self.name)
            if error and ours.error:
                return []
            if error:
                return [Finding(REFUSED_THERE, "", self.explained_refusal(error))]
            if ours.error:
                return [Finding(REFUSED_HERE, ours.error, "")]
            return [*self.compare_readable(ours), *self.compare_unreadable(ours)]
        except Died as died:
            return [Finding(REFUSED_THERE, ours.error or "",
                            self.explained_refusal(f"it dies: {died}"))]

    def compare_readable(self, ours):
        """QEMU gives an image up at the first error it finds, so it is opened again after each."""
        pieces = [piece for start, end in ours.readable()
                  for piece in pieces_of(ours.content, start, end)]
        while pieces:
            answers = self.qemu.ask([read_command(ours.content, *piece) for piece in pieces])
            failed = next((n for n, answer in enumerate(answers)
                           if answer.startswith("read failed")), len(pieces))
            for answer, piece in zip(answers[:failed], pieces):
                yield from compare_bytes(ours.content, *piece, answer)
            if failed < len(pieces):
                self.reopen()
            pieces, rest = pieces[failed:failed + 1], pieces[failed + 1:]
            if pieces and pieces[0][1] - pieces[0][0] > CELL:
                pieces = [(at, at + CELL) for at in range(*pieces[0], CELL)]
            elif pieces:
                yield Finding(UNREADABLE_THERE, "", answers[failed], pieces[0][0])
                pieces = []
            pieces += rest

    def compare_unreadable(self, ours):
        cells = [(at, message) for start, end, message in ours.unreadable[:TRIED]
                 for at in sorted({start, (end - 1) // CELL * CELL})]
        for at, message in cells:
            if at + CELL <= ours.size and not self.qemu.ask([f"read -q {at} {CELL}"])[0]:
                yield Finding(UNREADABLE_HERE, self.explained(message), "", at)
            self.reopen()

    def explained(self, message):
        """Adds what the message does not say."""
        place = re.search(r"compressed data at (\d+) \+(\d+)", message)
        cut = place and sum(map(int, place.groups())) == os.path.getsize(self.name)
        return message + (", cut by the end of the file" if cut else "")

    def explained_refusal(self, message):
        with open(self.name, "rb") as file:
            header = file.read(104).ljust(104, b"\0")
        version, backing = struct.unpack_from(">IQ", header, 4)
        start = struct.unpack_from(">I", header, 100)[0] if version == 3 else 72
        left = ((backing or 512) - start) % 8
        snapshots = struct.unpack_from(">I", header, 60)[0]
        return (message + (f", and {left} bytes left over" if left else "") +
                (f", and {snapshots} snapshots" if snapshots > 1000 else ""))

    def compare_leniently(self, findings):
        """With zeroes for what lies beyond the end of the file, as QEMU has it, there must be no
        difference at all where the end of the file has made one."""
        lenient = self.look(gate="truncated-zero")
        explained = []
        for finding in findings:
            message = finding.at is not None and next((
                message for start, end, message in lenient.unreadable
                if start <= finding.at < end), None)
            if finding.what == UNREADABLE_THERE and message:
                finding = Finding(finding.what, f"with --truncated=zero: {message}", finding.theirs)
            explained.append(finding)
        return explained + self.compare(lenient)

    def reopen(self):
        error = self.qemu.open(self.name)
        if error:
            raise self.wrong(f"QEMU does not open again what it has opened: {error}")

    def convert(self, ours, *options):
        """The same question to qemu-img convert, which reads all or nothing. Returns findings."""
        failure = self.run_convert(options)
        if ours.error or failure:
            both = failure and (ours.error or ours.unreadable)
            what = REFUSED_THERE if failure else REFUSED_HERE
            return [] if both else [Finding(what, ours.error or "", failure)]
        with open("converted", "rb") as file:
            theirs = file.read(len(ours.content))
        if ours.unreadable and ours.unreadable[0][0] < len(theirs):
            return [Finding(UNREADABLE_HERE, self.explained(ours.unreadable[0][2]), "")]
        length = min(len(ours.content), len(theirs)) // CELL * CELL
        difference = first_difference(ours.content[:length], theirs[:length])
        if difference:
            return [Finding(BYTES, "", f"converted: {difference}")]
        if options and length < len(ours.content) // CELL * CELL:
            return [Finding(BYTES, "size of a snapshot", f"{len(theirs)} bytes")]
        return []

    def run_convert(self, options):
        """Returns what is wrong, or "" and leaves a file."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink("converted")
        try:
            done = subprocess.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", *options,
                                   self.name, "converted"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                                  timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return self.explained_refusal("it hangs")
        said = done.stdout.decode(errors="replace").strip() or "it fails"
        return self.explained_refusal(said) if done.returncode != 0 else ""

    # Both

    def judge(self, story, convert=False):
        """`story` says how the image was made; `convert` asks qemu-img convert as well."""
        ours = self.look_once(story)
        findings = [*self.compare(ours)]
        if any(finding.at is not None for finding in findings):
            findings = self.compare_leniently(findings)
        known = any(finding.what == UNREADABLE_THERE for finding in findings)
        if convert and not known and ours.error is None and ours.size <= LIMIT:
            findings += self.convert(ours)
        for finding in findings:
            self.note(finding, story)

    def judge_snapshot(self, story, snapshot):
        """The same of an internal snapshot, which qemu-io does not open."""
        described = {"driver": "qcow2", "snapshot": snapshot,
                     "file": {"driver": "file", "filename": self.name}}
        ours = self.look_once(story, "json " + json.dumps(described))
        for finding in self.convert(ours, "-l", f"snapshot.id={snapshot}"):
            self.note(finding, story)

    def look_once(self, story, source=None):
        self.story = story
        ours = self.look(source)
        self.judged += 1
        self.refused += ours.error is not None
        self.whole += ours.error is None and not ours.unreadable
        return ours

    def note(self, finding, story):
        key = finding.reason
        if key is None:
            key = re.sub(r"(0x)?\d[\da-f]*", "N", str(finding))
            if key not in self.counts:
                print(f"{story}\n    {finding}", flush=True)
        self.counts[key] = self.counts.get(key, 0) + 1

    def report(self):
        """Says how often each difference was met; one that has no reason is wrong."""
        for number in sorted(key for key in self.counts if isinstance(key, int)):
            what, here, there, reason = DIFFERENCES[number]
            print(f"{self.counts[number]:6} {what}: {here or there}\n       {reason}")
        unknown = sum(count for key, count in self.counts.items() if not isinstance(key, int))
        print(f"{self.judged} images judged, of which {self.refused} are refused here and "
              f"{self.whole} read as a whole; {unknown} differences without a reason", flush=True)
        if unknown:
            raise Wrong("QEMU and this program differ, and nobody knows why")


def pieces_of(content, start, end):
    """Cells that are one byte all over are asked for together, others one by one."""
    first = start
    for at in range(start, end, CELL):
        if at > first and not (is_same(content, first) and
                               content[at:at + CELL] == content[first:first + CELL]):
            yield first, at
            first = at
    if first < end:
        yield first, end


def is_same(content, at):
    return content.count(content[at], at, at + CELL) == CELL


def read_command(content, start, end):
    if is_same(content, start):
        return f"read -q -P {content[start]} {start} {end - start}"
    return f"read -v {start} {end - start}"


def compare_bytes(content, start, end, answer):
    if is_same(content, start):
        if answer:
            yield Finding(BYTES, f"{content[start]} from {start} to {end}", answer)
    elif (theirs := parse_dump(answer)) != content[start:end]:
        yield Finding(BYTES, content[start:start + 16].hex(" "), theirs[:16].hex(" "))

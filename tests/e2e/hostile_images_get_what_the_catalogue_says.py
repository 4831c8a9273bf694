# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad images: recipes in tests/data/hostile say how each is made and what it must get.

The program says what it thinks of each, the library reads each, in a process of its own; no one
takes more than a second or 64 MB.
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from recipe import read_cases  # noqa: E402
from small_image import CELL, cell  # noqa: E402
from unchain import Wrong, main  # noqa: E402

SANITIZED = "ASAN_OPTIONS" in os.environ
SECONDS = 20 if SANITIZED else 1
KILOBYTES = 64 << 10
LIMIT = 1 << 20  # bytes that are read of a disk


def run_limited(command, what, text=b""):
    """Runs a command; it may take what a hostile image may take. Returns status, stdout, stderr."""
    start = time.monotonic()
    with open("stdout", "w+b") as out, open("stderr", "w+b") as err:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err)
        timer = threading.Timer(10 * SECONDS, process.kill)
        timer.start()
        try:
            process.stdin.write(text)
            process.stdin.close()
        except BrokenPipeError:
            pass
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        said = out.read(), err.read()
    if usage.ru_utime + usage.ru_stime > SECONDS or seconds > 10 * SECONDS:
        raise Wrong(f"{what}: takes {seconds:.1f} s")
    if not SANITIZED and usage.ru_maxrss > KILOBYTES:
        raise Wrong(f"{what}: takes {usage.ru_maxrss} KiB")
    if process.returncode < 0:
        raise Wrong(f"{what}: dies of signal {-process.returncode}")
    return process.returncode, said[0].decode(), said[1].decode()


def check_text(text, what):
    """What is printed is fit for a terminal, and for nobody's debugger."""
    if any(ord(letter) < 32 and letter != "\n" for letter in text):
        raise Wrong(f"{what}: control characters: {text!r}")
    if "GLib" in text or "CRITICAL" in text or "assert" in text:
        raise Wrong(f"{what}: chatter: {text!r}")


def check_message(case, arguments):
    """What the program says: the map, a refusal, warnings."""
    status, out, err = run_limited([os.environ["UNCHAIN"], "map", "--output=json", "-n", "1M",
                                    *arguments], "unchain map")
    check_text(err, "unchain map")
    lines = err.splitlines()
    expected = [case.refuse] if case.refuse is not None else case.warn
    if status != (1 if case.refuse is not None else 0):
        raise Wrong(f"status {status}: {err or out}")
    if len(lines) != len(expected):
        raise Wrong(f"{len(expected)} lines expected:\n{err}")
    for line, text in zip(lines, expected):
        if not line.startswith("unchain: ") or text not in line:
            raise Wrong(f"says: {line}\nexpected: {text}")
    if case.refuse is None:
        json.loads(out)


def check_info(case, arguments):
    """It looks at more than reading does: names of snapshots, for instance."""
    if case.refuse is not None:
        return
    for output in ["json"] if SANITIZED else ["json", "human"]:
        status, out, err = run_limited([os.environ["UNCHAIN"], "info", f"--output={output}",
                                        *arguments], "unchain info")
        check_text(out + err, "unchain info")
        if status != 0:
            raise Wrong(f"unchain info: status {status}: {err}")
        if output == "json":
            json.loads(out)


def reader_commands(arguments):
    """The same arguments for the reader."""
    gate, how, name, options = [], "-", arguments[-1], arguments[:-1]
    described = {}
    while options:
        option = options.pop(0)
        if option == "-f":
            how = described["driver"] = options.pop(0)
        elif option == "-l":
            described["snapshot"] = options.pop(0)
        else:
            gate.append(option[2:].replace("truncated=", "truncated-"))
    if name.startswith("json:"):
        source = f"json {name[5:]}"
    elif "snapshot" in described:
        described["file"] = {"driver": "file", "filename": name}
        source = f"json {json.dumps(described)}"
    else:
        source = f"image {how} {name}"
    return [f"new {' '.join(gate)}", source]


def check_bytes(case, arguments):
    """What the library reads, where it cannot, and what it calls a hole."""
    commands = [*reader_commands(arguments), "size", f"survey {LIMIT} bytes", f"walk 512 {LIMIT}"]
    status, out, err = run_limited([os.environ["READER"]], "reader",
                                   "".join(c + "\n" for c in commands).encode())
    lines = out.splitlines()
    if case.refuse is not None:
        if lines[1][:6] != "error ":
            raise Wrong(f"the reader opens it: {out}")
        return
    if status != 0 or any(line.split(" ")[0] != "ok" for line in lines) or len(lines) != 5:
        raise Wrong(f"reader: {out}{err}")
    size = case.expected_size()
    if int(lines[2][3:]) != size:
        raise Wrong(f"size is {lines[2][3:]} instead of {size}")
    cells = case.cells()
    check_unreadable(case, cells, lines[3][3:])
    check_cells(cells, size)
    check_walk(cells, lines[4][3:].split())


def check_cells(cells, size):
    with open("bytes", "rb") as file:
        for number, letter in enumerate(cells):
            got = file.read(CELL)
            expected = cell(letter)[:max(0, size - number * CELL)]
            if letter != "?" and got != expected:
                raise Wrong(f"cell {number} is {got[:8]!r}... instead of {expected[:8]!r}...")


def check_unreadable(case, cells, answer):
    """The reader says (start, end, the message for the first byte) of every row of cells."""
    unreadable = set()
    parts = [part.split(" ", 2) for part in answer.split("\t") if part]
    for start, end, _ in parts:
        unreadable.update(range(int(start) // CELL, -(-int(end) // CELL)))
    expected = {number for number, letter in enumerate(cells) if letter == "!"}
    if unreadable != expected:
        raise Wrong(f"cannot be read: cells {sorted(unreadable)} instead of {sorted(expected)}: "
                    f"{parts}")
    if case.eio and case.eio not in parts[0][2]:
        raise Wrong(f"says: {parts[0][2]}\nexpected: {case.eio}")


def check_walk(cells, words):
    """A hole is where one is expected, and nowhere else."""
    seen = "".join("." if kind == "hole" else "x"
                   for start, end, kind in zip(words[::3], words[1::3], words[2::3])
                   for _ in range(int(start) // CELL, min(len(cells), -(-int(end) // CELL))))
    expected = "".join("." if letter == "." else "x" for letter in cells)
    if seen != expected:
        raise Wrong(f"the holes are {seen} instead of {expected}")


def cook(case):
    """In a process of its own: what this one has in memory counts for its children, too."""
    pid = os.fork()
    if pid == 0:
        try:
            case.cook()
            os._exit(0)
        except Exception as wrong:
            print(f"{wrong!r}", flush=True)
            os._exit(1)
    if os.waitpid(pid, 0)[1] != 0:
        raise Wrong("the recipe cannot be cooked")


def check(case):
    try:
        cook(case)
        arguments = case.arguments()
        check_message(case, arguments)
        check_info(case, arguments)
        check_bytes(case, arguments)
        return True
    except Exception as wrong:
        print(f"{case.place}: {case.name}:\n{wrong!s}".rstrip().replace("\n", "\n    "),
              flush=True)
        return False


def test():
    paths = sorted(glob.glob(os.path.join(os.environ["TESTS"], "data", "hostile", "*.txt")))
    cases = [case for path in paths for case in read_cases(path)]
    wanted = sys.argv[1:]
    failed, counts = 0, {}
    for case in cases:
        if wanted and not any(word in f"{case.place} {case.name}" for word in wanted):
            continue
        os.mkdir("case")
        os.chdir("case")
        failed += not check(case)
        counts[case.outcome] = counts.get(case.outcome, 0) + 1
        os.chdir("..")
        shutil.rmtree("case")
    print(f"{sum(counts.values())} cases: {counts}")
    if failed:
        raise Wrong(f"{failed} cases get something else")


main(test)

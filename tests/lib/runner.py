# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests: called by tests/run.sh, which has built everything.

Unit programs run as they are, under ASan+UBSan, under TSan and under valgrind. End-to-end tests are
the scripts in tests/e2e, discovered: each runs in a new empty directory with these variables:

    UNCHAIN, READER   the program, and the reader of tests/lib/reader.c
    TESTS             the tests directory
    SEED, LONG        the base of all seeds; "1" for a long run, else ""
    PART, PARTS       a script with a line `# parts: N` runs N times, PART being 1 to N

Exit status 0 is passed, 77 skipped (the last line of output says why), all else failed. A
test also fails if it leaves a process behind or a sanitizer has written a report. What a test that
has passed could only try in part is shown: lines that begin with "not tried: ".

Scripts run a second time with the program that was built with ASan+UBSan, unless they have a line
`# sanitize: no`, and with the one that was built with TSan if they have `# threads: yes`.
"""
import argparse
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT = 600
SKIPPED = 77


class Test:
    def __init__(self, name, command, env=None, timeout=TIMEOUT):
        self.name = name
        self.command = command
        self.env = env or {}
        self.timeout = timeout


def sanitizer_options(kind, directory):
    """GLib must not hand pieces of memory from thread to thread by itself: TSan takes that for a
    race, and it hides a use after free from ASan."""
    log = f"log_path={directory}/sanitizer"
    if kind == "asan":
        return {"ASAN_OPTIONS": f"{log}:detect_leaks=1:detect_stack_use_after_return=1",
                "UBSAN_OPTIONS": f"{log}:print_stacktrace=1", "G_SLICE": "always-malloc"}
    if kind == "tsan":
        return {"TSAN_OPTIONS": f"{log}:halt_on_error=1:second_deadlock_stack=1",
                "G_SLICE": "always-malloc"}
    return {}


def unit_tests(build, options):
    # Random graphs are judged byte by byte, which takes valgrind very long. Where things take longer
    # not every call is made to fail.
    few = {} if options.long else {"UC_GRAPHS": "100"}
    faults = {} if options.long else {"asan": "7", "tsan": "23", "valgrind": "61"}
    for program in sorted(glob.glob(f"{build}/plain/tests/unit-*")):
        if not os.access(program, os.X_OK) or os.path.isdir(program):
            continue
        base = os.path.basename(program)
        noun = base[len("unit-"):]
        yield Test(f"unit/{noun}", [program])
        for kind in "asan", "tsan":
            yield Test(f"unit/{noun} ({kind})", [f"{build}/{kind}/tests/{base}"],
                       {"KIND": kind, "UC_FAULTS": faults.get(kind, "1")})
        if shutil.which("valgrind"):
            yield Test(f"unit/{noun} (valgrind)",
                       ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full",
                        "--errors-for-leak-kinds=definite", program],
                       {**few, "UC_FAULTS": faults.get("valgrind", "1")})


def header(script, key, default):
    """The value of a `# key: value` line near the top of a script."""
    with open(script, encoding="utf-8") as file:
        match = re.search(rf"^# {key}: (\S+)$", file.read(2000), re.M)
    return match[1] if match else default


def is_for(kind, script):
    if kind == "asan":
        return header(script, "sanitize", "yes") == "yes"
    return kind == "plain" or header(script, "threads", "no") == "yes"


def end_to_end_tests(build, options):
    scripts = sorted(glob.glob(f"{TESTS}/e2e/*.sh") + glob.glob(f"{TESTS}/e2e/*.py"))
    for kind in "plain", "asan", "tsan":
        for script in scripts:
            if not is_for(kind, script):
                continue
            parts = int(header(script, "parts", "1"))
            for part in range(1, parts + 1):
                name = "e2e/" + os.path.basename(script)
                name += f" {part} of {parts}" if parts > 1 else ""
                name += f" ({kind})" if kind != "plain" else ""
                interpreter = sys.executable if script.endswith(".py") else "bash"
                yield Test(name, [interpreter, script],
                           {"KIND": kind, "UNCHAIN": f"{build}/{kind}/fuse/unchain",
                            "READER": f"{build}/{kind}/tests/reader",
                            "PART": str(part), "PARTS": str(parts)},
                           timeout=TIMEOUT * (10 if options.long else 1))


def mounts_below(directory):
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = [line.split()[4] for line in file]
    return [point for point in reversed(points) if point.startswith(directory + "/")]


def processes_of(directory):
    """Processes that were started by the test in `directory`, by their environment."""
    mark = f"TEST_DIRECTORY={directory}".encode()
    for entry in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(entry, "rb") as file:
                if mark in file.read().split(b"\0"):
                    yield int(entry.split("/")[2])
        except OSError:
            pass


def loops_below(directory):
    for entry in glob.glob("/sys/block/loop*/loop/backing_file"):
        try:
            with open(entry, encoding="utf-8", errors="surrogateescape") as file:
                if file.read().startswith(directory + "/"):
                    yield "/dev/" + entry.split("/")[3]
        except OSError:
            pass


def clean_up(directory):
    """Ends what a test has left behind, and says what that was."""
    left = []
    for point in mounts_below(directory):
        left.append(f"left mounted: {point}")
        subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL, check=False)
        if point in mounts_below(directory):
            subprocess.run(["fusermount3", "-u", "-z", point], check=False)
    for device in loops_below(directory):
        left.append(f"left attached: {device}")
        subprocess.run(["losetup", "-d", device], check=False)
    patience = time.monotonic() + 10
    while (alive := list(processes_of(directory))) and time.monotonic() < patience:
        time.sleep(0.02)
    for pid in alive:
        left.append(f"left running: process {pid}")
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return left


def run_command(test, directory, output):
    env = dict(os.environ, **test.env, TESTS=TESTS, TEST_DIRECTORY=directory)
    env.update(sanitizer_options(test.env.get("KIND"), directory))
    env.pop("KIND", None)
    cwd = os.path.join(directory, "work")
    os.makedirs(cwd)
    with subprocess.Popen(test.command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            return process.wait(test.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output.write(f"\nstopped after {test.timeout} seconds\n".encode())
            return -1


def run_test(test, directory):
    """Returns (status, output): status 0 passed, 77 skipped, all else failed."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    path = os.path.join(directory, "output")
    with open(path, "ab", buffering=0) as output:
        status = run_command(test, directory, output)
        left = clean_up(directory)
        if status in (0, SKIPPED) and left:
            status = -2
        output.write("".join(line + "\n" for line in left).encode())
        for report in glob.glob(f"{directory}/sanitizer.*"):
            status = -3
            with open(report, "rb") as file:
                output.write(file.read())
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if status in (0, SKIPPED):
        shutil.rmtree(directory, ignore_errors=True)
    return status, text


class Runner:
    """Runs tests in a few threads and prints their results as they come."""

    def __init__(self, tests, build):
        self.queue = list(enumerate(tests))
        self.build = build
        self.lock = threading.Lock()
        self.passed, self.failed, self.skipped = [], [], []

    def report(self, test, status, text, seconds):
        took = f"{seconds:.1f} s"
        if status == 0:
            self.passed.append(test.name)
            print(f"ok    {test.name} ({took})")
            print("".join(f"    {line}\n" for line in text.splitlines()
                          if line.startswith("not tried: ")), end="")
        elif status == SKIPPED:
            self.skipped.append(test.name)
            reason = (text.strip().splitlines() or ["no reason given"])[-1]
            print(f"skip  {test.name}: {reason}")
        else:
            self.failed.append(test.name)
            print(f"FAIL  {test.name} ({took}, status {status})")
            print("".join(f"    {line}\n" for line in text.splitlines()[-200:]), end="")
        sys.stdout.flush()

    def work(self):
        while True:
            with self.lock:
                if not self.queue:
                    return
                number, test = self.queue.pop(0)
            start = time.monotonic()
            status, text = run_test(test, os.path.join(self.build, "run", str(number)))
            with self.lock:
                self.report(test, status, text, time.monotonic() - start)

    def run(self, jobs):
        threads = [threading.Thread(target=self.work) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def main():
    parser = argparse.ArgumentParser(prog="tests/run.sh")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--long", action="store_true", help="everything, which takes long")
    parser.add_argument("--seed", type=int, default=0, help="added to every seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("pattern", nargs="*", help="only tests whose name contains one of these")
    options = parser.parse_args()
    os.environ["LONG"] = "1" if options.long else ""
    os.environ["SEED"] = str(options.seed)
    os.environ["PATH"] += ":/usr/sbin:/sbin"

    build = os.path.realpath(options.build)
    tests = [*unit_tests(build, options), *end_to_end_tests(build, options)]
    if options.pattern:
        tests = [test for test in tests if any(p in test.name for p in options.pattern)]
        if not tests:
            parser.error("no test has such a name")
    runner = Runner(tests, build)
    runner.run(options.jobs)
    for name in runner.skipped:
        print(f"skipped: {name}")
    for name in runner.failed:
        print(f"failed: {name}")
    print(f"{len(runner.passed)} passed, {len(runner.failed)} failed, "
          f"{len(runner.skipped)} skipped", flush=True)
    sys.exit(1 if runner.failed else 0)


main()

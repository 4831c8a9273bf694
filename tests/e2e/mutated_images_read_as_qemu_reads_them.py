# SPDX-License-Identifier: GPL-2.0-or-later
"""Images with a few things changed at once: no crash, no hang, and what both this program and QEMU
read is the same. Some hundreds, in a long run many more.

    SCRIPT [FIRST [COUNT]]    from this number on, until ^C if COUNT is 0
"""
import itertools
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from judge import Judge  # noqa: E402
from mutant import Mutant  # noqa: E402
from unchain import LONG, SEED, main  # noqa: E402

FIRST = int(sys.argv[1]) if len(sys.argv) > 1 else 0
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 20000 if LONG else 1000
CONVERTED = 1 if LONG else 20  # of so many, one is converted by qemu-img as well


def judge_mutant(judge, number):
    mutant = Mutant(SEED, number)
    mutant.image.write()
    judge.judge(mutant, convert=number % CONVERTED == 0)
    if mutant.kind == "snapshots" and number % 4 == 0:
        judge.judge_snapshot(f"{mutant}, the first snapshot", "1")
    for name in (mutant.image.name, *mutant.image.files):
        os.unlink(name)


def test():
    os.mkdir("mutants")
    os.chdir("mutants")
    numbers = itertools.count(FIRST) if COUNT == 0 else range(FIRST, FIRST + COUNT)
    print(f"seed {SEED}, mutants from {FIRST} on")
    with Judge() as judge:
        try:
            for number in numbers:
                judge_mutant(judge, number)
        except KeyboardInterrupt:
            pass
        judge.report()
    os.chdir("..")
    shutil.rmtree("mutants")


main(test)

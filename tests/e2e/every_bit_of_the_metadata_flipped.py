# SPDX-License-Identifier: GPL-2.0-or-later
"""Small images of seven kinds, with one bit of their metadata or their compressed clusters flipped:
no crash, no hang, and what both this program and QEMU read is the same.

All bits in a long run, else a sample of them.
"""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from judge import Judge  # noqa: E402
from small_image import KINDS  # noqa: E402
from unchain import LONG, SEED, Wrong, main  # noqa: E402

NAMES = ["plain", "backed", "packed", "packed_zstd", "subclusters", "data_file", "snapshots"]
SAMPLE = 250  # of each kind
SNAPSHOT_SAMPLE = 25  # qemu-img is asked for snapshots, which takes its time


def bits_of(image, rng):
    bits = [bit for start, end in image.metadata() for bit in range(start * 8, end * 8)]
    return bits if LONG else sorted(rng.sample(bits, SAMPLE))


def flip(judge, name, rng):
    image = KINDS[name]()
    image.write()
    bits = bits_of(image, rng)
    snapshots = set(bits if LONG else rng.sample(bits, SNAPSHOT_SAMPLE))
    with open(image.name, "r+b", buffering=0) as file:
        for bit in bits:
            offset, mask = bit // 8, 0x80 >> bit % 8
            os.pwrite(file.fileno(), bytes([image.bytes[offset] ^ mask]), offset)
            judge.judge(f"{name}: byte {offset} ^ {mask:#x}")
            if name == "snapshots" and bit in snapshots:
                judge.judge_snapshot(f"{name}, the first: byte {offset} ^ {mask:#x}", "1")
            os.pwrite(file.fileno(), image.bytes[offset:offset + 1], offset)


def test():
    rng = random.Random(f"flips {SEED}")
    print(f"seed {SEED}")
    with Judge() as judge:
        for name in sys.argv[1:] or NAMES:
            os.mkdir(name)
            os.chdir(name)
            judge.ask([f"cd {os.getcwd()}"])
            judge.qemu.stop()
            flip(judge, name, rng)
            os.chdir("..")
        judge.report()


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody unmounts in the very moment of mounting: either the mount had answered by then, or one
line says that it had not; and the program ends."""
import ctypes
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Wrong, main, skip  # noqa: E402

UNCHAIN = os.environ["UNCHAIN"]
ROUNDS = 40
libc = ctypes.CDLL(None)


def mount_and_unmount():
    """What it said, and its exit status. It is asked as often as the processor can."""
    program = subprocess.Popen([UNCHAIN, "mount", "-f", "raw", "disk.raw", "mnt"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while libc.umount2(b"mnt", 0) != 0 and program.poll() is None:
        pass
    said, wrong = program.communicate(timeout=20)
    libc.umount2(b"mnt", 2)  # MNT_DETACH: it was in use at that moment
    return said, wrong, program.returncode


def test():
    if os.getuid() != 0 or not os.access("/dev/fuse", os.W_OK):
        skip("needs root and /dev/fuse")
    os.mkdir("mnt")
    with open("disk.raw", "wb") as file:
        file.write(bytes(1 << 20))
    for _ in range(ROUNDS):
        said, wrong, status = mount_and_unmount()
        fine = status == 0 and wrong == "" or status == 1 and said == "" and wrong.count("\n") == 1
        if not fine:
            raise Wrong(f"status {status}, says {said!r} and {wrong!r}")


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""--root while somebody swaps what an image names for links that lead out, as fast as possible: what
is read comes from below the root, or it is an error."""
import ctypes
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from small_image import KINDS, content  # noqa: E402
from unchain import Reader, Wrong, main, skip  # noqa: E402

AT_FDCWD, RENAME_EXCHANGE = -100, 2
SECONDS = 1.5
SECRET = content("xyxyxyxyxy").replace(b"x", b"!").replace(b"y", b"?")


def build():
    os.makedirs("images/down")
    os.mkdir("outside")
    for name in "images/down/base.raw", "images/base.raw":
        with open(name, "wb") as file:
            file.write(content("abcdefghij"))
    with open("outside/base.raw", "wb") as file:
        file.write(SECRET)
    os.symlink("../outside", "images/swapped-directory")
    os.symlink("../outside/base.raw", "images/swapped-file")
    for number, name in enumerate((b"down/base.raw", b"base.raw")):
        image = KINDS["plain"]()
        image.backing(name, b"raw")
        image.name = f"images/{number}.qcow2"
        image.write()


def exchange(one, other):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, one.encode(), AT_FDCWD, other.encode(), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


class Swapper:
    def __init__(self):
        self.stop = False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop:
            exchange("images/down", "images/swapped-directory")
            exchange("images/base.raw", "images/swapped-file")

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop = True
        self.thread.join()


def look(reader, name, root):
    """What is read of the backing file, or None."""
    try:
        reader.ask_all([f"new{root}", f"image qcow2 images/{name}.qcow2", "dump bytes"])
    except Wrong:
        return None
    with open("bytes", "rb") as file:
        return file.read()


def look_often(root):
    """What was seen, and how often."""
    seen = {"inside": 0, "outside": 0, "nothing": 0}
    end = time.monotonic() + SECONDS
    with Reader() as reader, Swapper():
        while time.monotonic() < end:
            for name in 0, 1:
                got = look(reader, name, root)
                found = "nothing" if got is None else "outside" if b"!" in got or b"?" in got \
                    else "inside"
                seen[found] += 1
    return seen


def test():
    build()
    try:
        exchange("images/down", "images/swapped-directory")
    except OSError as error:
        skip(f"cannot exchange names here: {error}")
    seen = look_often(" root=images")
    print(f"with a root: {seen}")
    if seen["outside"]:
        raise Wrong(f"it leads out: {seen}")
    if not seen["inside"] or not seen["nothing"]:
        raise Wrong(f"nothing was swapped: {seen}")
    seen = look_often("")
    print(f"without: {seen}")
    if not seen["outside"]:
        raise Wrong(f"this test sees nothing: {seen}")


main(test)

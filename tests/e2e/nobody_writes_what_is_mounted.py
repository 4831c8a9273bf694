# SPDX-License-Identifier: GPL-2.0-or-later
"""While an image is mounted no virtual machine starts to write it or anything below it, but all who
only read get it; when the last mount of it has ended, it is free. Nothing of the files changes."""
import hashlib
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Mount, Wrong, main, need_fuse, run, skip  # noqa: E402
from writer import WRITERS  # noqa: E402

FORMATS = {"top.qcow2": "qcow2", "base.qcow2": "qcow2", "outside.qcow2": "qcow2", "data.raw": "raw",
           "disk.raw": "raw"}
SOURCES = {"top": "top.qcow2", "outside": "outside.qcow2", "disk": "disk.raw"}
CHANGES = [["resize", "-q", "top.qcow2", "2M"], ["snapshot", "-c", "now", "base.qcow2"],
           ["commit", "-q", "top.qcow2"], ["create", "-q", "-f", "raw", "disk.raw", "5M"],
           ["convert", "-O", "qcow2", "disk.raw", "top.qcow2"],
           ["rebase", "-u", "-b", "", "top.qcow2"], ["bitmap", "--add", "outside.qcow2", "b"]]
READS = [["info", "top.qcow2"], ["map", "top.qcow2"], ["check", "-q", "base.qcow2"],
         ["convert", "-O", "raw", "top.qcow2", "copy.raw"],
         ["compare", "-q", "-F", "raw", "top.qcow2", "copy.raw"]]


def build():
    run("qemu-img", "create", "-q", "-f", "qcow2", "base.qcow2", "1M")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", "top.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=data.raw,data_file_raw=on",
        "outside.qcow2", "1M")
    run("qemu-img", "create", "-q", "-f", "raw", "disk.raw", "1M")
    for name in "base.qcow2", "top.qcow2", "outside.qcow2":
        run("qemu-io", "-c", "write -q -P 7 0 64k", name)


def state():
    """Everything but the time of the last access."""
    facts = {}
    for name in FORMATS:
        stat = os.stat(name)
        with open(name, "rb") as file:
            facts[name] = (hashlib.sha256(file.read()).digest(), stat.st_mtime_ns, stat.st_ctime_ns,
                           stat.st_blocks, os.listxattr(name))
    return facts


def nobody_writes():
    for writer in WRITERS:
        for name, format in FORMATS.items():
            with writer(name, format) as process:
                if process:
                    raise Wrong(f"{writer.__name__} writes {name} while it is mounted")
    for words in CHANGES:
        done = subprocess.run(["qemu-img", *words], stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode == 0 or "lock" not in done.stderr:
            raise Wrong(f"qemu-img {words}: status {done.returncode}: {done.stderr}")


def all_read():
    for words in READS:
        run("qemu-img", *words)
    run("qemu-io", "-r", "-c", "read -q -P 7 0 64k", "top.qcow2")


def all_write():
    for writer in WRITERS:
        for name, format in FORMATS.items():
            with writer(name, format) as process:
                if not process:
                    raise Wrong(f"{writer.__name__} is refused {name}")


def test():
    if not shutil.which("qemu-storage-daemon"):
        skip("needs qemu-storage-daemon")
    need_fuse()
    build()
    before = state()
    with Mount(SOURCES):
        nobody_writes()
        all_read()
        with Mount({**SOURCES, "again": "top.qcow2"}):
            nobody_writes()
        nobody_writes()  # one of two mounts has ended
    if state() != before:
        raise Wrong("the images have changed")
    all_write()
    with Mount(SOURCES, "-U"):
        all_write()


main(test)

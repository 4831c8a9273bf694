# SPDX-License-Identifier: GPL-2.0-or-later
"""While a virtual machine writes an image nobody reads it, unless with -U; its backing file can be
read. Every command says why, in one line, and how to go on."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Mount, Wrong, main, need_fuse, run, skip, spec_of  # noqa: E402
from writer import WRITERS, qemu_io  # noqa: E402

UNCHAIN = os.environ["UNCHAIN"]
RISK = "use --force-share (-U) and risk reading a mixture of old and new"
NESTED = {"driver": "qcow2", "file": {"driver": "file", "filename": "top.qcow2"}}

# an image from somebody who would like others to read what is being written
SHARING_SHORTLY = 'json:{"driver":"qcow2","file.filename":"base.qcow2","file.locking":"off"}'
SHARING = ('json:{"driver":"qcow2","force-share":true,"file":{"driver":"file",'
           '"filename":"base.qcow2","locking":"off"}}')


def build():
    run("qemu-img", "create", "-q", "-f", "qcow2", "base.qcow2", "1M")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", "top.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=data.raw,data_file_raw=on",
        "outside.qcow2", "1M")
    for name, backing in ("sharing.qcow2", SHARING), ("shortly.qcow2", SHARING_SHORTLY):
        run("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", backing, "-F", "qcow2", name,
            "1M")
    run("qemu-io", "-c", "write -q -P 7 0 64k", "top.qcow2")
    run("qemu-img", "create", "-q", "-f", "raw", "disk.raw", "1M")
    run(UNCHAIN, "hash", "--manifest", "manifest", "top.qcow2")
    os.mkdir("mnt")


def commands(source):
    yield ["map", source], 1
    yield ["info", source], 1
    yield ["hash", source], 1
    yield ["graph", source], 1
    yield ["verify", source, "manifest"], 1
    yield ["compare", source, "base.qcow2"], 2
    yield ["mount", source, "mnt"], 1


def refused(words, status, name, where=""):
    done = subprocess.run([UNCHAIN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    expected = (f"unchain: '{name}' is in use: a virtual machine or another program writes it; "
                f"stop that one, or {RISK}{where}\n")
    if (done.returncode, done.stdout, done.stderr) != (status, "", expected):
        raise Wrong(f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}")


def nothing_is_read(source, name, where=""):
    for words, status in commands(source):
        refused(words, status, name, where)
    for node in NESTED, {**NESTED, "force-share": False}:
        if source == "top.qcow2":
            refused(["map", spec_of(node)], 1, name, where)


def all_is_shared(source):
    for words, _ in commands(source):
        if words[0] not in ("mount", "compare", "verify"):
            run(UNCHAIN, words[0], "-U", *words[1:])
    with Mount({"disk": source}, "-U") as one, Mount({"disk": source}, "-o", "force_share") as two:
        run("cmp", f"{one}/disk", f"{two}/disk")


def check_top(writer):
    with writer("top.qcow2", "qcow2") as process:
        if not process:
            raise Wrong(f"{writer.__name__} has been refused")
        nothing_is_read("top.qcow2", "top.qcow2")
        all_is_shared("top.qcow2")
        run(UNCHAIN, "map", spec_of({**NESTED, "force-share": True}))
        run(UNCHAIN, "map", "base.qcow2")
        with Mount({"base": "base.qcow2"}) as directory:
            run("cmp", "-n", "1M", f"{directory}/base", "/dev/zero")


def check_below(writer):
    """In a chain the layer that is written is named, and who has asked for it."""
    with writer("base.qcow2", "qcow2"):
        nothing_is_read("top.qcow2", "base.qcow2", " (the backing file of top.qcow2)")
        for name in "sharing.qcow2", "shortly.qcow2":
            refused(["map", name], 1, "base.qcow2", f" (the backing file of {name})")
            run(UNCHAIN, "map", "-U", name)
        run(UNCHAIN, "map", spec_of({**NESTED, "backing": None}))
        run(UNCHAIN, "map", spec_of({**NESTED, "backing": {"driver": "qcow2", "force-share": True}}))
    with writer("data.raw", "raw"):
        refused(["map", "outside.qcow2"], 1, "data.raw", " (data-file of outside.qcow2)")
        run(UNCHAIN, "map", "-U", "outside.qcow2")


def check_raw(writer):
    """QEMU shares a raw image with those who only read it; here nothing is shared."""
    with writer("disk.raw", "raw"):
        refused(["map", "-f", "raw", "disk.raw"], 1, "disk.raw")
        refused(["map", "disk.raw"], 1, "disk.raw")
        run(UNCHAIN, "map", "-U", "disk.raw")
        run(UNCHAIN, "map", spec_of({"driver": "file", "filename": "disk.raw", "locking": "off"}))


def check_device():
    done = subprocess.run(["losetup", "-f", "--show", os.path.abspath("disk.raw")], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        print("there are no loop devices")
        return
    device = done.stdout.strip()
    try:
        for writer in WRITERS:
            with writer(device, "raw") as process:
                if not process:
                    raise Wrong(f"{writer.__name__} has been refused {device}")
                refused(["map", device], 1, device)
                run(UNCHAIN, "map", "-U", device)
        with Mount({"disk": device}), qemu_io(device, "raw") as process:
            if process:
                raise Wrong(f"{device} is written while it is mounted")
    finally:
        run("losetup", "-d", device)


def test():
    if not shutil.which("qemu-storage-daemon"):
        skip("needs qemu-storage-daemon")
    need_fuse()
    build()
    for writer in WRITERS:
        check_top(writer)
        check_below(writer)
        check_raw(writer)
    check_device()


main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that never answers hangs those who read it, however many they are. Everybody else reads
other images of the same mount; `stat` and `ls` answer; umount and signals end the mount."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from moody import Logged, Moody, drop_cache  # noqa: E402
from unchain import Wrong, main, run, unmount  # noqa: E402

K, M = 1 << 10, 1 << 20
READERS = 100
STEP = 320 * K  # beyond what the kernel reads ahead for any of them
SIZE = READERS * STEP
PATIENCE = 20  # seconds, for what takes none

# Reads 4 KiB at many places at once, and says which of them had the right bytes, and failed.
MANY = """
import os, sys, threading
fd = os.open(sys.argv[1], os.O_RDONLY)
def read(n):
    try:
        right = os.pread(fd, 4096, n * int(sys.argv[4])) == bytes([n + 1]) * 4096
        os.write(1, b"right\\n" if right else b"wrong\\n")
    except OSError:
        os.write(1, b"error\\n")
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    threading.Thread(target=read, args=(n,)).start()
os.write(1, b"begun\\n")
"""


def build():
    """Clusters of 2 MiB: the header is far from the tables, and the kernel does not read ahead of
    one into the other."""
    with open("content.raw", "wb") as file:
        for number in range(READERS):
            file.write(bytes([number + 1]) * STEP)
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=2M", "content.raw",
        "hung.qcow2")
    for name in "fine1", "fine2":
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "content.raw", f"{name}.qcow2")


def readers(path, first, last):
    """Comes back when all are at it."""
    process = subprocess.Popen([sys.executable, "-c", MANY, path, str(first), str(last), str(STEP)],
                               stdout=subprocess.PIPE, bufsize=0)
    while (line := process.stdout.readline()) != b"begun\n":
        if not line:
            raise Wrong("the readers do not begin")
        process.early = getattr(process, "early", []) + [line.decode().strip()]
    time.sleep(0.2)
    return process


def answers(process):
    try:
        said = process.communicate(timeout=PATIENCE)[0].decode().split()
        said += getattr(process, "early", [])
    except subprocess.TimeoutExpired:
        raise Wrong("readers hang") from None
    return {word: said.count(word) for word in set(said)}


def in_time(what, *command):
    """Runs a command that must not hang."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Wrong(f"{what}: it hangs") from None
    if done.returncode != 0:
        raise Wrong(f"{what}: {done.stdout.decode()}")


def wait_for(what, is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise Wrong(what)
        time.sleep(0.02)


def threads_of(mount):
    return len(os.listdir(f"/proc/{mount.worker()}/task"))


def check_others(mount, drop):
    """`drop`: what the kernel has cached of the mount must not be what answers."""
    here = mount.directory
    if drop:
        for name in "fine1", "fine2":
            drop_cache(f"{here}/{name}")
    in_time("ls", "ls", "-l", here)
    for name in "hung", "fine1", "fine2":
        in_time("stat", "stat", f"{here}/{name}")
    in_time("df", "df", here)
    for name in "fine1", "fine2":
        in_time("cmp", "cmp", f"{here}/{name}", "content.raw")
        in_time("lseek", sys.executable, "-c",
                f"import os; os.lseek(os.open('{here}/{name}', 0), 0, os.SEEK_HOLE)")


def check_hung(disk):
    with Logged({"hung": disk.path, "fine1": "fine1.qcow2", "fine2": "fine2.qcow2"}) as mount:
        disk.be("never", 14 * M)
        some = readers(f"{mount.directory}/hung", 40, READERS)
        check_others(mount, False)
        check_others(mount, True)
        # Eight for each image, one that answers, and those that do not serve.
        if (number := threads_of(mount)) > 3 * 8 + 1 + 8:
            raise Wrong(f"{number} threads")
        if some.poll() is not None:
            raise Wrong(f"they did not hang: {answers(some)}")
        disk.be("well")
        if (got := answers(some)) != {"right": READERS - 40}:
            raise Wrong(f"of {READERS - 40} readers that had hung: {got}")
        check_others(mount, True)
        if len(mount.log()) != 0:
            raise Wrong(f"the log says {mount.log()}")


def check_hung_while_counting(disk):
    """The tables are read first of all, to count the blocks."""
    disk.be("never", 4 * M)
    start = time.monotonic()
    with Logged({"hung": disk.path, "fine1": "fine1.qcow2", "fine2": "fine2.qcow2"}) as mount:
        if time.monotonic() - start > PATIENCE:
            raise Wrong("mounting waits for the counting")
        check_others(mount, False)
        blocks = os.stat(f"{mount.directory}/hung").st_blocks
        if not 8 <= blocks < SIZE // 512:
            raise Wrong(f"{blocks} blocks")
        some = readers(f"{mount.directory}/hung", 0, 20)
        check_others(mount, True)
        disk.be("well")
        if (got := answers(some)) != {"right": 20}:
            raise Wrong(f"of 20 readers that had hung: {got}")
        wait_for("the blocks are never counted",
                 lambda: os.stat(f"{mount.directory}/hung").st_blocks == SIZE // 512)


def check_end(disk, end, what):
    """`end` is called with a mount some of whose readers hang, and must end it."""
    disk.be("well")
    with Logged({"hung": disk.path, "fine1": "fine1.qcow2"}) as mount:
        disk.be("never", 4 * M)
        some = readers(f"{mount.directory}/hung", 0, 30)
        worker = mount.worker()
        end(mount, some)
        try:
            status = mount.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Wrong(f"{what} does not end it") from None
        if os.path.exists(f"/proc/{worker}") or os.listdir(mount.directory) or status != 0:
            raise Wrong(f"{what}: status {status}, {os.listdir(mount.directory)}, {mount.log()}")
        if "right" in (got := answers(some)):
            raise Wrong(f"{what}: {got}")
        disk.be("well")


def by_signal(mount, _):
    mount.process.send_signal(signal.SIGTERM)


def by_umount(mount, some):
    """Nobody has it open any more, but what was asked for is still under way."""
    some.kill()
    some.wait()
    unmount(mount.directory)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def check_impatience(disk):
    """The disk hangs from the beginning. Who gives up waiting leaves nothing behind."""
    disk.be("never")
    os.makedirs("mnt", exist_ok=True)
    mount = subprocess.Popen([os.environ["UNCHAIN"], "mount", disk.path, "mnt"])
    wait_for("nothing is started", lambda: children_of(mount.pid))
    supervisor = children_of(mount.pid)[0]
    wait_for("no worker is started", lambda: children_of(supervisor))
    worker = children_of(supervisor)[0]
    time.sleep(0.1)
    mount.send_signal(signal.SIGINT)
    mount.wait()
    for pid in supervisor, worker:
        wait_for("a process stays", lambda: not os.path.exists(f"/proc/{pid}"))
    if os.path.ismount("mnt"):
        raise Wrong("something is mounted")


def check_late(disk):
    disk.be("late", 100)
    with Logged({"hung": disk.path}) as mount:
        if (got := answers(readers(f"{mount.directory}/hung", 0, 30))) != {"right": 30}:
            raise Wrong(f"late: {got}")


def test():
    signal.alarm(200)  # what must not hang is asked by this process, too
    build()
    with Moody("hung.qcow2") as disk:
        check_hung_while_counting(disk)
    with Moody("hung.qcow2") as disk:
        check_hung(disk)
    for end, what in (by_signal, "a signal"), (by_umount, "umount"):
        with Moody("hung.qcow2") as disk:
            check_end(disk, end, what)
    with Moody("hung.qcow2") as disk:
        check_impatience(disk)
    with Moody("hung.qcow2") as disk:
        check_late(disk)


main(test)

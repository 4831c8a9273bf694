# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that write an image, as virtual machines do: the three of QEMU's that need no guest. Of
each, `with NAME(image, format) as writer` holds the image open; writer is None if it was refused."""
import contextlib
import os
import select
import subprocess
import time

from unchain import Wrong

PATIENCE = 30


def has_prompt(process):
    return bool(select.select([process.stdout], [], [], 0)[0]) and \
        b"qemu-io> " in os.read(process.stdout.fileno(), 4096)


def has_pid_file(_):
    return os.path.exists("writer.pid")


def wait_for(process, stands):
    """Whether it stands, and has not been refused."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None:
        if stands(process):
            return True
        if time.monotonic() > end:
            raise Wrong(f"{process.args} does not start")
        time.sleep(0.002)
    text = process.stderr.read().decode()
    if "lock" not in text:
        raise Wrong(f"{process.args}: {text}")
    return False


@contextlib.contextmanager
def hold(command, stands):
    for name in "writer.pid", "writer.socket":
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        try:
            yield process if wait_for(process, stands) else None
        finally:
            process.kill()


def qemu_io(image, format):
    return hold(["qemu-io", "-f", format, image], has_prompt)


def qemu_nbd(image, format):
    return hold(["qemu-nbd", "-t", "-f", format, "-k", os.path.abspath("writer.socket"),
                 "--pid-file=writer.pid", image], has_pid_file)


def qemu_storage_daemon(image, format):
    driver = "host_device" if image.startswith("/dev/") else "file"
    return hold(["qemu-storage-daemon", "--blockdev",
                 f"driver={format},node-name=disk,file.driver={driver},file.filename={image}",
                 "--nbd-server", "addr.type=unix,addr.path=writer.socket",
                 "--export", "nbd,id=export,node-name=disk,writable=on",
                 "--pidfile", "writer.pid"], has_pid_file)


WRITERS = [qemu_io, qemu_nbd, qemu_storage_daemon]

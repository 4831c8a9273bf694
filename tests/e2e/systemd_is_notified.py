# SPDX-License-Identifier: GPL-2.0-or-later
"""READY=1 when the mount answers, with the right MAINPID, and STOPPING=1 at the end."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from unchain import Wrong, main, unmount  # noqa: E402

UNCHAIN = os.environ["UNCHAIN"]


def listen(address):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(address)
    server.settimeout(20)
    return server


def hear(server, expected):
    got = server.recv(1000).decode().split("\n")
    if sorted(got) != sorted(expected):
        raise Wrong(f"heard {got} instead of {expected}")


def check(server, address, *options):
    env = dict(os.environ, NOTIFY_SOCKET=address)
    process = subprocess.Popen([UNCHAIN, "mount", "-q", "--pid-file", "pid", *options, "disk.raw",
                                "mnt"], env=env)
    foreground = "--foreground" in options
    try:
        message = server.recv(1000).decode().split("\n")
        with open("pid", encoding="ascii") as file:
            pid = int(file.read())
        expected = ["READY=1"] if foreground else [f"MAINPID={pid}", "READY=1"]
        if sorted(message) != sorted(expected) or (foreground and pid != process.pid):
            raise Wrong(f"heard {message} instead of {expected}")
        if os.listdir("mnt") != ["disk.raw"]:
            raise Wrong("ready, but not mounted")
    finally:
        unmount(os.path.abspath("mnt"))
    hear(server, ["STOPPING=1"])
    if process.wait() != 0:
        raise Wrong(f"status {process.returncode}")


def test():
    os.mkdir("mnt")
    with open("disk.raw", "wb") as file:
        file.truncate(1 << 20)
    with listen("socket") as server:
        check(server, os.path.abspath("socket"), "--foreground")
        check(server, os.path.abspath("socket"))
    name = f"unchain-test-{os.getpid()}"
    with listen("\0" + name) as server:
        check(server, "@" + name, "--foreground")


main(test)

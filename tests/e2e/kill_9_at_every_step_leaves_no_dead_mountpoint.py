# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""The launcher, the supervisor and the worker are killed before every call that they make of those
in tests/lib/mortal.c, from the start to the end of a mount: within a second nothing is left of it,
or, if it was only the launcher, it works."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TESTS"], "lib"))
from remains import detach, is_mounted, processes, wait_until_gone  # noqa: E402
from unchain import Wrong, main, need_fuse, skip  # noqa: E402

ROLES = ["launcher", "supervisor", "worker"]
ENOUGH = 500  # steps; far more than there are


def has_died():
    with open("note", "rb") as file:
        return file.read() == b"\1"


def answers(directory):
    try:
        with open(f"{directory}/disk.raw", "rb") as file:
            return file.read(4) == b"disk"
    except OSError:
        return False


def live_and_die(role, step):
    """One mount, which `role` leaves at a step; False if its life has fewer steps."""
    directory = os.path.abspath("mnt")
    mark = f"UNCHAIN_STEP={os.getpid()}.{role}.{step}"
    environment = dict(os.environ, MORTAL=f"{role}:{step}", MORTAL_NOTE=os.path.abspath("note"),
                       LD_PRELOAD=os.path.join(os.path.dirname(os.environ["READER"]), "mortal.so"))
    environment.update([mark.split("=")])
    with open("note", "wb") as file:
        file.write(b"\0")
    launcher = subprocess.Popen([os.environ["UNCHAIN"], "mount", "-q", "disk.raw", directory],
                                env=environment, stderr=subprocess.DEVNULL)
    launcher.wait()

    def lives():
        may = role == 0 or not has_died()
        return may and len(processes(mark)) == 3 and answers(directory)

    if wait_until_gone(mark, directory, "disk.raw", lives) is None:
        detach(directory).wait()
        wait_until_gone(mark, directory, "disk.raw")
    return has_died()


def test():
    need_fuse()
    os.mkdir("mnt")
    with open("disk.raw", "wb") as file:
        file.write(b"disk".ljust(1 << 20, b"\0"))
    for role, name in enumerate(ROLES):
        step = 1
        try:
            while live_and_die(role, step):
                step += 1
        except Wrong as wrong:
            detach(os.path.abspath("mnt")).wait()
            raise Wrong(f"{name} killed before step {step}: {wrong}") from None
        print(f"{name}: {step - 1} steps")
        if step < 5 or is_mounted(os.path.abspath("mnt")):
            raise Wrong("that is too few")


if os.environ.get("KIND", "plain") != "plain":
    skip("no other library can be preloaded here")
main(test)

# SPDX-License-Identifier: GPL-2.0-or-later
"""A qemu-io that stays: it opens an image in less than a millisecond, where a process of its own
takes ten. It is started again when an image makes it crash."""
import contextlib
import os
import re
import select
import subprocess
import time

PROMPT = b"qemu-io> "
PATIENCE = 20
MEMORY = 4 << 30


class Died(Exception):
    """The image was too much for it."""


class QemuIo:
    def __init__(self):
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.process = subprocess.Popen(["prlimit", f"--as={MEMORY}", "qemu-io"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.answer()

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def answer(self):
        """What is printed up to the next prompt."""
        text = b""
        end = time.monotonic() + PATIENCE
        while not text.endswith(PROMPT):
            if not select.select([self.process.stdout], [], [], end - time.monotonic())[0]:
                self.stop()
                raise Died("it hangs")
            part = os.read(self.process.stdout.fileno(), 1 << 20)
            if not part:
                status = self.process.wait()
                self.stop()
                raise Died(f"status {status}: {text.decode(errors='replace')[-300:]}")
            text += part
        return text[:-len(PROMPT)].decode(errors="replace").strip()

    def ask(self, commands):
        """One by one: it waits for input even if it has got more lines than one."""
        if not self.process:
            self.start()
        return [self.ask_one(command) for command in commands]

    def ask_one(self, command):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(command.encode() + b"\n")
            self.process.stdin.flush()
        return self.answer()

    def open(self, name):
        """Returns what is wrong, or None."""
        image = f"driver=qcow2,file.driver=file,file.filename={name}"
        answer = self.ask(["close", f"open -r -o {image}"])
        return answer[1] if "can't open" in answer[1] else None


def parse_dump(text):
    """The bytes of a dump: an offset, 16 bytes, two blanks and letters on each line."""
    return bytes.fromhex("".join(re.findall(r"^[0-9a-f]{8}:  ((?:[0-9a-f]{2} )+)", text, re.M)))

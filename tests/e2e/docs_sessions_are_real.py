# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""Every ```console block of README.md and docs/ is run, and prints what stands there.

The commands run in a directory with the repository's examples/, an empty directory mnt/, and
unchain in the PATH; the docs call it /home/ann. Blocks of one page follow each other. In the output
a line of an ellipsis stands for any number of lines; owner and time in `ls -l` lines and what du
counts (it depends on the filesystem) are not compared.
"""
import glob
import os
import re
import subprocess
import sys

SOURCE = os.path.dirname(os.environ["TESTS"])
LS_LINE = re.compile(r"^( *\d* ?[-dlrwx]{10}) +\d+ \S+ \S+ +(\d+) .{12} (.*)$")


def sessions(page):
    """Pairs of a command and the lines that follow it."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *output = part.rstrip("\n").split("\n")
            while command.endswith("\\"):
                command = command[:-1] + output.pop(0)
            yield command, output


def plain(line):
    line = re.sub(r"^\d+K\t", "NK\t", line)
    match = LS_LINE.match(line)
    return " ".join(match.groups()) if match else line.rstrip()


def matches(expected, lines):
    pattern = "".join(".*" if line == "…" else re.escape(plain(line)) + "\n" for line in expected)
    return re.fullmatch(pattern, "".join(plain(line) + "\n" for line in lines), re.S)


def run(command, environment):
    result = subprocess.run(["sh", "-c", command], env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return result.returncode, result.stdout.replace(os.getcwd(), "/home/ann").split("\n")[:-1]


def try_page(page, environment):
    wrong = seen = 0
    for command, expected in sessions(page):
        if "loop" in command and not os.path.exists("/dev/loop-control"):
            print(f"there are no loop devices for: {command}")
            continue
        seen += 1
        status, lines = run(command, environment)
        if status != 0 or (expected and not matches(expected, lines)):
            print(f"{os.path.basename(page)}: $ {command}\nstatus {status}, printed\n  "
                  + "\n  ".join(lines) + "\nexpected\n  " + "\n  ".join(expected))
            wrong += 1
    while subprocess.run(["umount", "mnt"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        pass
    return seen, wrong


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        print("needs root and /dev/fuse")
        sys.exit(77)
    os.mkdir("mnt")
    os.symlink(f"{SOURCE}/examples", "examples")
    path = f"{os.path.dirname(os.environ['UNCHAIN'])}:{os.environ['PATH']}"
    environment = dict(os.environ, PATH=path, LC_ALL="C.UTF-8", TZ="UTC")
    pages = [f"{SOURCE}/README.md", *sorted(glob.glob(f"{SOURCE}/docs/*.md"))]
    results = [try_page(page, environment) for page in pages]
    print(f"{sum(seen for seen, _ in results)} commands")
    sys.exit(1 if any(wrong for _, wrong in results) or not any(seen for seen, _ in results) else 0)


main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts the results of the last full run into README.md:

    python3 bench/readme.py [DIRECTORY OF THE RESULTS]
"""
import os
import re
import sys

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    work = sys.argv[1] if len(sys.argv) > 1 else "/var/tmp/unchain-bench"
    parts = {"results": read(f"{work}/full.txt").strip(),
             "micro": f"```\n{read(f'{work}/micro.txt').strip()}\n```"}
    text = read(README)
    for name, part in parts.items():
        text = re.sub(f"(<!-- {name} -->\n).*?(\n<!-- end -->)",
                      lambda match, part=part: match[1] + part + match[2], text, flags=re.DOTALL)
    with open(README, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""The lists in docs/ are complete: every driver, and every difference between the two maps that the
tests allow."""
import os
import re
import sys

TESTS = os.environ["TESTS"]
SOURCE = os.path.dirname(TESTS)

sys.path.insert(0, f"{TESTS}/lib")
from map_compare import DIFFERENCES  # noqa: E402 pylint: disable=wrong-import-position

wrong = 0


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check(condition, text):
    global wrong
    if not condition:
        print(text)
        wrong += 1


def rows(page):
    return [line for line in read(f"{SOURCE}/docs/{page}").split("\n") if line.startswith("| ")]


graph_rows = rows("graph-files.md")
# Only QEMU's oldest drivers have an underscore in their names.
names = [name if name == "host_device" else name.replace("_", "-")
         for name in re.findall(r"&uc_driver_(\w+)", read(f"{SOURCE}/drivers/drivers.c"))]
for driver in names:
    check(any(f"`{driver}`" in row for row in graph_rows),
          f"docs/graph-files.md does not list the driver {driver}")
check(len(names) >= 6, f"only {len(names)} drivers were found")

map_rows = rows("block-status.md")
for name, _, _ in DIFFERENCES:
    check(any(row.startswith(f"| {name}") for row in map_rows),
          f"docs/block-status.md does not list the difference: {name}")
sys.exit(1 if wrong else 0)

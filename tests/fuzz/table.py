# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints what `llvm-cov export -summary-only` says of some files: used by coverage.sh."""
import json
import sys

WANTED = sys.argv[1:]


def percent(part):
    return 100 * part["covered"] / part["count"] if part["count"] else 100


def line(name, lines, branches):
    return (f"{name:42} {lines['covered']:5} of {lines['count']:5} lines {percent(lines):6.1f} % "
            f"{branches['covered']:5} of {branches['count']:5} branches {percent(branches):6.1f} %")


total = {kind: {"covered": 0, "count": 0} for kind in ("lines", "branches")}
found = json.load(sys.stdin)["data"][0]["files"]
for name in WANTED:
    summary = next((file["summary"] for file in found if file["filename"].endswith("/" + name)),
                   None)
    if summary is None:
        print(f"{name:42} nothing is known of it")
        continue
    for kind, part in total.items():
        for key in part:
            part[key] += summary[kind][key]
    print(line(name, summary["lines"], summary["branches"]))
print(line("all", total["lines"], total["branches"]))

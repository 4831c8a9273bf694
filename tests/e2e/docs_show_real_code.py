# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""The C and JSON shown in the docs stands, line for line, in a file of the examples."""
import glob
import os
import re
import sys

SOURCE = os.path.dirname(os.environ["TESTS"])


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


examples = [read(path) for path in glob.glob(f"{SOURCE}/examples/*.[cj]*")]
wrong = seen = 0
for page in [f"{SOURCE}/README.md", *sorted(glob.glob(f"{SOURCE}/docs/*.md"))]:
    for block in re.findall(r"^```(?:c|json)\n(.*?)^```", read(page), re.M | re.S):
        seen += 1
        if not any(block in text for text in examples):
            print(f"{os.path.basename(page)} shows what no example has:\n{block}")
            wrong += 1
print(f"{seen} blocks")
sys.exit(1 if wrong or not seen else 0)

# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
"""The questions of docs/block-status.md are those of block_status_questions.py, 1 to 35: one
paragraph, one row of the table and one function each."""
import os
import re
import sys

TESTS = os.environ["TESTS"]
EXPECTED = list(range(1, 36))


def numbers(pattern, text):
    return [int(number) for number in re.findall(pattern, text, re.M)]


with open(f"{TESTS}/../docs/block-status.md", encoding="utf-8") as page:
    section = page.read().partition("## Questions block layers have been asked")[2]
with open(f"{TESTS}/e2e/block_status_questions.py", encoding="utf-8") as script:
    functions = numbers(r"^def question_(\d+)_\w+\(ask\):", script.read())
found = {"the paragraphs": numbers(r"^\*\*(\d+)\. ", section),
         "the rows of the table": numbers(r"^\| (\d+) \|", section),
         "the functions": functions}
wrong = {what: got for what, got in found.items() if got != EXPECTED}
for what, got in wrong.items():
    print(f"{what} are numbered {got}")
sys.exit(1 if wrong else 0)

# SPDX-License-Identifier: GPL-2.0-or-later
"""The results: all samples, their medians, and the one table that shows them."""
import statistics

import goals
from rows import all_rows
from workloads import CEILINGS

NEWEST = ("qsd-11-best", "qsd-11-every")  # "best" is the faster of these, else what there is
OLDER = "qsd-7.2"


class Results:
    def __init__(self, peers, samples=None):
        self.peers = peers            # the columns, in order
        self.samples = samples or {}  # workload -> contestant -> value -> list

    def add(self, workload, contestant, values):
        kept = self.samples.setdefault(workload, {}).setdefault(contestant, {})
        for name, value in values.items():
            if value is not None:
                kept.setdefault(name, []).append(value)

    def median(self, workload, contestant, value):
        numbers = self.samples.get(workload, {}).get(contestant, {}).get(value)
        return statistics.median(numbers) if numbers else None

    def available(self, peer):
        """Where the newer version is not there, the older one."""
        return OLDER if peer == "qsd-11" and peer not in self.peers else peer

    def better_of(self, row, peers):
        known = [(self.median(row.workload, peer, row.value), peer) for peer in peers]
        known = [pair for pair in known if pair[0]]
        if not known:
            return OLDER
        return (max if row.more_is_better else min)(known)[1]

    def best(self, row):
        return self.better_of(row, [peer for peer in NEWEST if peer in self.peers] or [OLDER])

    def fastest(self, row):
        return self.better_of(row, self.peers)

    def ceiling(self, row):
        return CEILINGS[row.ours]


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def times(value):
    return "–" if value is None else f"{value:.2f}×"


def cells_of(row, results):
    def median(contestant):
        return number(results.median(row.workload, contestant, row.value), row.digits)
    return [row.title, median("raw"), median(results.ceiling(row)), median(row.ours),
            *[median(peer) for peer in results.peers],
            times(goals.gain(row, results, results.best(row))),
            times(goals.gain(row, results, results.fastest(row))),
            times(goals.gain(row, results, results.ceiling(row))),
            ", ".join(goal.text for goal in row.goals),
            ", ".join(goal.verdict(row, results) for goal in row.goals)]


def table(results):
    """Markdown that can be read as it is."""
    heads = ["workload", "raw", "ceiling", "unchain", *results.peers, "× best", "× fastest",
             "× ceiling", "goal", "met"]
    rows = [cells_of(row, results) for row in all_rows()
            if results.median(row.workload, row.ours, row.value) is not None]
    widths = [max(len(cells[i]) for cells in [heads, *rows]) for i in range(len(heads))]
    words = {0, len(heads) - 2, len(heads) - 1}

    def line(cells):
        padded = [cell.ljust(width) if i in words else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"
    rule = ["-" * width if i in words else "-" * (width - 1) + ":"
            for i, width in enumerate(widths)]
    return "\n".join([line(heads), line(rule), *map(line, rows)]) + "\n"

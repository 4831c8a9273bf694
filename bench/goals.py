# SPDX-License-Identifier: GPL-2.0-or-later
"""What a row of the table should reach. A goal measures one number (a gain, mostly) and has a
limit for it; None means that what it compares with was not measured."""
import dataclasses
from typing import Callable


@dataclasses.dataclass
class Goal:
    text: str
    measure: Callable  # (row, results) -> number or None
    least: float = None
    most: float = None

    def verdict(self, row, results):
        """"yes" or "no", with the number."""
        value = self.measure(row, results)
        if value is None:
            return "?"
        reached = value >= self.least if self.least is not None else value <= self.most
        return f"{'yes' if reached else '**no**'} ({value:.3g})"


def better(ours, theirs, more_is_better):
    """How many times."""
    if not ours or not theirs:
        return None
    return ours / theirs if more_is_better else theirs / ours


def gain(row, results, reference):
    """How many times better we are than the contestant `reference`."""
    return better(results.median(row.workload, row.ours, row.value),
                  results.median(row.workload, reference, row.value), row.more_is_better)


def gain_over_row(row, results, workload, contestant):
    """The same, with another workload's number of the same kind."""
    return better(results.median(row.workload, row.ours, row.value),
                  results.median(workload, contestant, row.value), row.more_is_better)


def at_least(times, reference=None):
    """So many times as good as a peer, or as the best form of the newest one."""
    def measure(row, results):
        peer = results.available(reference) if reference else results.best(row)
        return gain(row, results, peer)
    return Goal(f"≥ {times}× {reference or 'best'}", measure, least=times)


def time_of_raw(factor):
    def measure(row, results):
        value = gain(row, results, "raw")
        return 1 / value if value else None
    return Goal(f"≤ {factor}× raw", measure, most=factor)


def of_ceiling(share):
    return Goal(f"≥ {share} of the ceiling",
                lambda row, results: gain(row, results, results.ceiling(row)), least=share)


def of_shallow(shallow, share):
    """The cost does not know the depth: almost as good as the contestant with one layer."""
    return Goal(f"≥ {share} of 1 deep", lambda row, results: gain(row, results, shallow),
                least=share)


def at_most(limit):
    return Goal(f"≤ {limit}",
                lambda row, results: results.median(row.workload, row.ours, row.value), most=limit)


def faster_than(workload, times):
    return Goal(f"≥ {times}× {workload}",
                lambda row, results: gain_over_row(row, results, workload, row.ours), least=times)


def of_reading_raw(workload, share):
    return Goal(f"≥ {share} of reading raw",
                lambda row, results: gain_over_row(row, results, workload, "raw"), least=share)

# SPDX-License-Identifier: GPL-2.0-or-later
"""What a row of the table should reach. A goal has a text, and met(row, results): True, False, or
None if what it compares with was not measured."""
import dataclasses
from typing import Callable


@dataclasses.dataclass
class Goal:
    text: str
    met: Callable


def gain(row, results, reference):
    """How many times better our median is than that of the contestant `reference`."""
    ours = results.median(row.workload, row.ours, row.value)
    theirs = results.median(row.workload, reference, row.value)
    if not ours or not theirs:
        return None
    return ours / theirs if row.more_is_better else theirs / ours


def reaches(value, least):
    return None if value is None else value >= least


def at_least(times, reference=None):
    """So many times as good as a peer, or as the best form of the newest one."""
    def met(row, results):
        peer = results.available(reference) if reference else results.best(row)
        return reaches(gain(row, results, peer), times)
    return Goal(f"≥ {times}× {reference or 'best'}", met)


def times_raw(factor):
    return Goal(f"≤ {factor}× raw",
                lambda row, results: reaches(gain(row, results, "raw"), 1 / factor))


def of_ceiling(share):
    return Goal(f"≥ {share} of the ceiling",
                lambda row, results: reaches(gain(row, results, results.ceiling(row)), share))


def at_most(limit):
    def met(row, results):
        ours = results.median(row.workload, row.ours, row.value)
        return None if ours is None else ours <= limit
    return Goal(f"≤ {limit}", met)


def compared(row, results, workload, contestant, value):
    ours = results.median(row.workload, row.ours, row.value)
    other = results.median(workload, contestant, value)
    return ours / other if ours and other else None


def near(workload, value, share):
    """The cost does not know the depth: almost as good as another row."""
    return Goal(f"≥ {share} of 1 deep", lambda row, results: reaches(
        compared(row, results, workload, row.ours, value), share))


def faster_than(workload, value, times):
    def met(row, results):
        ratio = compared(row, results, workload, row.ours, value)
        return None if ratio is None else 1 / ratio >= times
    return Goal(f"≥ {times}× {workload}", met)


def of_raw(workload, value, share):
    return Goal(f"≥ {share} of reading raw", lambda row, results: reaches(
        compared(row, results, workload, "raw", value), share))


def every(*parts):
    def met(row, results):
        answers = [part.met(row, results) for part in parts]
        if False in answers:
            return False
        return None if None in answers else True
    return Goal(", ".join(part.text for part in parts), met)

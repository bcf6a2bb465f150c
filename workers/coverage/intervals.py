"""Arithmetic of whiles: sets of intervals of time, sorted and apart from each other. Pure."""

from collections.abc import Iterable
from typing import NamedTuple


class Interval(NamedTuple):
    """A while in unix seconds, its end left out."""

    start: float
    end: float


Intervals = tuple[Interval, ...]
"""Sorted, none empty, no two of them touching."""


def united(intervals: Iterable[Interval]) -> Intervals:
    """The whiles that any of these cover; empty ones and ones that end before they start are none."""
    merged: list[Interval] = []
    for one in sorted(i for i in intervals if i.start < i.end):
        if merged and one.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return tuple(merged)


def without(intervals: Iterable[Interval], others: Iterable[Interval]) -> Intervals:
    """What is left of the former where the latter are taken out."""
    left = list(united(intervals))
    for other in united(others):
        left = [
            part
            for one in left
            for part in (
                Interval(one.start, min(one.end, other.start)),
                Interval(max(one.start, other.end), one.end),
            )
            if part.start < part.end
        ]
    return tuple(left)


def within(intervals: Iterable[Interval], bounds: Interval) -> Intervals:
    """What of them lies within the bounds."""
    return united(
        Interval(max(one.start, bounds.start), min(one.end, bounds.end)) for one in intervals
    )


def seconds(intervals: Iterable[Interval]) -> float:
    """How long they are together."""
    return sum(one.end - one.start for one in united(intervals))

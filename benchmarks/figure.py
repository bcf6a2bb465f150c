"""What a measurement is given, and what it says."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Size(StrEnum):
    """How much is measured."""

    SMALL = "small"
    """Seconds: that it runs, for `make test`. Its figures say nothing."""
    FULL = "full"
    """For `make bench`."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure has to reach."""

    bound: float
    is_least: bool = False
    """Whether more is better; else the bound is the most that is allowed."""

    def is_kept_by(self, value: float) -> bool:
        """Whether a figure is within the budget."""
        return value >= self.bound if self.is_least else value <= self.bound


def at_least(bound: float) -> Budget:
    """A budget of which more is better."""
    return Budget(bound, is_least=True)


def at_most(bound: float) -> Budget:
    """A budget of which less is better."""
    return Budget(bound)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number: a row of the table."""

    what: str
    """In a few words: `pages through the service, against trafilatura alone`."""
    value: float
    """The median, where there were several rounds."""
    unit: str = ""
    """`ms`, `bytes`, `MB`, `pages/s`; empty for a ratio."""
    low: float | None = None
    high: float | None = None
    """The extremes of several rounds."""
    budget: Budget | None = None
    """None where the figure is told for itself."""
    how: str = ""
    """What was done, with figures: `5 rounds of 4,000 pages`."""

    @property
    def is_within(self) -> bool:
        """Whether it is within its budget; always, where it has none."""
        return self.budget is None or self.budget.is_kept_by(self.value)


def median_figure(
    what: str, values: Sequence[float], unit: str = "", budget: Budget | None = None, how: str = ""
) -> Figure:
    """The middle of several rounds, with the lowest and the highest. Raises `StatisticsError` without any."""
    return Figure(what, statistics.median(values), unit, min(values), max(values), budget, how)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measurement is given."""

    folder: Path
    """Empty, and its own."""
    size: Size
    corpus: Path | None = None
    """A folder of real pages in the shape that `evaluation.corpus` reads; made-up pages without it."""

    def of(self, small: int, full: int) -> int:
        """How many of something, by the size."""
        return full if self.size is Size.FULL else small


Measure = Callable[[Bench], list[Figure]]
"""Measures one thing. Whatever it starts has ended when it returns."""

"""What a trial of a promise is given, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Size(StrEnum):
    """How much a trial tries."""

    SMALL = "small"
    """Seconds: for `make test`."""
    FULL = "full"
    """As promised: for `make chaos`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a trial: a row of the table."""

    promise: str
    """What is promised, in a few words: `no page is lost to a kill`."""
    tried: str
    """What was done, with figures: `100 kills of worker trees over 10,000 pages`."""
    found: str
    """What came of it, with figures: `10,000 outcomes; 0 lost, 0 twice`."""
    broken: tuple[str, ...] = field(default=())
    """How the promise was broken, a line each; nothing where it held."""

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not self.broken


Trial = Callable[[Path, Size], list[Finding]]
"""Tries a promise, in an empty folder of its own. Whatever it starts has ended when it returns."""

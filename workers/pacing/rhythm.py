"""What is known of when a source publishes: what its walks have shown, in a few hundred bytes.

What is kept of a source is bounded: decayed counts of what it published, by hour of the day and by day of
the week (UTC), with the time for which it was watched; and the same of the last days and of the last
hours. Each shorter memory leans on the longer one as far as it has seen too little itself.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

HOUR, DAY = 3600.0, 86400.0

USUAL_RATE = 1.0
"""Articles an hour for which the interval that a source states is right."""

_FORM = "<dII69f"


@dataclass(slots=True)
class Tuned:
    """Constants that were chosen by `python -m evaluation.pace.tune`, and are changed by nothing else."""

    long_life: float = 14 * 24.0
    """For how long the memories hold, as mean lives in hours: of weeks,"""
    days_life: float = 18.0
    """of days,"""
    hours_life: float = 0.7
    """and of hours."""
    lean_long: float = 3.0
    """Hours of usual publishing for which what a memory leans on counts: the usual rate,"""
    lean_days: float = 16.0
    """the rate of weeks,"""
    lean_hours: float = 0.25
    """and that of days."""
    lean_shape: float = 2.0
    """Articles for which an even spread over hours and days counts."""
    silent: float = 0.002
    """What comes in an hour or on a day that is silent, against the usual;"""
    silent_odds: float = 0.3
    """and how likely that is beforehand."""
    believed: float = 2.0
    """So many times the longest silence that had an end are believed to end, too;"""
    least_quiet: float = 6.0
    """and what that silence is at the least, in hours of usual publishing."""
    full: float = 0.25
    """Of what a listing holds, the share that may be new: it must not roll over."""


TUNED = Tuned()


@dataclass(frozen=True, slots=True)
class Memory:
    """Decayed counts of articles, and the decayed hours of usual publishing over which they came."""

    count: float = 0.0
    hours: float = 0.0

    def rate(self, leaning_on: float, lean: float) -> float:
        """Articles an hour."""
        return (self.count + leaning_on * lean) / (self.hours + lean)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of a source's publishing."""

    at: float
    """Until when it was watched; unix seconds."""
    hours: tuple[float, ...] = (0.0,) * 24
    days: tuple[float, ...] = (0.0,) * 7
    """Decayed counts by hour of the day, and by day of the week, Monday first."""
    hours_watched: tuple[float, ...] = (0.0,) * 24
    days_watched: tuple[float, ...] = (0.0,) * 7
    """Decayed hours."""
    lately: Memory = Memory()
    just_now: Memory = Memory()
    quiet: float = 0.0
    """Hours of usual publishing since the last article."""
    longest_quiet: float = 0.0
    """The longest such time that was followed by an article; decays."""
    active: float = 0.0
    """Decayed count of the hours of the clock in which something was published."""
    last_hour: int = 0
    """The last of these, in hours since 1970."""
    held: int = 0
    """Links that its listings held when they last named any."""

    def to_bytes(self) -> bytes:
        """292 bytes."""
        counts = (*self.hours, *self.days, *self.hours_watched, *self.days_watched)
        memories = (self.lately.count, self.lately.hours, self.just_now.count, self.just_now.hours)
        others = (self.quiet, self.longest_quiet, self.active)
        whole = (self.at, self.held, self.last_hour)
        return struct.pack(_FORM, *whole, *counts, *memories, *others)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Rhythm | None":
        """The inverse of `to_bytes`, but for digits; None where it is none."""
        if len(raw) != struct.calcsize(_FORM):
            return None
        at, held, last_hour, *values = struct.unpack(_FORM, raw)
        parts = iter(values)

        def some(count: int) -> tuple[float, ...]:
            return tuple(islice(parts, count))

        bins = (some(24), some(7), some(24), some(7))
        lately, just_now = Memory(*some(2)), Memory(*some(2))
        quiet, longest_quiet, active = some(3)
        return cls(at, *bins, lately, just_now, quiet, longest_quiet, active, last_hour, held)

    @property
    def long_rate(self) -> float:
        """Articles an hour over the last weeks."""
        whole = Memory(sum(self.hours), sum(self.hours_watched))
        return whole.rate(USUAL_RATE, TUNED.lean_long)


def bins(moment: float) -> tuple[int, int]:
    """The hour of the day, and the day of the week, Monday is 0, of a moment in unix seconds."""
    hour = int(moment // HOUR)
    return hour % 24, (hour // 24 + 3) % 7


def hours_between(begin: float, end: float) -> Iterator[float]:
    """The two, and each full hour between them."""
    yield begin
    moment = (begin // HOUR + 1) * HOUR
    while moment < end:
        yield moment
        moment += HOUR
    if end > begin:
        yield end

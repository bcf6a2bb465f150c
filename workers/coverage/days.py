"""A day of a source in words: complete, complete except some hours, or unknown. Pure, in UTC."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from workers.coverage.intervals import Interval, Intervals, united, within, without

_DAY = 86400.0
_MINUTE = 60.0
_LEAST_DAYS = 3
USUAL_DAYS = 28
"""Days before a day, of which its usual yield is the median."""
# More whiles of a day are not spelt out.
_MOST_TOLD = 6


@dataclass(frozen=True, slots=True)
class Walked:
    """What is known of a source's walks."""

    since: float | None = None
    """Unix seconds of its first walk; None where it never was walked, or that is not known any more."""
    until: float = 0.0
    """Unix seconds up to which all has been met, but for the gaps."""
    open_gaps: Intervals = ()
    closed_gaps: Intervals = ()


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """One day of one source."""

    source: str
    day: date
    covered: Intervals
    missing: Intervals
    """Gaps that are open, and what was not walked to its end yet and is over."""
    unknown: Intervals
    """What lies before the first walk."""
    closed: Intervals
    """Gaps that were closed by walking back."""
    ahead: Intervals
    """What is still to come of the day, or to be walked."""
    new: int | None = None
    """New documents of the day; None where that was not kept."""
    usual: float | None = None
    """The median of the days before."""
    failed: int | None = None
    """Pages that were named, and given up on that day; None where that was not kept."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing of it was missed, nor lies before the first walk; of today, up to now."""
        return bool(self.covered) and not self.missing and not self.unknown

    @property
    def is_unknown(self) -> bool:
        """Whether nothing can be said of it, since its source was not walked yet."""
        return bool(self.unknown) and not (self.covered or self.missing)

    @property
    def words(self) -> str:
        """The day, in words."""
        if not self.covered and not self.missing:
            return "unknown" if self.unknown else "still to be read"
        if not self.covered:
            return "not covered" if not self.unknown else "unknown, then not covered"
        told = [f"unknown until {_clock(self.unknown[-1].end)}, then "] if self.unknown else []
        told.append("complete")
        if self.ahead:
            told.append(f" up to {_clock(self.ahead[0].start)}")
        if self.missing:
            told.append(f" except {hours(self.missing)}")
        return "".join(told)


def day_of(
    source: str,
    day: date,
    walked: Walked,
    now: float,
    *,
    new: int | None = None,
    usual: float | None = None,
    failed: int | None = None,
) -> DayCoverage:
    """What is covered of a UTC day; what is ahead of a walk today is not missing yet."""
    start = _midnight(day)
    whole = Interval(start, start + _DAY)
    if walked.since is None:
        return DayCoverage(source, day, (), (), (whole,), (), ())
    known = Interval(walked.since, max(walked.since, walked.until))
    covered = within(without([known], walked.open_gaps), whole)
    unknown = within([Interval(-math.inf, walked.since)], whole)
    is_over = whole.end <= now
    rest = within([Interval(known.end, math.inf)], whole)
    missing = within(walked.open_gaps, Interval(max(start, walked.since), whole.end))
    return DayCoverage(
        source=source,
        day=day,
        covered=covered,
        missing=united([*missing, *(rest if is_over else ())]),
        unknown=unknown,
        closed=within(walked.closed_gaps, whole),
        ahead=() if is_over else rest,
        new=new if whole.end > walked.since else None,
        usual=usual,
        failed=failed if whole.end > walked.since else None,
    )


def usual_yield(new: Mapping[date, int], day: date, walked: Walked) -> float | None:
    """The median of new documents on the same weekday before, else on all days; None where few are known.

    Only days that were walked from their begin on count.
    """
    days = [day - timedelta(days=back) for back in range(1, USUAL_DAYS + 1)]
    counted = [d for d in days if walked.since is not None and _midnight(d) >= walked.since]
    same = [new.get(d, 0) for d in counted if d.weekday() == day.weekday()]
    every = [new.get(d, 0) for d in counted]
    chosen = same if len(same) >= _LEAST_DAYS else every
    return statistics.median(chosen) if len(chosen) >= _LEAST_DAYS else None


def of_unknown(days: Sequence[DayCoverage], walked: Walked) -> tuple[str, str]:
    """Days of which nothing is known, as one: which, and in words why.

    `days` are one source's, in order, and not empty.
    """
    first, last = days[0].day, days[-1].day
    which = str(last) if first == last else f"until {last:%m-%d}"
    if walked.since is None:
        return which, "unknown: not read yet"
    since = datetime.fromtimestamp(walked.since, UTC)
    return which, f"unknown: first read on {since:%Y-%m-%d} at {since:%H:%M}"


def hours(intervals: Sequence[Interval]) -> str:
    """Whiles of one day as a person reads them, to whole minutes outwards: `14:00-15:10, 18:00-24:00`."""
    told = [f"{_clock(i.start)}-{_clock(i.end, is_end=True)}" for i in _to_minutes(intervals)]
    if len(told) > _MOST_TOLD:
        told = [*told[:_MOST_TOLD], f"and {len(told) - _MOST_TOLD} more"]
    return ", ".join(told)


def span(interval: Interval) -> str:
    """A while that may last for days: `2026-11-27 14:00-15:10`, `2026-11-27 14:00 to 2026-11-28 08:30`."""
    (one,) = _to_minutes([interval])
    start, end = datetime.fromtimestamp(one.start, UTC), datetime.fromtimestamp(one.end, UTC)
    if start.date() == end.date():
        return f"{start:%Y-%m-%d %H:%M}-{end:%H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"


def _to_minutes(intervals: Iterable[Interval]) -> Intervals:
    return united(
        Interval(math.floor(one.start / _MINUTE) * _MINUTE, math.ceil(one.end / _MINUTE) * _MINUTE)
        for one in intervals
    )


def _clock(moment: float, *, is_end: bool = False) -> str:
    if is_end and moment % _DAY == 0:
        return "24:00"
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M}"


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()

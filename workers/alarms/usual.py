"""What is usual for a source: how often it publishes, how much on which day, how well its pages are read.

Pure and small: a few hundred bytes a source, made anew from each look at it, with the time passed in.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from config.records import known_fields
from crawler.outcome import Outcome

DAY = 86400.0
_WEEK = 7 * DAY
# Weeks in which nothing came take no place: a source that publishes once a month is known by so many months.
_MOST_WEEKS = 8
_MOST_DAYS = 64
# Pages that say how a source is read at present, and those that say how it was before.
RECENT_PAGES = 20
_MOST_BEFORE = 400
_MOST_READS = 12
_MOST_REASONS = 8
# Silences are looked through day by day.
_LONGEST_COUNTED = 400 * DAY
# From one walk to the next, for the days between them to be whole.
_LONGEST_UNWATCHED = 1.5 * DAY
# A weekday with so small a share of what other days have is one on which nothing is expected.
_QUIET_SHARE = 0.1
_LEAST_FOR_WEEKDAYS = 20
_WEEKDAYS = 7


@dataclass(frozen=True, slots=True)
class Look:
    """A source after one of its crawls."""

    at: float
    """Unix seconds: when the crawl ended."""
    walked: float | None
    """When its listings were last read whole."""
    outcomes: Mapping[str, int]
    """Of all its pages so far."""
    reasons: Mapping[str, int]
    """Outcomes with their reasons, `rejected listing`, of all its pages so far."""


@dataclass(frozen=True, slots=True)
class Week:
    """A week in which something new came."""

    number: int
    arrivals: int
    """Looks that found something new."""
    start: float
    end: float
    """The longest time without anything new that ended in it, in unix seconds; where it began and ended."""


@dataclass(frozen=True, slots=True)
class Read:
    """How pages ended between two looks."""

    at: float
    pages: int
    bad: int
    """Those of them that were not read as an article is."""
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is known of a source from the looks at it."""

    since: float
    at: float
    outcomes: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    last_new: float = 0.0
    watched: float = 0.0
    """When its listings were last read whole: until then nothing new was missed."""
    weeks: tuple[Week, ...] = ()
    first_day: int = 0
    days: tuple[int, ...] = ()
    """New documents by UTC day, from `first_day` on; -1 for a day on which no listing was read."""
    reads: tuple[Read, ...] = ()
    before: Read = Read(0.0, 0, 0)

    def to_json(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Self | None:
        """The inverse of `to_json`; None where nothing is kept, or by another version of this."""
        try:
            values = dict(json.loads(raw or b"null"))
            return cls(
                **{
                    **known_fields(cls, values),
                    "weeks": tuple(Week(**known_fields(Week, week)) for week in values["weeks"]),
                    "days": tuple(values["days"]),
                    "reads": tuple(Read(**known_fields(Read, read)) for read in values["reads"]),
                    "before": Read(**known_fields(Read, values["before"])),
                }
            )
        except (KeyError, TypeError, ValueError):
            return None


def after(usual: Usual | None, look: Look, *, limit: float | None, is_broken: bool) -> Usual:
    """What is usual with one more look.

    `limit` is the silence in seconds from which the source counts as silent: a longer one is no part of
    what is usual. While it `is_broken`, pages that cannot be read do not become usual either.
    """
    if usual is None:
        first = Usual(look.at, look.at, first_day=_day(look.at) + 1)
        return _counted(_with_reads(first, look, is_broken=False), look, 0)
    fresh = _yield(look.outcomes) - _yield(usual.outcomes)
    read = _with_reads(usual, look, is_broken=is_broken)
    if fresh > 0 and usual.last_new:
        read = replace(read, weeks=_with_gap(usual, look.at, limit))
    return _counted(read, look, max(0, fresh))


def _counted(usual: Usual, look: Look, fresh: int) -> Usual:
    is_walked = (look.walked or 0.0) > usual.watched
    first_day, days = usual.first_day, list(usual.days)
    if days and (look.walked or 0.0) - usual.watched > _LONGEST_UNWATCHED:
        # What the rest of that day brought is found only now.
        days[-1] = -1
    today = _day(look.at) - first_day
    if today >= 0 and (is_walked or fresh):
        days += [-1] * (today + 1 - len(days))
        # A clock that was set back writes into the past, as far as that is known.
        days[today] = max(0, days[today]) + fresh
    over = max(0, len(days) - _MOST_DAYS)
    is_first = not usual.last_new and _yield(look.outcomes) > 0
    return replace(
        usual,
        at=look.at,
        outcomes=dict(look.outcomes),
        reasons=dict(look.reasons),
        last_new=look.at if fresh or is_first else usual.last_new,
        watched=max(usual.watched, look.walked or 0.0),
        first_day=first_day + over,
        days=tuple(days[over:]),
    )


def _with_gap(usual: Usual, at: float, limit: float | None) -> tuple[Week, ...]:
    """The weeks, with something new at this moment, after a time of which its listings told."""
    quiet = quiet_weekdays(usual)
    end = max(usual.last_new, usual.watched)
    start = usual.last_new
    if limit is not None and active(start, end, quiet) > limit:
        start = end - limit
    number = int(at // _WEEK)
    weeks = list(usual.weeks)
    if weeks and weeks[-1].number == number:
        last = weeks.pop()
        if active(last.start, last.end, quiet) > active(start, end, quiet):
            start, end = last.start, last.end
        return (*weeks, Week(number, last.arrivals + 1, start, end))
    return (*weeks, Week(number, 1, start, end))[-_MOST_WEEKS:]


def _with_reads(usual: Usual, look: Look, *, is_broken: bool) -> Usual:
    reasons = Counter(look.reasons) - Counter(usual.reasons)
    bad = {reason: n for reason, n in reasons.items() if _is_bad(reason)}
    unread = sum(n for reason, n in reasons.items() if _is_of_the_fetch(reason))
    ended = (Counter(look.outcomes) - Counter(usual.outcomes)).total()
    gone = max(0, look.outcomes.get(Outcome.GONE, 0) - usual.outcomes.get(Outcome.GONE, 0))
    pages = max(0, ended - gone - unread)
    if not pages:
        return usual
    most = dict(Counter(bad).most_common(_MOST_REASONS))
    reads = [*usual.reads, Read(look.at, pages, min(pages, sum(bad.values())), most)]
    before = usual.before
    while sum(read.pages for read in reads[1:]) >= RECENT_PAGES:
        oldest = reads.pop(0)
        before = before if is_broken else _before(before, oldest)
    while len(reads) > _MOST_READS:
        reads[:2] = [_together(reads[0], reads[1])]
    return replace(usual, reads=tuple(reads), before=before)


def _before(before: Read, read: Read) -> Read:
    pages, bad = before.pages + read.pages, before.bad + read.bad
    share = min(1.0, _MOST_BEFORE / pages)
    return Read(read.at, round(pages * share), round(bad * share))


def _together(one: Read, other: Read) -> Read:
    reasons = Counter(one.reasons) + Counter(other.reasons)
    most = dict(reasons.most_common(_MOST_REASONS))
    return Read(one.at, one.pages + other.pages, one.bad + other.bad, most)


def _is_bad(reason: str) -> bool:
    """Whether a page that ended so was not read as an article is."""
    outcome, _, why = reason.partition(" ")
    if outcome == Outcome.FAILED:
        return why.startswith(("extraction", "parser"))
    return outcome == Outcome.REJECTED or why == "body-selector-missed"


def _is_of_the_fetch(reason: str) -> bool:
    outcome, _, _ = reason.partition(" ")
    return outcome == Outcome.FAILED and not _is_bad(reason)


def _yield(outcomes: Mapping[str, int]) -> int:
    """Documents that the source brought, be it that another had the story before."""
    return outcomes.get(Outcome.NEW, 0) + outcomes.get(Outcome.NEAR_DUPLICATE, 0)


def _day(at: float) -> int:
    return int(at // DAY)


def weekday(day: int) -> int:
    """0 for a Monday; the first day of unix time was a Thursday."""
    return (day + 3) % _WEEKDAYS


def quiet_weekdays(usual: Usual) -> frozenset[int]:
    """Weekdays on which nothing is expected; none as long as that cannot be known."""
    by_weekday: dict[int, list[int]] = {}
    for place, count in enumerate(usual.days[:-1]):
        if count >= 0:
            by_weekday.setdefault(weekday(usual.first_day + place), []).append(count)
    total = sum(map(sum, by_weekday.values()))
    watched = sum(map(len, by_weekday.values()))
    if total < _LEAST_FOR_WEEKDAYS or watched < 2 * _WEEKDAYS:
        return frozenset()
    mean = total / watched
    return frozenset(
        weekday
        for weekday, counts in by_weekday.items()
        if len(counts) > 1 and sum(counts) / len(counts) <= _QUIET_SHARE * mean
    )


def active(start: float, end: float, quiet: frozenset[int]) -> float:
    """Seconds between two moments, without the UTC weekdays on which nothing is expected."""
    start = max(start, end - _LONGEST_COUNTED)
    if not quiet or end <= start:
        return max(0.0, end - start)
    seconds = 0.0
    for day in range(_day(start), _day(end) + 1):
        if weekday(day) not in quiet:
            seconds += max(0.0, min(end, (day + 1) * DAY) - max(start, day * DAY))
    return seconds

"""What a walk adds to what is known of a source's publishing. Pure."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from workers.pacing.forecast import Forecast
from workers.pacing.rhythm import DAY, HOUR, TUNED, Memory, Rhythm, bins, hours_between

FIRST_LOOK_BACK = 28 * DAY
"""How far back a first walk looks at what was published."""

_MOST_WATCHED = 7 * DAY
_MOST_MARKS = 100
_IN_THE_HOUR = 0.3
"""So much of an article that is spread over hours counts as published in one of them."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A time within one hour of the clock."""

    start: float
    length: float
    """Hours."""
    shape: float

    @property
    def middle(self) -> float:
        """Unix seconds."""
        return self.start + self.length * HOUR / 2

    @property
    def usual(self) -> float:
        """Hours of usual publishing."""
        return self.length * self.shape


def watched(
    before: Rhythm | None, now: float, *, new: int, dated: Sequence[float], held: int
) -> Rhythm:
    """A rhythm with what a walk at `now` has found.

    `new` is how many of its links were unknown, `dated` the times of publication that it names (unix seconds,
    in any order), `held` how many links it named. On a first walk all that is dated counts. Where fewer are dated
    than were new, the others are taken to have come as the source usually publishes.
    """
    dated = sorted(t for t in dated if t <= now)
    look_back = _MOST_WATCHED
    if before is None:
        look_back = FIRST_LOOK_BACK
        recent = [t for t in dated if t > now - look_back]
        # A listing that holds nothing older says nothing of the time before.
        since = now if not dated else recent[0] - 1 if len(recent) == len(dated) else 0.0
        before, new = Rhythm(since), len(recent)
    # A clock that was set back has seen nothing, and one that was set ahead no more than a week.
    begin = min(max(before.at, now - look_back), now)
    came = [t for t in dated if t > begin][-new:] if new > 0 else []
    return _with(before, begin, now, came, max(0, new - len(came)), held)


def _with(
    before: Rhythm, begin: float, now: float, came: Sequence[float], undated: int, held: int
) -> Rhythm:
    forecast = Forecast(before)
    pieces = [
        _Piece(start, (end - start) / HOUR, forecast.shape(start))
        for start, end in pairwise(hours_between(begin, now))
    ]
    arrivals = [(t, 1.0) for t in came] + list(_spread(undated, pieces))
    quiet, longest_quiet = _silences(before, pieces, came, undated)
    span = (now - begin) / HOUR
    left = math.exp(-span / TUNED.long_life)
    arrived = {int(moment // HOUR) for moment, weight in arrivals if weight >= _IN_THE_HOUR}
    active = {hour for hour in arrived if hour > min(before.last_hour, int(begin // HOUR))}
    hours, days = [count * left for count in before.hours], [count * left for count in before.days]
    hours_watched = [count * left for count in before.hours_watched]
    days_watched = [count * left for count in before.days_watched]
    _enter(hours, days, arrivals)
    _enter(hours_watched, days_watched, ((piece.start, piece.length) for piece in pieces))
    return Rhythm(
        at=now,
        hours=tuple(hours),
        days=tuple(days),
        hours_watched=tuple(hours_watched),
        days_watched=tuple(days_watched),
        lately=_remembered(before.lately, TUNED.days_life, now, span, arrivals, pieces),
        just_now=_remembered(before.just_now, TUNED.hours_life, now, span, arrivals, pieces),
        quiet=quiet,
        longest_quiet=max(longest_quiet, before.longest_quiet * left),
        active=before.active * left + len(active),
        last_hour=max(active, default=min(before.last_hour, int(now // HOUR))),
        held=held or before.held,
    )


def _spread(undated: int, pieces: Sequence[_Piece]) -> Iterator[tuple[float, float]]:
    """Times with how much came at each, of what came at times that are not known."""
    usual = sum(piece.usual for piece in pieces)
    if undated and usual:
        for piece in pieces:
            yield piece.middle, undated * piece.usual / usual


def _enter(hours: list[float], days: list[float], weights: Iterable[tuple[float, float]]) -> None:
    for moment, weight in weights:
        hour, day = bins(moment)
        hours[hour] += weight
        days[day] += weight


def _remembered(
    old: Memory,
    life: float,
    now: float,
    span: float,
    arrivals: Iterable[tuple[float, float]],
    pieces: Iterable[_Piece],
) -> Memory:
    """A memory `span` hours later, with what came and was watched meanwhile."""

    def faded(moment: float) -> float:
        return math.exp((moment - now) / HOUR / life)

    left = math.exp(-span / life)
    return Memory(
        old.count * left + sum(weight * faded(moment) for moment, weight in arrivals),
        old.hours * left + sum(piece.usual * faded(piece.middle) for piece in pieces),
    )


def _silences(
    before: Rhythm, pieces: Sequence[_Piece], came: Sequence[float], undated: int
) -> tuple[float, float]:
    """How long it has been quiet, and the longest silence that ended, in hours of usual publishing."""
    sums = list(accumulate((piece.usual for piece in pieces), initial=0.0))
    starts = [piece.start for piece in pieces]
    marks = []
    for moment in came:
        at = bisect_right(starts, moment) - 1
        marks.append(sums[at] + (moment - starts[at]) / HOUR * pieces[at].shape)
    if not marks:
        marks = [sums[-1] * n / (undated + 1) for n in range(1, min(undated, _MOST_MARKS) + 1)]
    if not marks:
        return before.quiet + sums[-1], 0.0
    gaps = (later - earlier for earlier, later in pairwise([-before.quiet, *marks]))
    return sums[-1] - marks[-1], max(gaps)

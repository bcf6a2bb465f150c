"""A month of walks over one source: what they cost, and what they found when."""

import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from config.sources import Source
from evaluation.pace.publishing import HOUR, MONTH, START, Published
from workers.pacing.pace import next_walk
from workers.pacing.rhythm import Rhythm
from workers.pacing.watching import watched
from workers.state.schedule import CrawlFacts

PAGE_SECONDS = 2.0
"""Between two requests to the host: the newest article of a walk is fetched first."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk sees."""

    at: float
    dated: tuple[float, ...]
    """Times of publication of what the feed holds."""
    new: int


@dataclass(slots=True)
class Month:
    """What came of it."""

    requests: int = 0
    """Of the listing."""
    delays: list[float] = field(default_factory=list)
    """Seconds from the publication of each article to its document; without what the first walk found."""
    missed: int = 0
    """Articles that had left the feed before a walk saw them."""


Pace = Callable[[Walk], float]
"""Seconds until the next walk."""
MakePace = Callable[[], Pace]


def fixed(seconds: float) -> MakePace:
    """The same interval all the time."""
    return lambda: lambda _: seconds


def stepwise(seconds: float) -> MakePace:
    """What the service did before: an interval is multiplied by 0.7 or 1.2."""

    def make() -> Pace:
        every = seconds

        def pace(walk: Walk) -> float:
            nonlocal every
            share = walk.new / len(walk.dated) if walk.new else 0.0
            every *= 0.7 if share > 2 / 3 else 1.2 if share < 1 / 20 else 1.0
            every = min(max(every, min(300.0, seconds)), max(86400.0, seconds))
            return every

        return pace

    return make


def adaptive(seconds: int, *, has_dates: bool = True) -> MakePace:
    """The service's own rules, for a source that states `every` so many seconds."""
    source = Source(name="a", start="https://a.example/", schedule=f"every {seconds}s")

    def make() -> Pace:
        rhythm: Rhythm | None = None

        def pace(walk: Walk) -> float:
            nonlocal rhythm
            # An unchanged feed answers 304, and names nothing.
            dated = walk.dated if has_dates and (walk.new or rhythm is None) else ()
            held = len(walk.dated) if walk.new or rhythm is None else 0
            rhythm = watched(rhythm, walk.at, new=walk.new, dated=dated, held=held)
            facts = CrawlFacts(walked=walk.at, links=held, new_links=walk.new)
            return next_walk(source, facts, walk.at, rhythm=rhythm)[0] - walk.at

        return pace

    return make


def month(source: Published, pace: Pace, seed: str) -> Month:
    """Walk a source from the begin of the month to its end, the first time within the first hour."""
    told = Month()
    at, seen = START + random.Random(seed).random() * HOUR, -1
    while at < START + MONTH:
        end = bisect_right(source.times, at)
        begin = max(0, end - source.held)
        is_first = seen < 0
        new = end - max(begin, 0 if is_first else seen)
        if not is_first:
            told.missed += max(0, begin - seen)
            found = reversed(source.times[end - new : end])
            told.delays += [at + PAGE_SECONDS * n - time for n, time in enumerate(found, start=1)]
        told.requests += 1
        seen = end
        at += pace(Walk(at, source.times[begin:end], new))
    return told

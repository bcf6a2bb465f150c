"""When a source's listings are due again. Pure."""

from datetime import UTC, datetime

from config.schedule import Crontab
from config.sources import Source
from workers.state.schedule import CrawlFacts

_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0


def next_walk(
    source: Source, facts: CrawlFacts, now: float, begun: float | None = None
) -> tuple[float, float]:
    """When a source's listings are due again after a walk, and its adapted interval in seconds.

    `facts` is how the walk just ended went, `begun` when it began, if not now. A crontab line is never
    adapted; times that were missed are made up once, since the next one is counted from the walk's begin:
    what has come meanwhile is still owed.
    """
    timing = source.timing
    if isinstance(timing, Crontab):
        if facts.error:
            return min(_next(timing, now), now + pause_after(facts.failures)), 0.0
        return _next(timing, now if begun is None else min(begun, now)), 0.0
    every = float(timing.seconds)
    if source.adaptive:
        every = facts.every or every
    if source.adaptive and facts.walked and not facts.error:
        every = adapted(every, facts.links, facts.new_links, source)
    if facts.error:
        return now + min(pause_after(facts.failures), max(every, _FIRST_PAUSE)), every
    return now + every, every


def adapted(every: float, links: int, new_links: int, source: Source) -> float:
    """Mostly known links lengthen the interval, mostly new ones shorten it, within its bounds."""
    share_new = new_links / links if links else 0.0
    if share_new > 2 / 3:
        every *= 0.7
    elif share_new < 1 / 20:
        every *= 1.2
    # What is stated holds, even where it lies outside of the bounds.
    stated = every if isinstance(source.timing, Crontab) else source.timing.seconds
    return min(max(every, min(source.every_min, stated)), max(source.every_max, stated))


def pause_after(failures: int) -> float:
    """Seconds until a source is tried again that failed so many times in a row."""
    # Ten are beyond the longest pause, and what has failed for weeks must not overflow.
    return min(_FIRST_PAUSE * 4.0 ** min(max(0, failures - 1), 10), _LONGEST_PAUSE)


def _next(timing: Crontab, moment: float) -> float:
    return timing.next_after(datetime.fromtimestamp(moment, UTC)).timestamp()

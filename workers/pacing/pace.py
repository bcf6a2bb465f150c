"""When a source's listings are due again. Pure."""

from datetime import UTC, datetime

from config.schedule import Crontab
from config.sources import Source
from crawler.discovery.hints import SAYS_NOTHING, Hints
from workers.pacing.forecast import expected, wait_after
from workers.pacing.rhythm import DAY, HOUR, Rhythm, bins
from workers.state.schedule import CrawlFacts

_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
# A hint slows a source by no more than this factor: what a source yields says more than what it states.
_MOST_SLOWED = 2.0
# Of a source that publishes so much within the time after which it states that there may be news, the statement is wrong.
_DISPROVED = 2.0


def next_walk(
    source: Source,
    facts: CrawlFacts,
    now: float,
    begun: float | None = None,
    *,
    rhythm: Rhythm | None = None,
    hints: Hints = SAYS_NOTHING,
) -> tuple[float, float]:
    """When a source's listings are due again after a walk, and its adapted interval in seconds.

    `facts` is how the walk just ended went, `begun` when it began, if not now; `rhythm` what is known of the
    source's publishing, that walk included. A crontab line is never adapted; times that were missed are
    made up once, since the next one is counted from the walk's begin: what has come meanwhile is still
    owed.
    """
    timing = source.timing
    if isinstance(timing, Crontab):
        if facts.error:
            return min(_next(timing, now), now + pause_after(facts.failures)), 0.0
        return _next(timing, now if begun is None else min(begun, now)), 0.0
    every = float(timing.seconds)
    if source.adaptive:
        every = facts.every or every
    if facts.error:
        return now + min(pause_after(facts.failures), max(every, _FIRST_PAUSE)), every
    if source.adaptive and facts.walked and rhythm:
        every = adapted(source, timing.seconds, rhythm, hints)
        # What is published while pages are fetched is waiting, too; but clocks may have been set.
        read = min(max(rhythm.at, now - every), now)
        return read + every, every
    return now + every, every


def adapted(source: Source, stated: float, rhythm: Rhythm, hints: Hints) -> float:
    """The interval until the next walk, within the source's bounds.

    What is stated holds, even where it lies outside of them.
    """
    shortest, longest = min(source.every_min, stated), max(source.every_max, stated)
    wait = max(wait_after(rhythm, stated, longest), shortest)
    return min(_past_skipped(rhythm.at, slowed(wait, rhythm, hints), hints), longest)


def slowed(wait: float, rhythm: Rhythm, hints: Hints) -> float:
    """The interval with what the site says itself, as far as it is not disproved by what it publishes."""
    said = hints.cached
    if hints.stated > wait and expected(rhythm, hints.stated) < _DISPROVED:
        said = max(said, hints.stated)
    return min(max(wait, said), _MOST_SLOWED * wait)


def _past_skipped(now: float, wait: float, hints: Hints) -> float:
    """The interval, put off to the end of hours and days in which the site does not want to be asked."""
    due = now + wait
    while due < now + wait + 7 * DAY:
        hour, day = bins(due)
        if hour not in hints.skip_hours and day not in hints.skip_days:
            break
        due = (due // HOUR + 1) * HOUR
    return due - now


def pause_after(failures: int) -> float:
    """Seconds until a source is tried again that failed so many times in a row."""
    # Ten are beyond the longest pause, and what has failed for weeks must not overflow.
    return min(_FIRST_PAUSE * 4.0 ** min(max(0, failures - 1), 10), _LONGEST_PAUSE)


def _next(timing: Crontab, moment: float) -> float:
    return timing.next_after(datetime.fromtimestamp(moment, UTC)).timestamp()

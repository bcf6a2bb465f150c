"""Which sources are due? Lease them, and send them off in batches, no two of one host."""

import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import structlog

from config.schedule import Crontab
from config.sources import Source
from crawler.authorities import authorities_of
from workers.service import Service
from workers.state.frontier import new_token
from workers.state.memory import ADVICE
from workers.state.schedule import CrawlFacts, SourceLease

log = structlog.get_logger(__name__)

SendCrawl = Callable[[list[dict[str, Any]]], None]
# More are looked at than fit one batch: some of them are on a host that is being crawled.
_LOOKED_AT = 200
_SPREAD_SECONDS = 300.0
# What has been due for so long is not sent off with all else: nobody was there to do it.
_LATE_SECONDS = 60.0
_SAID_SECONDS = 60
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0


def dispatch_due(service: Service, now: float, send: SendCrawl) -> int:
    """Lease what is due and send it; how many sources went."""
    sources = service.sources.enabled()
    follow_file(service, sources, now)
    if service.state.frontier.waiting() >= service.settings.waiting_max:
        log.info("crawls pause: too many pages wait for ingest")
        return 0
    late = service.state.schedule.due(now - _LATE_SECONDS, _LOOKED_AT)
    due = service.state.schedule.due(now, _LOOKED_AT, after=now - _LATE_SECONDS)
    if (late or due) and is_held_up(service):
        return 0
    most = most_late(len(sources), service.settings.tick_seconds)
    sent = send_off(service, _named(late, sources), now, send, most=most)
    return sent + send_off(service, _named(due, sources), now, send)


def _named(names: Collection[str], sources: Mapping[str, Source]) -> list[Source]:
    return [sources[name] for name in names if name in sources]


def most_late(sources: int, tick_seconds: float) -> int:
    """How many of the sources that are late go in one tick: after a stop they spread out as new ones do."""
    return math.ceil(tick_seconds * max(1.0, sources / _SPREAD_SECONDS))


def is_held_up(service: Service) -> bool:
    """Whether the server is so full that no crawl may begin; said once in a while."""
    memory = service.state.memory()
    if not memory.is_short:
        return False
    if service.state.is_time("said:memory", _SAID_SECONDS):
        log.warning("crawls wait: the server is nearly full", memory=str(memory), advice=ADVICE)
    return True


def send_off(
    service: Service,
    due: Collection[Source],
    now: float,
    send: SendCrawl,
    *,
    hurry: bool = False,
    most: int | None = None,
) -> int:
    """Lease those of the due sources whose hosts are free, and send them in batches."""
    messages = (_leased(service, source, now, hurry=hurry) for source in due)
    leased = list(islice((item for item in messages if item), most))
    for start in range(0, len(leased), service.settings.batch_sources):
        send(leased[start : start + service.settings.batch_sources])
    return len(leased)


def _leased(service: Service, source: Source, now: float, *, hurry: bool) -> dict[str, Any] | None:
    lease = service.state.schedule.lease(
        source.name, authorities_of(source), new_token(), now, now + service.settings.lease_seconds
    )
    return None if lease is None else message(source, lease, hurry=hurry)


def message(source: Source, lease: SourceLease, *, hurry: bool) -> dict[str, Any]:
    """What a crawl task is told of a source: its settings travel with it."""
    return {
        "source": source.model_dump(mode="json"),
        "token": lease.token,
        "authorities": list(lease.authorities),
        "last_request": lease.last_request,
        "delay": lease.delay,
        "hurry": hurry,
    }


def follow_file(service: Service, sources: Mapping[str, Source], now: float) -> None:
    """Schedule what is new in the sources file, and let go what is no longer there."""
    if service.sources.is_followed and service.state.schedule.count() == len(sources):
        return
    scheduled = service.state.schedule.names()
    fresh = [source for name, source in sources.items() if name not in scheduled]
    service.state.schedule.add(first_times(fresh, now))
    service.state.schedule.remove(scheduled - sources.keys())
    follow_timings(service, sources, now)
    service.sources.is_followed = True


def follow_timings(service: Service, sources: Mapping[str, Source], now: float) -> None:
    """Where a schedule was edited, the next walk follows the new one, not the old one's distant time.

    A walk that the old one still owes, since it was missed or failed, is not put off.
    """
    schedule = service.state.schedule
    before = schedule.timings(list(sources))
    timings = {name: timing_of(source) for name, source in sources.items()}
    schedule.note_timings({n: timing for n, timing in timings.items() if n not in before})
    for name, timing in timings.items():
        if before.get(name, timing) != timing:
            facts = schedule.facts(name)
            due = min(next_walk(sources[name], CrawlFacts(), now)[0], owed_walk(facts, now))
            schedule.retime(name, timing, due)


def owed_walk(facts: CrawlFacts, now: float) -> float:
    """When a walk is to be made up that was missed or failed; infinite where none is."""
    is_owed = facts.walk_due is not None and (facts.walk_due <= now or facts.error)
    return facts.walk_due if is_owed and facts.walk_due is not None else math.inf


def timing_of(source: Source) -> str:
    """Names a source's schedule: with another, its next walk is counted anew."""
    return f"{source.schedule} {source.timezone} {source.every_min} {source.every_max}"


def first_times(sources: Collection[Source], now: float) -> dict[str, float]:
    """A source by itself is due at once; many are spread out, so that they do not start as a herd."""
    spread = min(_SPREAD_SECONDS, float(len(sources) - 1)) if len(sources) > 1 else 0.0
    times = _spread(len(sources), spread)
    return {source.name: now + later for source, later in zip(sources, times, strict=True)}


def _spread(count: int, over: float) -> Iterator[float]:
    offsets = [over * i / max(1, count - 1) for i in range(count)]
    random.Random(count).shuffle(offsets)  # noqa: S311 - no secret, and the same at every start
    return iter(offsets)


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

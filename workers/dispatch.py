"""Which sources are due? Lease them, and send them off in batches, no two of one host."""

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from config.schedule import Crontab
from config.sources import Source
from crawler.authorities import authorities_of
from workers.service import Service
from workers.state.frontier import new_token
from workers.state.schedule import CrawlFacts, SourceLease

log = structlog.get_logger(__name__)

SendCrawl = Callable[[list[dict[str, Any]]], None]
# More are looked at than fit one batch: some of them are on a host that is being crawled.
_LOOKED_AT = 200
_SPREAD_SECONDS = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0


def dispatch_due(service: Service, now: float, send: SendCrawl) -> int:
    """Lease what is due and send it; how many sources went."""
    sources = service.sources.enabled()
    follow_file(service, sources, now)
    if service.state.frontier.waiting() >= service.settings.waiting_max:
        log.info("crawls pause: too many pages wait for ingest")
        return 0
    due = service.state.schedule.due(now, _LOOKED_AT)
    return send_off(service, [sources[name] for name in due if name in sources], now, send)


def send_off(
    service: Service, due: Collection[Source], now: float, send: SendCrawl, *, hurry: bool = False
) -> int:
    """Lease those of the due sources whose hosts are free, and send them in batches."""
    leased = [item for source in due if (item := _leased(service, source, now, hurry=hurry))]
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
    """Where a schedule was edited, the next walk follows the new one, not the old one's distant time."""
    before = service.state.schedule.timings(list(sources))
    for name, source in sources.items():
        timing = f"{source.schedule} {source.timezone} {source.every_min} {source.every_max}"
        if before.get(name) != timing:
            is_edited = name in before
            due = next_walk(source, CrawlFacts(), now)[0] if is_edited else None
            service.state.schedule.retime(name, timing, due)


def first_times(sources: Collection[Source], now: float) -> dict[str, float]:
    """A source by itself is due at once; many are spread out, so that they do not start as a herd."""
    spread = min(_SPREAD_SECONDS, float(len(sources) - 1)) if len(sources) > 1 else 0.0
    times = _spread(len(sources), spread)
    return {source.name: now + later for source, later in zip(sources, times, strict=True)}


def _spread(count: int, over: float) -> Iterator[float]:
    offsets = [over * i / max(1, count - 1) for i in range(count)]
    random.Random(count).shuffle(offsets)  # noqa: S311 - no secret, and the same at every start
    return iter(offsets)


def next_walk(source: Source, facts: CrawlFacts, now: float) -> tuple[float, float]:
    """When a source's listings are due again after a walk, and its adapted interval in seconds.

    `facts` is how the walk just ended went. A crontab line is never adapted; a time that was missed is
    made up once, since the next one is counted from now.
    """
    timing = source.timing
    if isinstance(timing, Crontab):
        due = timing.next_after(_moment(now)).timestamp()
        return (min(due, now + pause_after(facts.failures)) if facts.error else due), 0.0
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


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)

"""Which sources are due? Lease them, and send them off in batches, no two of one host."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any

import structlog

from config.sources import Source
from crawler.authorities import authorities_of
from workers.following import SPREAD_SECONDS, follow_file, follows_file
from workers.service import Service
from workers.state.frontier import new_token
from workers.state.memory import ADVICE
from workers.state.schedule import SourceLease

log = structlog.get_logger(__name__)

SendCrawl = Callable[[list[dict[str, Any]]], None]
# More are looked at than fit one batch: some of them are on a host that is being crawled.
_LOOKED_AT = 200
# What has been due for so long is not sent off with all else: nobody was there to do it.
_LATE_SECONDS = 60.0
_SAID_SECONDS = 60


def dispatch_due(service: Service, now: float, send: SendCrawl) -> int:
    """Lease what is due and send it; how many sources went."""
    sources = service.sources.enabled()
    if not follows_file(service, now):
        return 0
    follow_file(service, sources, now)
    waiting, most = service.state.frontier.waiting(), service.settings.waiting_max
    if waiting >= most:
        log.info("crawls.paused", pages=waiting, most=most)
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
    return math.ceil(tick_seconds * max(1.0, sources / SPREAD_SECONDS))


def is_held_up(service: Service) -> bool:
    """Whether the server is so full that no crawl may begin; said once in a while."""
    memory = service.state.memory()
    if not memory.is_short:
        return False
    if service.state.is_time("said:memory", _SAID_SECONDS):
        log.warning("crawls.held", memory=str(memory), advice=ADVICE)
    return True


def send_off(
    service: Service,
    due: Collection[Source],
    now: float,
    send: SendCrawl,
    *,
    hurry: bool = False,
    backfill: bool = True,
    most: int | None = None,
) -> int:
    """Lease those of the due sources whose hosts are free, and send them in batches."""
    moved = service.state.moves.hosts([source.name for source in due])
    messages = (_leased(service, source, now, moved, hurry, backfill) for source in due)
    leased = list(islice((item for item in messages if item), most))
    for start in range(0, len(leased), service.settings.batch_sources):
        send(leased[start : start + service.settings.batch_sources])
    return len(leased)


def _leased(
    service: Service,
    source: Source,
    now: float,
    moved: Mapping[str, Sequence[str]],
    hurry: bool,  # noqa: FBT001
    backfill: bool,  # noqa: FBT001
) -> dict[str, Any] | None:
    hosts = authorities_of(source, moved.get(source.name, ()))
    until = now + service.settings.lease_seconds
    lease = service.state.schedule.lease(source.name, hosts, new_token(), now, until)
    return None if lease is None else message(source, lease, hurry=hurry, backfill=backfill)


def message(
    source: Source, lease: SourceLease, *, hurry: bool, backfill: bool = True
) -> dict[str, Any]:
    """What a crawl task is told of a source: its settings travel with it.

    In a `hurry`, retries come after short pauses, and nothing is looked at again. With `backfill` it goes on
    with one that is under way, when it has nothing else to do.
    """
    return {
        "source": source.model_dump(mode="json"),
        "token": lease.token,
        "authorities": list(lease.authorities),
        "last_request": lease.last_request,
        "delay": lease.delay,
        "hurry": hurry,
        "backfill": backfill,
    }

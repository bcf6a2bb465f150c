"""What has to be looked after now and then: pages that wait too long, the outbox, what kills left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from crawler.authorities import authorities_of
from workers.alarms.watch import sweep_usual, watch_service, watch_sources
from workers.delivered import WEBHOOK
from workers.queue.broker import CRAWL, INGEST, KEY_PREFIX
from workers.recovery.ownership import keeps_store, watch_store
from workers.recovery.settle import adopt_recent, settle_soon
from workers.redelivery import WrongStore
from workers.rules.freeze import freeze_ripe
from workers.service import Service
from workers.state.memory import Full
from workers.storage.store import StoreFull

log = structlog.get_logger(__name__)

_SENT_AGAIN_SECONDS = 20.0
# A worker that takes a crawl begins it at once, or is gone.
_BEGUN_WITHIN_SECONDS = 20.0
_MOST_SENT = 1000
_FREEZE_SECONDS = 30
_THOROUGH_SECONDS = 300
_SWEEP_SECONDS = 3600
_WATCH_SECONDS = 30
_SAID_SECONDS = 60
_LOOKED_THROUGH = timedelta(days=7)


def keep_house(service: Service, now: float, send: Callable[..., None]) -> None:
    """Run at every tick: send again what waits too long; now and then, trim and sweep."""
    recall_lost(service, now)
    send_overdue(service, now, send)
    watch_store(service)
    if settle_soon(service) and service.state.is_time("sweep", _SWEEP_SECONDS):
        _sweep_store(service)
    if service.state.is_time("freezing", _FREEZE_SECONDS):
        freeze_ripe(service, now)
    give_again(service)
    watch(service, now)
    if service.state.is_time("housekeeping", _THOROUGH_SECONDS):
        trim(service, now)


def give_again(service: Service) -> None:
    """Put into groups' own streams what they are to have once more."""
    try:
        for group, count in service.redelivery.fill_all():
            log.info("redelivery.ended", group=group, count=count)
    except Full:
        return  # it goes on when there is room
    except (OSError, WrongStore) as error:
        if service.state.is_time("said:redelivery", _SAID_SECONDS):
            log.error("store.unread", problem=str(error))


def _sweep_store(service: Service) -> None:
    # What another service wrote is not to be taken for leftovers, not even for a minute.
    if not keeps_store(service):
        return
    try:
        adopt_recent(service)
    except (StoreFull, OSError) as error:
        log.error("store.unread", problem=str(error))


def watch(service: Service, now: float) -> None:
    """Raise and clear alarms."""
    watch_sources(service, now)
    if service.state.is_time("watching", _WATCH_SECONDS):
        watch_service(service, now)
    if service.state.is_time("sweeping-usual", _SWEEP_SECONDS):
        sweep_usual(service, now)


def recall_lost(service: Service, now: float) -> int:
    """Have sources due again whose crawl was sent off, and lost before a worker began it; how many.

    What is lost is a message: with its worker, or when the server was killed. Where any crawl waits for
    a worker, the others may well do so too.
    """
    sent_before = now + service.settings.lease_seconds - _BEGUN_WITHIN_SECONDS
    names = service.state.schedule.unbegun(sent_before)
    if not names or service.state.client.llen(KEY_PREFIX + CRAWL):
        return 0
    sources = service.sources.enabled()
    moved = service.state.moves.hosts(names)
    hosts = {n: authorities_of(sources[n], moved.get(n, ())) for n in names if n in sources}
    return sum(
        service.state.schedule.recall(name, authorities, now, sent_before)
        for name, authorities in hosts.items()
    )


def send_overdue(service: Service, now: float, send: Callable[..., None]) -> int:
    """Send pages that have waited too long, unless workers are busy with a queue anyway; how many."""
    if service.state.client.llen(KEY_PREFIX + INGEST) > service.settings.ingest_processes:
        return 0
    tokens = service.state.frontier.overdue(now, _MOST_SENT)
    service.state.frontier.postpone(tokens, now + _SENT_AGAIN_SECONDS)
    size = service.settings.batch_pages
    for start in range(0, len(tokens), size):
        send(tokens[start : start + size])
    return len(tokens)


def trim(service: Service, now: float) -> None:
    """Let go of what nobody needs any more."""
    settings = service.settings
    trimmed = service.state.outbox.trim(now, settings.retention_days)
    service.state.machines.forget_missed(now)
    buried = service.state.outbox.bury(settings.max_deliveries, now, {WEBHOOK})
    service.state.ledger.forget_duplicates(now - settings.window_days * 86400)
    if forgotten := service.state.quarantine.trim():
        log.warning("quarantine.full", pages=forgotten)
    swept = _swept(service, now)
    if trimmed or buried or swept:
        log.info("house.kept", trimmed=trimmed, buried=buried, swept=swept)
    _sweep_archive(service, now)


def _swept(service: Service, now: float) -> int:
    """Half-written files are looked for in the folders of a week: all that was ever kept takes long to look through."""
    if not service.state.is_time("sweep-parts", _SWEEP_SECONDS):
        return 0
    since = datetime.fromtimestamp(now, UTC).date() - _LOOKED_THROUGH
    return service.store.sweep(str(since))


def _sweep_archive(service: Service, now: float) -> None:
    if service.archive is None:
        return
    try:
        swept = service.archive.sweep(now)
    except OSError as error:
        log.error("archive.unkept", problem=f"{error.filename}: {error.strerror}")
        return
    if swept.closed or swept.removed:
        log.info("archive.kept", closed=swept.closed, removed=swept.removed)

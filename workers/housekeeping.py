"""What has to be looked after now and then: pages that wait too long, the outbox, what kills left."""

from collections.abc import Callable

import structlog

from workers.broker import INGEST, KEY_PREFIX
from workers.service import Service
from workers.state.frontier import new_token

log = structlog.get_logger(__name__)

_SENT_AGAIN_SECONDS = 20.0
_MOST_SENT = 1000
_THOROUGH_SECONDS = 300


def keep_house(service: Service, now: float, send: Callable[..., None]) -> None:
    """Run at every tick: send again what waits too long; now and then, trim and sweep."""
    send_overdue(service, now, send)
    lock = "copydesk:housekeeping"
    if service.state.client.set(lock, new_token(), nx=True, ex=_THOROUGH_SECONDS):
        trim(service, now)


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
    buried = service.state.outbox.bury(settings.max_deliveries)
    service.state.ledger.forget_duplicates(now - settings.window_days * 86400)
    swept = service.store.sweep()
    if trimmed or buried or swept:
        log.info("house kept", trimmed=trimmed, buried=buried, swept=swept)

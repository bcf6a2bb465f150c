"""A batch of sources is crawled: each at a desk of its own, all on one reactor."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import structlog

from crawler.reactor import KeptReactor
from workers.crawl_desk import Outgoing, SendIngest, ServiceDesk
from workers.queue.broker import CRAWL, KEY_PREFIX
from workers.service import Service

log = structlog.get_logger(__name__)

_HEARTBEAT_SECONDS = 5.0
_FLUSH_SECONDS = 0.5


@cache
def _reactor(_process: int, user_agent: str, download_seconds: int) -> KeptReactor:
    return KeptReactor(user_agent, download_seconds)


def crawl_batch(service: Service, batch: Sequence[Mapping[str, Any]], send: SendIngest) -> None:
    """Crawl leased sources side by side; each is finished, and its hosts freed, when it ends."""
    outgoing = Outgoing(send, service.settings.batch_pages)
    desks = [ServiceDesk(service, message, outgoing) for message in batch]
    held = [desk for desk in desks if desk.begin()]
    if not held:
        return
    for desk in held:
        desk.remember()
    settings = service.settings
    reactor = _reactor(os.getpid(), settings.user_agent, settings.download_seconds)
    with _heartbeat(service, held, outgoing):
        reactor.crawl([(desk.assignment, desk, desk.finish) for desk in held])


@contextmanager
def _heartbeat(
    service: Service, desks: Sequence[ServiceDesk], outgoing: Outgoing
) -> Iterator[None]:
    """Hold the leases, and send pages that wait for company, while the crawls run."""
    ended = threading.Event()

    def beat() -> None:
        renewed = time.monotonic()
        while not ended.wait(_FLUSH_SECONDS):
            try:
                outgoing.flush()
                if time.monotonic() - renewed >= _HEARTBEAT_SECONDS:
                    renewed = time.monotonic()
                    hold()
            except Exception as error:  # noqa: BLE001 - the server may be back at the next beat
                log.warning("leases are not renewed", reason=repr(error))

    def hold() -> None:
        service.state.alive("crawl", service.clock())
        others_wait = service.state.client.llen(KEY_PREFIX + CRAWL) > 0
        for desk in desks:
            desk.renew()
            if others_wait:
                desk.make_way()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        outgoing.flush()

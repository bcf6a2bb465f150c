"""Sources are crawled side by side: each at a desk of its own, all on one reactor."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import cache
from typing import Any

import structlog

from crawler.reactor import KeptReactor
from crawler.rendering.plan import Rendering
from workers.crawling.desk import ServiceDesk
from workers.crawling.outgoing import Outgoing, SendIngest
from workers.queue.broker import CRAWL, KEY_PREFIX, TAKES_SECONDS
from workers.queue.process import is_stopping, leave
from workers.rendering.place import rendering
from workers.service import Service
from workers.state.version import OtherVersion

log = structlog.get_logger(__name__)

Batch = Sequence[Mapping[str, Any]]
NextBatch = Callable[[], Batch | None]
_LOOK_SECONDS = 1.0
_HEARTBEAT_SECONDS = 5.0
_FLUSH_SECONDS = 0.5


@cache
def _reactor(
    _process: int, user_agent: str, download_seconds: int, rendering: Rendering
) -> KeptReactor:
    return KeptReactor(user_agent, download_seconds, rendering)


def crawl_batch(
    service: Service, batch: Batch, send: SendIngest, next_batch: NextBatch = lambda: None
) -> None:
    """Crawl leased sources side by side; each is finished, and its hosts freed, when it ends.

    A crawl waits for its host nearly all of its time. So while some go on, what else waits for a worker
    is begun beside them, as long as there is room, and for a while: this ends within the limits of a task.
    """
    outgoing = Outgoing(send, service.settings.batch_pages)
    crawls = _Crawls(service, outgoing)
    crawls.begin(batch)
    with _heartbeat(service, crawls, outgoing):
        # Of processes that look in step, the same one would be the first each time, and take all that waits.
        while crawls.wait(_LOOK_SECONDS * random.uniform(0.5, 1.5)):  # noqa: S311 - no secret
            crawls.take_on(next_batch)


class _Crawls:
    """The crawls that a process carries at a time."""

    def __init__(self, service: Service, outgoing: Outgoing) -> None:
        self._service = service
        self._outgoing = outgoing
        settings = service.settings
        self._reactor = _reactor(
            os.getpid(), settings.user_agent, settings.download_seconds, rendering(settings)
        )
        self._takes_until = time.monotonic() + TAKES_SECONDS
        self._running: dict[Future[None], ServiceDesk] = {}

    def begin(self, batch: Batch) -> None:
        """Begin the crawls of those sources whose leases hold."""
        desks = [self._desk(message) for message in batch]
        held = [desk for desk in desks if desk and desk.begin()]
        shared = self._takes_until - time.monotonic()
        for desk in held:
            desk.shared_until = self._service.clock() + shared
            desk.remember()
        begun = {self._reactor.begin(d.assignment, d, d.finish): d for d in held}
        # Another thread goes through them.
        self._running = self._running | begun

    def _desk(self, message: Mapping[str, Any]) -> ServiceDesk | None:
        """None where a later release says of a source what this one cannot read: it is due again in a while."""
        try:
            return ServiceDesk(self._service, message, self._outgoing)
        except (KeyError, ValueError) as error:
            name = dict(message.get("source") or {}).get("name", "")
            log.error("crawl.unread", source=name, problem=str(error).replace("\n", " "))
            return None

    def take_on(self, next_batch: NextBatch) -> None:
        """Begin what waits, as far as there is room; whatever comes of that, what is under way goes on."""
        try:
            # A reactor that is stuck ends with its process: no more crawls should.
            while self.takes_on and self._reactor.answers(_LOOK_SECONDS):
                if (batch := next_batch()) is None:
                    return
                self.begin(batch)
        except Exception as error:  # noqa: BLE001 - what was taken, and not begun, comes due again
            log.warning("crawl.untaken", problem=repr(error))

    @property
    def takes_on(self) -> bool:
        """Whether there is room for more crawls, and time left for them."""
        has_room = len(self._running) < self._service.settings.crawls_at_once
        return has_room and time.monotonic() < self._takes_until and not is_stopping()

    def wait(self, seconds: float) -> bool:
        """Wait until they have ended, for so long at the most; whether any goes on."""
        done, not_done = wait(self._running, seconds)
        self._running = {crawl: desk for crawl, desk in self._running.items() if crawl in not_done}
        for crawl in done:
            if error := crawl.exception():
                log.error("crawl.unnoted", problem=repr(error))
        return bool(not_done)

    @property
    def desks(self) -> Sequence[ServiceDesk]:
        """Of those that go on."""
        return list(self._running.values())


@contextmanager
def _heartbeat(service: Service, crawls: _Crawls, outgoing: Outgoing) -> Iterator[None]:
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
            except OtherVersion as error:
                log.error("state.foreign", problem=str(error))
                leave()
                return
            except Exception as error:  # noqa: BLE001 - the server may be back at the next beat
                log.warning("crawl.unheld", problem=repr(error))

    def hold() -> None:
        # Before all else: by a clock that is behind nothing would be held for long.
        service.state.clock.keep()
        service.state.alive("crawl", service.clock())
        others_wait = not crawls.takes_on and service.state.client.llen(KEY_PREFIX + CRAWL) > 0
        for desk in crawls.desks:
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

"""One request and its answer: from when a pause counts, and the kept connection that was gone.

A pause between two requests is counted from the head of the first one's answer, which shows that the
request has arrived. Scrapy counts from when it began to look for a connection: what a name server, a
handshake or the way took of the first request would be missing from the pause before the second.
"""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python.failure import Failure
from twisted.web._newclient import (
    RequestNotSent,
    RequestTransmissionFailed,
    ResponseNeverReceived,
)
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.address_guard import GuardedHandler
from crawler.desk import CrawlReport
from crawler.fetching import Miss, MissKind

_NOTHING_CAME = (RequestNotSent, RequestTransmissionFailed, ResponseNeverReceived)
# With eight connections kept, the second one may be as stale as the first.
_MOST_STALE = 3
FETCH_SECONDS = "fetch_seconds"
"""In a request's `meta`, what it and those that led to it took, without their waits for the host's pace."""


class StaleConnection(DownloadFailedError):
    """A kept connection had ended before anything of an answer came; neither page nor host is to blame."""


class PoliteHandler(GuardedHandler):
    """Downloads past the guard, when the host may be asked, and counts its pause from the answer."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # As much of a pool as the handler uses.
        self._pool = cast("HTTPConnectionPool", _TellingPool(self._pool))

    async def download_request(self, request: Request) -> Response:
        """The response; raises `StaleConnection`, or the `Miss` of what may not be asked now."""
        report = getattr(self.crawler.spider, "report", None)
        # It may have waited for its turn while another one's answer asked for a pause.
        clock = getattr(self.crawler.spider, "clock", time.time)
        if report is not None and (miss := why_not_now(report, request.url, clock())):
            raise miss
        began = time.monotonic()
        request.meta.pop("download_latency", None)
        try:
            asked = super().download_request(request)
            return await (while_held(asked, report, request.url, clock) if report else asked)
        finally:
            self._count_from_answer(request, began)
            # A redirect's request is made from this one's, and takes it along.
            before = request.meta.get(FETCH_SECONDS, 0.0)
            request.meta[FETCH_SECONDS] = before + time.monotonic() - began

    def _count_from_answer(self, request: Request, began: float) -> None:
        engine = self.crawler.engine
        slots = engine.downloader.slots if engine else {}
        slot = slots.get(request.meta.get("download_slot", ""))
        latency = request.meta.get("download_latency")
        if slot:
            slot.lastseen = time.monotonic() if latency is None else began + latency


def why_not_now(report: CrawlReport, url: str, now: float) -> Miss | None:
    """Why a crawl may not ask its hosts for anything now, or None where it may."""
    if report.not_before > now:
        return Miss(MissKind.NOT_ASKED, "asked-to-wait", f"{url}: the host asked to be left alone")
    if report.held_until < now:
        return _lost(url)
    return None


async def while_held(
    answer: Coroutine[Any, Any, Response],
    report: CrawlReport,
    url: str,
    clock: Callable[[], float],
) -> Response:
    """The answer; raises `Miss` where it does not come while the host is this crawl's, and takes the request back.

    On a line that is cut a request waits in the kernel: it would reach the host with the line's return, in the
    midst of another's crawl.
    """
    asked = asyncio.ensure_future(answer)
    try:
        while not asked.done() and (left := report.held_until - clock()) > 0:
            await asyncio.wait({asked}, timeout=None if math.isinf(left) else left)
        if asked.done():
            return asked.result()
    finally:
        if not asked.done():
            asked.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await asked
    raise _lost(url)


def _lost(url: str) -> Miss:
    return Miss(MissKind.NOT_ASKED, "lease-lost", f"{url}: the host may be another crawl's now")


class StaleConnectionMiddleware:
    """Asks again, in its turn, for what was lost on a kept connection."""

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """The request once more, which then waits for its host's pace as any other does."""
        lost = request.meta.get("stale_connections", 0) + 1
        if not isinstance(exception, StaleConnection) or lost > _MOST_STALE:
            return None
        again = request.replace(dont_filter=True)
        again.meta["stale_connections"] = lost
        return again


class _TellingPool:
    """Connections, of which those that were kept tell when they were gone."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.persistent = pool.persistent
        self.closeCachedConnections = pool.closeCachedConnections

    def getConnection(  # noqa: N802
        self, key: tuple[Any, ...], endpoint: Any
    ) -> Deferred[Any]:
        """A connection, kept or new, for one request."""
        opening = _Opening(endpoint)
        given: Deferred[Any] = self._pool.getConnection(key, opening)
        return given.addCallback(lambda c: c if opening.is_begun else _KeptConnection(c))


@implementer(IStreamClientEndpoint)
class _Opening:
    """Knows whether a connection was opened, or a kept one was there."""

    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint
        self.is_begun = False

    def connect(self, factory: Any) -> Deferred[Any]:
        self.is_begun = True
        connected: Deferred[Any] = self._endpoint.connect(factory)
        return connected


class _KeptConnection:
    """As much of Twisted's connection as an agent uses: it sends one request."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def request(self, request: Any) -> Deferred[Any]:
        """The head of the answer; fails with `StaleConnection`."""
        answered: Deferred[Any] = self._connection.request(request)
        return answered.addErrback(_stale)


def _stale(failure: Failure) -> Failure:
    if isinstance(failure.value, _NOTHING_CAME):
        raise StaleConnection(str(failure.value)) from failure.value
    return failure

"""Responses whose head ends: Twisted bounds a line of it, but neither their number nor how often it begins anew."""

from typing import Any, cast

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.internet.defer import Deferred

LONGEST_HEAD = 256 * 2**10
"""Bytes of status lines and headers, those of interim responses (1xx) included; browsers read as much."""


class _BoundedParser(_LenientHTTPClientParser):
    """Hangs up where the head of a response does not end."""

    _head = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        self._head += len(line) + 1
        if self._head > LONGEST_HEAD:
            cast("Any", self.transport).loseConnection()
            return
        super().lineReceived(line)


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Deferred[Any]:
        answered = super().request(request)
        # As Scrapy itself replaces the parser: the class is named nowhere else.
        assert self._parser is not None
        self._parser.__class__ = _BoundedParser
        return answered


class BoundedHeads(_LenientHTTP11ClientFactory):
    """Makes connections on which no head is longer than 256 KiB."""

    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802 - Twisted's name
        """See Twisted's `Factory`."""
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]

"""No crawl reaches an address that is not public, unless its source names it and may.

The decision falls where a name has been resolved and before a connection is opened, so that no
notation of an address, no redirect and no name that changes its address gets around it. The
resolver belongs to the process, the permission to a crawl: each crawl's download handler states
its own permission at every connection that it opens.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IHostnameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer  # type: ignore[import-untyped]

from config.sources import Source
from crawler.addresses import is_public
from crawler.response_head import BoundedHeads

Authority = tuple[str, int]
"""A host in lower case, without brackets, and a port."""

_PORTS = {80, 443}


class Refused(IgnoreRequest):
    """A request that the guard stopped before a connection was opened; it is not tried again."""


class AddressRefused(Refused):
    """A host is, or resolves to, an address that is not public."""

    def __init__(self, host: str, address: str) -> None:
        self.host = host
        self.address = address
        super().__init__(
            f"{host}: the address {address} is not public; a source reaches it only where it names"
            " the host and port, and sets allow_private = true"
        )


class PortRefused(Refused):
    """A port that is neither the web's nor named by the source."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"{host}: the port {port} is neither 80 nor 443; a source reaches it only where it"
            " names the host and port"
        )


class ProxyRefused(Refused):
    """A proxy would resolve the name itself, unseen by the guard."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url}: is not fetched through a proxy, where no address can be checked")


def authority(url: str) -> Authority:
    """Host and port of an http or https URL; a `ValueError` where it has none."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    if not parts.hostname or port is None:
        raise ValueError(f"not an address of the web: {url}")
    return parts.hostname, port


def named_authorities(source: Source) -> frozenset[Authority]:
    """The hosts and ports that a source names; one of its `hosts` without a port has both."""
    urls = [source.start, *source.feeds, *source.sitemaps, *source.sections]
    urls += [f"{scheme}://{host}" for host in source.hosts for scheme in ("http", "https")]
    return frozenset(authority(url) for url in urls if url)


@dataclass(frozen=True)
class Permission:
    """What one crawl may reach beside public addresses at the web's own ports."""

    named: frozenset[Authority]
    allow_private: bool

    def admits_port(self, host: str, port: int) -> bool:
        """Whether a port may be connected to: the web's, or one that the source names."""
        return port in _PORTS or (host, port) in self.named

    def admits_private(self, host: str, port: int) -> bool:
        """Whether the host may be at an address that is not public."""
        return self.allow_private and (host, port) in self.named


def install_guard(reactor: Any) -> None:
    """Put the guard before the reactor's name resolver, running or not; once is enough."""
    if not isinstance(reactor.nameResolver, GuardedResolver):
        reactor.installNameResolver(GuardedResolver(reactor.nameResolver))


@dataclass
class _Attempt:
    """One connection that is being opened: what it may reach, and what it was kept from."""

    host: str
    is_admitted: bool
    refused: str | None = None

    def admits(self, address: str) -> bool:
        if self.is_admitted or is_public(address):
            return True
        self.refused = address
        return False

    def explain(self, failure: Failure) -> Failure:
        """Raise `AddressRefused` where the guard left a name without an address."""
        if self.refused and isinstance(failure.value, DNSLookupError):
            raise AddressRefused(self.host, self.refused)
        return failure


_attempt: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names, and literals, and passes on the addresses that the attempt may reach.

    A connection that is opened without a permission of its own reaches public addresses only.
    """

    def __init__(self, resolver: Any) -> None:
        self._resolver = resolver

    def resolveHostName(self, receiver: Any, host: str, *rest: Any, **named: Any) -> Any:  # noqa: N802
        """As Twisted's interface has it."""
        attempt = _attempt.get() or _Attempt(host, is_admitted=False)
        guarded = _AdmittedAddresses(receiver, attempt)
        return self._resolver.resolveHostName(guarded, host, *rest, **named)


@implementer(IResolutionReceiver)
class _AdmittedAddresses:
    """Stands before a receiver of addresses and lets through what an attempt admits."""

    def __init__(self, receiver: Any, attempt: _Attempt) -> None:
        self._attempt = attempt
        self._receiver = receiver
        self.resolutionBegan = receiver.resolutionBegan
        self.resolutionComplete = receiver.resolutionComplete

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._attempt.admits(address.host):
            self._receiver.addressResolved(address)


@implementer(IStreamClientEndpoint)
class _GuardedEndpoint:
    """Opens a connection under the permission of the crawl that asks for it."""

    def __init__(self, endpoint: Any, host: str, *, is_admitted: bool) -> None:
        self._endpoint = endpoint
        self._host = host
        self._is_admitted = is_admitted

    def connect(self, factory: Any) -> Deferred[Any]:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it too early installs one

        install_guard(reactor)  # only now: Scrapy's process installs its resolver late
        attempt = _Attempt(self._host, self._is_admitted)
        # The endpoint asks the resolver before it returns, so the permission is nobody else's.
        token = _attempt.set(attempt)
        try:
            connected: Deferred[Any] = self._endpoint.connect(factory)
        finally:
            _attempt.reset(token)
        return connected.addErrback(attempt.explain)


class _GuardedPool:
    """A crawl's connections; a connection that is kept was admitted when it was opened."""

    def __init__(self, pool: HTTPConnectionPool, permission: Permission) -> None:
        self._pool = pool
        self._permission = permission
        self.persistent = pool.persistent
        self.closeCachedConnections = pool.closeCachedConnections

    def getConnection(  # noqa: N802
        self, key: tuple[Any, ...], endpoint: Any
    ) -> Deferred[Any]:
        """A connection, kept or new. Raises `PortRefused`; fails with `AddressRefused`."""
        _, raw_host, port, *_ = key
        host = raw_host.decode("ascii", "backslashreplace").lower()
        if not self._permission.admits_port(host, port):
            raise PortRefused(host, port)
        is_admitted = self._permission.admits_private(host, port)
        guarded: Any = _GuardedEndpoint(endpoint, host, is_admitted=is_admitted)
        return self._pool.getConnection(key, guarded)


class GuardedHandler(HTTP11DownloadHandler):
    """Downloads http and https for one crawl, past the guard; robots.txt and every hop too.

    Scrapy settings of the crawl: `GUARD_AUTHORITIES`, the pairs of `named_authorities` (other
    ports than the web's are reached only so), and `GUARD_ALLOW_PRIVATE`, whether those may be at
    an address that is not public.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = BoundedHeads  # noqa: SLF001 - as Scrapy sets it
        # It would ask a second time within milliseconds, where no pace is kept.
        self._pool.retryAutomatically = False
        named = frozenset(
            (host, port) for host, port in crawler.settings.getlist("GUARD_AUTHORITIES")
        )
        allow_private = crawler.settings.getbool("GUARD_ALLOW_PRIVATE")
        self.permission = Permission(named, allow_private)
        # As much of one as the handler uses.
        self._pool = cast("HTTPConnectionPool", _GuardedPool(self._pool, self.permission))

    async def download_request(self, request: Request) -> Response:
        """The response; raises one of the kinds of `Refused` where the guard stops it."""
        if request.meta.get("proxy"):
            raise ProxyRefused(request.url)
        return await super().download_request(request)

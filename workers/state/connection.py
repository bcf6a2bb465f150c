"""The connection to the server, and what can be told of it."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from socket import socket
from ssl import SSLContext, SSLSocket, VerifyMode, create_default_context
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import BusyLoadingError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool, SentinelManagedConnection

from config.server_url import ServerUrl, parse

Client = Any
"""A `redis.Redis` that gives bytes; its own annotations leave open which of the two it gives."""

PREFIX = "copydesk:"
LOST = (RedisConnectionError, RedisTimeoutError, BusyLoadingError)
"""What comes of a server that went away, or is not back yet."""
_SENTINEL_SECONDS = 2
# Who waited there for a message is told so before the server hangs up, by Redis 7.0 also where the stream went; and one
# that its replicas have left takes nothing.
_LEADS_NO_MORE = ("UNBLOCKED", "NOREPLICAS")


class StateUnavailable(Exception):
    """The server cannot be used; the message says why and what to do."""


class _Leading:
    """A server that leads no more is as one that went away: where it is reached, another may be by now.

    It may hold on to its connections for as long as it likes.
    """

    disconnect: Callable[[], None]

    def read_response(self, *args: Any, **named: Any) -> Any:
        try:
            return super().read_response(*args, **named)  # type: ignore[misc]
        except ResponseError as error:
            is_replica = isinstance(error, ReadOnlyError)
            if not is_replica and not str(error).startswith(_LEADS_NO_MORE):
                raise
            self.disconnect()
            raise RedisConnectionError(str(error)) from None


class _Plain(_Leading, Connection):
    pass


class _BySocket(_Leading, UnixDomainSocketConnection):
    pass


class _Led(_Leading, SentinelManagedConnection):
    """To the server that sentinels name, asked anew whenever it went, or leads no more."""


class _Tls(_Leading, SSLConnection):
    """By TLS; what it is told of that is read once, and not for each connection: that takes a tenth of a second.

    Where a CA is named, nobody else is trusted.
    """

    def _wrap_socket_with_ssl(self, sock: socket) -> SSLSocket:
        context = _context(
            *map(_stamped, (self.ca_certs, self.certfile, self.keyfile)),
            VerifyMode(self.cert_reqs),
            checks_name=bool(self.check_hostname),
        )
        # It belongs to connecting: a server that speaks no TLS may wait for more.
        sock.settimeout(self.socket_connect_timeout)
        wrapped = context.wrap_socket(sock, server_hostname=self.host)
        wrapped.settimeout(self.socket_timeout)
        return wrapped


class _LedByTls(_Led, _Tls):
    pass


_Stamped = tuple[str, int] | None


def _stamped(path: str | None) -> _Stamped:
    """A file, and when it was changed: one that is renewed is read again."""
    return (path, Path(path).stat().st_mtime_ns) if path else None


@lru_cache(maxsize=8)
def _context(
    ca: _Stamped, own: _Stamped, own_key: _Stamped, reqs: VerifyMode, *, checks_name: bool
) -> SSLContext:
    context = create_default_context(cafile=ca[0] if ca else None)
    context.check_hostname = checks_name
    context.verify_mode = reqs
    if own:
        context.load_cert_chain(own[0], own_key[0] if own_key else None)
    return context


def connect(url: str, *, patience: float = 60.0) -> Client:
    """A client that waits about `patience` seconds for a server that went away, then raises.

    Every change is made by a script that may be sent twice, so a retry does no harm.
    """
    waits = max(0, int(patience))
    return Redis.from_pool(
        pool(
            parse(url),
            retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), waits),
            retry_on_error=list(LOST),
            socket_timeout=20,
            socket_connect_timeout=5,
            health_check_interval=30,
        )
    )


def pool(
    server: ServerUrl,
    extended: Callable[[type[Any]], type[Any]] = lambda kind: kind,
    **options: Any,
) -> ConnectionPool:
    """Connections to a server, or to the one that its sentinels name; `extended` makes their class its own."""
    options |= {"db": server.database, "username": server.username, "password": server.password}
    if server.path:
        for of_a_network in ("socket_keepalive", "socket_keepalive_options"):
            options.pop(of_a_network, None)
        options |= {"path": server.path}
        return ConnectionPool(connection_class=extended(_BySocket), **options)
    options |= server.tls or {}
    if server.service:
        led = extended(_Led if server.tls is None else _LedByTls)
        sentinels = _sentinels(server)
        return SentinelConnectionPool(  # type: ignore[no-untyped-call]
            server.service, sentinels, connection_class=led, **options
        )
    host, port = server.hosts[0]
    plain = extended(_Plain if server.tls is None else _Tls)
    return ConnectionPool(connection_class=plain, host=host, port=port, **options)


def _sentinels(server: ServerUrl) -> Sentinel:
    """Each is asked once: another may know while one does not answer."""
    options: dict[str, Any] = {
        "socket_timeout": _SENTINEL_SECONDS,
        "socket_connect_timeout": _SENTINEL_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        **server.sentinels,
    }
    if server.tls is not None:
        options |= {"ssl": True, **server.tls}
    made = Sentinel(list(server.hosts), sentinel_kwargs=options)  # type: ignore[no-untyped-call]
    for sentinel in made.sentinels if server.tls is not None else ():
        sentinel.connection_pool.connection_class = _Tls
    return made


def key(*parts: object) -> str:
    """The name of a key, as the scripts make it."""
    return PREFIX + ":".join(map(str, parts))

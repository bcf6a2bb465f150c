"""Celery's way to Redis: the connections are ours, and its messages have room on a full server.

Kombu has its own forms of URLs for TLS, for sockets and for sentinels. Here it gets its connections
from where the state has its own, so that one URL says all, and means the same to both.

A full server refuses whatever could bring something in, Celery's few small notes included: then no
message reaches a worker, and nothing that waits is ended, which alone would free the server. What
brings pages in is refused; the messages about them are not.
"""

from functools import partial
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

from config.server_url import parse
from workers.state.connection import pool

_ADMITTED = frozenset({"HSET", "LPUSH", "RPUSH", "SADD", "SET", "ZADD"})
_AS_A_SCRIPT = "#!lua flags=allow-oom\nreturn redis.call(unpack(ARGV))"


class _Admitted:
    """Sends the commands that a full server refuses as scripts, which may say that they need no room."""

    def _prefix_args(self, args: Any) -> list[Any]:
        command: list[Any] = super()._prefix_args(args)  # type: ignore[misc]
        return ["EVAL", _AS_A_SCRIPT, 0, *command] if command[0] in _ADMITTED else command


class _Pipeline(_Admitted, redis.PrefixedRedisPipeline):
    """Commands that go together, but in no transaction: a Redis that is full takes none into one, be it to count messages.

    Between two of them a message may be in no queue; it is a hint, and what it was about comes due again.
    """

    def multi(self) -> None:
        """Go on gathering commands, as a transaction would."""
        self.unwatch()


class _Client(_Admitted, redis.PrefixedStrictRedis):
    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> _Pipeline:  # noqa: FBT001, FBT002
        return _Pipeline(  # type: ignore[no-untyped-call]
            self.connection_pool,
            self.response_callbacks,
            False,  # noqa: FBT003
            shard_hint,
            global_keyprefix=self.global_keyprefix,
        )


_OF_A_CONNECTION = (
    "max_connections",
    "socket_timeout",
    "socket_connect_timeout",
    "socket_keepalive",
    "health_check_interval",
)


class _Channel(redis.Channel):
    from_transport_options = (  # type: ignore[assignment]
        *redis.Channel.from_transport_options,
        "server_url",
    )
    server_url = ""

    def _get_pool(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 - Kombu's own signature
        server = parse(self.server_url)
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=server.database)
        named = {name: getattr(self, name) for name in _OF_A_CONNECTION}
        options = {name: value for name, value in named.items() if value is not None}
        if not asynchronous:
            made = pool(server, **options)
            self._sentinel_manager = getattr(made, "sentinel_manager", None)
            return made
        made = pool(server, self._watched, **options)
        # What asks sentinels is closed with the channel.
        self._async_sentinel_manager = getattr(made, "sentinel_manager", None)
        return made

    def _watched(self, kind: type[Any]) -> type[Any]:
        """A class of connections that leave Kombu's loop when they are closed."""
        channel = self

        class Watched(kind):
            def disconnect(self, *args: Any, **named: Any) -> None:
                super().disconnect(*args, **named)
                if channel._registered:
                    channel._on_connection_disconnect(self)  # type: ignore[no-untyped-call]

        return Watched

    def _get_client(self) -> Any:
        super()._get_client()  # type: ignore[no-untyped-call] # it checks the client's version
        return partial(_Client, global_keyprefix=self.global_keyprefix)


class Transport(redis.Transport):
    """Kombu's, but for where its connections come from, and what a full server is told."""

    Channel = _Channel


def register() -> None:
    """Have URLs of Redis lead here: their scheme alone names the transport."""
    TRANSPORT_ALIASES["redis"] = f"{__name__}:Transport"

"""Celery's way to Redis, with room for its messages on a full server.

A full server refuses whatever could bring something in, Celery's few small notes included: then no
message reaches a worker, and nothing that waits is ended, which alone would free the server. What
brings pages in is refused; the messages about them are not.
"""

from functools import partial
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

_ADMITTED = frozenset({"HSET", "LPUSH", "RPUSH", "SADD", "SET", "ZADD"})
_AS_A_SCRIPT = "#!lua flags=allow-oom\nreturn redis.call(unpack(ARGV))"


class _Admitted:
    """Sends the commands that a full server refuses as scripts, which may say that they need no room."""

    def _prefix_args(self, args: Any) -> list[Any]:
        command: list[Any] = super()._prefix_args(args)  # type: ignore[misc]
        return ["EVAL", _AS_A_SCRIPT, 0, *command] if command[0] in _ADMITTED else command


class _Pipeline(_Admitted, redis.PrefixedRedisPipeline):
    pass


class _Client(_Admitted, redis.PrefixedStrictRedis):
    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> _Pipeline:  # noqa: FBT001, FBT002
        return _Pipeline(  # type: ignore[no-untyped-call]
            self.connection_pool,
            self.response_callbacks,
            transaction,
            shard_hint,
            global_keyprefix=self.global_keyprefix,
        )


class _Channel(redis.Channel):
    def _get_client(self) -> Any:
        super()._get_client()  # type: ignore[no-untyped-call] # it checks the client's version
        return partial(_Client, global_keyprefix=self.global_keyprefix)


class Transport(redis.Transport):
    """Kombu's, but for what a full server is told."""

    Channel = _Channel


def register() -> None:
    """Have URLs of Redis lead here: their scheme alone names the transport."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"

"""The connection to the server, and what can be told of it."""

from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

Client = Any
"""A `redis.Redis` that gives bytes; its own annotations leave open which of the two it gives."""

PREFIX = "copydesk:"
OLDEST_REDIS = (7, 0)
_LOST = (RedisConnectionError, RedisTimeoutError, BusyLoadingError)


class StateUnavailable(Exception):
    """The server cannot be used; the message says why and what to do."""


def connect(url: str, *, patience: float = 60.0) -> Client:
    """A client that waits about `patience` seconds for a server that went away, then raises.

    Every change is made by a script that may be sent twice, so a retry does no harm.
    """
    waits = max(0, int(patience))
    return Redis.from_url(
        url,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), waits),
        retry_on_error=list(_LOST),
        socket_timeout=20,
        socket_connect_timeout=5,
        health_check_interval=30,
    )


def key(*parts: object) -> str:
    """The name of a key, as the scripts make it."""
    return PREFIX + ":".join(map(str, parts))


def check(client: Client, where: str) -> None:
    """Try the server once; raises `StateUnavailable` where it cannot serve."""
    try:
        facts: dict[str, Any] = client.info("server") | client.info("memory")
    except AuthenticationError:
        raise StateUnavailable(f"{where} asks for another password") from None
    except _LOST as error:
        raise StateUnavailable(
            f"no server at {where} ({error}); start it, or leave COPYDESK_REDIS_URL empty for an "
            "embedded one"
        ) from None
    except ResponseError as error:
        if "NOAUTH" in str(error):
            raise StateUnavailable(f"{where} asks for a password") from None
        raise StateUnavailable(f"{where}: {error}") from None
    except RedisError as error:
        raise StateUnavailable(f"{where}: {error}") from None
    _refuse_unfit(facts, where)


def _refuse_unfit(facts: dict[str, Any], where: str) -> None:
    if facts.get("redis_mode") == "cluster":
        raise StateUnavailable(f"{where} is a cluster: Copydesk needs a single server")
    version = tuple(int(part) for part in str(facts["redis_version"]).split(".")[:2])
    if version < OLDEST_REDIS:
        raise StateUnavailable(
            f"{where} is version {facts['redis_version']}; 7.0 or newer is needed"
        )
    policy = facts.get("maxmemory_policy", "noeviction")
    if facts.get("maxmemory") and policy != "noeviction":
        raise StateUnavailable(
            f"{where} drops what it holds when its memory is full (maxmemory-policy {policy}): "
            "pages would be lost; set it to noeviction (CONFIG SET maxmemory-policy noeviction, "
            "and in its configuration file)"
        )

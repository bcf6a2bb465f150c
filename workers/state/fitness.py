"""Whether a server can serve: it is reached, is of a kind that can be used, and lets us do what we have to."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    OutOfMemoryError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.sentinel import MasterNotFoundError

from config.server_url import ServerUrl
from workers.state.connection import LOST, Client, StateUnavailable
from workers.state.rights import RIGHTS, missing_rights

OLDEST_REDIS = (7, 0)
# As OpenSSL numbers what is wrong with a certificate.
_NOT_YET, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
_UNKNOWN = {2, 18, 19, 20, 21}


def check(client: Client, server: ServerUrl) -> None:
    """Try the server once; raises `StateUnavailable` where it cannot serve."""
    where = server.shown
    try:
        facts: dict[str, Any] = {}
        for section in ("server", "memory", "replication"):
            facts |= client.info(section)
        _refuse_unfit(facts, where)
        missing = missing_rights(client)
    except AuthenticationError as error:
        raise StateUnavailable(_of_password(where, str(error))) from None
    except NoPermissionError as error:
        raise StateUnavailable(_of_rights(where, str(error))) from None
    except LOST as error:
        raise StateUnavailable(_of_loss(client, server, error)) from None
    except OutOfMemoryError:
        # It answers, and what frees it is let through.
        return
    except RedisError as error:
        no_password = isinstance(error, ResponseError) and "NOAUTH" in str(error)
        told = _of_password(where, "required") if no_password else f"{where}: {error}"
        raise StateUnavailable(told) from None
    if missing:
        raise StateUnavailable(_of_rights(where, f"not allowed are {', '.join(missing)}"))


def _of_password(where: str, told: str) -> str:
    return (
        f"{where} asks for {'a' if 'required' in told else 'another'} password; it stands in the file of"
        " COPYDESK_REDIS_PASSWORD_FILE, or in COPYDESK_REDIS_URL, where the user stands, too"
    )


def _of_rights(where: str, told: str) -> str:
    return (
        f"{where} does not let this user do what is needed ({told}); give it these rights: {RIGHTS}"
    )


def _of_loss(client: Client, server: ServerUrl, error: BaseException) -> str:
    """What keeps us from a server, and what to do."""
    if server.tls is not None and (told := _of_tls(error, server.tls)):
        return f"{server.shown}: {told}"
    if isinstance(error, MasterNotFoundError):
        return (
            f"no sentinel of {server.shown} names a server: {'; '.join(_of_sentinels(client, server))}."
            " Do they know that service, and is sentinel_password= what they ask for?"
        )
    if server.service:
        return f"the server that {server.shown} names does not answer ({error})"
    if server.tls is None and not server.path and _hangs_up(error):
        return f"{server.shown} hangs up ({error}); where it speaks TLS, the URL is rediss://"
    return (
        f"no server at {server.shown} ({error}); start it, or leave COPYDESK_REDIS_URL empty for an "
        "embedded one"
    )


def _of_sentinels(client: Client, server: ServerUrl) -> Iterator[str]:
    """What each of them says."""
    for sentinel in client.connection_pool.sentinel_manager.sentinels:
        at = sentinel.connection_pool.connection_kwargs
        try:
            told = f"knows {', '.join(sentinel.sentinel_masters()) or 'none'}"
        except RedisError as error:
            told = _of_tls(error, server.tls) if server.tls is not None else ""
            asks = isinstance(error, AuthenticationError) or "HELLO must be called" in str(error)
            told = told or ("asks for another password" if asks else str(error))
        yield f"{at['host']}:{at['port']} {told}"


def _hangs_up(error: BaseException) -> bool:
    told = str(error).lower()
    return "closed by server" in told or "reset by peer" in told


def _of_tls(error: BaseException, tls: Mapping[str, object]) -> str:
    """What is wrong with TLS; empty where that is not it."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _of_certificate(cause)
        if isinstance(cause, ssl.SSLError):
            return _of_handshake(cause, has_own="ssl_certfile" in tls)
        if isinstance(cause, FileNotFoundError | PermissionError):
            return f"a file that is named in the URL cannot be read: {cause.strerror}; see ssl_ca_certs, ssl_certfile and ssl_keyfile"
    if isinstance(error, RedisTimeoutError):
        return f"it does not answer by TLS ({error}); where it speaks none, the URL is redis://"
    return ""


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    told = error.verify_message
    if error.verify_code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return (
            f"its certificate is for another name ({told}); name the server as its certificate does"
        )
    if error.verify_code in {_EXPIRED, _NOT_YET}:
        return (
            f"its certificate is not valid now ({told}); renew it, or set the clock of this machine"
        )
    if error.verify_code in _UNKNOWN:
        return (
            f"nobody whom this machine trusts vouches for its certificate ({told});"
            " name the file of its CA: ?ssl_ca_certs=FILE"
        )
    return f"its certificate cannot be trusted ({told})"


def _of_handshake(error: ssl.SSLError, *, has_own: bool) -> str:
    reason = error.reason or str(error)
    hangs_up = isinstance(error, ssl.SSLEOFError)
    if "CERTIFICATE_REQUIRED" in reason or (hangs_up and not has_own):
        return "it asks for a certificate of ours: ?ssl_certfile=FILE&ssl_keyfile=FILE"
    is_refused = "ALERT" in reason and ("CA" in reason or "CERTIFICATE" in reason)
    if is_refused or hangs_up:
        return f"it does not take our certificate ({reason}); see ssl_certfile"
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
        return "it does not speak TLS there; without TLS the URL is redis://"
    return f"no TLS with it ({reason}); see ssl_ca_certs, ssl_certfile and ssl_keyfile"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _refuse_unfit(facts: dict[str, Any], where: str) -> None:
    # Redis and Valkey have each their own name for it.
    if "cluster" in {facts.get("redis_mode"), facts.get("server_mode")}:
        raise StateUnavailable(
            f"{where} is a Redis Cluster, which cannot be used: what changes together lies on one server"
            " here. Name a server that is none, with replicas and sentinels where it must not fail"
        )
    version = tuple(int(part) for part in str(facts["redis_version"]).split(".")[:2])
    if version < OLDEST_REDIS:
        raise StateUnavailable(
            f"{where} is version {facts['redis_version']}; 7.0 or newer is needed"
        )
    if facts.get("role") == "slave":
        raise StateUnavailable(
            f"{where} is a replica, and takes no writes; name the server that it follows, or the"
            " sentinels that know which one leads (redis+sentinel://)"
        )
    policy = facts.get("maxmemory_policy", "noeviction")
    if facts.get("maxmemory") and policy != "noeviction":
        raise StateUnavailable(
            f"{where} drops what it holds when its memory is full (maxmemory-policy {policy}): "
            "pages would be lost; set it to noeviction (CONFIG SET maxmemory-policy noeviction, "
            "and in its configuration file)"
        )

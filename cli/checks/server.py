"""The server: reachable, of what version, does it keep what it is told, has it room, what does its clock say."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from cli.checks.files import of_growth
from cli.checks.finding import Finding, ok, warning, wrong
from cli.embedded import EmbeddedServer, binary
from config.server_url import parse
from config.settings import Settings, SettingsError
from config.sources import Source
from workers.alarms.standing import standing_alarms
from workers.service import Service, open_service
from workers.state.connection import Client, StateUnavailable
from workers.state.memory import Memory
from workers.state.version import STATE_VERSION, OtherVersion, PartSeen, release

_SKEW_SECONDS, _WRONG_SKEW_SECONDS = 2.0, 300.0
"""Leases go by the server's clock on all hosts; logs, and when Celery gives up a message for lost, by each one's own."""
_BUILT = 1_790_000_000.0
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Clocks:
    """What two clocks said, in unix seconds."""

    ours: float
    theirs: float
    within: float
    """Half of the time that asking took: so much may be the way's."""


def of_server(settings: Settings, sources: list[Source]) -> Iterator[Finding]:
    """All that can be seen of the server, of the service on it, and of the clock."""
    embedded = EmbeddedServer(settings.home)
    if not settings.redis_url and not embedded.is_running():
        yield _of_binary()
        yield _of_our_clock(time.time())
        yield ok("service", "does not run; `copydesk up` starts it")
        return
    url = settings.redis_url or embedded.url
    try:
        service = open_service(settings.model_copy(update={"redis_url": url}), patience=0)
    except OtherVersion as error:
        yield wrong(
            "state", str(error), "docs/how-to/upgrade.md says how releases follow each other"
        )
        yield _of_our_clock(time.time())
        return
    except StateUnavailable as error:
        yield wrong("server", str(error), "COPYDESK_REDIS_URL names it")
        yield _of_our_clock(time.time())
        return
    except SettingsError:
        # What is wrong was said of the store.
        told = "what it holds was not looked at, for want of the store"
        yield warning("server", told, "mend the store's setting, and call this again")
        yield _of_our_clock(time.time())
        return
    try:
        yield from of_certificate(url)
        yield from _of_reached(service, sources)
    except RedisError as error:
        yield wrong("server", f"it was lost meanwhile: {error}", "see its log")
    finally:
        service.state.client.close()


def _of_reached(service: Service, sources: list[Source]) -> Iterator[Finding]:
    client = service.state.client
    facts = client.info()
    clocks, milliseconds = _clocks(client)
    yield of_version(facts, milliseconds)
    yield of_persistence(facts)
    yield of_memory(service.state.memory())
    yield of_clocks(clocks)
    yield from _of_state(service)
    yield of_releases(service.state.releases(service.clock()))
    yield from _of_service(service, [source.name for source in sources])


def _of_binary() -> Finding:
    try:
        told = subprocess.run(  # noqa: S603 - the binary that its package ships
            [binary(), "--version"], capture_output=True, timeout=_SECONDS, check=True
        ).stdout.decode()
    except StateUnavailable as error:
        return wrong("server", "no embedded server for this system", str(error).partition("; ")[2])
    except (OSError, subprocess.SubprocessError) as error:
        return wrong("server", f"it cannot be started: {error}", "name one in COPYDESK_REDIS_URL")
    version = next((w[2:] for w in told.split() if w.startswith("v=")), "")
    return ok("server", f"none runs; `up` and `once` start an embedded Valkey {version}".rstrip())


def of_version(facts: Mapping[str, Any], milliseconds: float) -> Finding:
    """Its version, which can be used: that was tried; and how quick it is."""
    name = "Valkey" if "valkey_version" in facts else "Redis"
    version = facts.get("valkey_version") or facts.get("redis_version")
    return ok("server", f"{name} {version} answers in {milliseconds:.1f} ms")


def of_certificate(url: str) -> Iterator[Finding]:
    """Whether the server has to show who it is, where it is reached by TLS."""
    if (parse(url).tls or {}).get("ssl_cert_reqs") == "none":
        told = "its certificate is not looked at: anybody between may be it"
        yield warning(
            "server", told, "name its CA in the URL, ssl_ca_certs=FILE, without ssl_cert_reqs"
        )


def of_persistence(facts: Mapping[str, Any]) -> Finding:
    """Whether it has on its disk what it was told."""
    keeps = bool(int(facts.get("aof_enabled", 0)))
    failed = [
        name
        for name in ("aof_last_write_status", "aof_last_bgrewrite_status")
        if facts.get(name, "ok") != "ok"
    ]
    if keeps and failed:
        told = f"its append-only file cannot be written ({', '.join(failed)})"
        return wrong("persistence", told, "see the server's log, and the room on its disk")
    if keeps:
        return ok("persistence", "it keeps an append-only file")
    told = "it has no append-only file: a crash loses what came since its last snapshot"
    return warning("persistence", told, "CONFIG SET appendonly yes, and in its configuration file")


def of_memory(memory: Memory) -> Finding:
    """Whether there is room for what comes."""
    if memory.is_short:
        return wrong("memory", f"{memory}: crawls wait", "raise the server's maxmemory")
    return ok("memory", str(memory))


def of_releases(seen: Mapping[str, PartSeen]) -> Finding:
    """Of which release this is, and whether all that is at work is of it."""
    others = [f"{name} is {one.release}" for name, one in seen.items() if one.release != release()]
    told = f"this is {release()}, with a state of version {STATE_VERSION}"
    if others:
        advice = "that is well during an upgrade; then upgrade the rest"
        return warning("versions", f"{told}; {', '.join(others)}", advice)
    return ok("versions", f"{told}, as all that is at work" if seen else told)


def of_clocks(clocks: Clocks) -> Finding:
    """Whether our clock and the server's say the same."""
    skew = max(0.0, abs(clocks.theirs - clocks.ours) - clocks.within)
    advice = "set both clocks by NTP"
    if skew > _SKEW_SECONDS:
        told = f"it differs from the server's, by which the service goes, by {skew:.0f} s"
        make = wrong if skew > _WRONG_SKEW_SECONDS else warning
        return make("clock", told, advice)
    own = _of_our_clock(clocks.ours)
    return ok("clock", f"{own.told}, as the server's") if own.verdict == "ok" else own


def _of_our_clock(now: float) -> Finding:
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < _BUILT:
        return wrong("clock", f"it says {shown}, which has long been", "set it by NTP")
    return ok("clock", shown)


def _clocks(client: Client) -> tuple[Clocks, float]:
    """What both say, and the milliseconds that it took to ask."""
    client.ping()  # the connection is there
    before, began = time.time(), time.perf_counter()
    seconds, microseconds = client.time()
    took = time.perf_counter() - began
    theirs = seconds + microseconds / 1e6
    return Clocks(before + took / 2, theirs, took / 2), took * 1000


def _of_state(service: Service) -> Iterator[Finding]:
    # That the store cannot be read was said of the store.
    with suppress(OSError):
        yield from _of_documents(service)
    archive, now = service.archive, service.clock()
    if archive and archive.folder.exists():
        from shutil import disk_usage  # noqa: PLC0415

        day, days = service.state.ledger.archived(now)["bytes"], service.settings.archive_days
        yield from of_growth(archive.size(), day, days, disk_usage(archive.folder).free)


def _of_documents(service: Service) -> Iterator[Finding]:
    """Whether server and store know the same documents; raises an `OSError` where the store cannot be read."""
    from workers.recovery.ownership import refusal_of  # noqa: PLC0415 - what it needs takes a while to load
    from workers.recovery.settle import is_anothers  # noqa: PLC0415 - as above

    if refusal := refusal_of(service):
        yield wrong("state", refusal.told, refusal.advice)
    elif is_anothers(service):
        told = f"{service.store.name} holds none of the documents that the server knows"
        yield warning("state", told, "COPYDESK_STORE, or COPYDESK_HOME, names the store")


def _of_service(service: Service, names: list[str]) -> Iterator[Finding]:
    now = service.clock()
    parts = service.state.parts(now)
    runs = f"at work: {', '.join(parts)}" if parts else "not at work; `copydesk up` starts it"
    yield ok("service", runs)
    if alarms := standing_alarms(service, names, now):
        kinds = ", ".join(f"{alarm.kind} {alarm.subject}" for alarm in alarms[:3])
        more = f", and {len(alarms) - 3} more" if len(alarms) > 3 else ""
        yield warning("alarms", f"{kinds}{more}", "`copydesk status` says what was seen")

"""The version of the state: which releases may read it, and how an older one becomes that of this release.

The server has it under one key. Every script looks at it (`buckets.lua`), so a worker of another
release that still runs changes nothing more. A migration begins by writing `1>2` there, which is
nobody's version: whoever breaks it off leaves that behind, and the next one goes on.
"""

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import structlog

from workers.state.connection import Client, StateUnavailable, key

log = structlog.get_logger(__name__)

STATE_VERSION = 1
"""Of the state that this release reads and writes."""

Migration = Callable[[Client], Iterable[None]]
"""Makes a state of one version that of the next, in pieces of some seconds. Whatever of it was done before, it may
begin again: it may have broken off anywhere."""

MIGRATIONS: Mapping[int, Migration] = MappingProxyType({})
"""By the version that they begin with: every one from the oldest that is still read."""

ALIVE_SECONDS = 120.0
"""A part that was not seen for so long is taken for dead."""
_LOCK_SECONDS, _LOOK_SECONDS = 60, 0.2
# What there is once anything was done.
_SIGNS = ("settled", "texts", "sources", "schedule", "known")
# As the scripts compare it: to the letter.
_TOLD = re.compile(rb"([1-9][0-9]{0,8})(?:>([1-9][0-9]{0,8}))?")
# Trees before the first release noted none; what they left is as version 1 has it.
_UNTOLD = 1

_SET = """
local present = redis.call('GET', KEYS[1])
if (present or '') ~= ARGV[1] and present ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""
_HOLD = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
_LET_GO = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class OtherVersion(StateUnavailable):
    """The state is not of this release's version."""


@dataclass(frozen=True, slots=True)
class Found:
    """The version of a state."""

    version: int
    """0: there is no state yet."""
    becomes: int | None = None
    """A migration to this version was begun, and has not ended."""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class PartSeen:
    """A part that was seen at work, by its own word."""

    at: float
    """Unix seconds."""
    state: int
    """The version of the state that it reads."""
    release: str


@cache
def release() -> str:
    """The number of this release."""
    from importlib.metadata import version  # noqa: PLC0415 - it takes a while to load

    return version("copydesk")


def found_version(client: Client) -> Found:
    """The version of the state on a server; raises `OtherVersion` where that cannot be read."""
    raw: bytes | None = client.get(key("version"))
    if raw is None:
        return Found(_UNTOLD if client.exists(*map(key, _SIGNS)) else 0)
    told = _TOLD.fullmatch(raw)
    version, becomes = map(int, told.groups(b"0")) if told else (0, 0)
    if not told or becomes not in {0, version + 1}:
        raise OtherVersion(
            f"{key('version')} holds what is no version of a state: {raw[:40]!r}; go back to a backup of the"
            " server, or begin with an empty one and `copydesk rebuild`"
        )
    return Found(version, becomes or None, raw)


def sign_of_life(name: str, now: float) -> tuple[str, ...]:
    """The command that notes of which version a part is, `crawl@HOST`."""
    told = {"at": now, "state": STATE_VERSION, "release": release()}
    return "HSET", key("releases"), name, json.dumps(told)


def parts_seen(client: Client, now: float) -> dict[str, PartSeen]:
    """The parts seen at work within the last minutes, by `part@host`."""
    noted = {}
    for name, raw in sorted(client.hgetall(key("releases")).items()):
        told = json.loads(raw)
        one = PartSeen(float(told["at"]), int(told["state"]), str(told["release"]))
        if now - one.at < ALIVE_SECONDS:
            noted[name.decode()] = one
    return noted


def admit(
    client: Client,
    where: str,
    *,
    migrates: bool,
    now: float,
    is_alone: bool = False,
    version: int = STATE_VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Have a state of this version; raises `OtherVersion` where it is another, and cannot be or is not to be made it."""
    found = found_version(client)
    if found.version in {0, version} and found.becomes is None:
        return
    if (problem := _refusal(found, version, migrations)) is not None:
        raise OtherVersion(f"{where}: {problem}")
    seen = {} if is_alone else parts_seen(client, now)
    older = [f"{name} ({one.release})" for name, one in seen.items() if one.state < version]
    if older:
        raise OtherVersion(
            f"{where}: the state is of version {found.version}, and has to become {version}; stop what still"
            f" works with the older release first, or wait two minutes once it has ended: {', '.join(older)}"
        )
    if not migrates:
        raise OtherVersion(
            f"{where}: the state is of version {found.version}; `copydesk up`, or any part of this"
            f" release, makes it version {version} when it starts"
        )
    _migrate(client, where, version, migrations)


def _refusal(found: Found, version: int, migrations: Mapping[int, Migration]) -> str | None:
    """Why a state cannot become this version; None where it can."""
    target = found.becomes or found.version
    if target > version:
        return (
            f"the state is of version {target}, which a later release made; this is {release()}, and reads"
            f" version {version}: install that release here, or one after it"
        )
    if missing := [v for v in range(found.version, version) if v not in migrations]:
        return (
            f"the state is of version {found.version}, too old for {release()}, which reads {version} and"
            f" makes it from {missing[-1] + 1}: go by a release in between, or begin with an empty server"
            " and `copydesk rebuild`"
        )
    return None


def _migrate(client: Client, where: str, version: int, migrations: Mapping[int, Migration]) -> None:
    """Bring the state to this version, one step after the other; waits while another does."""
    owner, until = secrets.token_hex(8), time.monotonic() + _LOCK_SECONDS
    while not _hold(client, owner):
        if time.monotonic() > until:
            raise OtherVersion(
                f"{where}: another process makes the state version {version}; try again"
            )
        time.sleep(_LOOK_SECONDS)
    try:
        while (found := found_version(client)).version < version:
            _step(client, where, found, migrations, owner)
    finally:
        client.eval(_LET_GO, 1, key("migrating"), owner)


def _hold(client: Client, owner: str) -> bool:
    """Take the lock, or keep it; whether it is ours."""
    return bool(client.eval(_HOLD, 1, key("migrating"), owner, _LOCK_SECONDS))


def _step(
    client: Client, where: str, found: Found, migrations: Mapping[int, Migration], owner: str
) -> None:
    before, after = found.version, found.version + 1
    between = f"{before}>{after}"
    log.warning("state.migrating", state=before, becomes=after)
    # From here on nobody takes it for his: neither an older part, were it to start now, nor this release.
    if not client.eval(_SET, 1, key("version"), found.raw, between):
        raise OtherVersion(f"{where}: another process changes the version of the state; try again")
    for _ in migrations[before](client):
        if not _hold(client, owner):
            raise OtherVersion(f"{where}: this process was too slow, and another goes on with it")
    client.eval(_SET, 1, key("version"), between, str(after))
    log.warning("state.migrated", state=after)

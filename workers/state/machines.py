"""The hosts that parts of the service run on, and whether their sources files are the same."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from workers.state.connection import Client, key
from workers.state.scripts import Scripts
from workers.state.version import ALIVE_SECONDS, sign_of_life

MISSED_SECONDS = 86400.0
"""So long after it was last seen a part of a host is forgotten, and no longer missed."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A part on a host."""

    host: str
    part: str
    seen: float
    """When it last said that it is there (unix seconds)."""

    def is_alive(self, now: float) -> bool:
        """Whether that was within the last minutes."""
        return now - self.seen < ALIVE_SECONDS


@dataclass(frozen=True, slots=True)
class Behind:
    """A host whose sources file is not the one that is followed."""

    host: str
    since: float
    followed: str
    """The host whose file was changed later."""


class Machines:
    """Who is where; a part that ends in order takes its note back."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def note(self, part: str, host: str, now: float) -> None:
        """Note that a part of this release runs on a host, and reaches the server."""
        name = f"{part}@{host}"
        self._scripts.write(("HSET", key("placed"), name, now), sign_of_life(name, now))

    def forget(self, part: str, host: str) -> None:
        """Note that a part has ended on a host, and is not missed there."""
        name = f"{part}@{host}"
        self._scripts.write(("HDEL", key("placed"), name), ("HDEL", key("releases"), name))

    def forget_all(self) -> None:
        """Note that no part runs anywhere: right only where none can."""
        self._scripts.write(("DEL", key("placed")), ("DEL", key("releases")))

    def placed(self, now: float) -> list[Placed]:
        """The parts that run, and those that are missed, by host and name."""
        raw = self._client.hgetall(key("placed"))
        found = [_placed(name.decode(), float(at)) for name, at in raw.items()]
        fresh = [one for one in found if now - one.seen < MISSED_SECONDS]
        return sorted(fresh, key=lambda one: (one.host, one.part))

    def forget_missed(self, now: float) -> None:
        """Let go of those that nobody misses any more."""
        raw = self._client.hgetall(key("placed"))
        if gone := [name for name, at in raw.items() if now - float(at) >= MISSED_SECONDS]:
            self._scripts.write(("HDEL", key("placed"), *gone), ("HDEL", key("releases"), *gone))

    def takes_sources(self, host: str, digest: str, changed: float, now: float) -> str:
        """Ask whether the sources file of a host is to be followed: empty, or the host whose file was changed later."""
        reply = self._scripts.run("take_sources", host, digest, changed, now, round(ALIVE_SECONDS))
        return str(reply.decode())

    def behind(self, now: float) -> list[Behind]:
        """The hosts whose file is not followed, as far as they are there."""
        raw = self._client.hgetall(key("sources-behind"))
        return [
            Behind(host.decode(), float(told["since"]), told["followed"])
            for host, text in sorted(raw.items())
            if now - float((told := json.loads(text))["at"]) < ALIVE_SECONDS
        ]


def _placed(name: str, at: float) -> Placed:
    part, _, host = name.partition("@")
    return Placed(host, part, at)


def by_host(placed: Iterable[Placed]) -> dict[str, list[Placed]]:
    """The parts of each host."""
    found: dict[str, list[Placed]] = {}
    for one in placed:
        found.setdefault(one.host, []).append(one)
    return found

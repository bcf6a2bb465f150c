"""Backfills: how far each has walked back, what it has named, and what came of that."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack

from crawler.page import Visit
from workers.state.connection import Client, key
from workers.state.frontier import Busy, Stale, new_token
from workers.state.numbers import url_number
from workers.state.scripts import Scripts, packed

LINKS_A_CHUNK = 200
"""Links of a backfill that are entered at a time: what waits in the frontier is bounded."""


@dataclass(frozen=True, slots=True)
class OlderLink:
    """A link that a backfill's walk has named."""

    key: str
    url: str
    at: float
    """Unix seconds, in the past: the latest is fetched first."""


@dataclass(frozen=True, slots=True)
class Backfilling:
    """A backfill as it stands."""

    id: str
    since: str
    """RFC 3339 in UTC, as `until`, before which an article is to have been published."""
    until: str
    asked: float = 0.0
    """Unix seconds."""
    ended: float | None = None
    stopped: bool = False
    """It was ended before its time."""
    walked: bool = False
    """All listings were walked; what they named may still be open."""
    cursor: Mapping[str, Any] | None = None
    """See `crawler.walking.cursor.from_json`; None: the walk has not begun."""
    rev: str = "0"
    turned: bool = False
    next: float = 0.0
    """Unix seconds before which the walk does not go on."""
    entered: int = 0
    known: int = 0
    """Links that were known already, and passed over."""
    left: int = 0
    """Links that are named and not entered yet."""
    steps: int = 0
    active: float = 0.0
    """Seconds that it was at work."""
    reached: str = ""
    """When the last article of the time asked for was published."""
    outside: int = 0
    """Articles that proved not to be of that time."""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    old_in_a_row: Mapping[int, int] = field(default_factory=dict)
    """By the road's number: see `crawler.walking.cursor.after_old`."""
    at: Mapping[int, str] = field(default_factory=dict)
    """By the road's number: when its last article was published."""
    links: tuple[OlderLink, ...] = ()
    """Those that come next, where the crawl asked."""

    @property
    def open(self) -> int:
        """Articles that were named and have no outcome yet."""
        return max(0, self.entered - sum(self.outcomes.values()))


@dataclass(frozen=True, slots=True)
class Noted:
    """What a step of the walk leaves: see `note_walk_back.lua`."""

    cursor: str
    links: Sequence[OlderLink] = ()
    waiting: str = ""
    counted_anew: Sequence[int] = ()
    is_over: bool = False
    not_before: float = 0.0


class Backfills:
    """The backfills of all sources, one each at the most."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def start(self, source: str, since: str, until: str, now: float) -> tuple[str, str, str]:
        """Begin one, or find the one that is under way: its name, since and until."""
        reply = self._scripts.run("start_backfill", source, new_token(), since, until, now)
        found, since, until = (part.decode() for part in reply)
        return found, since, until

    def stop(self, source: str, now: float) -> bool:
        """End one before its time; whether one was under way."""
        return bool(self._scripts.run("stop_backfill", source, now))

    def under_way(self) -> list[str]:
        """The sources with one that is not over, by name."""
        return sorted(name.decode() for name in self._client.smembers(key("backfills")))

    def get(self, source: str) -> Backfilling | None:
        """The last one of a source, over or not."""
        raw = self._client.hgetall(key("backfill", source))
        return _backfilling(raw.items()) if raw else None

    def take(
        self,
        source: str,
        token: str,
        count: int,
        hosts: Sequence[str],
        *,
        now: float,
        until: float,
        waiting_max: int,
        own_max: int,
    ) -> list[Visit] | Backfilling | None:
        """Lease URLs to visit, newest first; where none is left, the backfill whose walk is to go on.

        At most `waiting_max` pages may wait for ingest, and `own_max` of this backfill. None where there is nothing to do now, or it is another's turn. Raises `Busy` and `Stale`.
        """
        fresh = [new_token() for _ in range(count)]
        most: list[str | float] = [waiting_max, own_max, len(hosts)]
        reply = self._scripts.run("take_older", source, token, now, until, *most, *hosts, *fresh)
        if reply == b"busy":
            raise Busy
        if reply == b"stale":
            raise Stale(source)
        if isinstance(reply, bytes):
            return None
        if reply[0] == b"walk":
            return _backfilling(zip(reply[2::2], reply[3::2], strict=True), reply[1])
        rows = [reply[i : i + 4] for i in range(1, len(reply), 4)]
        return [Visit(t.decode(), source, k.decode(), u.decode(), int(a)) for t, k, u, a in rows]

    def enter(self, source: str, token: str, backfill: Backfilling, road: int) -> bool:
        """Enter the links that come next, those that are known left out; False where they are no longer next."""
        plan = {
            "source": source,
            "token": token,
            "rev": backfill.rev,
            "turned": backfill.turned,
            "links": [(url_number(x.key), x.key, x.url, x.at) for x in backfill.links],
            "back": {
                "id": backfill.id,
                "road": road,
                "since": backfill.since,
                "until": backfill.until,
            },
        }
        return bool(self._scripts.run("enter_older", packed(plan))[0] >= 0)

    def note(self, source: str, token: str, backfill: Backfilling, noted: Noted) -> bool:
        """Keep what a step of the walk came to; False where the crawl's lease is stale."""
        links = noted.links
        chunks = [links[i : i + LINKS_A_CHUNK] for i in range(0, len(links), LINKS_A_CHUNK)]
        plan = {
            "source": source,
            "token": token,
            "id": backfill.id,
            "rev": backfill.rev,
            "cursor": noted.cursor,
            "walked": noted.is_over,
            "next": noted.not_before,
            "waiting": noted.waiting,
            "old": list(noted.counted_anew),
            "chunks": [_pack(chunk) for chunk in chunks],
            "count": len(links),
        }
        return bool(self._scripts.run("note_walk_back", packed(plan)))


def _pack(links: Sequence[OlderLink]) -> bytes:
    return zlib.compress(msgpack.packb([(x.key, x.url, x.at) for x in links]), 1)


def _unpack(chunk: bytes) -> tuple[OlderLink, ...]:
    if not chunk:
        return ()
    return tuple(OlderLink(*one) for one in msgpack.unpackb(zlib.decompress(chunk)))


_NUMBERS = {"asked", "ended", "next", "active"}
_COUNTS = {"entered", "known", "left", "steps", "outside"}
_SWITCHES = {"stopped", "walked", "turned"}
_TEXTS = {"id", "since", "until", "rev", "reached"}


def _backfilling(kept: Iterable[tuple[bytes, bytes]], chunk: bytes = b"") -> Backfilling:
    fields: dict[str, Any] = {"links": _unpack(chunk)}
    by_road: dict[str, dict[Any, Any]] = {"outcome": {}, "old": {}, "at": {}}
    for raw_name, raw_value in kept:
        name, value = raw_name.decode(), raw_value.decode()
        if name in _NUMBERS:
            fields[name] = float(value)
        elif name in _COUNTS:
            fields[name] = int(value)
        elif name in _SWITCHES:
            fields[name] = True
        elif name in _TEXTS:
            fields[name] = value
        elif name == "cursor":
            fields[name] = json.loads(value)
        else:
            kind, _, of = name.partition(" ")
            match kind:
                case "outcome":
                    by_road[kind][of] = int(value)
                case "old":
                    by_road[kind][int(of)] = int(value)
                case "at":
                    by_road[kind][int(of)] = value
    return Backfilling(
        **fields, outcomes=by_road["outcome"], old_in_a_row=by_road["old"], at=by_road["at"]
    )

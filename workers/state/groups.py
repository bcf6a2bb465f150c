"""The consumer groups: how far each is, who reads it, what was put aside for it, and its end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.state.connection import Client, key
from workers.state.outbox import DEAD, STREAM, again_of, written
from workers.state.scripts import Scripts

_A_LOOK = 500
_OF_THE_DEAD = ("group", "consumer", "delivered", "at", "entry", "reason")


@dataclass(frozen=True, slots=True)
class GroupLag:
    """How far a consumer group is."""

    name: str
    consumers: int
    pending: int
    lag: int | None
    """Entries not delivered yet; None where the server cannot tell."""
    oldest: float | None = None
    """When the oldest entry that it has not acknowledged was published (unix seconds)."""
    seen: float | None = None
    """When it was last seen to read (unix seconds); None where that is not known."""
    again: int = 0
    """Documents in its own stream, which it is to have once more, and has not acknowledged."""

    @property
    def owed(self) -> int:
        """What waits for it, as far as the server can tell."""
        return (self.lag or 0) + self.pending + self.again


@dataclass(frozen=True, slots=True)
class PutAside:
    """An entry that a group failed on, in the stream of the dead."""

    dead_id: str
    group: str
    reason: str
    """Empty where nobody has said."""
    at: str
    """RFC 3339, UTC."""
    delivered: int
    document: Mapping[str, str]
    """The fields of the entry."""


class Groups:
    """All groups that read the outbox."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def all(self, now: float) -> list[GroupLag]:
        """Every consumer group with its lag."""
        if not self._client.exists(STREAM):
            return []
        noted = self._noted()
        return [
            GroupLag(
                written(row["name"]),
                row["consumers"],
                row["pending"],
                row["lag"],
                self._oldest_for(row["name"], row["last-delivered-id"]),
                self._seen(row["name"], noted, now),
                self._again(written(row["name"])),
            )
            for row in self._client.xinfo_groups(STREAM)
        ]

    def _oldest_for(self, group: bytes, delivered: bytes) -> float | None:
        first = self._client.xpending(STREAM, group)["min"]
        rows = self._client.xrange(STREAM, min=b"(" + delivered, count=1)
        ids = [*([first] if first else []), *(stream_id for stream_id, _ in rows)]
        return min((int(i.partition(b"-")[0]) / 1000 for i in ids), default=None)

    def _seen(self, group: bytes, noted: Mapping[str, Any], now: float) -> float | None:
        idle = [row["idle"] for row in self._client.xinfo_consumers(STREAM, group)]
        times = [now - milliseconds / 1000 for milliseconds in idle]
        note = noted.get(written(group))
        return max([*times, *([note["at"]] if note else [])], default=None)

    def _again(self, group: str) -> int:
        own = again_of(group)
        rows = self._client.xinfo_groups(own) if self._client.exists(own) else []
        return sum((row["lag"] or 0) + row["pending"] for row in rows)

    def note(self, now: float) -> None:
        """Note which groups have moved since this was asked last: a consumer that leaves takes its traces along."""
        noted = self._noted()
        rows = self._client.xinfo_groups(STREAM) if self._client.exists(STREAM) else []
        marks = {written(row["name"]): _mark(row) for row in rows}
        moved = [name for name, mark in marks.items() if noted.get(name, {}).get("mark") != mark]
        gone = [name for name in noted if name not in marks]
        pairs = [
            part for name in moved for part in (name, json.dumps({"mark": marks[name], "at": now}))
        ]
        commands: list[Sequence[bytes | str | float]] = []
        commands += [("HSET", key("groups"), *pairs)] if pairs else []
        commands += [("HDEL", key("groups"), *gone)] if gone else []
        if commands:
            self._scripts.write(*commands)

    def _noted(self) -> dict[str, Any]:
        raw = self._client.hgetall(key("groups"))
        return {name.decode(): json.loads(note) for name, note in raw.items()}

    def put_aside(self, group: str | None = None) -> Iterator[PutAside]:
        """What was put aside, for one group or for all, the oldest first."""
        lowest = "-"
        while rows := self._client.xrange(DEAD, lowest, "+", count=_A_LOOK):
            for dead_id, raw in rows:
                fields = {name.decode(): written(value) for name, value in raw.items()}
                if group in (None, fields.get("group")):
                    yield _put_aside(dead_id.decode(), fields)
            lowest = f"({rows[-1][0].decode()}"

    def give_again(self, group: str, aside: Sequence[PutAside]) -> int:
        """Give a group once more what was put aside for it; how many."""
        ids = [one.dead_id for one in aside]
        some = (ids[start : start + _A_LOOK] for start in range(0, len(ids), _A_LOOK))
        return sum(int(self._scripts.run("give_again", group, *few)) for few in some)

    def _raw(self, group: str) -> bytes:
        """A name as the server has it: another program may have given one that is no UTF-8."""
        names = [row["name"] for row in self._client.xinfo_groups(STREAM)]
        own = group.encode()
        return own if own in names else next((n for n in names if written(n) == group), own)

    def drop(self, group: str) -> None:
        """Let a group go, with all that waits for it: nothing is kept for its sake any longer."""
        aside = [one.dead_id for one in self.put_aside(group)]
        self._scripts.write(
            ("XGROUP", "DESTROY", STREAM, self._raw(group)),
            ("DEL", again_of(group)),
            ("HDEL", key("again"), group),
            ("HDEL", key("groups"), group),
            *(("XDEL", DEAD, dead_id) for dead_id in aside),
        )


def _mark(row: Mapping[str, Any]) -> str:
    return f"{row['last-delivered-id'].decode()} {row['pending']}"


def _put_aside(dead_id: str, fields: Mapping[str, str]) -> PutAside:
    document = {name: value for name, value in fields.items() if name not in _OF_THE_DEAD}
    return PutAside(
        dead_id,
        fields.get("group", ""),
        fields.get("reason", ""),
        fields.get("at", ""),
        int(fields.get("delivered") or 0),
        document,
    )

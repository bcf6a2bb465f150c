"""The stream of documents for consumers, and its janitor."""

from collections.abc import Iterator
from dataclasses import dataclass

from redis.exceptions import ResponseError

from workers.state.connection import Client, key
from workers.state.scripts import Scripts

STREAM = key("documents")
DEAD = key("documents", "dead")
# Shorter than the connection's own time-out, or a quiet stream looks like a lost server.
_BLOCK_MS = 5000
# A delivery that is neither acknowledged nor worked on is taken over after this.
_IDLE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in the outbox."""

    stream_id: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class GroupLag:
    """How far a consumer group is."""

    name: str
    consumers: int
    pending: int
    lag: int | None
    """Entries not delivered yet; None where the server cannot tell."""


class Outbox:
    """At-least-once delivery; the document's id makes it once."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def join(self, group: str) -> None:
        """Make a group that starts at the beginning, unless there is one."""
        try:
            self._client.xgroup_create(STREAM, group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def abandoned(
        self, group: str, consumer: str, most: int, idle_ms: int = _IDLE_MS
    ) -> list[Entry]:
        """Take over what other consumers of the group left unacknowledged."""
        reply = self._client.xautoclaim(STREAM, group, consumer, idle_ms, "0-0", count=most)
        return [_entry(stream_id, fields) for stream_id, fields in reply[1] if fields]

    def take_over(self, group: str, consumer: str, dead: str, most: int) -> list[Entry]:
        """Take over at once from a consumer that is known to be dead."""
        pending = self._client.xpending_range(STREAM, group, "-", "+", most, consumername=dead)
        ids = [row["message_id"] for row in pending]
        if not ids:
            self._client.xgroup_delconsumer(STREAM, group, dead)
            return []
        rows = self._client.xclaim(STREAM, group, consumer, 0, ids)
        return [_entry(stream_id, fields) for stream_id, fields in rows if fields]

    def consumers(self, group: str) -> list[str]:
        """Names of the group's consumers."""
        return [row["name"].decode() for row in self._client.xinfo_consumers(STREAM, group)]

    def read(self, group: str, consumer: str, most: int, *, wait: bool) -> list[Entry]:
        """Entries that no consumer of the group was given yet; waits at most 5 s."""
        block = _BLOCK_MS if wait else None
        reply = self._client.xreadgroup(group, consumer, {STREAM: ">"}, count=most, block=block)
        return [_entry(*row) for _, rows in _streams(reply) for row in rows]

    def acknowledge(self, group: str, entry: Entry) -> None:
        """Say that an entry is done with."""
        self._client.xack(STREAM, group, entry.stream_id)

    def leave(self, group: str, consumer: str) -> None:
        """Take a consumer's name out of its group, unless it still owes acknowledgements."""
        if not self._client.xpending_range(STREAM, group, "-", "+", 1, consumername=consumer):
            self._client.xgroup_delconsumer(STREAM, group, consumer)

    def length(self) -> int:
        """Entries in the stream."""
        return int(self._client.xlen(STREAM))

    def groups(self) -> list[GroupLag]:
        """Every consumer group with its lag."""
        if not self._client.exists(STREAM):
            return []
        return [
            GroupLag(row["name"].decode(), row["consumers"], row["pending"], row["lag"])
            for row in self._client.xinfo_groups(STREAM)
        ]

    def trim(self, now: float, retention_days: int) -> int:
        """Drop what all groups have acknowledged and retention no longer keeps."""
        oldest = int((now - retention_days * 86400) * 1000)
        return int(self._scripts.run("trim", f"{oldest}-0"))

    def bury(self, max_deliveries: int) -> int:
        """Put entries aside that some consumer fails on again and again; how many."""
        return sum(self._bury_of(group.name, max_deliveries) for group in self.groups())

    def _bury_of(self, group: str, max_deliveries: int) -> int:
        pending = self._client.xpending_range(STREAM, group, "-", "+", 1000, idle=_IDLE_MS)
        hopeless = [row for row in pending if row["times_delivered"] >= max_deliveries]
        for row in hopeless:
            self._scripts.run("bury", group, row["message_id"], row["times_delivered"])
        return len(hopeless)


def _streams(reply: object) -> Iterator[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    # RESP3 gives a map, RESP2 a list of pairs.
    if isinstance(reply, dict):
        for name, rows in reply.items():
            yield name, rows[0] if rows and isinstance(rows[0], list) else rows
    else:
        yield from reply or []  # type: ignore[misc]


def _entry(stream_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    decoded = {name.decode(): value.decode() for name, value in fields.items()}
    return Entry(stream_id.decode(), decoded)

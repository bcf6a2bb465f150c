"""The stream of documents for consumers, and its janitor."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.exceptions import ResponseError

from workers.state.connection import Client, key
from workers.state.scripts import Scripts

STREAM = key("documents")
DEAD = key("documents", "dead")
# Shorter than the connection's own time-out, or a quiet stream looks like a lost server.
_BLOCK_MS = 5000
# A delivery that is neither acknowledged nor worked on is taken over after this.
_IDLE_MS = 60_000
_A_LOOK = 1000


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
    oldest: float | None = None
    """When the oldest entry that it has not acknowledged was published (unix seconds)."""


class Outbox:
    """At-least-once delivery; the document's id makes it once."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def join(self, group: str) -> None:
        """Make a group that starts at the beginning, unless there is one."""
        try:
            self._scripts.write(("XGROUP", "CREATE", STREAM, group, "0", "MKSTREAM"))
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def abandoned(
        self, group: str, consumer: str, most: int, idle_ms: int = _IDLE_MS
    ) -> list[Entry]:
        """Take over what any consumer of the group was given, and left unacknowledged for so long."""
        while rows := self._client.xpending_range(STREAM, group, "-", "+", most, idle=idle_ms):
            ids = [row["message_id"] for row in rows]
            if entries := self._claim(group, consumer, ids, idle_ms):
                return entries
        return []

    def _claim(
        self, group: str, consumer: str, ids: Sequence[bytes], idle_ms: int = 0
    ) -> list[Entry]:
        """Whoever claims first gets an entry; what is no longer in the stream is let go of."""
        rows = self._client.xclaim(STREAM, group, consumer, idle_ms, ids)
        return [_entry(stream_id, fields) for stream_id, fields in rows if fields]

    def take_over(self, group: str, consumer: str, dead: str) -> Entry | None:
        """Take over, at once, the oldest entry of a consumer that is known to be dead; then its name goes."""
        reply = self._scripts.run("take_over", group, consumer, dead)
        return _entry(reply[0], dict(_pairs(reply[1]))) if reply else None

    def unreceived(self, group: str, consumer: str, received: Collection[str]) -> Entry | None:
        """What this consumer was given and never got, since the reply was lost on its way."""
        rows = self._client.xpending_range(
            STREAM, group, "-", "+", len(received) + 1, consumername=consumer
        )
        ids = [row["message_id"] for row in rows if row["message_id"].decode() not in received]
        return next(iter(self._claim(group, consumer, ids[:1])), None) if ids else None

    def set_back(self, group: str, consumer: str, entries: Iterable[Entry]) -> None:
        """These were delivered in vain, for no fault of theirs: it does not count."""
        ids = [entry.stream_id for entry in entries]
        if ids:
            self._client.xclaim(STREAM, group, consumer, 0, ids, retrycount=0, justid=True)

    def consumers(self, group: str) -> list[str]:
        """Names of the group's consumers."""
        return [row["name"].decode() for row in self._client.xinfo_consumers(STREAM, group)]

    def read(self, group: str, consumer: str, most: int, *, wait: bool) -> list[Entry]:
        """Entries that no consumer of the group was given yet; waits at most 5 s."""
        block = _BLOCK_MS if wait else None
        reply = self._client.xreadgroup(group, consumer, {STREAM: ">"}, count=most, block=block)
        return [_entry(*row) for _, rows in streams(reply) for row in rows]

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

    def dead(self) -> int:
        """Entries that were put aside."""
        return int(self._client.xlen(DEAD))

    def groups(self) -> list[GroupLag]:
        """Every consumer group with its lag."""
        if not self._client.exists(STREAM):
            return []
        return [
            GroupLag(
                row["name"].decode(),
                row["consumers"],
                row["pending"],
                row["lag"],
                self._oldest_for(row["name"], row["last-delivered-id"]),
            )
            for row in self._client.xinfo_groups(STREAM)
        ]

    def _oldest_for(self, group: bytes, delivered: bytes) -> float | None:
        first = self._client.xpending(STREAM, group)["min"]
        rows = self._client.xrange(STREAM, min=b"(" + delivered, count=1)
        ids = [*([first] if first else []), *(stream_id for stream_id, _ in rows)]
        return min((int(i.partition(b"-")[0]) / 1000 for i in ids), default=None)

    def trim(self, now: float, retention_days: int) -> int:
        """Drop what all groups have acknowledged and retention no longer keeps."""
        oldest = int((now - retention_days * 86400) * 1000)
        return int(self._scripts.run("trim", f"{oldest}-0"))

    def bury(self, max_deliveries: int, now: float) -> int:
        """Put entries aside that some consumer fails on again and again; how many."""
        return sum(self._bury_of(group.name, max_deliveries, now) for group in self.groups())

    def _bury_of(self, group: str, max_deliveries: int, now: float) -> int:
        at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return sum(
            self._scripts.run("bury", group, stream_id, max_deliveries, _IDLE_MS, at)
            for stream_id in self._hopeless(group, max_deliveries)
        )

    def _hopeless(self, group: str, max_deliveries: int) -> Iterator[bytes]:
        lowest = "-"
        while rows := self._client.xpending_range(
            STREAM, group, lowest, "+", _A_LOOK, idle=_IDLE_MS
        ):
            for row in rows:
                if row["times_delivered"] >= max_deliveries:
                    yield row["message_id"]
            lowest = "(" + rows[-1]["message_id"].decode()


def _pairs(flat: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The pairs of a flat list of fields and values."""
    return zip(flat[::2], flat[1::2], strict=True)


def streams(reply: object) -> Iterator[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    """The entries of each stream that a reply has, by its name."""
    # RESP3 gives a map, RESP2 a list of pairs.
    if isinstance(reply, dict):
        for name, rows in reply.items():
            yield name, rows[0] if rows and isinstance(rows[0], list) else rows
    else:
        yield from reply or []  # type: ignore[misc]


def _entry(stream_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    decoded = {name.decode(): value.decode() for name, value in fields.items()}
    return Entry(stream_id.decode(), decoded)

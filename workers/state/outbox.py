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
NO_GROUP = "NOGROUP"
"""How the server's word begins that there is no such group. Who waited there when it went may be sent away with
another, and asks again (`workers.state.connection`)."""
_NONE_IS_KEPT = "18446744073709551615-0"


def again_of(group: str) -> str:
    """The stream of a group's own: documents that it, and no other, is given once more."""
    return key("documents", "again", group)


def written(name: bytes) -> str:
    """A name that somebody gave to a group or a consumer; of bytes that are no UTF-8 their numbers."""
    return name.decode(errors="backslashreplace")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in a stream."""

    stream_id: str
    fields: dict[str, str]
    stream: str = STREAM


class Outbox:
    """At-least-once delivery; the document's id makes it once.

    A group reads two streams in the same way: the one of all documents, and one of its own (`again`).
    """

    def __init__(self, client: Client, scripts: Scripts, stream: str = STREAM) -> None:
        self._client = client
        self._scripts = scripts
        self.stream = stream

    def again(self, group: str) -> "Outbox":
        """The stream of a group's own."""
        return Outbox(self._client, self._scripts, again_of(group))

    def join(self, group: str) -> None:
        """Make a group that starts at the beginning, unless there is one."""
        try:
            self._scripts.write(("XGROUP", "CREATE", self.stream, group, "0", "MKSTREAM"))
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def abandoned(
        self, group: str, consumer: str, most: int, idle_ms: int = _IDLE_MS
    ) -> list[Entry]:
        """Take over what any consumer of the group was given, and left unacknowledged for so long."""
        while rows := self._client.xpending_range(self.stream, group, "-", "+", most, idle=idle_ms):
            ids = [row["message_id"] for row in rows]
            if entries := self._claim(group, consumer, ids, idle_ms):
                return entries
        return []

    def _claim(
        self, group: str, consumer: str, ids: Sequence[bytes], idle_ms: int = 0
    ) -> list[Entry]:
        """Whoever claims first gets an entry; what is no longer in the stream is let go of."""
        rows = self._client.xclaim(self.stream, group, consumer, idle_ms, ids)
        return [self._entry(stream_id, fields) for stream_id, fields in rows if fields]

    def take_over(self, group: str, consumer: str, dead: str) -> Entry | None:
        """Take over, at once, the oldest entry of a consumer that is known to be dead; then its name goes."""
        reply = self._scripts.run("take_over", self.stream, group, consumer, dead)
        return self._entry(reply[0], dict(_pairs(reply[1]))) if reply else None

    def unreceived(self, group: str, consumer: str, received: Collection[str]) -> Entry | None:
        """What this consumer was given and never got, since the reply was lost on its way."""
        rows = self._client.xpending_range(
            self.stream, group, "-", "+", len(received) + 1, consumername=consumer
        )
        ids = [row["message_id"] for row in rows if row["message_id"].decode() not in received]
        return next(iter(self._claim(group, consumer, ids[:1])), None) if ids else None

    def pending(self, group: str) -> int:
        """Entries that the group was given, and has not acknowledged."""
        return int(self._client.xpending(self.stream, group)["pending"])

    def claim_all(
        self, group: str, consumer: str, besides: Collection[str] = ()
    ) -> list[tuple[Entry, int]]:
        """Take over all that the group has not acknowledged, with how often it was delivered; this does not count.

        Not the entries of the ids `besides`, which are in hand.
        """
        claimed: dict[bytes, tuple[Entry, int]] = {}
        ids: list[bytes] = []
        lowest = "-"
        while rows := self._client.xpending_range(self.stream, group, lowest, "+", _A_LOOK):
            lowest = "(" + rows[-1]["message_id"].decode()
            rows = [row for row in rows if row["message_id"].decode() not in besides]
            ids += [row["message_id"] for row in rows]
            for times in {row["times_delivered"] for row in rows}:
                some = [row["message_id"] for row in rows if row["times_delivered"] == times]
                taken = self._client.xclaim(self.stream, group, consumer, 0, some, retrycount=times)
                claimed |= {i: (self._entry(i, fields), times) for i, fields in taken if fields}
        return [claimed[stream_id] for stream_id in ids if stream_id in claimed]

    def count(self, group: str, consumer: str, entry: Entry, deliveries: int) -> None:
        """Note how often an entry was delivered, so that whoever takes it over knows."""
        self._client.xclaim(
            *(self.stream, group, consumer, 0, [entry.stream_id]),
            retrycount=deliveries,
            justid=True,
        )

    def set_back(self, group: str, consumer: str, entries: Iterable[Entry]) -> None:
        """These were delivered in vain, for no fault of theirs: it does not count."""
        ids = [entry.stream_id for entry in entries]
        if ids:
            self._client.xclaim(self.stream, group, consumer, 0, ids, retrycount=0, justid=True)

    def consumers(self, group: str) -> list[str]:
        """Names of the group's consumers."""
        return [written(row["name"]) for row in self._client.xinfo_consumers(self.stream, group)]

    def read(
        self, group: str, consumer: str, most: int, *, wait: bool, wait_ms: int = _BLOCK_MS
    ) -> list[Entry]:
        """Entries that no consumer of the group was given yet; waits at most 5 s."""
        block = wait_ms if wait else None
        wanted = {self.stream: ">"}
        reply = self._client.xreadgroup(group, consumer, wanted, count=most, block=block)
        return [self._entry(*row) for _, rows in streams(reply) for row in rows]

    def acknowledge(self, group: str, entry: Entry) -> None:
        """Say that an entry is done with."""
        self._client.xack(self.stream, group, entry.stream_id)

    def leave(self, group: str, consumer: str) -> None:
        """Take a consumer's name out of its group, unless it still owes acknowledgements."""
        if not self._client.xpending_range(self.stream, group, "-", "+", 1, consumername=consumer):
            self._client.xgroup_delconsumer(self.stream, group, consumer)

    def newest_path(self) -> str:
        """Where the document that was published last stands; empty where there is none."""
        rows = self._client.xrevrange(self.stream, count=1)
        return rows[0][1].get(b"path", b"").decode() if rows else ""

    def length(self) -> int:
        """Entries in the stream."""
        return int(self._client.xlen(self.stream))

    def dead(self) -> int:
        """Entries that were put aside."""
        return int(self._client.xlen(DEAD))

    def names(self) -> list[str]:
        """The groups that read this stream; none whose name is no UTF-8, which nobody here can have made."""
        if not self._client.exists(self.stream):
            return []
        raw = [row["name"] for row in self._client.xinfo_groups(self.stream)]
        return [written(name) for name in raw if written(name).encode() == name]

    def trim(self, now: float, retention_days: int) -> int:
        """Drop what all groups have acknowledged and retention no longer keeps; how many.

        Of a group's own stream all that it has acknowledged goes, and is not counted.
        """
        oldest = int((now - retention_days * 86400) * 1000)
        for group in self.names():
            self.again(group).trim_read(group)
        return int(self._scripts.run("trim", self.stream, f"{oldest}-0"))

    def trim_read(self, group: str) -> int:
        """Drop what a group has acknowledged of its own stream, however new, and whatever stands before it."""
        gone = int(self._scripts.run("trim", self.stream, _NONE_IS_KEPT))
        return gone + int(self._scripts.run("clear_read", self.stream, group, _A_LOOK))

    def bury(self, max_deliveries: int, now: float, besides: Collection[str] = ()) -> int:
        """Put entries aside that some consumer fails on again and again; how many.

        Not those of the groups `besides`, which see to it themselves.
        """
        streams_of = ((group, one) for group in self.names() for one in (self, self.again(group)))
        return sum(
            one.bury_entry(group, stream_id, now, deliveries=max_deliveries, idle_ms=_IDLE_MS)
            for group, one in streams_of
            if group not in besides
            for stream_id in one.hopeless(group, max_deliveries)
        )

    def bury_entry(
        self,
        group: str,
        stream_id: str,
        now: float,
        *,
        deliveries: int = 0,
        idle_ms: int = 0,
        reason: str = "",
    ) -> int:
        """Put an entry aside that was delivered so often, and left alone for so long; whether it was."""
        at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        arguments = (group, stream_id, deliveries, idle_ms, at, reason)
        return int(self._scripts.run("bury", self.stream, *arguments))

    def hopeless(self, group: str, max_deliveries: int) -> Iterator[str]:
        """Ids of entries that were delivered so often, and are left alone."""
        if not self._client.exists(self.stream):
            return
        lowest = "-"
        while rows := self._client.xpending_range(
            self.stream, group, lowest, "+", _A_LOOK, idle=_IDLE_MS
        ):
            for row in rows:
                if row["times_delivered"] >= max_deliveries:
                    yield row["message_id"].decode()
            lowest = "(" + rows[-1]["message_id"].decode()

    def _entry(self, stream_id: bytes, fields: dict[bytes, bytes]) -> Entry:
        decoded = {name.decode(): value.decode() for name, value in fields.items()}
        return Entry(stream_id.decode(), decoded, self.stream)


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

"""What is wrong, since when, and what is usual for each source: kept, so that a restart forgets none of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from config.records import known_fields
from workers.state.connection import Client, key
from workers.state.schedule import CrawlFacts, facts_of
from workers.state.scripts import Scripts

_MOST_NOTICES = 100


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is not as it should be."""

    kind: str
    """In a word: `memory`, `outbox-full`, `failing`, `silent`, `broken`, ..."""
    subject: str
    """What it is about: a source, a consumer group, a part, the server."""
    evidence: str
    """What was seen, with figures, and what to do, for a person."""
    since: float | None = None
    """Unix seconds; None where that is not known."""

    @property
    def name(self) -> str:
        """Under which it is kept: one of a kind for each subject."""
        return f"{self.kind} {self.subject}"


class Seen(NamedTuple):
    """What the state says of a source after a crawl."""

    usual: bytes
    """What is usual for it, as it was kept last; empty for one that nobody has looked at yet."""
    ended: str
    """The end of its last crawl, as it is written there."""
    crawl: CrawlFacts
    outcomes: dict[str, int]
    reasons: dict[str, int]
    owed: int
    """Pages without an outcome."""
    waiting: int
    """Those of them that were fetched, and wait for ingest."""
    is_scheduled: bool


class Alarms:
    """The alarms that stand, and the sources that are to be looked at."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def to_look_at(self, ended: float, most: int) -> list[str]:
        """Sources with a crawl that ended no later, and that nobody has looked at since."""
        names = self._client.zrange(key("looks"), "-inf", ended, byscore=True, offset=0, num=most)
        return [name.decode() for name in names]

    def seen(self, names: Sequence[str]) -> dict[str, Seen]:
        """What the state says of these sources."""
        with self._client.pipeline(transaction=False) as batch:
            for name in names:
                batch.hget(key("usual"), name)
                batch.hgetall(key("crawl", name))
                batch.hgetall(key("totals", name))
                batch.hgetall(key("reasons", name))
                batch.hlen(key("entries", name))
                batch.zcard(key("revisits", name))
                batch.zcard(key("frontier", name))
                batch.zscore(key("schedule"), name)
            replies = batch.execute()
        return {name: _seen(replies[8 * i : 8 * i + 8]) for i, name in enumerate(names)}

    def keep(
        self,
        source: str,
        seen: Seen,
        usual: bytes,
        changes: Mapping[str, Alarm | None],
        again: float | None,
    ) -> bool:
        """Keep what is usual for a source, and by its kind each alarm that changed; False where another has.

        `again` is when it is looked at once more, should no crawl end before.
        """
        told = ((kind, _json(alarm) if alarm else "") for kind, alarm in changes.items())
        return bool(
            self._scripts.run(
                "watch_source",
                *(source, seen.ended, "" if again is None else again, seen.usual, usual),
                *(part for pair in told for part in pair),
            )
        )

    def standing(self) -> list[Alarm]:
        """All that stand, by kind and subject."""
        raw = self._client.hgetall(key("alarms"))
        return [_alarm(raw[name]) for name in sorted(raw)]

    def change(self, raised: Iterable[Alarm], cleared: Iterable[Alarm] = ()) -> None:
        """Keep some alarms, and let others go."""
        pairs = [part for alarm in raised for part in (alarm.name, _json(alarm))]
        names = [alarm.name for alarm in cleared]
        commands: list[Sequence[bytes | str | float]] = []
        commands += [("HSET", key("alarms"), *pairs)] if pairs else []
        commands += [("HDEL", key("alarms"), *names)] if names else []
        if commands:
            self._scripts.write(*commands)

    def forget(self, sources: Iterable[str]) -> None:
        """What is usual for sources that are gone, and the looks that they wait for."""
        if names := list(sources):
            self._scripts.write(("HDEL", key("usual"), *names), ("ZREM", key("looks"), *names))

    def unscheduled(self, names: Iterable[str]) -> set[str]:
        """Those that are no scheduled sources: they have left the file, or are disabled."""
        asked = list(names)
        scores = self._client.zmscore(key("schedule"), asked) if asked else []
        return {name for name, score in zip(asked, scores, strict=True) if score is None}

    def some_usual(self, cursor: int, count: int) -> tuple[int, dict[str, bytes]]:
        """What is usual for some sources, and where to go on; 0 where that was the last of them."""
        cursor, raw = self._client.hscan(key("usual"), cursor, count=count)
        return int(cursor), {name.decode(): usual for name, usual in raw.items()}

    def told(self) -> dict[str, Any]:
        """What was told of alarms, by their names."""
        raw = self._client.hgetall(key("told"))
        return {name.decode(): json.loads(text) for name, text in raw.items()}

    def note_told(
        self,
        told: Mapping[str, Any],
        forgotten: Iterable[str] = (),
        notice: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what was told, and the notice that tells it; forget what was told long ago.

        The oldest notices go where nobody has taken so many.
        """
        pairs = [part for name, note in told.items() for part in (name, json.dumps(note))]
        names = list(forgotten)
        commands: list[Sequence[bytes | str | float]] = []
        commands += [("HSET", key("told"), *pairs)] if pairs else []
        commands += [("HDEL", key("told"), *names)] if names else []
        if notice:
            kept = sorted(self.notices())
            over = kept[: max(0, len(kept) - _MOST_NOTICES + 1)]
            commands += [("HDEL", key("notices"), *over)] if over else []
            name = f"{notice['made']:017.6f}"
            commands += [("HSET", key("notices"), name, json.dumps(notice))]
        if commands:
            self._scripts.write(*commands)

    def notices(self) -> dict[str, Any]:
        """What is still to be sent, by names that sort by when it was made."""
        raw = self._client.hgetall(key("notices"))
        return {name.decode(): json.loads(text) for name, text in raw.items()}

    def keep_notice(self, name: str, notice: Mapping[str, Any] | None) -> None:
        """Keep a notice as it is after it was tried; None for one that is done with."""
        if notice is None:
            self._scripts.write(("HDEL", key("notices"), name))
        else:
            self._scripts.write(("HSET", key("notices"), name, json.dumps(notice)))


def _seen(replies: Sequence[Any]) -> Seen:
    usual, crawl, totals, reasons, entries, revisits, frontier, due = replies
    owed = int(entries) - int(revisits)
    return Seen(
        usual=usual or b"",
        ended=crawl.get(b"ended", b"").decode(),
        crawl=facts_of(crawl),
        outcomes=_counts(totals),
        reasons=_counts(reasons),
        owed=owed,
        waiting=owed - int(frontier),
        is_scheduled=due is not None,
    )


def _counts(raw: Mapping[bytes, bytes]) -> dict[str, int]:
    return {field.decode(): int(count) for field, count in raw.items()}


def _json(alarm: Alarm) -> str:
    return json.dumps(asdict(alarm))


def _alarm(raw: bytes) -> Alarm:
    return Alarm(**known_fields(Alarm, json.loads(raw)))

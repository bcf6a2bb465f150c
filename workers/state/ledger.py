"""Counts and records: outcomes by source and hour, duplicates with their reasons."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.state.connection import Client, key
from workers.state.numbers import PackedPlace
from workers.state.scripts import Scripts
from workers.storage.places import Place

_DAY = 86400


class Ledger:
    """What `status`, `sources` and `duplicates` read."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts
        # They change only where a state was lost, so each process keeps those it has met until then.
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def source_number(self, name: str) -> int:
        """The small number under which the index keeps a source's name."""
        if name not in self._numbers:
            number = int(self._scripts.run("number_source", name))
            self._numbers[name], self._names[number] = number, name
        return self._numbers[name]

    def source_name(self, number: int) -> str:
        """The inverse of `source_number`; a `KeyError` where no source has it."""
        if number not in self._names:
            for name, value in self._client.hgetall(key("sources")).items():
                self._numbers[name.decode()] = int(value)
                self._names[int(value)] = name.decode()
        return self._names[number]

    def forget_sources(self) -> None:
        """Ask for the numbers of sources anew: the state may have been lost, and made again."""
        self._numbers.clear()
        self._names.clear()

    def place(self, text_id: str, raw: bytes) -> Place:
        """The place in the index's 9 or 10 bytes."""
        packed = PackedPlace.unpack(raw)
        day = datetime.fromtimestamp(packed.day * _DAY, UTC).date()
        number = None if packed.dropped else packed.number
        return Place(self.source_name(packed.source), day, text_id, number)

    def packed_place(self, place: Place) -> bytes:
        """The inverse of `place`."""
        moment = datetime(place.day.year, place.day.month, place.day.day, tzinfo=UTC)
        return PackedPlace(
            source=self.source_number(place.source),
            day=int(moment.timestamp()) // _DAY,
            number=place.number or 0,
            dropped=place.number is None,
        ).pack()

    def totals(self, source: str) -> Counter[str]:
        """Outcomes of a source since its first crawl."""
        return _counter(self._client.hgetall(key("totals", source)))

    def reasons(self, source: str) -> Counter[str]:
        """Outcomes with their reasons, `rejected listing`."""
        return _counter(self._client.hgetall(key("reasons", source)))

    def last_day(self, now: float) -> dict[str, Counter[str]]:
        """Outcomes by source of the last 24 hours, to the hour."""
        with self._client.pipeline(transaction=False) as batch:
            for hour in _last_hours(now):
                batch.hgetall(key("outcomes", hour))
            counted: dict[str, Counter[str]] = {}
            for by_field in batch.execute():
                for field, count in _counter(by_field).items():
                    source, _, outcome = field.partition(" ")
                    counted.setdefault(source, Counter())[outcome] += count
        return counted

    def last_day_of(self, names: Sequence[str], outcome: str, now: float) -> dict[str, int]:
        """How many pages of these sources ended so in the last 24 hours, to the hour."""
        fields = [f"{name} {outcome}" for name in names]
        with self._client.pipeline(transaction=False) as batch:
            for hour in _last_hours(now) if fields else ():
                batch.hmget(key("outcomes", hour), fields)
            hours = batch.execute()
        sums = (sum(int(count or 0) for count in counts) for counts in zip(*hours, strict=True))
        return dict(zip(names, sums, strict=True))

    def by_hour(self, hours: Sequence[str]) -> dict[str, Counter[str]]:
        """Outcomes of all sources together in UTC hours, `2026112809`, as far as they are kept (40 days)."""
        with self._client.pipeline(transaction=False) as batch:
            for hour in hours:
                batch.hgetall(key("outcomes", hour))
            replies = batch.execute()
        counted: dict[str, Counter[str]] = {hour: Counter() for hour in hours}
        for hour, by_field in zip(hours, replies, strict=True):
            for field, count in _counter(by_field).items():
                counted[hour][field.rpartition(" ")[2]] += count
        return counted

    def archived(self, now: float) -> Counter[str]:
        """Pages, bytes and revisits that were archived in the last 24 hours, to the hour."""
        counted: Counter[str] = Counter()
        with self._client.pipeline(transaction=False) as batch:
            for hour in _last_hours(now):
                batch.hgetall(key("archived", hour))
            for counts in batch.execute():
                counted.update(_counter(counts))
        return counted

    def duplicates(self, text_id: str | None = None) -> Iterator[dict[str, Any]]:
        """Records of what was dropped or linked, oldest first: of one id, or of all."""
        lowest = "-"
        while rows := self._client.xrange(key("duplicates"), min=lowest, count=500):
            for _, fields in rows:
                record = json.loads(fields[b"record"])
                if text_id in (None, record["id"], record["duplicate_of"]):
                    yield record
            lowest = "(" + rows[-1][0].decode()

    def forget_duplicates(self, before: float) -> None:
        """Drop the records that are older than the window."""
        self._scripts.write(("XTRIM", key("duplicates"), "MINID", "~", int(before * 1000)))


def _last_hours(now: float) -> list[str]:
    this_hour = datetime.fromtimestamp(now, UTC)
    return [f"{this_hour - timedelta(hours=back):%Y%m%d%H}" for back in range(24)]


def _counter(raw: dict[bytes, bytes]) -> Counter[str]:
    return Counter({field.decode(): int(count) for field, count in raw.items()})

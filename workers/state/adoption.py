"""Texts are entered from their files: what the state lost, or was never told."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from workers.state.connection import Client, key
from workers.state.ledger import Ledger
from workers.state.numbers import url_field, url_number
from workers.state.outbox import STREAM
from workers.state.scripts import Scripts, packed
from workers.storage.places import Place

_DAY = 86400
_GENERATION_SECONDS = 10 * _DAY
# As long as outcomes are kept by the hour.
_HOURS_KEPT = timedelta(days=40)
_NUMBERS_KEPT_SECONDS = 60 * _DAY
_A_LOOK = 1000


class Moved(Exception):
    """Something was published meanwhile: whether a document is in the outbox must be looked at again."""


class Answer(StrEnum):
    """What became of a text."""

    COMMITTED = "committed"
    KNOWN = "known"
    OWED = "owed"
    """Its page is on its way, and will commit it."""
    LEFT = "left"
    """Its place was let go for good, and its files are to go."""
    ELSEWHERE = "elsewhere"
    """The state has another place for it, which is told."""
    HEAD = "head"
    """Another text is at its URL, which is told: their times must be compared."""


@dataclass(frozen=True, slots=True)
class KnownText:
    """What the state is to know of a text that stands in the store."""

    place: Place
    url: str
    url_key: str
    fetched: float
    """Unix seconds."""
    outcome: str
    bands: tuple[bytes, ...] = ()
    """Given: it is published, so that others are compared with it."""
    entry: Mapping[str, str] | None = None
    """Given: it is published where it was not known."""
    record: str | None = None
    """JSON for the log of duplicates."""
    revisits: tuple[float, ...] = ()
    """When its URL is to be looked at again."""
    again: bool = False
    """Whether it is published though it was known."""
    instead_of: Place | None = None
    """The place that the state has for it, where there is nothing."""
    after: str | None = None
    """The id at its URL that it came after."""
    before: str | None = None
    """The id at its URL that came after it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and what goes with it."""

    answer: Answer
    place: Place | None = None
    head: str | None = None


class Adoption:
    """Enters texts by scripts that leave alone what is known or on its way."""

    def __init__(
        self, client: Client, scripts: Scripts, ledger: Ledger, window_days: int = 30
    ) -> None:
        self._client = client
        self._scripts = scripts
        self._ledger = ledger
        self._generations_back = math.ceil(window_days / 10)

    def window_start(self, now: float) -> float:
        """Since when a text must have been fetched to be compared with others: as the scripts count it."""
        return (now // _GENERATION_SECONDS - self._generations_back) * _GENERATION_SECONDS

    def adopt(
        self, texts: Sequence[KnownText], now: float, *, tail: str | None = None
    ) -> tuple[list[Reply], str]:
        """Enter texts in this order; an answer for each, and the last id of the outbox.

        With `tail`, the last id that was seen there: raises `Moved`, with nothing changed, where it is
        another one.
        """
        plan = {
            "now": now,
            "hours_from": _hour(now - _HOURS_KEPT.total_seconds()),
            "texts": [self._plan(text) for text in texts],
        }
        if tail is not None:
            plan["tail"] = tail
        first, *rest = self._scripts.run("adopt", packed(plan))
        if first == b"moved":
            raise Moved
        replies = [self._reply(text, row) for text, row in zip(texts, rest, strict=True)]
        return replies, first.decode()

    def _plan(self, text: KnownText) -> dict[str, Any]:
        plan: dict[str, Any] = {
            "id": bytes.fromhex(text.place.id),
            "hex": text.place.id,
            "place": self._ledger.packed_place(text.place),
            "source": text.place.source,
            "key": text.url_key,
            "url": text.url,
            "number": url_number(text.url_key),
            "field": url_field(text.url_key),
            "at": text.fetched,
            "hour": _hour(text.fetched),
            "outcome": text.outcome,
            "bands": list(text.bands),
        }
        if text.entry:
            plan["entry"] = [part for pair in text.entry.items() for part in pair]
        if text.again:
            plan["again"] = True
        if text.record:
            plan["record"] = text.record
        if text.revisits:
            plan["revisits"] = list(text.revisits)
        if text.instead_of:
            plan["was"] = self._ledger.packed_place(text.instead_of)
        for name, other in (("over", text.after), ("under", text.before)):
            if other:
                plan[name] = bytes.fromhex(other)
        return plan

    def _reply(self, text: KnownText, row: Sequence[bytes]) -> Reply:
        answer = Answer(row[0].decode())
        if answer is Answer.ELSEWHERE:
            return Reply(answer, place=self._ledger.place(text.place.id, row[1]))
        if answer is Answer.HEAD:
            return Reply(answer, head=row[1].hex())
        return Reply(answer)

    def raise_number(self, place: Place, spare: int, now: float) -> None:
        """Give no number of this place's folder again that is not above this one's by `spare` at least."""
        day = int(datetime(*place.day.timetuple()[:3], tzinfo=UTC).timestamp()) // _DAY
        if place.number is None or (day + 1) * _DAY < now - _NUMBERS_KEPT_SECONDS:
            return
        lowest = place.number + 1 + spare
        self._scripts.run("raise_number", place.source, day, lowest, _NUMBERS_KEPT_SECONDS)

    def is_owed(self, text_id: str) -> bool:
        """Whether a page that brings this text is on its way."""
        return bool(self._client.exists(key("reserved", text_id)))

    def last_published(self) -> str:
        """The id of the outbox's last entry; empty where there is none."""
        rows = self._client.xrevrange(STREAM, count=1)
        return rows[0][0].decode() if rows else ""

    def published(self, after: str, until: str) -> Iterator[str]:
        """Ids of the documents behind one entry of the outbox ('' for its beginning), up to another."""
        lowest = f"({after}" if after else "-"
        while rows := until and self._client.xrange(STREAM, lowest, until, count=_A_LOOK):
            yield from (fields[b"id"].decode() for _, fields in rows if b"id" in fields)
            lowest = f"({rows[-1][0].decode()}"


def _hour(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d%H")

"""What was published, for those who keep their own place in it: they hold nothing back, and may fall behind."""

import json
from dataclasses import dataclass
from typing import Any

from workers.state.connection import Client, key
from workers.state.outbox import STREAM, streams

BEGINNING = "0-0"
_DUPLICATES = key("duplicates")


@dataclass(frozen=True, slots=True)
class Published:
    """Some of what was published behind two places, in order, and the places behind it."""

    documents: tuple[dict[str, str], ...]
    """The fields of entries of the outbox."""
    duplicates: tuple[tuple[float, dict[str, Any]], ...]
    """When each was recorded (unix seconds), and the record, as `workers.pages.records` makes it."""
    document_place: str
    duplicate_place: str


class Publications:
    """Reads the outbox and the log of duplicates by place, without a group."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def after(
        self, document_place: str, duplicate_place: str, *, most: int, wait_seconds: float
    ) -> Published:
        """What comes behind these places; waits a while where there is nothing."""
        places = {STREAM: document_place, _DUPLICATES: duplicate_place}
        block = max(1, int(1000 * wait_seconds))
        reply = {
            name.decode(): rows
            for name, rows in streams(self._client.xread(places, count=most, block=block))
        }
        documents, duplicates = reply.get(STREAM, []), reply.get(_DUPLICATES, [])
        return Published(
            tuple(
                {name.decode(): value.decode() for name, value in fields.items()}
                for _, fields in documents
            ),
            tuple((_at(place), json.loads(fields[b"record"])) for place, fields in duplicates),
            documents[-1][0].decode() if documents else document_place,
            duplicates[-1][0].decode() if duplicates else duplicate_place,
        )

    def is_gap(self, document_place: str) -> bool:
        """Whether documents that were published behind this place may have left the outbox already."""
        first = self._client.xrange(STREAM, count=1)
        if first:
            return _order(first[0][0].decode()) > _order(document_place)
        return self._last() > _order(document_place)

    def is_ahead(self, document_place: str) -> bool:
        """Whether nothing was published as late as this place: the server lost what it had, and began anew."""
        return _order(document_place) > self._last()

    def _last(self) -> tuple[int, int]:
        if not self._client.exists(STREAM):
            return _order(BEGINNING)
        last = self._client.xinfo_stream(STREAM)["last-generated-id"]
        return _order(last.decode() if isinstance(last, bytes) else last)

    def epoch(self) -> str:
        """Names the last settlement of the state with the store."""
        return (self._client.hget(key("settled"), "epoch") or b"").decode()


def _order(place: str) -> tuple[int, int]:
    moment, _, number = place.partition("-")
    return int(moment), int(number)


def _at(place: bytes) -> float:
    return int(place.partition(b"-")[0]) / 1000

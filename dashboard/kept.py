"""A text that is kept, found by its id: its file, what is known of it, its past and what came after it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.document import Sidecar, parse
from dashboard.board import Board
from workers.storage.places import Place

_MOST_REVISIONS = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A text and its sidecar, as they stand in the store."""

    place: Place
    text: str
    """The file, whole."""
    sidecar: Sidecar

    @property
    def id(self) -> str:
        """Its id."""
        return self.sidecar.id

    @property
    def body(self) -> str:
        """The text without its frame; the file, where somebody has edited that away."""
        try:
            return parse(self.text).body
        except ValueError:
            return self.text

    @property
    def is_dropped(self) -> bool:
        """Whether it is a near-duplicate that was kept aside."""
        return self.place.number is None

    def as_json(self) -> dict[str, Any]:
        """The sidecar's fields, `path` and `text`: what `copydesk consume` gives."""
        fields: dict[str, Any] = json.loads(self.sidecar.to_json())
        return fields | {"path": self.place.text_path, "text": self.text}


def find(board: Board, text_id: str) -> Kept | None:
    """The text with this id; None where it is not known, or its files are gone."""
    place = _place(board, text_id)
    if place is None:
        return None
    text = board.service.store.text(place.text_path)
    sidecar = board.service.store.sidecar(place.text_path)
    return Kept(place, text, sidecar) if text and sidecar else None


def _place(board: Board, text_id: str) -> Place | None:
    if hit := board.index.find(text_id):
        return Place.of(hit.stem)
    return board.service.state.index.places([text_id], board.service.clock()).get(text_id)


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of an article."""

    id: str
    title: str
    fetched: str
    supersedes: str | None


def history(board: Board, kept: Kept) -> list[Revision]:
    """All states of an article, the oldest first; the text itself is among them."""
    past = list(_past(board, kept.sidecar))
    return [*reversed(past), *_later(board, kept.id)]


def _past(board: Board, sidecar: Sidecar) -> Iterator[Revision]:
    seen: set[str] = set()
    yield Revision(sidecar.id, sidecar.title or "", sidecar.fetched, sidecar.supersedes)
    former = sidecar.supersedes
    # Files that people edit may name each other in a ring.
    while former and former not in seen and len(seen) < _MOST_REVISIONS:
        seen.add(former)
        hit = board.index.find(former)
        if hit is None:
            return
        yield Revision(hit.id, hit.title, hit.fetched, hit.supersedes)
        former = hit.supersedes


def _later(board: Board, text_id: str) -> Iterator[Revision]:
    seen = {text_id}
    while len(seen) < _MOST_REVISIONS:
        hit = board.index.superseding(text_id)
        if hit is None or hit.id in seen:
            return
        seen.add(text_id := hit.id)
        yield Revision(hit.id, hit.title, hit.fetched, hit.supersedes)

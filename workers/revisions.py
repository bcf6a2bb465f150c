"""The revisions of an article, found by a text's id: what it supersedes, and what supersedes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from crawler.document import Sidecar
from crawler.urls import url_key
from workers.service import Service
from workers.state.settlement import Unsettled
from workers.storage.places import DOCUMENTS, Place, places_in

# No article is corrected so often; files that people edit may name each other in a ring.
_MOST_REVISIONS = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A text that is kept, with what is known of it."""

    body: str
    sidecar: Sidecar


class Revisions:
    """Looks texts up by their ids, in the index and the store; changes nothing."""

    def __init__(self, service: Service) -> None:
        self._index = service.state.index
        self._clock = service.clock
        self._store = service.store

    def find(self, text_id: str) -> Kept | None:
        """The text with this id; None where it is not known, or its files are gone."""
        place = self._place(text_id)
        body = self._store.body(place) if place else None
        sidecar = self._sidecar(place) if place else None
        return Kept(body, sidecar) if body and sidecar else None

    def superseding(self, kept: Kept) -> Kept | None:
        """The revision that supersedes a text; None where it is the last one.

        It is found from the text that the article's address has now, or, where that is no longer
        known, among the source's files.
        """
        now = self._present(kept.sidecar)
        for sidecar in self._past(now) if now else ():
            if sidecar.supersedes == kept.sidecar.id:
                return self.find(sidecar.id)
        return next(self._superseding_files(kept.sidecar), None)

    def in_order(self, one: Kept, other: Kept) -> tuple[Kept, Kept]:
        """The two, the earlier first: by what names what, else by when they were fetched."""
        if self._follows(other.sidecar, one.sidecar):
            return one, other
        is_later = self._follows(one.sidecar, other.sidecar)
        return (
            (other, one)
            if is_later or other.sidecar.fetched < one.sidecar.fetched
            else (one, other)
        )

    def _follows(self, later: Sidecar, earlier: Sidecar) -> bool:
        named = (later.duplicate_of, *(past.id for past in self._past(later)))
        return earlier.id in named

    def _present(self, sidecar: Sidecar) -> Sidecar | None:
        try:
            found = self._index.look_up(sidecar.id, [url_key(sidecar.url)], [], self._clock())
        except Unsettled:
            return None
        place = self._place(found.heads[0]) if found.heads[0] else None
        return self._sidecar(place) if place else None

    def _past(self, sidecar: Sidecar) -> Iterator[Sidecar]:
        """A text's sidecar and those of all that it supersedes, the latest first."""
        for _ in range(_MOST_REVISIONS):
            yield sidecar
            place = self._place(sidecar.supersedes) if sidecar.supersedes else None
            former = self._sidecar(place) if place else None
            if former is None:
                return
            sidecar = former

    def _superseding_files(self, sidecar: Sidecar) -> Iterator[Kept]:
        place = self._place(sidecar.id)
        for path in self._later_files(sidecar.source, place.day) if place else ():
            later = self._store.sidecar(path)
            if later and later.supersedes == sidecar.id and (found := self.find(later.id)):
                yield found

    def _later_files(self, source: str, first: date) -> Iterator[str]:
        for folder, names in self._store.walk(f"{DOCUMENTS}/{source}", since=str(first)):
            yield from (place.text_path for place in places_in(folder, names))

    def _place(self, text_id: str) -> Place | None:
        return self._index.places([text_id], self._clock()).get(text_id)

    def _sidecar(self, place: Place) -> Sidecar | None:
        return self._store.sidecar(place.text_path)

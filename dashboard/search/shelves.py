"""The store looked through for texts that the index does not know, a day after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from crawler.document import Sidecar
from dashboard.search.index import Copy, SearchIndex
from workers.storage.places import TOPS, Place, places_in
from workers.storage.store import Store

_A_BATCH = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """Some texts that are to be entered."""

    stems: tuple[str, ...]
    """Of documents, in the order in which they were fetched."""
    copies: tuple[Copy, ...]
    """Near-duplicates that were dropped."""
    told: str
    """How far it is, for a person."""


class Shelves:
    """One look through the store; it reads names, and the files of what is unknown."""

    def __init__(self, store: Store, index: SearchIndex) -> None:
        self._store = store
        self._index = index

    def unknown(self) -> Iterator[Batch]:
        """What is unknown, the oldest day first; an empty batch a day where there is nothing."""
        days = self._days()
        for number, day in enumerate(sorted(days), start=1):
            told = f"{day}, day {number:,} of {len(days):,}"
            places = [place for folder in days[day] for place in self._places(folder)]
            kept = [place for place in places if place.number is not None]
            stems = self._unknown(kept)
            copies = tuple(self._copies([place for place in places if place.number is None]))
            for start in range(0, max(1, len(stems)), _A_BATCH):
                yield Batch(tuple(stems[start : start + _A_BATCH]), copies, told)
                copies = ()

    def _days(self) -> dict[date, list[str]]:
        days: dict[date, dict[str, None]] = {}
        for top in TOPS:
            for folder, names in self._store.walk(top):
                if places := places_in(folder, names):
                    days.setdefault(places[0].day, {})[folder] = None
        return {day: list(folders) for day, folders in days.items()}

    def _places(self, folder: str) -> list[Place]:
        return self._store.places(folder)

    def _unknown(self, places: list[Place]) -> list[str]:
        """Their stems, in the order in which they were fetched."""
        unknown = self._index.unknown([place.id for place in places])
        wanted = [place for place in places if place.id in unknown]
        found = zip(self._sidecars(wanted), wanted, strict=True)
        read = [(sidecar.fetched, place.stem) for sidecar, place in found if sidecar]
        return [stem for _, stem in sorted(read)]

    def _copies(self, places: list[Place]) -> Iterator[Copy]:
        unknown = self._index.uncopied([place.id for place in places])
        for sidecar in self._sidecars([place for place in places if place.id in unknown]):
            if sidecar and sidecar.duplicate_of:
                yield _copy_of(sidecar)

    def _sidecars(self, places: list[Place]) -> list[Sidecar | None]:
        paths = [place.text_path for place in places]
        return self._store.side_by_side(self._store.sidecar, paths)


def _copy_of(sidecar: Sidecar) -> Copy:
    """What a sidecar tells of a near-duplicate that was dropped: not why, which only its record says."""
    return Copy(
        at=datetime.fromisoformat(sidecar.fetched).timestamp(),
        id=sidecar.id,
        duplicate_of=sidecar.duplicate_of or "",
        source=sidecar.source,
        outcome=sidecar.outcome,
        url=sidecar.url,
        original_url="",
        similarity=sidecar.similarity,
        queued=False,
        reason="",
    )

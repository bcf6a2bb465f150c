"""The present text of each URL, by the sidecars alone: the state forgets after its window, the store does not."""

from collections.abc import Iterator
from datetime import date

from crawler.document import Sidecar
from crawler.urls import url_key
from workers.storage.places import TOPS, places_in
from workers.storage.store import Store


def heads_in_store(store: Store, source: str, since: date) -> dict[str, str]:
    """Ids of the newest text of each URL of a source, by the URL's key, of the days since then."""
    newest: dict[str, Sidecar] = {}
    for sidecar in _sidecars(store, source, since):
        key = url_key(sidecar.url)
        before = newest.get(key)
        if before is None or _is_later(sidecar, before):
            newest[key] = sidecar
    return {key: sidecar.id for key, sidecar in newest.items()}


def _is_later(one: Sidecar, other: Sidecar) -> bool:
    # What was extracted again was fetched at the same time as what it supersedes.
    if one.fetched == other.fetched:
        return one.supersedes == other.id
    return one.fetched > other.fetched


def _sidecars(store: Store, source: str, since: date) -> Iterator[Sidecar]:
    for top in TOPS:
        for folder, names in store.walk(f"{top}/{source}", since=str(since)):
            places = places_in(folder, names)
            paths = [place.text_path for place in places]
            sidecars = zip(places, store.side_by_side(store.sidecar, paths), strict=True)
            yield from (one for place, one in sidecars if one and one.id == place.id)

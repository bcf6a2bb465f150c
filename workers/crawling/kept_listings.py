"""What a walk brought, in the form in which the state keeps it."""

import dataclasses
import json
from collections.abc import Mapping, Sequence

from config.records import known_fields
from crawler.desk import Reading
from crawler.discovery.hints import Hints
from crawler.discovery.listing import Link, ListingKind
from crawler.walking.continuity import Memory, is_before
from crawler.walking.health import Health
from crawler.walking.listing_state import ListingState
from workers.state.coverage import Covered, SourceGap


def covered_by(reading: Reading) -> Covered | None:
    """What a walk says of the hours that are covered; None where it says nothing."""
    if reading.covered_until is None:
        return None
    gaps = (SourceGap(g.start, g.end, g.listing, g.closed) for g in reading.gaps)
    return Covered(reading.covered_until, tuple(gaps))


def most_entered(
    remembered: Mapping[str, ListingState], links: Sequence[Link], max_pages: int
) -> int | None:
    """How many of a walk's links, newest first, are taken; the rest is left to backfill. None: all.

    A first walk takes the newest `max_pages`, and so does the first under other settings, which may want what was
    passed over for years; but what came since the last one is owed.
    """
    if not all(state.is_outdated for state in remembered.values()):
        return None
    read = min((s.memory.read for s in remembered.values() if s.memory.marks), default=None)
    came = 0 if read is None else sum(_is_since(link, read) for link in links)
    return max(max_pages, came)


def _is_since(link: Link, moment: float) -> bool:
    return bool(link.published) and not is_before(link.published, moment)


def to_json(state: ListingState) -> str:
    """What is kept of a listing between two walks."""
    fields = dataclasses.asdict(state)
    del fields["is_outdated"]
    for part in ("memory", "health", "hints"):
        fields[part] = {name: value for name, value in fields[part].items() if value}
    # There may be a thousand of them, and most say little.
    return json.dumps({name: value for name, value in fields.items() if value})


def from_json(text: str) -> ListingState:
    """The inverse of `to_json`."""
    fields = json.loads(text)
    fields["kind"] = ListingKind(fields["kind"])
    # What an earlier version left has none.
    fields["memory"] = Memory(**known_fields(Memory, fields.get("memory", {})))
    fields["health"] = Health(**known_fields(Health, fields.get("health", {})))
    fields["hints"] = Hints.from_json(fields.get("hints", {}))
    return ListingState(**known_fields(ListingState, fields))

"""What a walk brought, in the form in which the state keeps it."""

import dataclasses
import json

from crawler.desk import ListingState, Reading
from crawler.discovery.hints import Hints
from crawler.discovery.listing import ListingKind
from crawler.walking.continuity import Memory
from crawler.walking.health import Health
from workers.state.coverage import Covered, SourceGap


def covered_by(reading: Reading) -> Covered | None:
    """What a walk says of the hours that are covered; None where it says nothing."""
    if reading.covered_until is None:
        return None
    gaps = (SourceGap(g.start, g.end, g.listing, g.closed) for g in reading.gaps)
    return Covered(reading.covered_until, tuple(gaps))


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
    fields["memory"] = Memory(**fields.get("memory", {}))
    fields["health"] = Health(**fields.get("health", {}))
    fields["hints"] = Hints.from_json(fields.get("hints", {}))
    return ListingState(**fields)

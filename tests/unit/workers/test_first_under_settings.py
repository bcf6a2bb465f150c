"""How many links of a walk are taken, where nothing of what it names was met under these settings."""

import pytest

from crawler.discovery.listing import Link, ListingKind
from crawler.walking.continuity import Memory
from crawler.walking.listing_state import ListingState
from workers.crawling.kept_listings import most_entered

READ = 1_790_000_000.0  # 2026-09-21T14:13:20Z
CAME = [
    Link(f"https://a.example/{n}", f"2026-09-21T{hour}:00:00Z")
    for n, hour in enumerate((17, 16, 15))
]
OLD = [Link("https://a.example/9", "2026-09-20T10:00:00Z"), Link("https://a.example/10")]


def _state(read: float = 0.0, *, is_outdated: bool = True) -> ListingState:
    memory = Memory("0123456789", read) if read else Memory()
    return ListingState(ListingKind.FEED, memory=memory, is_outdated=is_outdated)


@pytest.mark.parametrize(
    ("remembered", "most"),
    [
        ({}, 2),
        ({"a": _state(READ, is_outdated=False)}, None),
        ({"a": _state(READ, is_outdated=False), "b": _state(READ)}, None),
        # What came since the last reading is owed, under whatever settings.
        ({"a": _state(READ), "b": _state()}, 3),
        ({"a": _state(READ + 1e6)}, 2),
        ({"a": _state()}, 2),
    ],
)
def test_how_many_are_taken(remembered: dict[str, ListingState], most: int | None) -> None:
    assert most_entered(remembered, [*CAME, *OLD], 2) == most

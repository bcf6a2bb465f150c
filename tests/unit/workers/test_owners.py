"""What says whose a store is, as it stands there."""

from dataclasses import replace

import pytest
from obstore.store import MemoryStore

from workers.storage.bucket import BucketStore
from workers.storage.owners import Owner, owner_of

MINE = Owner(1, "0123456789abcdef", "2026-11-28T18:00:00Z", "desk-1.example")


@pytest.fixture
def store() -> BucketStore:
    return BucketStore(MemoryStore(), "memory")


def test_the_highest_number_is_the_present_owner(store: BucketStore) -> None:
    assert owner_of(store) is None
    numbers = (1, 2, 9, 10, 999, 1000)
    for number in numbers:
        owner = Owner(number, f"{number:016}", MINE.since, MINE.host)
        assert store.create(owner.path, owner.to_json())
        assert owner_of(store) == owner
    assert store.shelf("owners").files[-1] == "999.json"


def test_what_stands_beside_is_nobody(store: BucketStore) -> None:
    store.create(MINE.path, MINE.to_json())
    for name in ("2.json", "0002.json", "002.txt", "later.json", ".003.json"):
        store.create(f"owners/{name}", Owner(2, "f" * 16, MINE.since, MINE.host).to_json())
    assert owner_of(store) == MINE
    assert not store.holds_texts()


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "half {", "[" * 10_000, '{"service": "another"}']
)
def test_one_that_cannot_be_read_is_an_unknown_owner(store: BucketStore, text: str) -> None:
    """And not none: it would be the next one's who comes."""
    store.create(MINE.path, MINE.to_json())
    store.create("owners/002.json", text)
    assert owner_of(store) == Owner(2)


@pytest.mark.parametrize("host", ["", "news 1", "news\ncopydesk: all is well", "x" * 300])
def test_a_strange_name_of_a_host_is_not_shown(store: BucketStore, host: str) -> None:
    """The store is its owner's all the same."""
    owner = replace(MINE, host=host)
    store.create(owner.path, owner.to_json())
    assert owner_of(store) == replace(MINE, host="")

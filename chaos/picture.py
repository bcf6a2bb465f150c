"""What a state knows that the files can tell it again."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos.agreement import entries, marks, read_store
from crawler.urls import url_key
from workers.state.connection import key
from workers.state.numbers import url_field, url_number
from workers.state.state import State
from workers.storage.places import Place

_KEPT = ("new", "revision", "near-duplicate")
_IDS_A_STRING = 128  # as in `near.lua`


@dataclass(frozen=True)
class Picture:
    """A state, seen through the documents of its home."""

    marks: dict[str, Place]
    known: set[int]
    """The numbers of the documents' URLs that are known."""
    heads: dict[str, str]
    """The present text of the documents' URLs."""
    candidates: dict[str, frozenset[str]]
    """What a text would be compared with, by the band of its signature."""
    counters: dict[str, int]
    """The next number, by source and day."""
    records: Counter[str]
    """Near-duplicates on record."""
    revisits: dict[str, float]
    """When URLs are looked at again."""
    revisited: dict[str, str]
    """The text that was last found there."""
    outcomes: dict[str, Counter[str]]
    """Texts that were kept, by source."""
    published: list[str]
    """Ids in the outbox."""


def picture(home: Path, state: State) -> Picture:
    """See a state at rest."""
    url_keys = {url_key(kept.sidecar.url) for kept in read_store(home)[0]}
    numbers = {n for raw in _members(state, "known") for n in [int(raw)]}
    heads = dict(_fields(state, "heads"))
    revisits = dict(_revisits(state))
    return Picture(
        marks=marks(state),
        known={n for k in url_keys if (n := url_number(k)) in numbers},
        heads={k: heads[f].hex() for k in url_keys if (f := url_field(k)) in heads},
        candidates=_candidates(state),
        counters={name: int(state.client.get(name)) for name in _names(state, "numbers:*")},
        records=Counter(
            json.dumps(r, sort_keys=True)
            for r in state.ledger.duplicates()
            if r["outcome"] == "near-duplicate"
        ),
        revisits={url: due for url, (due, _) in revisits.items()},
        revisited={url: head for url, (_, head) in revisits.items()},
        outcomes={
            name: Counter({o: n for o, n in state.ledger.totals(name).items() if o in _KEPT})
            for name in sorted({place.source for place in marks(state).values()})
        },
        published=[entry["id"] for entry in entries(state)],
    )


def _names(state: State, pattern: str) -> Iterator[str]:
    for name in state.client.scan_iter(match=key(pattern), count=1000):
        yield name.decode()


def _members(state: State, table: str) -> Iterator[bytes]:
    for name in _names(state, f"{table}:*"):
        yield from state.client.smembers(name)


def _candidates(state: State) -> dict[str, frozenset[str]]:
    """By band, the ids of the texts of whose numbers it has; what a generation calls 7 another one does not."""
    found: dict[str, set[str]] = {}
    for name in _names(state, "near:*:*"):
        _, _, generation, *bucket = name.split(":")
        if bucket[0].isdecimal():
            for band, numbers in state.client.hgetall(name).items():
                ids = {_id_of(state, generation, int(n)) for n in numbers.split(b",")}
                found.setdefault(band.hex(), set()).update(ids)
    return {band: frozenset(ids) for band, ids in found.items()}


def _id_of(state: State, generation: str, number: int) -> str:
    at = number % _IDS_A_STRING * 8
    name = key("near", generation, "ids", number // _IDS_A_STRING)
    return str(state.client.getrange(name, at, at + 7).hex())


def _fields(state: State, table: str) -> Iterator[tuple[bytes, bytes]]:
    """Fields and values of a table of the window, those of its youngest generation last."""
    names = [name.split(":") for name in _names(state, f"{table}:*:*")]
    for parts in sorted(names, key=lambda parts: int(parts[-2])):
        yield from state.client.hgetall(":".join(parts)).items()


def _revisits(state: State) -> Iterator[tuple[str, tuple[float, str]]]:
    for name in _names(state, "revisits:*"):
        owed = state.client.hgetall(name.replace("revisits:", "entries:"))
        for url, due in state.client.zrange(name, 0, -1, withscores=True):
            yield url.decode(), (due, json.loads(owed[url])["head"])


def differences(before: Picture, after: Picture, *, published: bool) -> list[str]:
    """What a state does not know as it did before, a line each."""
    parts = {
        "marks": (before.marks, after.marks),
        "known URLs": (before.known, after.known),
        "present texts of URLs": (before.heads, after.heads),
        "candidates": (before.candidates, after.candidates),
        "records of near-duplicates": (before.records, after.records),
        "texts to be looked at again": (before.revisited, after.revisited),
        "outcomes": (before.outcomes, after.outcomes),
    }
    wrong = [f"{what} differ" for what, (old, new) in parts.items() if old != new]
    wrong += [
        f"{name} counts on at {after.counters.get(name, 0)}, and was at {count}"
        for name, count in before.counters.items()
        if after.counters.get(name, 0) > count or after.counters.get(name, 0) < _taken(before, name)
    ]
    wrong += [
        f"{url} is looked at again at {after.revisits.get(url)}, and should be at {due}"
        for url, due in before.revisits.items()
        # A trial may have had one before its time, which comes again.
        if after.revisits.get(url, math.inf) > due + 1
    ]
    if published and sorted(before.published) != sorted(after.published):
        wrong.append("the outbox does not hold each document once")
    return wrong


def _taken(seen: Picture, counter: str) -> int:
    """One more than the highest number that a counter has given to a text that is kept."""
    *_, source, day = counter.split(":")
    numbers = [
        place.number
        for place in seen.marks.values()
        if place.number is not None
        and place.source == source
        and (place.day.toordinal() - 719163) == int(day)
    ]
    return max(numbers, default=-1) + 1

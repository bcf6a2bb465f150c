"""What the tables of the index take on the server, told apart by letting go of them one after another."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.index.filled import GENERATION, GENERATIONS, Filled, used
from workers.state.connection import key
from workers.state.state import State

_A_LOOK = 5000
_SETTLES = 0.3  # a table of keys that has become too large is made smaller by and by

URLS, TEXTS, HEADS, NEAR = "known", "texts", "heads", "near"
"""URLs that are known; texts with their places; the present texts of URLs; what finds texts that are alike."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Bytes of one table, a URL or a text."""

    by_difference: float
    """What the server uses less without it."""
    by_key: float
    """What it says itself of the keys."""


def taken(filled: Filled) -> dict[str, Taken]:
    """Bytes by table. The index is empty afterwards."""
    return {table: _taken(filled, table) for table in (NEAR, HEADS, TEXTS, URLS)}


def _taken(filled: Filled, table: str) -> Taken:
    state, by_key = filled.state, 0
    entries, before = _entries(filled, table), used(state)
    for names in _names(state, table):
        with state.client.pipeline(transaction=False) as batch:
            for name in names:
                batch.memory_usage(name, samples=0)
            batch.delete(*names)
            *sizes, _ = batch.execute()
        by_key += sum(sizes)
    time.sleep(_SETTLES)
    return Taken((before - used(state)) / entries, by_key / entries)


def _entries(filled: Filled, table: str) -> int:
    """How many URLs or texts a table has, in all generations."""
    latest = int(filled.now // GENERATION)
    parts = (
        [(g,) for g in range(latest - GENERATIONS + 1, latest + 1)]
        if table in (HEADS, NEAR)
        else [()]
    )
    field = "texts" if table == NEAR else "count"
    counts = [filled.state.client.hget(key(table, *part), field) for part in parts]
    return sum(int(count or 0) for count in counts)


def _names(state: State, table: str) -> Iterator[list[bytes]]:
    """The keys of a table; one that is deleted on the way takes none of the others with it."""
    cursor = None
    while cursor != 0:
        cursor, names = state.client.scan(cursor or 0, match=key(f"{table}*"), count=_A_LOOK)
        if names:
            yield names

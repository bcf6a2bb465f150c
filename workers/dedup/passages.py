"""The passages that two texts share, as a person would mark them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

from workers.dedup.words import WIDTH, words

MOST = 3
"""Passages that are shown."""
SHORTEST = 8
"""Words of a passage that is worth showing; shorter ones occur in unrelated texts too."""


def shared_passages(body: str, own: list[str], kept: list[str]) -> tuple[str, ...]:
    """The longest passages of `body` that are in another text too, longest first, at most three.

    `own` and `kept` are the shingles of `body` and of the other text, in order. A passage is cut
    from `body` as it stands there, from its first word to its last.
    """
    runs = [run for run in _runs(own, kept) if len(run) + WIDTH - 1 >= SHORTEST]
    if not runs:
        return ()
    longest = sorted(runs, key=len, reverse=True)[:MOST]
    return tuple(_cut(body, own, longest))


def shared_spans(body: str, own: list[str], kept: list[str]) -> list[tuple[int, int]]:
    """Where the passages of `body` stand that are in another text too: first character and the one behind the last.

    All that are worth showing, in order; those that meet are one.
    """
    runs = [run for run in _runs(own, kept) if len(run) + WIDTH - 1 >= SHORTEST]
    merged: list[tuple[int, int]] = []
    for start, stop in _spans(body, own, runs) if runs else ():
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _runs(own: list[str], kept: list[str]) -> Iterator[range]:
    """Stretches of `own`, as ranges of its indices, that stand in `kept` in one piece too.

    Each is looked for where it first begins in `kept`: linear in time, whatever repeats itself.
    """
    first = {shingle: place for place, shingle in reversed([*enumerate(kept)])}
    following = dict(enumerate(kept))
    start, place = 0, None
    for index, shingle in enumerate(own):
        if place is not None:
            place += 1
            if following.get(place) == shingle:
                continue
            yield range(start, index)
        start, place = index, first.get(shingle)
    if place is not None:
        yield range(start, len(own))


def _cut(body: str, own: list[str], runs: list[range]) -> Iterator[str]:
    """Runs of shingles as pieces of `body`."""
    return (body[start:stop] for start, stop in _spans(body, own, runs))


def _spans(body: str, own: list[str], runs: list[range]) -> Iterator[tuple[int, int]]:
    """Where runs of shingles stand in `body`, found again by counting the letters before them."""
    counts = {character: _letters(character) for character in set(body)}
    letters = [*accumulate(map(counts.__getitem__, body))]
    before = [0, *accumulate(shingle.index(" ") for shingle in own)]
    for run in runs:
        last = own[run[-1]].replace(" ", "")
        start = bisect_right(letters, before[run[0]])
        stop = bisect_left(letters, before[run[-1]] + len(last))
        yield start, stop + 1


@lru_cache(maxsize=1 << 14)
def _letters(character: str) -> int:
    """How many letters of a text's words this character of the text stands for.

    Asked behind a `q`, which no mark changes into another letter: a mark counts behind one only.
    """
    return sum(map(len, words("q" + character))) - 1

"""What was changed from one text to another: by paragraphs, and within one by words. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

from workers.dedup.words import tokens

# Paragraphs with less than this share of their words in common are two paragraphs.
_ALIKE = 0.4
# Comparing each with each: beyond this many pairs what differs is told as a whole.
_MOST_PAIRS = 4_000_000
_MOST_ALIGNED = 40_000
# The same, by the words that are compared.
_MOST_WORDS = 4_000_000


class Kind(StrEnum):
    """What became of a paragraph, or of some words in one."""

    SAME = "same"
    CHANGED = "changed"
    """Only of paragraphs: some of its words are others."""
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row: `same`, `removed` or `added`."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one paragraph; `same` ones are told too, for their place."""

    kind: Kind
    old_number: int | None
    """Its place in the old text, from 1; None where it is added."""
    new_number: int | None
    """Its place in the new text, from 1; None where it is removed."""
    pieces: tuple[Piece, ...]
    """Without the added ones the old paragraph, without the removed ones the new."""

    @property
    def old(self) -> str | None:
        """The paragraph as it was, or None."""
        return None if self.old_number is None else _without(self.pieces, Kind.ADDED)

    @property
    def new(self) -> str | None:
        """The paragraph as it is, or None."""
        return None if self.new_number is None else _without(self.pieces, Kind.REMOVED)


def _without(pieces: Sequence[Piece], kind: Kind) -> str:
    return "".join(piece.text for piece in pieces if piece.kind is not kind)


def changes(old: str, new: str) -> list[Change]:
    """Every paragraph of two bodies in normal form, in order; removed before added."""
    before, after = old.split("\n\n"), new.split("\n\n")
    made = []
    for same, old_range, new_range in _stretches(before, after):
        if same:
            made += [
                Change(Kind.SAME, i + 1, j + 1, (Piece(Kind.SAME, before[i]),))
                for i, j in zip(old_range, new_range, strict=True)
            ]
        else:
            made += _replaced(before, after, old_range, new_range)
    return made


def word_changes(old: str, new: str) -> tuple[Piece, ...]:
    """What was changed in a paragraph or a line; blanks between two changes belong to them."""
    before, after = tokens(old), tokens(new)
    runs = [
        (same, "".join(before[i] for i in old_range), "".join(after[j] for j in new_range))
        for same, old_range, new_range in _stretches(before, after)
    ]
    pieces: list[Piece] = []
    for same, was, is_now in _without_islands(runs):
        if same:
            pieces.append(Piece(Kind.SAME, was))
        else:
            both = (Piece(Kind.REMOVED, was), Piece(Kind.ADDED, is_now))
            pieces += [piece for piece in both if piece.text]
    return tuple(pieces)


def _without_islands(runs: list[tuple[bool, str, str]]) -> Iterator[tuple[bool, str, str]]:
    """A lone blank that stayed between two changes makes them harder to read: one change."""
    was = is_now = ""
    for (same, old, new), following in pairwise([*runs, (True, "", "")]):
        is_island = same and (was or is_now) and not old.strip(" ") and not following[0]
        if not same or is_island:
            was, is_now = was + old, is_now + new
            continue
        if was or is_now:
            yield False, was, is_now
            was = is_now = ""
        yield same, old, new
    if was or is_now:
        yield False, was, is_now


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[bool, range, range]]:
    """The two in stretches, in order, as ranges of indices: those that are the same, and between them."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    left = shorter - head
    tail = next((i for i in range(left) if before[-1 - i] != after[-1 - i]), left)
    old_end, new_end = len(before) - tail, len(after) - tail
    if head:
        yield True, range(head), range(head)
    yield from _middle(before, after, range(head, old_end), range(head, new_end))
    if tail:
        yield True, range(old_end, len(before)), range(new_end, len(after))


def _middle(
    before: Sequence[str], after: Sequence[str], old: range, new: range
) -> Iterator[tuple[bool, range, range]]:
    if not old and not new:
        return
    if len(old) * len(new) > _MOST_PAIRS:
        yield False, old, new
        return
    matcher = SequenceMatcher(None, before[old.start : old.stop], after[new.start : new.stop])
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield (
            tag == "equal",
            range(old.start + i1, old.start + i2),
            range(new.start + j1, new.start + j2),
        )


def _replaced(before: list[str], after: list[str], old: range, new: range) -> Iterator[Change]:
    """Paragraphs in place of others: those that are alike are one that was changed."""
    i, j = old.start, new.start
    for a, b in [*_aligned(before, after, old, new), (old.stop, new.stop)]:
        for gone in range(i, a):
            yield Change(Kind.REMOVED, gone + 1, None, (Piece(Kind.REMOVED, before[gone]),))
        for come in range(j, b):
            yield Change(Kind.ADDED, None, come + 1, (Piece(Kind.ADDED, after[come]),))
        if a < old.stop and b < new.stop:
            yield Change(Kind.CHANGED, a + 1, b + 1, word_changes(before[a], after[b]))
        i, j = a + 1, b + 1


def _aligned(before: list[str], after: list[str], old: range, new: range) -> list[tuple[int, int]]:
    """The pairs of paragraphs, in order in both, that have most in common altogether."""
    if len(old) * len(new) > _MOST_ALIGNED:
        return []
    were = [Counter(tokens(before[i])) for i in old]
    are = [Counter(tokens(after[j])) for j in new]
    if len(old) * sum(map(len, are)) + len(new) * sum(map(len, were)) > _MOST_WORDS:
        return []
    alike = [[_alike(was, is_now) for is_now in are] for was in were]
    # best[i][j]: the most that can be had of the paragraphs from i and j on.
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            together = best[i + 1][j + 1] + alike[i][j] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], together)
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
    return pairs


def _alike(was: Counter[str], is_now: Counter[str]) -> float:
    """Share of words that two paragraphs have in common, blanks left out; 0 where it is too little."""
    shared, both = (was & is_now), (was + is_now)
    blanks = both[" "]
    total = both.total() - blanks
    share = 2 * (shared.total() - shared[" "]) / total if total else 0.0
    return share if share >= _ALIKE else 0.0

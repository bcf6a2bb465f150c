"""Two texts compared exactly, and what follows from it."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from crawler.document import normal_line
from workers.dedup.passages import SHORTEST, shared_passages
from workers.dedup.words import shingles_of, words

CONTAINED = 0.8
"""Share of a text's shingles from which another text holds all that it says."""
ALIKE = 0.45
"""Jaccard similarity from which two texts tell one story."""
SHORT = 50
"""Shingles under which a text is short: one number or name that differs may be all its news."""
SHORT_ALIKE = 0.8
"""Jaccard similarity from which two texts tell one story where either is short."""

_QUOTED = 160  # characters of a passage that a reason quotes


class Verdict(StrEnum):
    """What becomes of a text that was compared with a kept one."""

    DISTINCT = "distinct"
    """Another text."""
    DROP = "drop"
    """A near-duplicate that adds too little to be queued."""
    FULLER = "fuller"
    """A near-duplicate that adds something: queued, with `duplicate_of`."""


@dataclass(frozen=True)
class Comparison:
    """What a text has in common with a kept one. Shingles are counted once, however often used."""

    shared: int
    """Shingles that both have."""
    own: int
    """Shingles of the text; never 0."""
    kept: int
    """Shingles of the kept text; never 0."""
    texts: tuple[str, str] = field(default=("", ""), repr=False, compare=False)
    """The text and the kept one."""

    @property
    def jaccard(self) -> float:
        """Shared shingles among the shingles of both, 0 to 1, three decimals."""
        return round(self.shared / (self.own + self.kept - self.shared), 3)

    @property
    def containment(self) -> float:
        """The share of the text's own shingles that is in the kept text, 0 to 1."""
        return self.shared / self.own

    @property
    def kept_containment(self) -> float:
        """The share of the kept text's shingles that is in this text, 0 to 1."""
        return self.shared / self.kept

    @cached_property
    def passages(self) -> tuple[str, ...]:
        """The longest passages shared, as they stand in the text, longest first, at most three.

        Found when they are asked for: most texts that are compared turn out to be others.
        """
        text, kept = self.texts
        return shared_passages(text, shingles_of(text), shingles_of(kept))

    @property
    def reason(self) -> str:
        """One line for a person: the figures, and how the longest passage begins.

        Characters count as words in scripts that put no spaces between words.
        """
        figures = (
            f"shares {self.shared} of its {self.own} word triples ({self.containment:.0%}) with "
            f"the kept text, which has {self.kept} ({self.kept_containment:.0%}); "
            f"Jaccard {self.jaccard:.3f}"
        )
        if not self.passages:
            return f"{figures}; no passage of {SHORTEST} words is shared"
        longest = self.passages[0]
        return f"{figures}; longest passage, {len(words(longest))} words: «{_opening(longest)}»"


def compare(body: str, kept: str) -> Comparison:
    """Compare a text with one that is kept, shingle by shingle."""
    own, other = set(shingles_of(body)), set(shingles_of(kept))
    return Comparison(len(own & other), len(own), len(other), (body, kept))


def verdict(comparison: Comparison) -> Verdict:
    """What becomes of the text.

    Where either text is short, this one is dropped only if every shingle of it is kept already.
    """
    if min(comparison.own, comparison.kept) < SHORT:
        contained = comparison.shared == comparison.own
        adds = comparison.jaccard >= SHORT_ALIKE
    else:
        contained = comparison.containment >= CONTAINED
        adds = comparison.jaccard >= ALIKE or comparison.kept_containment >= CONTAINED
    if contained:
        return Verdict.DROP
    return Verdict.FULLER if adds else Verdict.DISTINCT


def _opening(passage: str) -> str:
    line = normal_line(passage)
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED].rstrip()}…"

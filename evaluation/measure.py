"""What came out against what should have: texts and pairs. Pure.

A token is a word, or one character of a script that puts no spaces between words.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from evaluation.corpus import Pair

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_WORD = re.compile(r"\w+")
_LETTERS = re.compile(rf"[^\W\d_{_UNSPACED}]+")
_SHINGLE = 4
_FIVE = 5

ALIKE = 0.5
"""Jaccard similarity of the gold texts from which a pair has to be found."""


@dataclass(frozen=True, slots=True)
class Score:
    """Means over pages, and the harmonic mean of both."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """0 to 1."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Band:
    """Pairs of gold texts whose Jaccard similarity lies in a band, and how many were found."""

    low: float
    high: float
    pairs: int
    found: int


BANDS = ((0.3, 0.5), (0.5, 0.65), (0.65, 0.8), (0.8, 1.01))
"""From, and up to: what is all the same is in the last one."""


def token_f1(gold: str, found: str) -> float:
    """F1 of the tokens of a text, each counted as often as it occurs."""
    wanted = Counter(_TOKEN.findall(gold.casefold()))
    given = Counter(_TOKEN.findall(found.casefold()))
    total = wanted.total() + given.total()
    return 2 * (wanted & given).total() / total if total else 1.0


def mean_token_f1(texts: Iterable[tuple[str, str]]) -> float:
    """Of pairs of gold text and found text, each page weighing the same."""
    return fmean(token_f1(gold, found) for gold, found in texts)


def shingle_score(texts: Iterable[tuple[str, str]]) -> Score:
    """The measure of the collection `article-extraction-benchmark`, of gold and found texts.

    Shingles of four words, counted as often as they occur; precision is the mean over the pages for
    which anything was found, recall over those in which there is anything.
    """
    counted = [(_shingles(gold), _shingles(found)) for gold, found in texts]
    return Score(
        precision=_mean((gold & found).total() / found.total() for gold, found in counted if found),
        recall=_mean((gold & found).total() / gold.total() for gold, found in counted if gold),
    )


def words_run_together(gold: str, found: str) -> list[str]:
    """Words of a found text that are no words of the gold one, but two neighbours of it in one.

    Asked the other way round, it says which words are broken apart. Characters of scripts without
    spaces are words of their own here, and neither.
    """
    wanted = _LETTERS.findall(gold)
    joined = {one + other for one, other in pairwise(wanted)} - set(wanted)
    return [word for word in _LETTERS.findall(found) if word in joined]


def shingle_sums(gold: str, found: str) -> tuple[float, float, float, float]:
    """Of one page, what `shingle_f1` takes the sums of over pages."""
    wanted, given = _shingles(gold), _shingles(found)
    shared = (wanted & given).total()
    return (
        shared / given.total() if given else 0.0,
        float(bool(given)),
        shared / wanted.total() if wanted else 0.0,
        float(bool(wanted)),
    )


def shingle_f1(sums: Sequence[float]) -> float:
    """F1 of `shingle_score`, from sums of `shingle_sums`."""
    precision, pages_found, recall, pages_wanted = sums
    return Score(
        precision / pages_found if pages_found else 0.0,
        recall / pages_wanted if pages_wanted else 0.0,
    ).f1


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if len(words) < _SHINGLE:
        return Counter([tuple(words)] if words else [])
    return Counter(zip(*(words[start:] for start in range(_SHINGLE)), strict=False))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return fmean(listed) if listed else 0.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of pages, by their ids."""

    missed: tuple[Pair, ...]
    """Alike by their gold texts, and not known for it."""
    found: tuple[Pair, ...]
    reported: int
    """Pairs of a page and the page of which it is called a duplicate."""
    wrong: tuple[tuple[str, str], ...]
    """Reported, while little of their gold texts is the same."""


def judged_pairs(
    gold: Collection[Pair],
    texts: Mapping[str, Collection[str]],
    reported: Sequence[tuple[str, str]],
) -> Pairs:
    """Pairs found and missed.

    `texts` has for each page the ids of its text and of the text that it is called a duplicate of:
    two pages that have one in common are a pair that was found.
    """
    alike = [pair for pair in gold if pair.jaccard >= ALIKE]
    near = {pair.pages for pair in gold}
    found = tuple(pair for pair in alike if _have_one_in_common(pair, texts))
    return Pairs(
        missed=tuple(pair for pair in alike if pair not in found),
        found=found,
        reported=len(reported),
        wrong=tuple(pair for pair in reported if frozenset(pair) not in near),
    )


def bands(gold: Collection[Pair], texts: Mapping[str, Collection[str]]) -> tuple[Band, ...]:
    """Pairs found by band of Jaccard similarity; `texts` as in `judged_pairs`."""
    found = []
    for low, high in BANDS:
        within = [pair for pair in gold if low <= pair.jaccard < high]
        met = sum(_have_one_in_common(pair, texts) for pair in within)
        found.append(Band(low, min(high, 1.0), len(within), met))
    return tuple(found)


def likeness(one: str, other: str) -> tuple[float, float]:
    """Jaccard similarity and containment of tokens, five in a row, as a corpus states them of its pairs."""
    ours, theirs = _fives(one), _fives(other)
    shared = len(ours & theirs)
    if not shared:
        return 0.0, 0.0
    return shared / len(ours | theirs), shared / min(len(ours), len(theirs))


def _fives(text: str) -> set[tuple[str, ...]]:
    tokens = _TOKEN.findall(text.casefold())
    return set(zip(*(tokens[start:] for start in range(_FIVE)), strict=False))


def _have_one_in_common(pair: Pair, texts: Mapping[str, Collection[str]]) -> bool:
    one, other = (set(texts.get(page, ())) for page in pair.pages)
    return not one.isdisjoint(other)

"""What the index finds of pairs whose likeness is known, among all that it holds."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.index.filled import Filled
from benchmarks.index.pages import made_up_text
from crawler.document import document_id
from evaluation.corpus import Pair, read_part
from evaluation.measure import ALIKE, likeness
from workers.dedup.compare import Verdict, compare, verdict
from workers.dedup.signature import signature
from workers.state.adoption import KnownText
from workers.storage.places import Place

_NEAR = 0.3
_SEED = 20261128


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts by name, in the order in which they come, and the pairs of them that are alike in some degree."""

    texts: Mapping[str, str]
    pairs: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class Judged:
    """Counts of pairs."""

    alike: int
    """Of Jaccard .5 or more."""
    found: int
    """Of those, the ones that the index met and the comparison took for one story."""
    reported: int
    """Pairs that were taken for one story."""
    right: int
    """Of those, the ones of Jaccard .5 or more."""
    near: int
    """Of those, the ones of Jaccard or containment .3 or more."""
    strangers: int
    """Candidates with which a text has nothing to do: an equal band of another text's."""


def made_up_sample(stories: int) -> Sample:
    """Stories, and each in other words: from one word in 100 to one in 6 is another, or its end is missing."""
    rng = random.Random(_SEED)
    texts: dict[str, str] = {}
    pairs = []
    for number in range(stories):
        story = made_up_text(rng, rng.randrange(150, 1000))
        other = _edited(story, rng) if number % 4 else _cut(story, rng)
        texts[f"{number}-a"], texts[f"{number}-b"] = story, other
        pairs.append(Pair(frozenset((f"{number}-a", f"{number}-b")), *likeness(story, other)))
    return Sample(texts, pairs)


def corpus_sample(corpus: Path) -> Sample:
    """The gold texts of a corpus' wire stories, with the pairs that it names. Raises `CorpusError`."""
    part = read_part(corpus, "wire")
    paired = {name for pair in part.pairs for name in pair.pages}
    gold = {page.id: re.sub(r"\n+", "\n\n", page.gold) for page in part.pages}
    pairs = [pair for pair in part.pairs if pair.pages <= gold.keys()]
    return Sample({name: gold[name] for name in sorted(gold, key=paired.__contains__)}, pairs)


def judge(filled: Filled, sample: Sample) -> Judged:
    """Look for each text in the index, compare it with what is met, and enter it."""
    ids: dict[str, str] = {}
    bodies: dict[str, str] = {}
    met: set[frozenset[str]] = set()
    strangers = 0
    for name, body in sample.texts.items():
        ids[name], bands = document_id(body), signature(body)
        known = filled.state.index.look_up(ids[name], (), bands, filled.now)
        if known.place:
            met.add(frozenset((ids[name],)))
            continue
        strangers += len(known.candidates.keys() - bodies.keys())
        for other in known.candidates.keys() & bodies.keys():
            if verdict(compare(body, bodies[other])) is not Verdict.DISTINCT:
                met.add(frozenset((ids[name], other)))
        bodies[ids[name]] = body
        _enter(filled, ids[name], name, bands)
    return _judged(sample.pairs, ids, met, strangers)


def _judged(
    pairs: Sequence[Pair], ids: Mapping[str, str], met: set[frozenset[str]], strangers: int
) -> Judged:
    """`met`: the ids of two texts, or of one that came twice."""
    of = {pair.pages: frozenset(ids[name] for name in pair.pages) for pair in pairs}
    alike = [of[pair.pages] for pair in pairs if pair.jaccard >= ALIKE]
    near = {of[pair.pages] for pair in pairs if max(pair.jaccard, pair.containment) >= _NEAR}
    return Judged(
        alike=len(alike),
        found=sum(pair in met for pair in alike),
        reported=len(met),
        right=len(met & set(alike)),
        near=len(met & near),
        strangers=strangers,
    )


def _enter(filled: Filled, text_id: str, name: str, bands: tuple[bytes, ...]) -> None:
    day = datetime.fromtimestamp(filled.now, UTC).date()
    url = f"sample.example/{name}"
    place = Place("sample", day, text_id, 0)
    text = KnownText(place, f"https://{url}", url, filled.now, "new", bands=bands)
    filled.state.adoption.adopt([text], filled.now)


def _edited(story: str, rng: random.Random) -> str:
    rate = rng.uniform(0.01, 0.17)
    return " ".join(
        f"other{rng.randrange(20_000)}" if rng.random() < rate else word
        for word in story.split(" ")
    )


def _cut(story: str, rng: random.Random) -> str:
    words = story.split(" ")
    return " ".join(words[: round(len(words) * rng.uniform(0.3, 0.95))])

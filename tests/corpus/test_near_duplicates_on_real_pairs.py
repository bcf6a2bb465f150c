import json
import os
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from crawler.document import parse
from workers.dedup.compare import Verdict, compare, verdict
from workers.dedup.signature import signature

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("COPYDESK_CORPUS" not in os.environ, reason="COPYDESK_CORPUS is not set"),
]

Pair = frozenset[str]

RETYPED = str.maketrans({"'": "’", '"': "”", "-": "–", " ": "\u00a0", "ё": "е"})
SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*\s*")
REWRITES = 600


@pytest.fixture(scope="module")
def corpus() -> Path:
    return Path(os.environ["COPYDESK_CORPUS"])


@pytest.fixture(scope="module")
def stories(corpus: Path) -> dict[str, dict[str, str]]:
    """Of each page its site, its language and its gold text."""
    found: dict[str, dict[str, str]] = json.loads((corpus / "wire" / "gold.json").read_text())
    return found


@pytest.fixture(scope="module")
def gold(corpus: Path) -> dict[Pair, tuple[float, float]]:
    """Jaccard and containment of word 5-grams, of the pairs that have .3 of either."""
    rows = (corpus / "wire" / "pairs.tsv").read_text().splitlines()[1:]
    cells = [row.split("\t") for row in rows]
    return {frozenset((a, b)): (float(jaccard), float(held)) for jaccard, held, a, b in cells}


@pytest.fixture(scope="module")
def reported(stories: dict[str, dict[str, str]]) -> set[Pair]:
    """The pairs that share a band and are near-duplicates, whichever comes first."""
    holders = defaultdict(set)
    for name, story in stories.items():
        for key in signature(story["text"]):
            holders[key].add(name)
    met = {pair for names in holders.values() for pair in combinations(sorted(names), 2)}
    return {frozenset((a, b)) for a, b in met if near(stories[a]["text"], stories[b]["text"])}


def near(one: str, other: str) -> bool:
    both_ways = verdict(compare(one, other)), verdict(compare(other, one))
    return both_ways != (Verdict.DISTINCT, Verdict.DISTINCT)


def tuned_on(pair: Pair, stories: dict[str, dict[str, str]]) -> bool:
    """Thresholds were chosen on a half of the sites; a pair that has another site checks them."""
    return all(zlib.crc32(stories[name]["site"].encode()) % 2 == 0 for name in pair)


@pytest.mark.parametrize("half", ["tuned on", "checked on"])
def test_most_near_duplicates_are_found_and_most_reports_are_right(
    half: str,
    stories: dict[str, dict[str, str]],
    gold: dict[Pair, tuple[float, float]],
    reported: set[Pair],
) -> None:
    ours = {
        pair for pair in gold.keys() | reported if tuned_on(pair, stories) is (half == "tuned on")
    }
    alike = {pair for pair in ours & gold.keys() if gold[pair][0] >= 0.5}
    right = {pair for pair in ours & gold.keys() if max(gold[pair]) >= 0.3}
    assert len(alike) >= 15
    assert len(alike & reported) >= 0.95 * len(alike)
    assert len(right & reported) >= 0.95 * len(ours & reported)


def rewritten(text: str, filler: str, rng: random.Random) -> str:
    """A text as another site might print it, changed anywhere between a little and beyond use."""
    sentences, others = SENTENCE.findall(text), SENTENCE.findall(filler)
    strength = rng.random()
    match rng.choice(["cut", "cut off", "reordered", "edited", "merged"]):
        case "cut":
            sentences = [sentence for sentence in sentences if rng.random() > strength]
        case "cut off":
            sentences = sentences[: round(len(sentences) * (1 - strength))]
        case "reordered":
            rng.shuffle(sentences)
        case "edited":
            words = " ".join(sentences).split(" ")
            strange = filler.split()
            sentences = [
                rng.choice(strange) + " " if rng.random() < strength / 4 else f"{word} "
                for word in words
            ]
        case "merged":
            place = rng.randrange(len(sentences) + 1)
            sentences[place:place] = others[: round(len(others) * strength)]
    made = "".join(sentences) or text
    return made.translate(RETYPED) if rng.random() < 0.5 else made


def rewrites(stories: dict[str, dict[str, str]]) -> Iterator[tuple[float, bool]]:
    """Of each of some hundred rewrites its similarity to its original, and whether it is met."""
    rng = random.Random(2026)
    by_language = defaultdict(list)
    for story in stories.values():
        by_language[story["language"]].append(story["text"])
    for _ in range(REWRITES):
        text, filler = rng.sample(by_language[rng.choice(sorted(by_language))], 2)
        made = rewritten(text, filler, rng)
        met = not set(signature(made)).isdisjoint(signature(text))
        yield compare(made, text).jaccard, met


def test_rewrites_are_met_the_surer_the_more_alike_they_are(
    stories: dict[str, dict[str, str]],
) -> None:
    bands = defaultdict(list)
    for jaccard, met in rewrites(stories):
        bands[min(int(jaccard * 10), 9)].append(met)
    least = {9: 1.0, 8: 1.0, 7: 1.0, 6: 0.97, 5: 0.9}
    for band, share in least.items():
        assert len(bands[band]) >= 20, band
        assert sum(bands[band]) >= share * len(bands[band]), band


def test_the_seeds_are_one_story(corpus: Path) -> None:
    files = sorted((corpus.parent / "seeds").glob("*.txt"))
    if len(files) != 2:
        pytest.skip("there are no two seeds beside the corpus")
    one, other = (parse(file.read_text()).body for file in files)
    comparison = compare(one, other)
    assert not set(signature(one)).isdisjoint(signature(other))
    assert round(comparison.jaccard, 2) == 0.85
    assert {round(comparison.containment, 2), round(comparison.kept_containment, 2)} == {0.89, 0.95}
    assert verdict(comparison) is Verdict.DROP

"""Rewrites of stories, and the figures that are taken of them."""

import gzip
from pathlib import Path

import pytest

from evaluation.corpus import Pair, Part, StoredPage
from evaluation.figures import HALVES, body_figures, dropped_figures, half, kind_figures
from evaluation.holdings import Holdings, Text
from evaluation.measure import bands, likeness
from evaluation.rewrites import kind_of, rewrites


def story(number: int) -> str:
    return " ".join(f"Sentence {at} of {number} says {at * number} things." for at in range(30))


def stored(page: str, gold: str, site: str = "a") -> StoredPage:
    return StoredPage(page, site, page, None, Path("none"), gold)


WIRE = Part("wire", tuple(stored(f"p{number}", story(number)) for number in range(2, 62)))


def test_the_same_corpus_gives_the_same_rewrites(tmp_path: Path) -> None:
    one, other = rewrites(WIRE, tmp_path / "one"), rewrites(WIRE, tmp_path / "other")
    assert [(page.id, page.gold) for page in one.pages] == [
        (page.id, page.gold) for page in other.pages
    ]
    assert one.pairs == other.pairs
    assert len(one.pages) == 80  # a third of the stories are mixed into the others


def test_a_rewrite_is_a_page_with_its_text(tmp_path: Path) -> None:
    part = rewrites(WIRE, tmp_path)
    page = part.pages[0]
    markup = gzip.decompress(page.file.read_bytes()).decode()
    assert all(sentence.strip() in markup for sentence in page.gold.split(".")[:3])
    assert {page.site for page in part.pages} == {kind_of(page.id) for page in part.pages}


def test_pairs_are_alike_as_their_texts_are(tmp_path: Path) -> None:
    part = rewrites(WIRE, tmp_path)
    gold = {page.id: page.gold for page in part.pages}
    assert part.pairs
    for pair in part.pairs:
        one, other = pair.pages
        assert (pair.jaccard, pair.containment) == likeness(gold[one], gold[other])
    assert not any(kind_of(page) == "quoting" for pair in part.pairs for page in pair.pages)


def test_what_is_like_another_story_is_no_original(tmp_path: Path) -> None:
    paired = Part("wire", WIRE.pages, (Pair(frozenset(("p2", "p3")), 0.6, 0.8),))
    made = {page.id.split("-", 1)[1] for page in rewrites(paired, tmp_path).pages}
    assert made.isdisjoint({"p2", "p3"})


def test_likeness_is_of_five_tokens_in_a_row() -> None:
    assert likeness("a b c d e f", "A, b - c d e f!") == (1.0, 1.0)
    assert likeness("a b c d e f", "a b c d e x y z") == (1 / 5, 1 / 2)
    assert likeness("新华社北京电", "新华社北京讯") == (1 / 3, 1 / 2)
    assert likeness("a b c d", "a b c d") == (0.0, 0.0)


def test_pairs_found_are_counted_by_band() -> None:
    pairs = [Pair(frozenset((f"a{j}", f"b{j}")), j / 100, 1.0) for j in (10, 30, 50, 64, 65, 80, 100)]  # fmt: skip
    texts = {"a50": {"x"}, "b50": {"x"}, "a100": {"y"}, "b100": {"y"}, "a30": {"z"}}
    assert [(band.low, band.pairs, band.found) for band in bands(pairs, texts)] == [
        (0.3, 1, 0),
        (0.5, 2, 1),
        (0.65, 1, 0),
        (0.8, 2, 1),
    ]


def holdings(**changed: object) -> Holdings:
    empty: dict[str, object] = {
        "texts": {}, "files": {}, "text_of": {}, "original_of": {}, "reported": (), "unread": {},
    }  # fmt: skip
    return Holdings(**(empty | changed))  # type: ignore[arg-type]


def test_words_of_dropped_texts_that_are_nowhere_else_are_counted() -> None:
    kept, dropped = "one two three four five six", "one two three four five alone"
    told = dropped_figures(
        holdings(
            texts={"k": Text("", kept), "d": Text("", dropped)},
            files={"documents/a/k.txt": "k", "duplicates/a/d.txt": "d"},
            text_of={"page": "d"},
            original_of={"page": "k"},
        )
    )
    assert (told["texts"], told["words"], told["words_in_no_kept_text"]) == (1, 6, 1)
    assert told["least_own_shingles_kept"] == 0.75


def test_nothing_dropped_is_nothing_lost() -> None:
    told = dropped_figures(holdings())
    assert (told["texts"], told["share"], told["least_own_shingles_kept"]) == (0, 0.0, None)


def test_kinds_of_rewrites_are_counted() -> None:
    pages = (stored("original-1", story(7)), stored("cut-1", story(7)[:900]))
    found = holdings(text_of={"original-1": "o", "cut-1": "c"}, original_of={"cut-1": "o"})
    told = kind_figures(Part("rewrites", pages), found)
    assert told == {"cut": {"pairs": 1, "found": 1, "judged": 1, "judged_and_met": 1}}
    assert kind_figures(Part("wire", pages), found) == {}


def test_a_site_is_in_the_same_half_always() -> None:
    assert {half(f"site-{number}") for number in range(40)} == set(HALVES[1:])
    assert half("radiohc-fr") == half("radiohc-fr")


@pytest.mark.parametrize(("name", "site"), [("wire", "a"), ("articles", "articles")])
def test_ours_is_compared_with_others_page_by_page(name: str, site: str) -> None:
    pages = tuple(stored(f"p{number}", story(number), site) for number in range(2, 12))
    ours = {page.id: Text("", page.gold) for page in pages}
    theirs = {page.id: Text("", page.gold[:300]) for page in pages}
    told = body_figures(Part(name, pages), ours, {"other": theirs})["all sites"]
    assert told["pages"] == 10
    assert told["figures"]["copydesk"]["value"] == 1.0
    assert told["figures"]["other"]["high"] < 1.0
    assert told["figures"]["copydesk - other"]["low"] > 0.0

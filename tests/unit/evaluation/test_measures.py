"""The measures, on texts small enough to be counted by hand."""

import pytest

from evaluation.corpus import Pair
from evaluation.measure import judged_pairs, shingle_score, token_f1, words_run_together


@pytest.mark.parametrize(
    ("gold", "found", "f1"),
    [
        ("one two three", "one two three", 1.0),
        ("one two three", "Three, TWO - one!", 1.0),
        ("one two three four", "one two", 2 / 3),
        ("one one two", "one two two", 2 / 3),
        ("新华社北京", "新华社", 0.75),
        ("one two", "", 0.0),
        ("", "one two", 0.0),
        ("", "", 1.0),
    ],
)
def test_tokens_are_counted_as_often_as_they_occur(gold: str, found: str, f1: float) -> None:
    assert token_f1(gold, found) == pytest.approx(f1)


def test_shingles_are_four_words_in_order() -> None:
    score = shingle_score([("a b c d e f", "a b c d e x y z")])
    assert (score.precision, score.recall) == (2 / 5, 2 / 3)
    assert score.f1 == pytest.approx(0.5)


def test_every_page_weighs_the_same_in_the_shingle_score() -> None:
    long = " ".join(map(str, range(500)))
    score = shingle_score([(long, long), ("a b c d", "w x y z")])
    assert score.precision == score.recall == 0.5


def test_a_page_without_a_text_lowers_recall_alone() -> None:
    score = shingle_score([("a b c d", "a b c d"), ("a b c d", "")])
    assert (score.precision, score.recall) == (1.0, 0.5)


def test_a_text_of_fewer_words_is_one_shingle() -> None:
    assert shingle_score([("a b", "a b")]).f1 == 1.0
    assert shingle_score([("a b", "a b c")]).f1 == 0.0


def pair(a: str, b: str, jaccard: float, containment: float = 0.0) -> Pair:
    return Pair(frozenset((a, b)), jaccard, max(jaccard, containment))


ALIKE = pair("a", "b", 0.5)


@pytest.mark.parametrize(
    "texts",
    [
        {"a": {"text-a"}, "b": {"text-b", "text-a"}},  # one is a duplicate of the other
        {"a": {"text-a", "text-c"}, "b": {"text-b", "text-c"}},  # both are of a third
        {"a": {"text-a"}, "b": {"text-a"}},  # they are one text
    ],
)
def test_a_pair_is_found_by_a_text_in_common(texts: dict[str, set[str]]) -> None:
    judged = judged_pairs([ALIKE], texts, [])
    assert (judged.found, judged.missed) == ((ALIKE,), ())


@pytest.mark.parametrize("texts", [{}, {"a": {"text-a"}}, {"a": {"text-a"}, "b": {"text-b"}}])
def test_a_pair_without_one_is_missed(texts: dict[str, set[str]]) -> None:
    judged = judged_pairs([ALIKE], texts, [])
    assert (judged.found, judged.missed) == ((), (ALIKE,))


def test_only_pairs_that_are_half_the_same_have_to_be_found() -> None:
    judged = judged_pairs([pair("a", "b", 0.499, 1.0)], {}, [])
    assert (judged.found, judged.missed) == ((), ())


def test_a_report_is_wrong_where_the_gold_texts_are_no_pair() -> None:
    judged = judged_pairs([pair("a", "b", 0.1, 0.3)], {}, [("b", "a"), ("a", "c")])
    assert (judged.reported, judged.wrong) == (2, (("a", "c"),))


@pytest.mark.parametrize(
    ("gold", "found", "joined"),
    [
        ("the old bridge", "the oldbridge", ["oldbridge"]),
        ("the old bridge", "the old bridge", []),
        ("the old bridge, oldbridge", "oldbridge", []),  # a word of the gold text, too
        ("the old bridge", "thebridge", []),  # no neighbours: another word
        ("5 000 euros", "5000 euros", []),
        ("新 华社", "新华社", []),
    ],
)
def test_words_run_together_are_two_neighbours_in_one(
    gold: str, found: str, joined: list[str]
) -> None:
    assert words_run_together(gold, found) == joined

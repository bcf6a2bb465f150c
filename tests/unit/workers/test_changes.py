"""What was changed from one text to another."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dedup.changes import Change, Kind, Piece, changes, word_changes
from workers.dedup.words import tokens

WORDS = st.sampled_from(
    ["the", "port", "opens", "12", ",", "é", "क्षेत्र", "港口", "\n", " ", "  ", "ёж"]
)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=12).map("".join).filter(lambda p: "\n\n" not in p)
BODIES = st.lists(PARAGRAPHS, min_size=1, max_size=8).map("\n\n".join)


def marked(pieces: Sequence[Piece]) -> str:
    signs = {Kind.SAME: "{}", Kind.REMOVED: "[-{}-]", Kind.ADDED: "[+{}+]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in pieces)


def kinds(made: Sequence[Change]) -> list[str]:
    return [change.kind.value for change in made]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("It cost 12 million.", "It cost 13 million.", "It cost [-12-][+13+] million."),
        ("The port opens.", "The port opens late.", "The port opens[+ late+]."),
        ("The old port opens.", "The port opens.", "The [-old -]port opens."),
        ("One two three four", "Five six seven four", "[-One two three-][+Five six seven+] four"),
        ("Η τιμή είναι δύο ευρώ", "Η τιμή είναι τρία ευρώ", "Η τιμή είναι [-δύο-][+τρία+] ευρώ"),
        ("政府昨天宣布了新措施", "政府今天宣布了新措施", "政府[-昨-][+今+]天宣布了新措施"),
        ("รัฐบาลประกาศเมื่อวานนี้", "รัฐบาลประกาศวันนี้", None),
        ("- one\n- two", "- one\n- three", "- one\n- [-two-][+three+]"),
    ],
)  # fmt: skip
def test_words_that_were_changed(old: str, new: str, expected: str | None) -> None:
    pieces = word_changes(old, new)
    assert Kind.SAME in {piece.kind for piece in pieces}
    if expected is not None:
        assert marked(pieces) == expected


def test_paragraphs_each_with_what_became_of_it() -> None:
    old = "The port opens on Monday.\n\nShips wait outside.\n\nNobody was hurt in the storm."
    new = "The port opens on Tuesday.\n\nNobody was hurt in the storm.\n\nA mayor spoke of luck."
    made = changes(old, new)
    assert kinds(made) == ["changed", "removed", "same", "added"]
    assert [(c.old_number, c.new_number) for c in made] == [(1, 1), (2, None), (3, 2), (None, 3)]
    assert marked(made[0].pieces) == "The port opens on [-Monday-][+Tuesday+]."


def test_a_paragraph_that_was_rewritten_is_another_one() -> None:
    made = changes("The port opens on Monday.", "Nine sheep crossed a motorway.")
    assert kinds(made) == ["removed", "added"]


def test_of_several_paragraphs_those_that_are_alike_belong_together() -> None:
    old = "A quiet day at the harbour.\n\nThe mayor spoke for an hour about fish."
    new = "Rain fell.\n\nThe mayor spoke for two hours about fish.\n\nA quiet night at the harbour."
    assert [(c.old_number, c.new_number) for c in changes(old, new) if c.kind is Kind.CHANGED] in (
        [(2, 2)],
        [(1, 3)],
    )


@given(BODIES, BODIES)
def test_both_texts_can_be_read_from_the_changes(old: str, new: str) -> None:
    made = changes(old, new)
    assert "\n\n".join(c.old for c in made if c.old is not None) == old
    assert "\n\n".join(c.new for c in made if c.new is not None) == new
    numbers = [c.old_number for c in made if c.old_number]
    assert numbers == list(range(1, len(old.split("\n\n")) + 1))
    assert all(c.old != c.new for c in made if c.kind is Kind.CHANGED)


@given(BODIES)
def test_a_text_has_no_changes_from_itself(body: str) -> None:
    assert set(kinds(changes(body, body))) == {"same"}


@given(st.text())
def test_tokens_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["a\n\n", "a ", "港", "a\n"])
def test_a_text_that_repeats_itself_without_end_comes_to_an_end(unit: str) -> None:
    old, new = f"x{unit}" + unit * 100_000, unit * 100_000 + f"{unit}y"
    made = changes(old.strip(), new.strip())
    assert any(change.kind is not Kind.SAME for change in made)


def test_long_paragraphs_that_all_differ_come_to_an_end() -> None:
    old, new = (
        "\n\n".join(" ".join(f"{side}{p}x{w}" for w in range(800)) for p in range(190))
        for side in "ab"
    )
    began = time.process_time()
    assert set(kinds(changes(old, new))) == {"removed", "added"}
    assert time.process_time() - began < 5

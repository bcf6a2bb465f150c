"""Texts made to hang whoever normalises them, or to turn around what a terminal shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.document import normal_body, normal_line, normalise_for_id
from crawler.extraction.charset import read_text
from crawler.extraction.markup import parse

ODD = st.text(
    st.sampled_from("ab \n\u0301\u0316\u0344\u0f73\uff9e\u202e\u2066\u200b\u200f\x00\x1b\ufeff")
)
RUNS = st.lists(st.tuples(ODD, st.sampled_from([1, 31, 32, 63, 64, 65, 200])), max_size=5)


@given(RUNS)
def test_normal_forms_are_normal(runs: list[tuple[str, int]]) -> None:
    text = "".join(part * count for part, count in runs)
    for normal in (normal_body, normal_line):
        assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f71\u0f73", "\uff9e\u0316"])
def test_heaps_of_accents_cost_no_time_and_leave_their_letter(marks: str) -> None:
    """The suite's time limit is what fails here: sorting them takes the square of their number."""
    text = normal_body(f"before a{marks * 300_000} after")
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert len(text) < 100
    assert len(normalise_for_id(text)) < 300


def test_accents_that_are_written_are_kept() -> None:
    text = "קָמָץ  e\u0301te\u0301 Việt"
    assert normal_line(text) == "קָמָץ été Việt"


def test_a_line_is_shown_in_the_order_in_which_it_stands() -> None:
    assert normal_line("a\u202eb\u202c \u2066c\u2069 \u206ed") == "ab c d"
    assert normal_line("שלום\u200f, a\u200db") == "שלום\u200f, a\u200db"
    assert normal_body("a\u2066b\u2069") == "a\u2066b\u2069"


def test_what_nobody_can_see_is_no_line() -> None:
    assert normal_line("\u200b\u2060 \u202e\x1b\ue000") == ""


@pytest.mark.parametrize(
    "codec", ["hex", "zlib", "idna", "punycode", "rot13", "unicode_escape", "undefined"]
)
def test_a_codec_of_python_is_no_charset(codec: str) -> None:
    body = "<html><p>Été à Orléans".encode("cp1252")
    assert "Orléans" in (read_text(body, f"text/html; charset={codec}") or "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a&#27;b&#x1b;c&#0027d", "abcd"),
        ("a&#xFFFF;&#65534;b", "ab"),
        ("it&#39;s &#x27;so&#x27; &#8217; &#310;", "it's 'so' ’ Ķ"),
        ("a&#10;b", "a\nb"),
    ],
)
def test_references_to_controls_go_and_all_others_stay(written: str, read: str) -> None:
    assert parse(f"<p>{written}</p>").text_content() == read  # type: ignore[union-attr]

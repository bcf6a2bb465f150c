"""The demo holds itself to its word, and shows what it shows in 80 columns."""

import pytest

from crawler.outcome import Outcome
from demo import promise, show

NOTHING: dict[str, int] = dict.fromkeys(Outcome, 0)


def test_expected_outcomes_name_all_eight_and_every_story() -> None:
    first, second = promise.expected("first"), promise.expected("second")
    assert all(set(n) == set(Outcome) for n in [*first.values(), *second.values()])
    pages = {source: sum(counts.values()) for source, counts in first.items()}
    assert pages == {"bahia-fr": 14, "bahia-es": 15, "bahia-en": 15, "litoral": 5}
    again = {source: sum(counts.values()) for source, counts in second.items()}
    assert again == {"bahia-fr": 0, "bahia-es": 0, "bahia-en": 0, "litoral": 3}


def test_a_promise_that_holds_passes() -> None:
    promise.held(promise.expected("first"), promise.expected("first"))
    promise.kept(True, "water is wet")


def test_what_differs_is_named_source_by_source() -> None:
    promised = {"a": NOTHING | {Outcome.NEW: 2}, "b": NOTHING}
    with pytest.raises(promise.PromiseError) as caught:
        promise.held({"a": NOTHING | {Outcome.NEW: 1}, "b": NOTHING}, promised)
    assert str(caught.value) == "a: 2 pages should have ended as new, 1 did"


def test_a_source_that_is_missing_breaks_the_promise() -> None:
    with pytest.raises(promise.PromiseError, match="a: 2 pages"):
        promise.held({}, {"a": NOTHING | {Outcome.NEW: 2}})


def test_a_broken_promise_is_named() -> None:
    with pytest.raises(promise.PromiseError, match="water is dry"):
        promise.kept(False, "water is dry")


def test_the_table_of_outcomes() -> None:
    table = show.outcomes({"one": NOTHING | {Outcome.NEW: 12, Outcome.GONE: 1}}).splitlines()
    assert [line.split() for line in table] == [
        [
            "source",
            "new",
            "revision",
            "duplicate",
            "near-dup.",
            "unchanged",
            "rejected",
            "gone",
            "failed",
            "pages",
        ],
        ["one", "12", ".", ".", ".", ".", ".", "1", ".", "13"],
        ["total", "12", ".", ".", ".", ".", ".", "1", ".", "13"],
    ]
    assert {len(line) for line in table} == {len(table[0])}
    assert len(table[0]) <= show.WIDTH


def test_a_file_stands_between_rulers_unchanged() -> None:
    text = "\n\n# *A*\n\n---\n\n  b\n\n"
    shown = show.file("a/b.txt", text)
    first, *_, last = shown.splitlines()
    assert shown == f"{first}\n{text}\n{last}"
    assert len(first) == len(last) == show.WIDTH


def test_a_duplicate_is_told_with_its_reason() -> None:
    record = {
        "outcome": "near-duplicate",
        "queued": False,
        "url": "http://b/1",
        "original_url": "http://a/1",
        "reason": "shares 327 of its 358 word triples with the kept text, " * 3,
    }
    lines = show.duplicate(record).splitlines()
    assert lines[:3] == [
        "near-duplicate, not queued",
        "  http://b/1",
        "  known from http://a/1",
    ]
    assert all(len(line) <= show.WIDTH for line in lines)


def test_a_delivery_is_shortened_to_lines() -> None:
    fields = ("outcome", "source", "language", "title", "url", "published", "path")
    entry = dict.fromkeys(fields, "x") | {"text": "word\n" * 100}
    lines = show.delivery(entry).splitlines()
    assert len(lines) == 8
    assert lines[-1].endswith("word ...")
    assert len(lines[-1]) <= show.WIDTH


def test_reasons_are_a_line_each() -> None:
    assert show.reasons("one", {"rejected listing": 2, "gone http-410": 1}) == (
        "  one        1  gone: http-410\n  one        2  rejected: listing"
    )

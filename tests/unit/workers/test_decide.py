"""What a text is, given what is known."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.outcome import Outcome
from workers.dedup.compare import Comparison, Verdict, verdict
from workers.pages.decide import Decision, Facts, decide

NOTHING_KNOWN = Facts(id="aa", is_known=False, head=None, own_past=frozenset(), comparisons={})
SAME = Comparison(shared=95, own=100, kept=100)
CONTAINED = Comparison(shared=95, own=100, kept=400)
FULLER = Comparison(shared=95, own=180, kept=100)
UNRELATED = Comparison(shared=1, own=100, kept=100)


def _decide(*, keep: bool = False, **known: Any) -> Decision:
    return decide(dataclasses.replace(NOTHING_KNOWN, **known), keep_near_duplicates=keep)


def test_the_verdicts_that_these_tests_stand_on() -> None:
    judged = [verdict(one) for one in (SAME, CONTAINED, FULLER, UNRELATED)]
    assert judged == [Verdict.DROP, Verdict.DROP, Verdict.FULLER, Verdict.DISTINCT]


def test_nothing_known_is_new() -> None:
    assert _decide() == Decision(Outcome.NEW, queued=True)
    assert _decide(comparisons={"bb": UNRELATED}) == Decision(Outcome.NEW, queued=True)


def test_the_text_that_a_url_had_is_unchanged() -> None:
    known: dict[str, Any] = {
        "head": "aa",
        "is_known": True,
        "own_past": frozenset({"aa"}),
        "comparisons": {"bb": SAME},
    }
    assert _decide(**known) == Decision(Outcome.UNCHANGED, queued=False)


@pytest.mark.parametrize("head", [None, "bb"])
def test_a_known_text_is_a_duplicate_of_itself_wherever_it_turns_up(head: str | None) -> None:
    found = _decide(is_known=True, head=head, comparisons={"bb": SAME})
    assert (found.outcome, found.queued, found.duplicate_of) == (Outcome.DUPLICATE, False, "aa")
    assert found.similarity == 1.0
    assert found.reason


def test_another_text_at_a_known_url_is_a_revision_whatever_else_is_like_it() -> None:
    found = _decide(head="bb", own_past=frozenset({"bb"}), comparisons={"bb": SAME, "cc": SAME})
    assert found == Decision(Outcome.REVISION, queued=True, supersedes="bb")


def test_a_text_is_no_near_duplicate_of_its_own_past() -> None:
    assert _decide(own_past=frozenset({"bb"}), comparisons={"bb": SAME}).outcome is Outcome.NEW


@pytest.mark.parametrize(
    ("comparison", "keep", "queued"),
    [(SAME, False, False), (SAME, True, True), (CONTAINED, False, False), (CONTAINED, True, True),
     (FULLER, False, True), (FULLER, True, True)],
)  # fmt: skip
def test_a_near_duplicate_is_queued_where_it_adds_something_or_all_are_kept(
    comparison: Comparison, keep: bool, queued: bool
) -> None:
    found = _decide(keep=keep, comparisons={"bb": comparison})
    assert found == Decision(
        Outcome.NEAR_DUPLICATE,
        queued=queued,
        duplicate_of="bb",
        similarity=comparison.jaccard,
        reason=comparison.reason,
    )


def test_what_holds_all_of_the_text_goes_before_what_is_more_like_it() -> None:
    found = _decide(comparisons={"aa": UNRELATED, "bb": FULLER, "cc": CONTAINED})
    assert FULLER.jaccard > CONTAINED.jaccard
    assert (found.duplicate_of, found.queued) == ("cc", False)


def test_of_several_the_most_alike_then_the_lowest_id_is_the_original() -> None:
    less = dataclasses.replace(SAME, shared=85)
    assert _decide(comparisons={"cc": less, "dd": SAME, "bb": SAME}).duplicate_of == "bb"


comparisons = st.builds(
    Comparison, shared=st.integers(0, 60), own=st.integers(60, 200), kept=st.integers(60, 200),
)  # fmt: skip
ids = st.sampled_from(["aa", "bb", "cc", "dd"])
facts = st.builds(
    Facts, id=st.just("aa"), is_known=st.booleans(), head=st.none() | ids, own_past=st.frozensets(ids),
    comparisons=st.dictionaries(ids, comparisons),
)  # fmt: skip


@given(facts, st.booleans())
def test_every_decision_is_whole(known: Facts, keep: bool) -> None:
    found = decide(known, keep_near_duplicates=keep)
    linked = found.outcome in {Outcome.DUPLICATE, Outcome.NEAR_DUPLICATE}
    assert linked == (found.duplicate_of is not None) == (found.similarity is not None)
    assert linked == bool(found.reason)
    assert (found.outcome is Outcome.REVISION) == (found.supersedes is not None)
    assert found.is_kept or not found.queued
    assert found.queued or found.outcome not in {Outcome.NEW, Outcome.REVISION}
    if found.outcome is Outcome.NEAR_DUPLICATE:
        assert found.duplicate_of not in known.own_past


@given(facts)
def test_the_order_of_the_candidates_makes_no_difference(known: Facts) -> None:
    turned = dataclasses.replace(known, comparisons=dict(reversed([*known.comparisons.items()])))
    assert decide(known, keep_near_duplicates=False) == decide(turned, keep_near_duplicates=False)

"""Months of walks, compared: in a small size, what `python -m evaluation.pace` promises."""

import random
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evaluation.pace.figures import TOGETHER, TOLD_ON, TUNED_ON, USUAL, Comparison, Figures, compare
from evaluation.pace.page import BEGIN, END, NoMarks, page_with
from evaluation.pace.picture import picture
from evaluation.pace.publishing import DAY, HOUR, KINDS, MONTH, START, Published, published
from evaluation.pace.trial import PAGE_SECONDS, fixed, month


@pytest.fixture(scope="module")
def told() -> Comparison:
    return compare(("C0",), minutes=(15, 30, 60, 240, 1440), stated=(USUAL, 60))


def test_the_tuning_has_not_seen_what_is_told() -> None:
    assert not set(TUNED_ON) & set(TOLD_ON)
    assert published("fast", TUNED_ON[0]) != published("fast", TOLD_ON[0])


def test_no_fixed_interval_has_as_few_requests_at_as_small_a_delay(told: Comparison) -> None:
    assert told.beaten(TOGETHER) == []
    assert {30, 60} <= set(told.beating(TOGETHER))
    for row in told.adaptive.values():
        found = row[TOGETHER]
        other = told.at_cost(TOGETHER, found.requests)
        assert found.median < 0.6 * other.median
        assert found.ninetieth < 0.8 * other.ninetieth


@pytest.mark.parametrize("kind", ["fast", "weekdays", "dying"])
def test_nor_by_source_where_there_is_something_to_know(told: Comparison, kind: str) -> None:
    found = told.adaptive[USUAL][kind]
    other = told.at_cost(kind, found.requests)
    assert found.median < other.median
    assert found.ninetieth < other.ninetieth


@pytest.mark.parametrize("kind", KINDS)
def test_a_month_is_the_same_for_the_same_seed(kind: str) -> None:
    one = published(kind, "C0")
    assert one == published(kind, "C0")
    assert list(one.times) == sorted(one.times)
    assert one.times[0] < START
    assert one.times[-1] < START + MONTH


def test_a_fixed_interval_finds_all_of_what_its_feed_holds_and_counts_what_left_it() -> None:
    times = tuple(START + HOUR * n for n in range(28 * 24))
    asked = month(Published(times, held=3), fixed(4 * HOUR)(), "C0")
    assert asked.requests == 28 * 6
    assert asked.missed == 28 * 6 - 1
    assert len(asked.delays) == 3 * asked.missed
    first = HOUR * random.Random("C0").random()
    assert min(asked.delays) == pytest.approx(first % HOUR + PAGE_SECONDS)
    assert max(asked.delays) < 3 * HOUR + 3 * PAGE_SECONDS


def test_weekdays_are_weekdays() -> None:
    assert all(int(t // DAY + 3) % 7 < 5 for t in published("weekdays", "C0").times)


def test_who_beats_whom() -> None:
    one = Figures(requests=10, median=5, ninetieth=9, missed=0)
    assert one.is_beaten_by(Figures(10, 5, 8, 3))
    assert not one.is_beaten_by(one)
    assert not one.is_beaten_by(Figures(11, 1, 1, 0))
    assert not one.is_beaten_by(Figures(1, 6, 1, 0))


def test_the_page_gets_its_figures_and_keeps_its_words(told: Comparison) -> None:
    page = f"# Pace\n\nbefore\n{BEGIN}\nold\n{END}\nafter\n"
    written = page_with(page, told)
    assert written.startswith("# Pace\n\nbefore\n")
    assert written.endswith("\nafter\n")
    assert "old" not in written
    assert all(f"| {kind} |" in written for kind in KINDS)
    assert page_with(written, told) == written
    with pytest.raises(NoMarks, match="no place"):
        page_with("# Pace\n", told)


def test_the_page_that_is_shipped_has_a_place_for_them() -> None:
    page = Path("docs/pace.md").read_text()
    assert page.index(BEGIN) < page.index("| together |") < page.index(END)


def test_the_picture_has_a_panel_for_each(told: Comparison) -> None:
    drawn = ElementTree.fromstring(picture(told))
    names = [text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert set(KINDS) <= set(names)
    lines = list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == 4 * (1 + len(KINDS))
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 2 * (1 + len(KINDS))

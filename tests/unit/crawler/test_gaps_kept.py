"""What is kept in a listing while all else passes through it does not hide a gap, nor make one up."""

import random

import pytest

from tests.unit.crawler.webs import Web, down

FEED, SITEMAP, SECTION = "/rss.xml", "/sitemap.xml", "/news"


def _feed(**fields: object) -> Web:
    return Web({"feeds": [FEED], **fields})


@pytest.mark.parametrize("pinned", [1, 2])
def test_what_is_pinned_to_a_feed_does_not_hide_a_gap(pinned: int) -> None:
    web = _feed()
    web.feed(FEED, [*down(50, 8), *down(-100, pinned)])
    web.walk(50)
    web.feed(FEED, [*down(90, 8), *down(-100, pinned)])
    web.walk(90)
    assert web.gaps == [(50, 83, "")]


@pytest.mark.parametrize("dated_anew", [[9.9, 49.5], [9.9, 45.5], [1e5, 1e5]])
def test_a_report_that_is_dated_anew_does_not_hide_a_gap(dated_anew: list[float]) -> None:
    web = _feed()
    web.feed(FEED, down(10, 10), live=dated_anew[0])
    web.walk(10)
    web.feed(FEED, down(50, 10), live=dated_anew[1])
    web.walk(50)
    assert web.gaps == [(10, 41, "")]
    web.feed(FEED, down(59, 10), live=58.9)
    web.walk(59)
    assert web.gaps == []


@pytest.mark.parametrize("pinned", [1, 2, 3, 5])
def test_what_is_kept_at_the_top_without_dates_does_not_hide_a_gap(pinned: int) -> None:
    web = _feed()
    web.feed(FEED, [*down(-100, pinned), *down(10, 8)], dated=False)
    web.walk(10)
    web.feed(FEED, [*down(-100, pinned), *down(50, 8)], dated=False)
    web.walk(50)
    assert web.gaps == [(10, 50, "")]
    web.feed(FEED, [*down(-100, pinned), *down(57, 8)], dated=False)
    web.walk(57)
    assert web.gaps == []


@pytest.mark.parametrize("count", [1, 2])
def test_what_was_pinned_just_after_the_last_reading_does_not_make_a_gap_short(count: int) -> None:
    web = _feed()
    web.feed(FEED, down(10, 10))
    web.walk(10)
    web.feed(FEED, [*down(90, 8), *down(10 + count, count)])
    web.walk(90)
    assert web.gaps == [(10, 83, "")]


@pytest.mark.parametrize("reports", [1, 3, 4])
def test_reports_that_are_dated_anew_all_day_do_not_hide_a_gap(reports: int) -> None:
    web = _feed()
    live = list(range(-900, -900 + reports))
    for hour, is_gap in ((10, False), (14, False), (50, True), (54, False)):
        web.feed(FEED, [*live, *down(hour, 10)], at=dict.fromkeys(live, hour - 0.1))
        web.walk(hour)
        assert bool(web.gaps) is is_gap, hour


def test_a_box_that_is_shuffled_beside_what_is_new_does_not_hide_a_gap_for_long() -> None:
    web = Web({"sections": [SECTION]})
    box = list(range(-500, -494))
    for hour in range(10, 30, 2):
        box = box[1:] + box[:1]
        web.section(SECTION, [*down(hour, 8), *box])
        web.walk(hour)
        assert web.gaps == []
    web.section(SECTION, [*down(60, 8), *box[2:], *box[:2]])
    web.walk(60)
    assert web.gaps == [(28, 60, "")]
    web.section(SECTION, [*down(64, 8), *box])
    web.walk(64)
    assert web.gaps == []


@pytest.mark.parametrize("held", [4, 10, 39, 60, 200])
def test_a_page_whose_order_wavers_has_no_gaps(held: int) -> None:
    web = Web({"sections": [SECTION]})
    chance = random.Random(held)
    for hour in range(10, 60):
        newest = hour * max(1, held // 8)
        listed = sorted(down(newest, held), key=lambda n: -n + chance.uniform(0, held / 2))
        web.section(SECTION, listed)
        web.walk(hour)
        assert (web.gaps, web.covered) == ([], hour)

"""A network that delivers copies of a site may show an old one after a new one: no gap, and no reading."""

import pytest

from tests.unit.crawler.webs import HOST, Web, down

FEED, SITEMAP, SECTION = "/rss.xml", "/sitemap.xml", "/news"


def _feed(**fields: object) -> Web:
    return Web({"feeds": [FEED], **fields})


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("back", [3, 12, 40])
def test_an_old_copy_of_a_listing_is_no_gap_and_no_reading(dated: bool, back: int) -> None:
    web = _feed()
    web.known |= {f"{HOST}/news/2026/story-of-the-day-{10000 + n}" for n in range(-60, 40)}
    for hour in range(40, 80, 3):
        web.feed(FEED, down(hour, 10), dated=dated)
        web.walk(hour)
        assert (web.gaps, web.covered) == ([], hour)
        web.feed(FEED, down(hour - back, 10), dated=dated)
        web.walk(hour + 1)
        is_met = back < 10 and not dated  # without dates it shows no difference
        assert (web.gaps, web.covered) == ([], hour + 1 if is_met else hour)


def test_what_comes_after_an_old_copy_is_owed_since_the_reading_before_it() -> None:
    web = _feed()
    web.feed(FEED, down(40, 10))
    web.walk(40)
    web.feed(FEED, down(37, 10))
    web.walk(41)
    web.walk(42)  # as it was, and asked without condition
    web.feed(FEED, down(60, 10))
    web.walk(60)
    assert web.gaps == [(40, 51, "")]


def test_a_listing_that_stays_an_old_one_is_taken_for_what_it_is() -> None:
    web = _feed()
    web.feed(FEED, down(40, 10))
    web.walk(40)
    web.feed(FEED, down(20, 10))
    for hour in range(41, 48):
        web.walk(hour)
    assert web.covered == 47

"""A feed that dies, goes stale or is cut: the next kind of listing stands in, until it is well again."""

import pytest

from crawler.walking.listing_state import ListingState
from tests.unit.crawler.webs import HOST, Web, down

FEED, SITEMAP, SECTION = "/rss.xml", "/sitemap.xml", "/"
DECLARED = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'


def _found() -> Web:
    """A source that names its start alone; its feed has been found."""
    web = Web({"start": f"{HOST}/"})
    _publish(web, 20)
    web.walk(20)
    assert web.left[HOST + FEED].found
    return web


def _publish(web: Web, newest: int, *, feed: bool = True) -> None:
    if feed:
        web.feed(FEED, down(newest, 12))
    web.section(SECTION, down(newest, 20), head=DECLARED)


def _fallen(web: Web) -> list[tuple[str, str, list[str]]]:
    return [
        (f.listing.removeprefix(HOST), f.fall, [u.removeprefix(HOST) for u in f.instead])
        for f in web.reading.fallen
    ]


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_feed_that_dies_is_replaced_at_once_and_told_when_it_stays_so(status: int) -> None:
    web = _found()
    web.statuses[FEED] = status
    seen = []
    for hour in (21, 22, 23):
        _publish(web, hour)
        web.walk(hour)
        assert hour in web.numbers
        assert (web.gaps, web.covered) == ([], hour)
        seen.append(_fallen(web))
    assert seen == [[], [], [(FEED, "dead", [SECTION])]]
    assert web.asked == [FEED, SECTION]
    assert str(status) in web.reading.fallen[0].why


def test_a_feed_that_is_back_takes_over_again() -> None:
    web = _found()
    web.statuses[FEED] = 404
    for hour in (21, 22, 23, 24):
        _publish(web, hour)
        web.walk(hour)
    web.statuses.clear()
    _publish(web, 25)
    web.walk(25)
    assert (_fallen(web), web.gaps) == ([], [])
    _publish(web, 26)
    web.walk(26)
    assert web.asked == [FEED]
    assert web.numbers[-1] == 26
    assert (web.gaps, web.covered) == ([], 26)


def test_a_feed_that_has_been_dead_for_long_is_tried_seldom() -> None:
    web = _found()
    web.statuses[FEED] = 404
    tried = 0
    for quarter in range(4 * 48):
        web.walk(21 + quarter / 4)
        tried += FEED in web.asked
    assert 15 < tried < 60
    assert _fallen(web) == [(FEED, "dead", [SECTION])]


def test_one_that_was_found_is_forgotten_after_two_weeks() -> None:
    web = _found()
    web.statuses[FEED] = 404
    for day in range(20):
        _publish(web, 21 + day)
        web.walk(21 + 24 * day)
    assert _fallen(web) == []
    assert HOST + FEED not in web.left
    assert not web.left[HOST + SECTION].stands_in


@pytest.mark.parametrize("has_sitemap", [True, False])
def test_a_feed_that_goes_stale(has_sitemap: bool) -> None:
    web = _found()
    for hour in (24, 30, 40):
        web.walk(hour)
        assert web.asked == [FEED]
    _publish(web, 50, feed=False)
    if has_sitemap:
        web.sitemap(SITEMAP, down(50, 500))
    web.walk(50)
    instead = SITEMAP if has_sitemap else SECTION
    assert _fallen(web) == [(FEED, "stale", [instead])]
    assert {41, 50} <= set(web.numbers)
    # Of a sitemap's years, or a section's, only what came since.
    assert min(web.numbers) >= 19
    web.walk(51)
    assert web.asked == [FEED, instead]
    assert _fallen(web) == [(FEED, "stale", [instead])]
    _publish(web, 53)
    if has_sitemap:
        web.sitemap(SITEMAP, down(53, 500))
    web.walk(53)
    assert _fallen(web) == []
    assert web.numbers
    web.walk(54)
    assert web.asked == [FEED]


def test_what_a_stale_feed_missed_and_nothing_else_names_is_a_gap() -> None:
    web = _found()
    web.section(SECTION, down(120, 20), head=DECLARED)
    web.walk(120)
    assert _fallen(web) == [(FEED, "stale", [SECTION])]
    assert web.gaps == [(20, 120, "")]


def test_a_site_that_is_silent_is_looked_at_once_a_day_and_has_not_fallen() -> None:
    web = _found()
    looked = 0
    for hour in range(21, 21 + 24 * 5, 2):
        web.walk(hour)
        looked += SECTION in web.asked
        assert len(web.asked) <= 2
        assert _fallen(web) == []
    assert 3 <= looked <= 5


def test_what_a_feed_never_named_does_not_make_it_stale() -> None:
    web = Web({"start": f"{HOST}/"})
    web.feed(FEED, down(20, 12))
    web.section(SECTION, [*down(20, 12), *range(-120, -100)], head=DECLARED)
    web.walk(20)
    for day in range(1, 5):
        web.walk(20 + 30 * day)
        assert SECTION in web.asked
        assert _fallen(web) == []


def test_a_feed_that_is_cut_to_three() -> None:
    web = _found()
    web.feed(FEED, down(26, 3))
    web.section(SECTION, down(26, 20), head=DECLARED)
    web.walk(26)
    assert _fallen(web) == [(FEED, "cut", [SECTION])]
    assert set(range(21, 27)) <= set(web.numbers)
    assert web.gaps == []
    web.feed(FEED, down(27, 3))
    web.walk(27)
    assert _fallen(web) == [(FEED, "cut", [SECTION])]
    _publish(web, 28)
    web.walk(28)
    assert _fallen(web) == []
    web.walk(29)
    assert web.asked == [FEED]


def test_a_feed_of_three_that_names_all_is_left_alone() -> None:
    web = _found()
    web.feed(FEED, down(21, 3))
    web.section(SECTION, down(21, 20), head=DECLARED)
    web.walk(21)
    assert (_fallen(web), web.gaps) == ([], [])


def test_a_named_feed_falls_back_to_what_is_found_from_the_start() -> None:
    web = Web({"feeds": [FEED], "start": f"{HOST}/"})
    web.feed(FEED, down(20, 12))
    web.section(SECTION, down(20, 20))
    web.walk(20)
    web.walk(20.5)
    assert web.asked == [FEED]
    web.statuses[FEED] = 410
    for hour in (21, 22, 23):
        web.section(SECTION, down(hour, 20))
        web.walk(hour)
        assert web.numbers[-1] == hour
    assert _fallen(web) == [(FEED, "dead", [SECTION])]
    web.statuses.clear()
    web.feed(FEED, down(24, 12))
    web.section(SECTION, down(24, 20))
    web.walk(24)
    web.walk(25)
    assert web.asked == [FEED]
    assert _fallen(web) == []


def test_where_another_kind_is_named_it_is_told_without_a_request() -> None:
    web = Web({"feeds": [FEED], "sections": ["/news"]})
    web.feed(FEED, down(20, 12))
    web.section("/news", down(20, 20))
    web.walk(20)
    web.section("/news", down(60, 60))
    web.walk(60)
    assert web.asked == [FEED, "/news"]
    assert _fallen(web) == [(FEED, "stale", ["/news"])]


def test_a_dead_feed_without_a_start_is_told_and_not_waited_for() -> None:
    web = Web({"feeds": [FEED, "/other.xml"]})
    web.feed(FEED, down(20, 12))
    web.feed("/other.xml", down(220, 12))
    web.walk(20)
    web.statuses[FEED] = 404
    for hour in (21, 22):
        web.walk(hour)
        assert (web.gaps, web.covered) == ([], 20)
    web.walk(23)
    assert [(start, how) for start, _, how in web.gaps] == [(20, "")]
    assert web.covered == 23
    assert _fallen(web) == [(FEED, "dead", ["/other.xml"])]
    web.walk(24)
    assert web.gaps == []


def test_a_host_that_asks_for_a_pause_has_not_failed() -> None:
    web = Web({"feeds": [FEED, "/other.xml"]})
    web.feed(FEED, down(20, 12))
    web.feed("/other.xml", down(220, 12))
    web.walk(20)
    from crawler.fetching import Miss, MissKind

    fetch = web.fetch

    async def paused(url: str, headers: object) -> object:
        if url.endswith(FEED):
            raise Miss(MissKind.NOT_ASKED, "asked-to-wait")
        return await fetch(url, headers)  # type: ignore[arg-type]

    web.fetch = paused  # type: ignore[method-assign,assignment]
    for hour in range(21, 30):
        web.walk(hour)
    assert _fallen(web) == []
    assert web.covered == 20


def test_an_archive_is_not_walked_for_a_page_that_stands_in() -> None:
    web = _found()
    web.statuses[FEED] = 404
    web.section(SECTION, down(22, 20), head=DECLARED, older="/?page=2")
    for page in range(2, 60):
        web.section(f"/?page={page}", down(22 - 20 * (page - 1), 20), older=f"/?page={page + 1}")
    for hour in (22, 23, 24):
        web.walk(hour)
        assert not any("page" in path for path in web.asked)


def test_a_sitemap_that_goes_stale() -> None:
    web = Web({"sitemaps": [SITEMAP], "start": f"{HOST}/"})
    web.sitemap(SITEMAP, down(20, 100))
    web.section(SECTION, down(20, 20))
    web.walk(20)
    web.section(SECTION, down(60, 20))
    web.walk(60)
    assert _fallen(web) == [(SITEMAP, "stale", [SECTION])]


def test_what_an_earlier_version_left_is_read() -> None:
    web = _found()
    web.left = {url: ListingState(s.kind, s.etag, found=s.found) for url, s in web.left.items()}
    del web.left[HOST + SECTION]  # type: ignore[attr-defined]
    _publish(web, 21)
    web.walk(21)
    assert (web.asked, web.gaps, _fallen(web)) == ([FEED], [], [])

"""A listing that shares nothing with what it named before is walked back, or its hours are told."""

import pytest

from tests.unit.crawler.webs import HOST, Web, down

FEED, SITEMAP, SECTION = "/rss.xml", "/sitemap.xml", "/news"


def _feed(**fields: object) -> Web:
    return Web({"feeds": [FEED], **fields})


def test_a_first_walk_has_no_last_time() -> None:
    web = _feed()
    web.feed(FEED, down(10, 10))
    web.walk(10)
    assert web.gaps == []
    assert web.covered == 10


def test_a_feed_that_reaches_back_has_no_gap_and_costs_nothing() -> None:
    web = _feed()
    web.feed(FEED, down(10, 10))
    web.walk(10)
    web.feed(FEED, down(19, 10))
    web.walk(19)
    assert (web.gaps, web.covered, web.asked) == ([], 19, [FEED])


def test_a_listing_that_is_as_it_was_shares_all() -> None:
    web = _feed()
    web.feed(FEED, down(10, 10))
    web.walk(10)
    web.walk(20)
    assert (web.gaps, web.covered) == ([], 20)
    web.feed(FEED, down(20, 11))
    web.walk(21)
    assert (web.gaps, web.covered) == ([], 21)


def test_what_cannot_be_closed_is_told_by_the_hour() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10.5)
    web.feed(FEED, down(30, 5))
    web.walk(30.5)
    assert web.gaps == [(10.5, 26, "")]
    assert web.covered == 30.5
    web.walk(31)
    assert web.gaps == []


@pytest.mark.parametrize("held", [2, 3, 4, 5, 10])
@pytest.mark.parametrize("skew", [-30, -5, 5, 30])
def test_a_feed_whose_clock_is_wrong_reaches_back_all_the_same(held: int, skew: int) -> None:
    web = _feed()
    for newest in (10, 10 + held // 2, 10 + held // 2 + held - 1):
        web.feed(FEED, down(newest, held))
        web.walk(newest + skew)
        assert web.gaps == []


def test_a_feed_without_dates_is_not_read_between_its_walks() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5), dated=False)
    web.walk(10)
    web.feed(FEED, down(14, 5), dated=False)
    web.walk(14)
    assert web.gaps == []
    web.feed(FEED, down(30, 5), dated=False)
    web.walk(30)
    assert web.gaps == [(14, 30, "")]


def test_the_oldest_first_is_an_order_too() -> None:
    web = _feed()
    web.feed(FEED, range(1, 61), dated=False)
    web.walk(60)
    web.feed(FEED, range(50, 110), dated=False)
    web.walk(110)
    assert web.gaps == []


def test_a_feed_of_one_item() -> None:
    web = _feed()
    web.feed(FEED, [1])
    web.walk(1)
    web.feed(FEED, [2, 1])
    web.walk(2)
    assert web.gaps == []
    web.feed(FEED, [4])
    web.walk(4.5)
    assert web.gaps == [(2, 4, "")]


@pytest.mark.parametrize(
    ("head", "older"),
    [
        (f'<atom:link rel="next" href="{HOST}/rss-2.xml"/>', "/rss-2.xml"),
        ("<link href='/rss-2.xml' rel='prev-archive'/>", "/rss-2.xml"),
        ("<generator>https://wordpress.org/?v=6.4</generator>", "/rss.xml?paged=2"),
    ],
)
def test_older_pages_of_a_feed_close_it(head: str, older: str) -> None:
    web = _feed()
    web.feed(FEED, down(10, 5), head=head)
    web.walk(10.5)
    web.feed(FEED, down(18, 5), head=head)
    web.feed(older, down(13, 5))
    web.walk(18.5)
    assert web.gaps == [(10.5, 14, "older pages of the feed")]
    assert web.numbers == list(range(9, 19))
    assert web.covered == 18.5


def test_older_pages_that_end_too_soon_make_the_gap_smaller() -> None:
    web = _feed()
    head = f'<atom:link rel="next" href="{HOST}/rss-2.xml"/>'
    web.feed(FEED, down(10, 5), head=head)
    web.walk(10)
    web.feed(FEED, down(30, 5), head=head)
    web.feed("/rss-2.xml", down(25, 5))
    web.walk(30)
    assert web.gaps == [(10, 21, "")]
    assert web.numbers == list(range(21, 31))


def test_a_feed_whose_pages_are_all_the_same_ends() -> None:
    web = _feed()
    head = "<generator>https://wordpress.org/?v=6.4</generator>"
    web.feed(FEED, down(10, 5), head=head)
    web.walk(10)
    web.feed(FEED, down(30, 5), head=head)
    web.pages["/rss.xml?paged=2"] = web.pages[FEED]
    web.walk(30)
    assert web.gaps == [(10, 26, "")]


@pytest.mark.parametrize("where", ["named", "in robots.txt", "in its usual place"])
def test_a_sitemap_closes_it(where: str) -> None:
    path = "/some-map.xml" if where == "in robots.txt" else SITEMAP
    web = _feed(**({"sitemaps": [path]} if where == "named" else {}))
    web.feed(FEED, down(10, 5))
    web.sitemap(path, down(10, 500))
    web.walk(10.5)
    if where == "in robots.txt":
        web.pages["/robots.txt"] = f"Sitemap: {HOST}{path}".encode()
    web.feed(FEED, down(30, 5))
    web.sitemap(path, down(30, 500))
    web.walk(30.5)
    # One that the source names is read in any case: then there is none.
    assert web.gaps == ([] if where == "named" else [(10.5, 26, "sitemaps")])
    assert set(range(11, 31)) <= set(web.numbers)
    # What is older than the last walk is not asked for, but for what may have come late.
    assert where == "named" or min(web.numbers) == 10


def test_an_index_of_sitemaps_closes_it_by_those_that_are_young_enough() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10.5)
    web.feed(FEED, down(80, 5))
    web.index(SITEMAP, {"/young.xml": 80, "/old.xml": -900})
    web.sitemap("/young.xml", down(80, 100))
    web.sitemap("/old.xml", down(-900, 100))
    web.walk(80.5)
    assert web.gaps == [(10.5, 76, "sitemaps")]
    assert web.numbers == list(range(10, 81))
    assert "/old.xml" not in web.asked


def test_the_pages_of_the_start_close_it() -> None:
    web = _feed(start=f"{HOST}/")
    web.feed(FEED, down(10, 5))
    web.section("/", down(10, 8))
    web.walk(10.5)
    web.feed(FEED, down(30, 5))
    web.section("/", down(30, 8), older="/?page=2")
    for page in range(2, 60):
        web.section(f"/?page={page}", down(38 - 8 * page, 8), older=f"/?page={page + 1}")
    web.walk(30.5)
    assert web.gaps == [(10.5, 26, "older pages of the start page")]
    assert set(range(11, 31)) <= set(web.numbers)
    assert "/?page=5" not in web.asked


def test_the_pages_of_a_start_that_do_not_reach_back_are_left_alone() -> None:
    web = _feed(start=f"{HOST}/")
    web.feed(FEED, down(10, 5))
    web.section("/", down(10, 8))
    web.walk(10)
    web.feed(FEED, down(30, 5))
    web.section("/", down(30, 8), older="/?page=2")
    web.section("/?page=2", down(900, 8), older="/")
    web.walk(30)
    assert web.gaps == [(10, 26, "")]
    assert web.numbers == list(range(26, 31))


def test_a_listing_that_turns_over_all_the_time_is_looked_for_elsewhere_now_and_then() -> None:
    web = _feed()
    wide = 0
    for hour in range(10, 34):
        web.feed(FEED, [hour])
        web.walk(hour)
        wide += "/robots.txt" in web.asked
        assert len(web.gaps) == (hour > 10)
    assert 3 <= wide <= 5


def test_what_several_gaps_need_is_read_once() -> None:
    web = Web({"feeds": [f"/{n}.xml" for n in range(5)]})
    for n in range(5):
        web.feed(f"/{n}.xml", down(10 + 100 * n, 5))
    web.walk(10)
    for n in range(5):
        web.feed(f"/{n}.xml", down(30 + 100 * n, 5))
    web.sitemap(SITEMAP, [n for n in range(530, 0, -1) if n % 100 <= 30])
    web.walk(30)
    assert web.asked.count(SITEMAP) == 1
    assert len(web.gaps) == 5
    assert all(how for _, _, how in web.gaps)


def test_a_listing_that_was_read_in_the_walk_is_not_read_again_to_close_its_gap() -> None:
    web = Web({"sitemaps": [SITEMAP]})
    web.sitemap(SITEMAP, down(10, 5))
    web.walk(10)
    web.sitemap(SITEMAP, down(30, 5))
    web.walk(30)
    assert web.gaps == [(10, 26, "")]
    assert web.asked.count(SITEMAP) == 1


def test_a_sitemap_of_something_else_closes_nothing() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10)
    web.feed(FEED, down(30, 5))
    web.sitemap(SITEMAP, [10, *range(500, 600)])
    web.walk(30)
    assert web.gaps == [(10, 26, "")]
    assert web.numbers == list(range(26, 31))


def test_a_gap_of_one_listing_that_another_covers_is_none() -> None:
    web = Web({"feeds": [FEED], "sections": [SECTION]})
    web.feed(FEED, down(10, 5))
    web.section(SECTION, down(10, 20))
    web.walk(10)
    web.feed(FEED, down(20, 5))
    web.section(SECTION, down(20, 20))
    web.walk(20)
    assert (web.gaps, web.covered) == ([], 20)
    assert web.asked == [FEED, SECTION]


def test_the_gap_of_another_subject_is_not_covered() -> None:
    web = Web({"feeds": ["/politics.xml", "/sports.xml"]})
    web.feed("/politics.xml", down(10, 5))
    web.feed("/sports.xml", down(110, 5))
    web.walk(10)
    web.feed("/politics.xml", down(30, 5))
    web.feed("/sports.xml", down(112, 5))
    web.walk(30)
    assert [(start, how) for start, _, how in web.gaps] == [(10, "")]


def test_a_section_is_walked_back_by_its_pages() -> None:
    web = Web({"sections": [SECTION]})
    web.section(SECTION, down(10, 10), older="/news?page=2")
    web.section("/news?page=2", down(0, 10))
    web.walk(10)
    web.section(SECTION, down(45, 10), older="/news?page=2")
    for page in range(2, 6):
        web.section(f"/news?page={page}", down(55 - 10 * page, 10), older=f"/news?page={page + 1}")
    web.walk(45)
    assert set(range(11, 46)) <= set(web.numbers)
    assert (web.gaps, web.covered) == ([], 45)


def test_more_than_a_crawl_may_fetch_is_no_gap() -> None:
    web = Web({"sections": [SECTION], "max_pages": 5})
    web.section(SECTION, down(10, 10), older="/news?page=2")
    web.section("/news?page=2", down(0, 10))
    web.walk(10)
    web.section(SECTION, down(40, 10), older="/news?page=2")
    web.section("/news?page=2", down(30, 10), older="/news?page=3")
    web.section("/news?page=3", down(20, 10), older="/news?page=4")
    web.section("/news?page=4", down(10, 10))
    web.walk(40)
    assert set(range(11, 41)) <= set(web.numbers)
    assert web.gaps == []


def test_a_walk_back_whose_time_is_over_leaves_the_rest_as_a_gap() -> None:
    web = Web({"sections": [SECTION]})
    web.section(SECTION, down(10, 10))
    web.walk(10)
    web.section(SECTION, down(40, 10), older="/news?page=2")
    web.until = 0.0
    web.walk(40)
    assert web.gaps == [(10, 40, "")]


def test_a_source_that_was_down_for_hours() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10)
    web.statuses[FEED] = 503
    for hour in (12, 14, 16):
        assert "503" in web.walk(hour).error
    web.statuses.clear()
    web.feed(FEED, down(20, 5))
    web.walk(20)
    assert web.gaps == [(10, 16, "")]


def test_one_listing_that_was_down_while_another_was_not() -> None:
    web = Web({"feeds": ["/a.xml", "/b.xml"]})
    web.feed("/a.xml", down(10, 5))
    web.feed("/b.xml", down(10, 5))
    web.feed("/b.xml", down(110, 5))
    web.walk(10)
    web.statuses["/a.xml"] = 503
    web.feed("/b.xml", down(112, 5))
    web.walk(12)
    assert (web.gaps, web.covered) == ([], 10)
    web.statuses.clear()
    web.feed("/a.xml", down(14, 5))
    web.walk(14)
    assert (web.gaps, web.covered) == ([], 14)


@pytest.mark.parametrize(("held", "gaps"), [(35, []), (5, [(10, 36, "")])])
def test_a_listing_that_fails_from_the_first_walk_on_is_owed_since_then(
    held: int, gaps: list[object]
) -> None:
    web = Web({"feeds": ["/a.xml", "/b.xml"]})
    web.statuses["/a.xml"] = 503
    web.feed("/b.xml", down(510, 5))
    web.walk(10)
    web.feed("/b.xml", down(512, 5))
    web.walk(20)
    assert (web.gaps, web.covered) == ([], 10)
    web.statuses.clear()
    web.feed("/a.xml", [*down(40, held), *down(-100, 2)])
    web.walk(40)
    assert (web.gaps, web.covered) == (gaps, 40)
    web.walk(41)
    assert (web.gaps, web.covered) == ([], 41)


def test_a_listing_that_never_was_is_not_waited_for() -> None:
    web = Web({"feeds": ["/a.xml", "/b.xml"]})
    web.feed("/b.xml", down(10, 5))
    for hour in (10, 11, 12):
        web.feed("/b.xml", down(hour, 5))
        web.walk(hour)
    assert (web.gaps, web.covered) == ([(10, 12, "")], 12)
    web.walk(13)
    assert (web.gaps, web.covered) == ([], 13)


def test_a_walk_that_was_lost_counts_for_nothing() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10)
    web.feed(FEED, down(30, 5))
    web.walk(30, is_lost=True)
    assert web.gaps
    web.walk(31)
    assert web.gaps == [(10, 26, "")]


def test_a_host_that_does_not_answer_the_walk_back_is_asked_again() -> None:
    web = _feed()
    head = f'<atom:link rel="next" href="{HOST}/rss-2.xml"/>'
    web.feed(FEED, down(10, 5), head=head)
    web.walk(10)
    web.feed(FEED, down(18, 5), head=head)
    web.feed("/rss-2.xml", down(13, 5))
    web.statuses["/rss-2.xml"] = 503
    web.walk(18)
    assert (web.gaps, web.covered) == ([], 10)
    web.statuses.clear()
    web.walk(18.5)
    assert web.gaps == [(10, 14, "older pages of the feed")]
    assert web.covered == 18.5
    assert 11 in web.numbers


def test_a_host_that_never_answers_the_walk_back_is_let_go() -> None:
    web = _feed()
    head = f'<atom:link rel="next" href="{HOST}/rss-2.xml"/>'
    web.feed(FEED, down(10, 5), head=head)
    web.walk(10)
    web.feed(FEED, down(18, 5), head=head)
    web.statuses["/rss-2.xml"] = 503
    found = [gap for hour in range(18, 30) for gap in (web.walk(hour), web.gaps)[1]]
    assert found == [(10, 14, "")]
    assert web.covered == 29


def test_a_section_whose_second_page_failed_is_walked_back_the_next_time() -> None:
    web = Web({"sections": [SECTION]})
    web.section(SECTION, down(10, 10))
    web.walk(10)
    web.section(SECTION, down(40, 10), older="/news?page=2")
    web.section("/news?page=2", down(30, 10), older="/news?page=3")
    web.section("/news?page=3", down(20, 10), older="/news?page=4")
    web.section("/news?page=4", down(10, 10))
    web.statuses["/news?page=3"] = 503
    web.fields["feeds"] = [FEED]
    web.feed(FEED, [500])
    web.walk(40)
    assert web.covered == 10
    web.statuses.clear()
    web.walk(40.5)
    assert {11, 15, 20} <= set(web.numbers)
    assert (web.gaps, web.covered) == ([], 40.5)


def test_changed_settings_do_not_hide_a_gap() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10)
    web.outdate()
    web.fields["article_urls"] = "/news/"
    web.feed(FEED, down(12, 5))
    web.walk(12)
    assert web.gaps == []
    web.outdate()
    web.feed(FEED, down(30, 5))
    web.walk(30)
    assert web.gaps == [(12, 26, "")]


@pytest.mark.parametrize(("count", "gaps"), [(30, []), (5, [(10, 26, "")])])
def test_a_listing_that_takes_the_place_of_another(count: int, gaps: list[object]) -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10)
    web.outdate()
    web.fields = {"feeds": ["/other.xml"]}
    web.feed("/other.xml", down(30, count))
    web.walk(30)
    assert web.gaps == gaps


def test_an_index_whose_sitemap_of_the_last_days_has_turned_over() -> None:
    web = Web({"sitemaps": ["/index.xml"]})
    web.index("/index.xml", {"/news.xml": None, "/2025.xml": -900})
    web.sitemap("/news.xml", down(10, 5))
    web.sitemap("/2025.xml", down(-900, 5))
    web.walk(10)
    web.sitemap("/news.xml", down(13, 5))
    web.walk(13)
    assert (web.gaps, web.covered) == ([], 13)
    web.walk(15)
    assert (web.gaps, web.covered) == ([], 15)
    web.sitemap("/news.xml", down(40, 5))
    web.walk(40)
    assert web.gaps == [(15, 36, "")]


def test_more_than_a_crawl_may_fetch_is_walked_back_under_changed_settings_too() -> None:
    web = Web({"sections": [SECTION], "max_pages": 5})
    web.section(SECTION, down(10, 10))
    web.walk(10)
    web.outdate()
    web.section(SECTION, down(40, 10))
    web.walk(40)
    assert web.gaps == [(10, 40, "")]


def test_a_clock_that_was_set_back_makes_no_gap() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.walk(10)
    web.feed(FEED, down(30, 5))
    web.walk(9)
    assert web.gaps == []

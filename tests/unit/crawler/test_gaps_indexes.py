"""Gaps of what an index of sitemaps names, and of sitemaps that are empty."""

import pytest

from tests.unit.crawler.webs import Web, down

FEED, SITEMAP, SECTION = "/rss.xml", "/sitemap.xml", "/news"


def _feed(**fields: object) -> Web:
    return Web({"feeds": [FEED], **fields})


def test_an_empty_feed_is_out_of_order_and_an_empty_sitemap_is_not() -> None:
    web = _feed()
    web.feed(FEED, down(10, 5))
    web.fields["sitemaps"] = [SITEMAP]
    web.sitemap(SITEMAP, [200])
    web.walk(10)
    web.pages[SITEMAP] = b"<urlset></urlset>"
    web.walk(12)
    assert web.covered == 12
    web.pages[FEED] = b"<rss><channel></channel></rss>"
    web.walk(14)
    assert web.covered == 12
    web.feed(FEED, down(30, 5))
    web.sitemap(SITEMAP, [230])
    web.walk(30)
    assert web.gaps == [(12, 26, "")]


@pytest.mark.parametrize("trouble", ["fails", "is broken", "is an old copy"])
def test_a_sitemap_of_an_index_that_cannot_be_read_is_owed(trouble: str) -> None:
    web = Web({"sitemaps": ["/index.xml"]})
    web.index("/index.xml", {"/news.xml": None, "/2025.xml": -900})
    web.sitemap("/news.xml", down(10, 5))
    web.sitemap("/2025.xml", down(-900, 5))
    web.walk(10)
    web.statuses["/news.xml"] = 503 if trouble == "fails" else 200
    web.sitemap("/news.xml", down(5, 5))
    if trouble == "is broken":
        web.pages["/news.xml"] = b"<html>Try later</html>"
    for hour in (12, 14):
        web.walk(hour)
        assert (web.gaps, web.covered) == ([], 10)
    web.statuses.clear()
    web.sitemap("/news.xml", down(30, 5))
    web.walk(30)
    assert web.gaps == [(10, 26, "")]
    web.sitemap("/news.xml", down(33, 5))
    web.walk(33)
    assert (web.gaps, web.covered) == ([], 33)


def test_a_sitemap_of_an_index_that_is_gone_for_good_is_a_gap_in_the_end() -> None:
    web = Web({"sitemaps": ["/index.xml"]})
    web.index("/index.xml", {"/news.xml": None, "/2025.xml": None})
    web.sitemap("/news.xml", down(10, 5))
    web.sitemap("/2025.xml", down(-900, 5))
    web.walk(10)
    for path in ("/news.xml", "/2025.xml"):
        web.statuses[path] = 404
    gaps = [web.gaps for hour in range(11, 25) if web.walk(hour)]
    assert sum(map(len, gaps)) == 1
    assert web.covered == 24


def test_changed_settings_do_not_hide_the_gap_of_a_sitemap_of_an_index() -> None:
    web = Web({"sitemaps": ["/index.xml"]})
    web.index("/index.xml", {"/news.xml": None})
    web.sitemap("/news.xml", down(10, 5))
    web.walk(10)
    web.outdate()
    web.sitemap("/news.xml", down(40, 5))
    web.walk(40)
    assert web.gaps == [(10, 36, "")]


def test_a_sitemap_that_is_empty_though_it_named_what_is_new_is_out_of_order() -> None:
    web = Web({"sitemaps": [SITEMAP]})
    web.sitemap(SITEMAP, down(10, 5))
    web.walk(10)
    web.pages[SITEMAP] = b"<urlset></urlset>"
    web.walk(12)
    assert web.covered in (None, 10)
    web.walk(90)
    assert web.covered == 90


def test_a_new_sitemap_of_an_index_is_no_gap() -> None:
    web = Web({"sitemaps": ["/index.xml"]})
    web.index("/index.xml", {"/october.xml": 10})
    web.sitemap("/october.xml", down(10, 5))
    web.walk(10)
    web.index("/index.xml", {"/november.xml": 40, "/october.xml": 10})
    web.sitemap("/november.xml", down(40, 5))
    web.walk(40)
    assert (web.gaps, web.covered) == ([], 40)

"""Stored pages, served as they were stored."""

import gzip
from datetime import date
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from crawler.discovery.feeds import parse_feed
from crawler.discovery.sitemaps import parse_sitemap
from evaluation.corpus import StoredPage
from evaluation.site import Address, served

MARKUP = "<p>Zażółć gęślą jaźń</p>".encode("iso-8859-2")


@pytest.fixture
def page(tmp_path: Path) -> StoredPage:
    file = tmp_path / "page.html.gz"
    file.write_bytes(gzip.compress(MARKUP))
    return StoredPage("page-1", "one", "some-title", date(2012, 1, 5), file, gold="Text.")


def test_a_page_is_sent_as_it_was_stored(page: StoredPage) -> None:
    with served({"one": [page]}) as addresses:
        (url,) = addresses["one"].pages
        with urlopen(url, timeout=10) as answer:
            assert answer.read() == page.file.read_bytes()
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Content-Type"] == "text/html"


def test_every_other_site_has_a_feed_and_the_rest_a_sitemap(page: StoredPage) -> None:
    def listed(address: Address) -> list[tuple[str, str | None]]:
        with urlopen(address.listing, timeout=10) as answer:
            body = answer.read()
        parse = parse_feed if address.is_feed else parse_sitemap
        return [(link.url, link.published) for link in parse(body, address.listing).links]

    with served({"one": [page], "two": [page, page]}) as addresses:
        one, two = addresses.values()
        assert (one.is_feed, two.is_feed) == (True, False)
        assert one.base != two.base
        for address in (one, two):
            assert [url for url, _ in listed(address)] == list(address.pages)
            assert {day and day[:10] for _, day in listed(address)} == {"2012-01-05"}
            assert set(address.pages.values()) == {"page-1"}


def test_what_is_not_there_is_not_found(page: StoredPage) -> None:
    with served({"one": [page]}) as addresses, pytest.raises(HTTPError, match="404"):
        urlopen(f"{addresses['one'].base}/robots.txt", timeout=10)


def test_nothing_is_left_running(page: StoredPage) -> None:
    with served({"one": [page]}) as addresses:
        pass
    with pytest.raises(URLError, match="refused"):
        urlopen(addresses["one"].listing, timeout=10)

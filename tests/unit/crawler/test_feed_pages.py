"""Where a feed says that it goes on."""

import pytest

from crawler.discovery.feed_pages import older_page

URL = "https://news.example/feed.xml"
ITEM = b'<item><link rel="next" href="/no">/1</link></item>'


@pytest.mark.parametrize(
    ("body", "url", "older"),
    [
        (b'<rss><atom:link rel="next" href="https://news.example/2"/></rss>', URL, "/2"),
        (b"<feed><link href='/2?a=1&amp;b=2' rel='next'/>", URL, "/2?a=1&b=2"),
        (b'<feed><link rel="prev-archive" href="2011.xml"/></feed>', URL, "/2011.xml"),
        (b'<feed><entry/><link rel="NEXT" href="/2"/></feed>', URL, "/2"),
        (b'<feed><link rel="next" href="https://other.example/2"/></feed>', URL, None),
        (b'<feed><link rel="next" href="javascript:alert(1)"/></feed>', URL, None),
        (b'<feed><link rel="next" href="/feed.xml"/></feed>', URL, None),
        (b'<feed><link rel="self" href="/2"/></feed>', URL, None),
        (b"<rss>" + ITEM + b"</rss>", URL, None),
        (b"<rss>" + 3 * ITEM + b'<a:link rel="next" href="/2"/></rss>', URL, "/2"),
        (b"<rss/>", "https://news.example/feed/", "/feed/?paged=2"),
        (b"<rss/>", "https://news.example/feed/?paged=9", "/feed/?paged=10"),
        (b"<rss/>", "https://news.example/?feed=rss2", "/?feed=rss2&paged=2"),
        (b"<rss><generator>https://wordpress.org/?v=6</generator>", URL, "/feed.xml?paged=2"),
        (b'{"next_url": "/2.json"}', URL, "/2.json"),
        (b'{"next_url": 7}', URL, None),
        (b"{", URL, None),
        (b"", URL, None),
    ],
)
def test_where_it_goes_on(body: bytes, url: str, older: str | None) -> None:
    assert older_page(body, url) == (older and f"https://news.example{older}")


@pytest.mark.parametrize(
    "unit", [b"<item>", b"<link ", b"<link rel='next' ", b"</item>", b'<link x="']
)
def test_nothing_takes_long(unit: bytes) -> None:
    assert older_page(unit * (2**20 // len(unit)), URL) is None

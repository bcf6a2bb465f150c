import pytest

from crawler.discovery.start import (
    StartPage,
    read_start,
    sitemaps_in_robots,
    usual_feeds,
    usual_sitemaps,
)

URL = "https://radio.example/fr"

PAGE = """<html><head>
<link rel="stylesheet" href="/a.css">
<link rel="alternate" type="application/rss+xml" title="Radio » Flux" href="/fr/feed">
<link rel="alternate" type="application/rss+xml" title="Radio » Flux des commentaires" href="/fr/comm/feed">
<link rel="alternate" type="application/rss+xml" title="Radio" href="/fr/comments/feed/">
<link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="atom">
<link rel="alternate" type="application/json" href="/wp-json/1">
<link rel="alternate" hreflang="en" href="/en"> <link rel="alternate" type="text/html" href="/amp">
<link rel="alternate" type="application/feed+json" href="https://cdn.example/feed.json">
<link rel="sitemap" type="application/xml" href="/carte.xml">
</head><body><a href="/es/statics/rss">RSS</a> <a href="/fr/feed">RSS</a> <a href="/fr/rssi/12-feeder">x</a></body>"""


def test_what_a_start_page_declares() -> None:
    assert read_start(PAGE.encode(), URL, "text/html") == StartPage(
        feeds=(
            "https://radio.example/fr/feed",
            "https://radio.example/atom",
            "https://cdn.example/feed.json",
            "https://radio.example/es/statics/rss",
        ),
        sitemaps=("https://radio.example/carte.xml",),
    )


def test_a_start_that_is_a_listing_itself() -> None:
    assert read_start(b"<rss><channel/></rss>", URL) == StartPage(is_feed=True)
    assert read_start(b"<urlset></urlset>", URL) == StartPage(is_sitemap=True)


@pytest.mark.parametrize("body", [b"", b"\0", b"text", b"%PDF-1.4", b"{}", b"<html>"])
def test_a_start_that_is_nothing(body: bytes) -> None:
    assert read_start(body, URL) == StartPage()


def test_sitemaps_in_robots() -> None:
    robots = (
        b"User-agent: *\r\nDisallow: /x\r\nSitemap: https://radio.example/news.xml\r\n"
        b"  SITEMAP :/b.xml # the other\nSitemap:\n#Sitemap: /commented.xml\n"
        b"sitemap: https://radio.example/news.xml\nsitemap: ftp://x/y\nsitemap: https://cdn.example/\xff"
    )
    assert sitemaps_in_robots(robots, "https://radio.example/robots.txt") == (
        "https://radio.example/news.xml",
        "https://radio.example/b.xml",
        "https://cdn.example/%EF%BF%BD",
    )


def test_the_usual_places() -> None:
    assert usual_feeds("https://radio.example")[0] == "https://radio.example/feed"
    assert usual_feeds("https://radio.example/fr?x=1")[1] == "https://radio.example/fr/rss.xml"
    assert usual_sitemaps("https://radio.example/fr")[-1] == "https://radio.example/sitemap.xml"

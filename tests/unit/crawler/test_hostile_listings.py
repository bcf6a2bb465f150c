"""Whatever comes in, a listing comes out, or `NotAListing`: nothing else is raised."""

import gzip
import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.feeds import parse_feed
from crawler.discovery.hypertext import read_hypertext
from crawler.discovery.listing import Listing, NotAListing
from crawler.discovery.sections import parse_section
from crawler.discovery.sitemaps import parse_sitemap
from crawler.discovery.start import read_start, sitemaps_in_robots
from crawler.urls import printed_url

URL = "https://radio.example/fr"

GOOD = [
    b"""<?xml version="1.0" encoding="iso-8859-1"?><!DOCTYPE rss [<!ENTITY e "x">]><rss version="2.0">
    <channel><item xml:base="/a/"><title>Caf&eacute; <![CDATA[<b>]]></title><link>/12-x?a=1&amp;b=2</link>
    <guid>x</guid><pubDate>Tue, 20 Mar 2018 09:00:00 GMT</pubDate></item></channel></rss>""",
    b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="alternate" href="b"/>
    <title type="html">x</title><updated>2018-03-20T09:00:00+01:00</updated></entry></feed>""",
    b"""{"version": "https://jsonfeed.org/version/1", "items": [{"url": "/a", "date_published": "2018-03-20"}]}""",
    b"""<urlset xmlns:news="n"><url><loc>/a</loc><lastmod>2018-03-20</lastmod><news:news><news:title>x
    </news:title></news:news></url></urlset>""",
    gzip.compress(b"<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>", mtime=0),
    b"""<html><head><base href="/en/"><link rel="next" href="?page=2"><meta charset=koi8-r></head><body>
    <a class="next" href="/page/2">&raquo;</a><a href="/12-x">x</a></body></html>""",
    b"User-agent: *\nSitemap: /a.xml\n",
]
PARSERS: list[Callable[[bytes, str], Listing]] = [
    lambda body, content_type: parse_feed(body, URL, content_type),
    lambda body, _: parse_sitemap(body, URL),
    lambda body, content_type: parse_section(body, URL, content_type),
]
CONTENT_TYPES = st.sampled_from(
    [
        "",
        "text/xml",
        "text/html; charset=utf-8",
        "text/html; charset=utf-16",
        "x; charset=hex",
        "x;charset=idna",
    ]
) | st.text(max_size=30)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good listing with pieces of it, or of others, cut out, put in and doubled."""
    body = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(start + 40, len(body))))
        piece = draw(
            st.binary(max_size=8)
            | st.sampled_from([b"<", b"&", b"]]>", b"<item>", b"<!--", body[start:]])
        )
        body = body[:start] + piece + body[end:]
    return body


@given(st.binary() | damaged(), CONTENT_TYPES)
def test_nothing_else_is_raised(body: bytes, content_type: str) -> None:
    for parse in PARSERS:
        with suppress(NotAListing):
            listing = parse(body, content_type)
            assert all(printed_url(link.url) == link.url for link in listing.links)
            assert all(count > 0 for count in listing.dropped.values())
    read_start(body, URL, content_type)
    sitemaps_in_robots(body, URL)


def entity_bomb(root: str, inside: str) -> bytes:
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(12))
    entry = inside.format("https://a.example/?&e12;", "x&e12;y")
    return f'<!DOCTYPE r [<!ENTITY e0 "lol">{entities}]><{root}>{entry}</{root}>'.encode()


def test_an_entity_bomb_does_nothing() -> None:
    feed = parse_feed(entity_bomb("rss", "<item><link>{}</link><title>{}</title></item>"), URL)
    assert [link.title for link in feed.links] == ["x&e12;y"]
    sitemap = parse_sitemap(entity_bomb("urlset", "<url><loc>{}</loc><title>{}</title></url>"), URL)
    assert [link.url for link in sitemap.links] == ["https://a.example/?&e12;"]


def test_no_file_is_read_for_an_entity() -> None:
    doctype = '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>'
    feed = parse_feed(
        f"{doctype}<rss><item><link>/1</link><title>&f;</title></item></rss>".encode(), URL
    )
    assert feed.links[0].title == "&f;"


MANY = 300_000


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel>" + b"<a>" * (MANY // 3),
        b"<rss><item><title>" + b"<" * MANY,
        b"<rss><item><title>" + b"&" * MANY,
        b"<rss><item><title>" + b"&lt;a" * MANY,
        b'<rss><item xml:base="/a/">' * (MANY // 10),
        b'{"a":' * MANY,
        b"[" * MANY,
        b"<urlset><url><loc>" + b"a" * MANY,
        b"<urlset>" + b"<url>" * (MANY // 3),
        b"<div><p></span></b>" * MANY,
        b"<div class='" + b"x " * MANY + b"'>" + b"<a href=/x>" * (MANY // 10),
        b"<?xml version='1.0'?>" + b"\n" * MANY + b"<rss>",
        gzip.compress(bytes(MANY * 200), mtime=0),
        gzip.compress(b"\n" * MANY * 200, mtime=0),
        gzip.compress(b"<urlset>" + b"<url/>" * MANY, mtime=0),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_size_depth_and_repetition_are_no_danger(body: bytes) -> None:
    """The suite's time limit is what fails here: each of these costs some parser its square."""
    for parse in PARSERS:
        with suppress(NotAListing):
            parse(body, "")


def test_tags_that_fit_nothing_do_not_hide_the_links_before_them() -> None:
    page = b"<a href=/1>x</a>" + b"<div><p></span></b>" * 10_000
    assert [one.href for one in read_hypertext(page, URL).references] == ["/1"]


def test_equal_bytes_give_equal_listings() -> None:
    noise = random.Random(7).randbytes(1000)
    for parse, body in (
        (PARSERS[0], GOOD[0]),
        (PARSERS[1], GOOD[3]),
        (PARSERS[2], GOOD[5] + noise),
    ):
        assert parse(body, "") == parse(body, "")

import json

import pytest

from crawler.discovery.feeds import MAX_BYTES, MOST_ENTRIES, parse_feed
from crawler.discovery.listing import Link, ListingKind, NotAListing

URL = "https://radio.example/fr/rss.xml"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Radio</title><link>https://radio.example/</link>
<atom:link rel="self" href="https://radio.example/fr/rss.xml"/>
<item><media:title>Légende de la photo</media:title><title>La récolte commence</title>
  <link>https://www.radio.example/fr/12-recolte?utm_source=rss</link>
  <guid isPermaLink="false">12</guid><pubDate>Tue, 20 Mar 2018 09:00:00 -0500</pubDate></item>
<item><title>Le port rouvre</title><link>/fr/13-port</link>
  <pubDate>Wed, 21 Mar 2018 08:00:00 GMT</pubDate></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://radio.example/en/">
<title>Radio</title>
<entry xml:base="news/"><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">The <b>harbour</b></div></title>
  <link rel="enclosure" href="a.mp3"/><link rel="alternate" href="13-harbour"/>
  <id>tag:radio.example,2018:13</id><updated>2018-03-22T00:00:00Z</updated>
  <published>2018-03-21T08:00:00.5+02:00</published>
  <source><title>Another paper</title><link href="https://other.example/"/></source></entry>
</feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://radio.example/"><title>Radio</title></channel>
<item rdf:about="https://radio.example/es/14"><title>El puerto</title><dc:date>2018-03-21</dc:date></item>
</rdf:RDF>"""


def links(feed: str | bytes, content_type: str = "") -> tuple[Link, ...]:
    body = feed.encode() if isinstance(feed, str) else feed
    return parse_feed(body, URL, content_type).links


def item(inside: str) -> str:
    return f"<rss version='2.0'><channel><item>{inside}</item></channel></rss>"


def test_rss_newest_first() -> None:
    listing = parse_feed(RSS.encode(), URL, "application/rss+xml")
    assert listing.kind is ListingKind.FEED
    assert not listing.dropped
    assert listing.links == (
        Link("https://radio.example/fr/13-port", "2018-03-21T08:00:00Z", "Le port rouvre"),
        Link(
            "https://www.radio.example/fr/12-recolte", "2018-03-20T14:00:00Z", "La récolte commence"
        ),
    )


def test_atom_with_its_bases() -> None:
    published = "2018-03-21T06:00:00Z"
    assert links(ATOM) == (
        Link("https://radio.example/en/news/13-harbour", published, "The harbour"),
    )


@pytest.mark.parametrize("sign", ["&amp;", "&#38;", "&#x26;", "&amp;amp;", "&"])
def test_an_address_in_an_attribute_keeps_its_parameters(sign: str) -> None:
    href = f"/p?story=1{sign}id=22"
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="{href}"/></entry></feed>'
    assert [link.url for link in links(feed)] == ["https://radio.example/p?story=1&id=22"]


def test_rdf() -> None:
    assert links(RDF) == (Link("https://radio.example/es/14", "2018-03-21", "El puerto"),)


def test_json_feed() -> None:
    items = [
        {"id": "1", "url": "/a", "title": "One", "date_published": "2018-03-20T10:00:00Z"},
        {"id": "https://radio.example/b", "title": None},
        {"id": 3},
        "no item",
    ]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    listing = parse_feed(b"\xef\xbb\xbf\n" + feed.encode(), URL, "application/feed+json")
    assert listing.links == (
        Link("https://radio.example/a", "2018-03-20T10:00:00Z", "One"),
        Link("https://radio.example/b"),
    )
    assert listing.dropped == {"not-http": 2}


@pytest.mark.parametrize("version", ["0.90", "0.91", "0.92", "1.0", "2.0"])
def test_the_version_does_not_matter(version: str) -> None:
    feed = RSS.replace('version="2.0"', f'version="{version}"')
    assert len(links(feed)) == 2


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (
            "<title>Caf&eacute; &amp; th&amp;eacute;</title><link>https://a.example/1</link>",
            "Café & thé",
        ),
        (
            "<title><![CDATA[Caf&eacute; <b>noir</b>]]></title><link>https://a.example/1</link>",
            "Café noir",
        ),
        (
            "<title>&lt;i>AT&T &lt;/i> said 1 < 2 &nbsp;</title><link>https://a.example/1</link>",
            "AT&T said 1 < 2",
        ),
        ("<title>L&#146;été &unknown;</title><link>https://a.example/1</link>", "L’été &unknown;"),
        ("<title>\n  two\n  lines </title><link>https://a.example/1</link>", "two lines"),
        ("<title></title><link>https://a.example/1</link>", None),
        ("<link>https://a.example/1</link>", None),
    ],
)
def test_titles_are_one_line_of_text(inside: str, expected: str | None) -> None:
    assert links(item(inside)) == (Link("https://a.example/1", title=expected),)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<link>https://a.example/?a=1&b=2&copy=3</link>", "https://a.example/?a=1&b=2&copy=3"),
        ("<link><![CDATA[ https://a.example/?a=1&b=2 ]]></link>", "https://a.example/?a=1&b=2"),
        ("<link>https://a.example/?a=1&amp;amp;b=2</link>", "https://a.example/?a=1&b=2"),
        ("<link href='https://a.example/1'/>", "https://a.example/1"),
        ("<link/><guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='false'>https://a.example/?p=1</guid>", "https://a.example/?p=1"),
        ("<link>https://proxy.example/1</link><f:origLink xmlns:f='feedburner'>https://a.example/1</f:origLink>", "https://a.example/1"),
        ("<link rel='self' href='https://a.example/feed'/><link href='https://a.example/1'/>", "https://a.example/1"),
        ("<undeclared:thing>x</undeclared:thing><link>https://a.example/1</link>", "https://a.example/1"),
    ],
)  # fmt: skip
def test_where_an_entry_is_read(inside: str, expected: str) -> None:
    assert [link.url for link in links(item(inside))] == [expected]


@pytest.mark.parametrize(
    "inside",
    ["<guid>12</guid>", "<title>x</title>", "<link>javascript:alert(1)</link>", "<link>file:///etc/passwd</link>",
     "<link>https://user:pw@a.example/</link>", "<link>feed:https://a.example</link>"],
)  # fmt: skip
def test_an_entry_without_an_address_is_counted(inside: str) -> None:
    listing = parse_feed(item(inside).encode(), URL)
    assert (listing.links, listing.dropped) == ((), {"not-http": 1})


@pytest.mark.parametrize(
    "before", ["\n\n  ", "\ufeff", "<br />\n<b>Warning</b>: no such table\n", "junk "]
)
def test_what_stands_before_the_feed_is_passed_over(before: str) -> None:
    assert len(links(before + RSS)) == 2


def test_a_feed_that_is_cut_off_gives_what_it_has() -> None:
    whole, half = RSS.encode(), RSS.partition("<link>/fr/13")[0]
    assert len(links(half)) == 1
    for length in range(len(whole)):
        try:
            assert len(links(whole[:length])) <= 2
        except NotAListing:
            assert length < whole.index(b"<rss") + len("<rss ")


def test_an_entry_whose_end_is_missing_ends_where_the_next_begins() -> None:
    assert len(links(RSS.replace("</item>", ""))) == 2


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "utf-16", ""),
        ("iso-8859-1", "iso-8859-1", ""),
        ("iso-8859-1", "utf-8", "text/xml; charset=ISO-8859-1"),
        ("cp1252", "", ""),
        ("utf-16", "utf-16", ""),
        ("utf-8", "no-such-charset", "text/xml; charset=hex"),
    ],
)
def test_the_encoding_is_found(encoding: str, declared: str, content_type: str) -> None:
    feed = RSS.replace('encoding="utf-8"', f'encoding="{declared}"' if declared else "")
    assert links(feed.encode(encoding), content_type)[1].title == "La récolte commence"


def test_undated_entries_stay_in_order_after_the_dated_ones() -> None:
    dates = ["", "<pubDate>2018-03-20</pubDate>", "", "<pubDate>2018-03-21</pubDate>"]
    items = "".join(f"<item><link>/{i}</link>{date}</item>" for i, date in enumerate(dates))
    urls = [link.url for link in links(f"<rss><channel>{items}</channel></rss>")]
    assert urls == [f"https://radio.example/{i}" for i in (3, 1, 0, 2)]


def test_each_once_and_no_more_than_are_allowed() -> None:
    items = "".join(f"<item><link>/{i // 2}</link></item>" for i in range(MOST_ENTRIES + 10))
    listing = parse_feed(f"<rss><channel>{items}</channel></rss>".encode(), URL)
    assert len(listing.links) == MOST_ENTRIES // 2
    assert listing.dropped == {"duplicate": MOST_ENTRIES // 2, "over-limit": 10}


def test_only_so_many_bytes_are_read() -> None:
    padding = f"<!--{'x' * MAX_BYTES}-->"
    listing = parse_feed(RSS.replace("<item><title>", f"{padding}<item><title>").encode(), URL)
    assert (len(listing.links), listing.dropped) == (1, {"cut-off": 1})


def test_an_empty_feed_is_a_feed() -> None:
    assert links("<rss version='2.0'><channel><title>x</title></channel></rss>") == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no-xml"),
        ("Not found", "no-xml"),
        ("<!DOCTYPE html><html><body><h1>Error</h1></body></html>", "html"),
        ("<urlset><url><loc>https://a.example/</loc></url></urlset>", "other-xml"),
        ('{"items": []}', "no-feed"),
        ('{"version": "https://jsonfeed.org/version/1"}', "no-feed"),
        ('{"version": ', "no-feed"),
        ('{"a":' * 100_000, "no-feed"),
    ],
)
def test_what_is_no_feed(body: str, reason: str) -> None:
    with pytest.raises(NotAListing) as caught:
        links(body)
    assert caught.value.reason == reason

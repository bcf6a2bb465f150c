import gzip

import pytest

from crawler.discovery import sitemaps
from crawler.discovery.listing import Child, Link, ListingKind, NotAListing
from crawler.discovery.sitemaps import MOST_CHILDREN, MOST_LINKS, parse_sitemap

URL = "https://radio.example/sitemap.xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"

NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="{NAMESPACE}" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://radio.example/12-recolte</loc><lastmod>2018-03-25</lastmod>
  <news:news><news:publication><news:name>Radio</news:name></news:publication>
  <news:publication_date>2018-03-20T09:00:00-05:00</news:publication_date>
  <news:title>La r\u00e9colte &amp; le port</news:title></news:news>
  <image:image><image:loc>https://radio.example/a.jpg</image:loc><image:title>Photo</image:title></image:image></url>
<url><loc>
  /13-port?a=1&b=2 </loc><lastmod>2018-03-21T08:00:00Z</lastmod></url>
<url><loc>https://radio.example/old</loc></url>
</urlset>"""

INDEX = f"""<sitemapindex xmlns="{NAMESPACE}">
<sitemap><loc>https://radio.example/2017.xml</loc><lastmod>2017-12-31</lastmod></sitemap>
<sitemap><loc>https://radio.example/undated.xml</loc></sitemap>
<sitemap><loc>https://radio.example/2018.xml.gz</loc><lastmod>2018-03-21T08:00:00+00:00</lastmod></sitemap>
<sitemap><loc>ftp://radio.example/x.xml</loc></sitemap>
</sitemapindex>"""

EXPECTED = (
    Link("https://radio.example/13-port?a=1&b=2", "2018-03-21T08:00:00Z"),
    Link("https://radio.example/12-recolte", "2018-03-20T14:00:00Z", "La récolte & le port"),
    Link("https://radio.example/old"),
)


def urlset(entries: str) -> bytes:
    return f"<urlset>{entries}</urlset>".encode()


def test_a_news_sitemap_newest_first() -> None:
    listing = parse_sitemap(NEWS.encode(), URL)
    assert listing.kind is ListingKind.SITEMAP
    assert listing.links == EXPECTED
    assert not listing.children
    assert not listing.dropped


def test_an_index_newest_first() -> None:
    listing = parse_sitemap(INDEX.encode(), URL)
    assert listing.children == (
        Child("https://radio.example/2018.xml.gz", "2018-03-21T08:00:00Z"),
        Child("https://radio.example/2017.xml", "2017-12-31"),
        Child("https://radio.example/undated.xml"),
    )
    assert (listing.links, listing.dropped) == ((), {"not-http": 1})


def test_an_index_of_months_without_dates_newest_first() -> None:
    names = ["news", "2026-01", "2025-11", "2026-11", "2026-10", "authors"]
    index = "".join(f"<sitemap><loc>/sitemap-{name}.xml</loc></sitemap>" for name in names)
    for lastmod in ("", "<lastmod>2026-11-28</lastmod>"):
        body = index.replace("</loc>", f"</loc>{lastmod}")
        listing = parse_sitemap(f"<sitemapindex>{body}</sitemapindex>".encode(), URL, 5)
        named = [child.url.removesuffix(".xml").partition("-")[2] for child in listing.children]
        assert named == ["news", "2026-11", "2026-10", "2026-01", "2025-11"]


def test_articles_without_dates_are_in_the_order_of_the_days_in_their_addresses() -> None:
    paths = ["/about-the-radio", "/2026/10/01/first", "/2026/11/30/last", "/2026/11/02/second"]
    listing = parse_sitemap(urlset("".join(f"<url><loc>{p}</loc></url>" for p in paths)), URL)
    found = [link.url.removeprefix("https://radio.example") for link in listing.links]
    assert found == [paths[0], paths[2], paths[3], paths[1]]
    assert not any(link.published for link in listing.links)


@pytest.mark.parametrize(
    "namespace", ["", ' xmlns="http://www.google.com/schemas/sitemap/0.84"', ' xmlns="wrong"']
)
def test_the_namespace_does_not_matter(namespace: str) -> None:
    assert (
        parse_sitemap(NEWS.replace(f' xmlns="{NAMESPACE}"', namespace).encode(), URL).links
        == EXPECTED
    )


def test_an_undeclared_news_prefix_is_read() -> None:
    without = NEWS.replace(' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', "")
    assert parse_sitemap(without.encode(), URL).links == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_found(encoding: str) -> None:
    assert parse_sitemap(NEWS.encode(encoding), URL).links == EXPECTED


def test_gzip_is_known_by_its_first_bytes() -> None:
    packed = gzip.compress(NEWS.encode())
    assert parse_sitemap(packed, URL).links == EXPECTED
    in_two = gzip.compress(NEWS[:300].encode()) + gzip.compress(NEWS[300:].encode())
    assert parse_sitemap(in_two, URL).links == EXPECTED


def test_what_can_be_unpacked_of_a_broken_gzip_is_used() -> None:
    entries = "".join(f"<url><loc>/{i * 7919 % 10007}</loc></url>" for i in range(9000))
    packed = gzip.compress(urlset(entries))
    cut_off = len(parse_sitemap(packed[: len(packed) // 2], URL).links)
    assert 1000 < cut_off < 9000
    damaged = packed[:20000] + bytes(50) + packed[20050:]
    assert len(parse_sitemap(damaged, URL).links) < 9000


def test_unpacking_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_BYTES", 100_000)
    entries = "".join(f"<url><loc>/{i:0100}</loc></url>" for i in range(2000))
    assert 600 < len(parse_sitemap(gzip.compress(urlset(entries)), URL).links) < 1000


def test_broken_xml_gives_what_is_usable() -> None:
    entries = "<url><loc>/1</loc><url><loc>/2</loc></url><url><loc>/3 <x></loc></url></y><url><loc>/4</loc>"
    urls = [link.url for link in parse_sitemap(urlset(entries), URL).links]
    assert urls[:2] == ["https://radio.example/1", "https://radio.example/2"]


def test_plain_text() -> None:
    body = b"\xef\xbb\xbfhttps://radio.example/1\r\n\r\nnot a url\nhttps://radio.example/2\nhttps://radio.example/1"
    listing = parse_sitemap(body, URL)
    assert [link.url for link in listing.links] == [
        "https://radio.example/1",
        "https://radio.example/2",
    ]
    assert listing.dropped == {"not-http": 1, "duplicate": 1}


def test_no_more_links_than_are_allowed() -> None:
    entries = "".join(f"<url><loc>/{i}</loc></url>" for i in range(MOST_LINKS + 7))
    listing = parse_sitemap(urlset(entries), URL)
    assert (len(listing.links), listing.dropped) == (MOST_LINKS, {"over-limit": 7})


def test_the_newest_children_are_kept() -> None:
    dates = [f"20{i // 12 % 100:02}-{i % 12 + 1:02}-01" for i in range(MOST_CHILDREN + 5)]
    entries = "".join(
        f"<sitemap><loc>/{d}.xml</loc><lastmod>{d}</lastmod></sitemap>" for d in dates
    )
    listing = parse_sitemap(f"<sitemapindex>{entries}</sitemapindex>".encode(), URL)
    assert [child.lastmod for child in listing.children] == sorted(dates, reverse=True)[
        :MOST_CHILDREN
    ]
    assert listing.dropped == {"over-limit": 5}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "html"),
        (b"<rss><channel/></rss>", "other-xml"),
        (b"Not found\nat all", "no-links"),
        (b"< nothing", "no-xml"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"\x1f\x8bnot gzip", "empty"),
    ],
)
def test_what_is_no_sitemap(body: bytes, reason: str) -> None:
    with pytest.raises(NotAListing) as caught:
        parse_sitemap(body, URL)
    assert caught.value.reason == reason

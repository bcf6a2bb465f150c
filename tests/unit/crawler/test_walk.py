"""A walk reads what may have changed, and remembers only what it read."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from scrapy.http import Response

from config.sources import Source
from crawler.desk import Reading
from crawler.discovery.hints import Hints
from crawler.discovery.listing import Link
from crawler.fetching import miss_of
from crawler.walking.listing_state import ListingState
from crawler.walking.sitemap_index import MOST_SITEMAPS
from crawler.walking.walk import Walk

HOST = "https://news.example"


class Web:
    """Pages in memory, with ETags; and a desk that remembers what the last walk left."""

    def __init__(self, max_pages: int = 200) -> None:
        self.pages: dict[str, bytes] = {}
        self.failing: set[str] = set()
        self.asked: list[str] = []
        self.left: Mapping[str, ListingState] = {}
        self.hints = Hints()
        self.source = Source(name="news", sitemaps=[f"{HOST}/index.xml"], max_pages=max_pages)

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Response:
        self.asked.append(url.removeprefix(HOST))
        body = self.pages.get(url.removeprefix(HOST), b"")
        status = 503 if url.removeprefix(HOST) in self.failing else 200 if body else 404
        etag = f'"{hash(body)}"'
        if status == 200 and headers.get("If-None-Match") == etag:
            status, body = 304, b""
        response = Response(url, status=status, headers={"ETag": etag}, body=body)
        miss = miss_of(response, datetime.now(UTC))
        if miss:
            raise miss
        return response

    async def listings(self) -> Mapping[str, ListingState]:
        return self.left

    async def unknown(self, links: tuple[Link, ...]) -> set[str]:
        return {link.url for link in links}

    def walk(self) -> list[str]:
        """The paths of the articles that a walk names; what it remembers is there for the next."""
        self.asked = []
        walk = Walk(self.source, ["news.example"], self.fetch, self)  # type: ignore[arg-type]
        reading: Reading = asyncio.run(walk.read())
        self.left, self.hints = reading.listings, reading.hints
        return [link.url.removeprefix(HOST) for link in reading.links]

    def put_index(self, *children: tuple[str, str]) -> None:
        entries = "".join(
            f"<sitemap><loc>{HOST}{path}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>"
            for path, day in children
        )
        self.pages["/index.xml"] = f"<sitemapindex>{entries}</sitemapindex>".encode()

    def put_child(self, path: str, *articles: str) -> None:
        entries = "".join(f"<url><loc>{HOST}{article}</loc></url>" for article in articles)
        self.pages[path] = f"<urlset>{entries}</urlset>".encode()


ONE, TWO, THREE = (
    "/news/2026/one-story-10001",
    "/news/2026/two-stories-10002",
    "/news/2026/three-10003",
)


def test_an_unchanged_index_says_nothing_of_its_undated_children() -> None:
    web = Web()
    web.put_index(("/a.xml", ""))
    web.put_child("/a.xml", ONE)
    assert web.walk() == [ONE]
    web.put_child("/a.xml", TWO, ONE)
    assert web.walk() == [TWO, ONE]
    assert web.walk() == []
    assert web.asked == ["/index.xml", "/a.xml"]  # both answered 304


def test_a_child_that_could_not_be_read_is_read_the_next_time() -> None:
    web = Web()
    web.put_index(("/a.xml", "2026-11-20"), ("/b.xml", "2026-11-19"))
    web.put_child("/a.xml", ONE)
    web.put_child("/b.xml", TWO)
    web.failing = {"/a.xml"}
    assert web.walk() == [TWO]
    web.failing = set()
    assert web.walk() == [ONE]
    assert web.walk() == []
    assert web.asked == ["/index.xml"]


def test_a_dated_child_is_read_when_its_date_changes() -> None:
    web = Web()
    web.put_index(("/a.xml", "2026-11-19"), ("/b.xml", "2026-11-18"))
    web.put_child("/a.xml", ONE)
    web.put_child("/b.xml", TWO)
    assert set(web.walk()) == {ONE, TWO}
    web.put_child("/b.xml", THREE, TWO)
    web.put_index(("/a.xml", "2026-11-19"), ("/b.xml", "2026-11-20"))
    assert web.walk() == [THREE, TWO]
    assert web.asked == ["/index.xml", "/b.xml"]


def test_what_a_first_walk_has_no_room_for_is_left_to_backfill() -> None:
    web = Web(max_pages=1)
    web.put_index(("/a.xml", "2026-11-19"), ("/old.xml", "2010-01-01"))
    web.put_child("/a.xml", ONE)
    web.put_child("/old.xml", TWO)
    assert web.walk() == [ONE]
    assert web.walk() == []
    assert "/old.xml" not in web.asked


def test_a_first_walk_reads_the_newest_months_of_an_index_without_dates() -> None:
    web = Web(max_pages=1)
    web.put_index(*((f"/sitemap-{month}.xml", "") for month in ("2025-12", "2026-10", "2026-11")))
    web.put_child("/sitemap-2025-12.xml", TWO)
    web.put_child("/sitemap-2026-10.xml", THREE)
    web.put_child("/sitemap-2026-11.xml", ONE)
    assert web.walk() == [ONE]
    assert web.asked == ["/index.xml", "/sitemap-2026-11.xml"]
    web.put_child("/sitemap-2026-11.xml", TWO, ONE)
    assert TWO in web.walk()


def test_sitemaps_of_sections_are_all_read_for_only_that_shows_what_is_new() -> None:
    web = Web(max_pages=1)
    web.put_index(("/politics.xml", ""), ("/sport.xml", ""))
    web.put_child("/politics.xml", ONE)
    web.put_child("/sport.xml", TWO)
    web.walk()
    web.put_child("/sport.xml", THREE, TWO)
    assert web.walk() == [THREE, TWO]


def test_many_new_children_are_read_over_several_walks() -> None:
    web = Web()
    web.put_index(("/first.xml", "2026-11-01"))
    web.put_child("/first.xml", ONE)
    assert web.walk() == [ONE]
    names = [f"/s{number}.xml" for number in range(MOST_SITEMAPS + 5)]
    web.put_index(("/first.xml", "2026-11-01"), *((name, "2026-11-20") for name in names))
    for number, name in enumerate(names):
        web.put_child(name, f"/news/2026/a-new-story-{20000 + number}")
    found = web.walk() + web.walk()
    assert len(set(found)) == len(found) == MOST_SITEMAPS + 5


def test_a_walk_without_a_listing_says_why() -> None:
    web = Web()
    reading = asyncio.run(Walk(web.source, ["news.example"], web.fetch, web).read())  # type: ignore[arg-type]
    assert "404" in reading.error


def test_what_a_feed_says_of_when_to_ask_again_is_remembered_over_a_304() -> None:
    web = Web()
    web.source = Source(name="news", feeds=[f"{HOST}/a.xml", f"{HOST}/b.xml"])
    item = f"<item><link>{HOST}{ONE}</link></item>"
    for path, ttl in (("/a.xml", 90), ("/b.xml", 60)):
        web.pages[path] = f"<rss><channel><ttl>{ttl}</ttl>{item}</channel></rss>".encode()
    for _ in range(3):
        web.walk()
        assert web.hints == Hints(stated=3600.0)
        assert [state.hints.stated for state in web.left.values()] == [5400.0, 3600.0]
    web.pages["/b.xml"] = f"<rss><channel>{item}</channel></rss>".encode()
    web.walk()
    assert web.hints == Hints()

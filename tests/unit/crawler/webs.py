"""A web in memory for tests of walks: pages with ETags, and a desk that remembers what the last walk left."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from scrapy.http import Response

from config.sources import Source
from crawler.desk import Reading
from crawler.discovery.listing import Link
from crawler.fetching import miss_of
from crawler.walking.listing_state import ListingState
from crawler.walking.walk import Walk

HOST = "https://news.example"
HOUR = 3600.0
START = 1_790_000_000.0


def path_of(number: int) -> str:
    return f"/news/2026/story-of-the-day-{10000 + number}"


@dataclass
class Web:
    """Stories are numbered; story n comes `n` hours after `START`."""

    fields: dict[str, Any]
    pages: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    left: Mapping[str, ListingState] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    now: float = START
    reading: Reading = field(default_factory=Reading)
    until: float = float("inf")

    @property
    def source(self) -> Source:
        named = {
            k: [HOST + path for path in v] if isinstance(v, list) and k != "hosts" else v
            for k, v in self.fields.items()
        }
        return Source(name="news", **named)

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Response:
        path = url.removeprefix(HOST)
        self.asked.append(path)
        body = self.pages.get(path, b"")
        status = self.statuses.get(path, 200 if body else 404)
        etag = f'"{hash(body)}"'
        if status == 200 and headers.get("If-None-Match") == etag:
            status, body = 304, b""
        response = Response(url, status=status, headers={"ETag": etag}, body=body)
        if miss := miss_of(response, datetime.now(UTC)):
            raise miss
        return response

    async def listings(self) -> Mapping[str, ListingState]:
        return self.left

    async def unknown(self, links: tuple[Link, ...]) -> set[str]:
        return {link.url for link in links} - self.known

    def walk(self, hour: float, *, is_lost: bool = False) -> Reading:
        """A walk so many hours after the start; what it leaves is there for the next, unless it is lost."""
        self.asked, self.now = [], START + hour * HOUR
        walk = Walk(
            self.source, ["news.example"], self.fetch, self,  # type: ignore[arg-type]
            clock=lambda: self.now, until=self.until,
        )  # fmt: skip
        self.reading = asyncio.run(walk.read())
        if not self.reading.error and not is_lost:
            self.left = self.reading.listings
            self.known |= {link.url for link in self.reading.links}
        return self.reading

    @property
    def numbers(self) -> list[int]:
        """The stories that the last walk named, in order of time."""
        return sorted(int(link.url.rpartition("-")[2]) - 10000 for link in self.reading.links)

    @property
    def gaps(self) -> list[tuple[float, float, str]]:
        """Of the last walk, in hours from the start."""
        return [
            (round((g.start - START) / HOUR, 2), round((g.end - START) / HOUR, 2), g.closed)
            for g in self.reading.gaps
        ]

    @property
    def covered(self) -> float | None:
        """Up to which hour all was met."""
        until = self.reading.covered_until
        return None if until is None else round((until - START) / HOUR, 2)

    def outdate(self) -> None:
        """As if the source's settings had been changed."""
        self.left = {url: replace(state, is_outdated=True) for url, state in self.left.items()}

    def feed(
        self,
        path: str,
        numbers: Sequence[int],
        *,
        head: str = "",
        dated: bool = True,
        live: float | None = None,
        at: Mapping[int, float] | None = None,
    ) -> None:
        """`live` is the hour at which a report, the same in all feeds, was dated last; `at` are the hours of others."""
        hours = at or {}
        items = "".join(
            f"<item><link>{HOST}{path_of(n)}</link>{_date(hours.get(n, n)) if dated else ''}</item>"
            for n in numbers
        )
        if live is not None:
            items = f"<item><link>{HOST}{path_of(-900)}</link>{_date(live)}</item>" + items
        self.pages[path] = f"<rss><channel>{head}{items}</channel></rss>".encode()

    def sitemap(self, path: str, numbers: Sequence[int], *, dated: bool = True) -> None:
        urls = "".join(
            f"<url><loc>{HOST}{path_of(n)}</loc>{f'<lastmod>{_iso(n)}</lastmod>' if dated else ''}</url>"
            for n in numbers
        )
        self.pages[path] = f"<urlset>{urls}</urlset>".encode()

    def index(self, path: str, children: Mapping[str, int | None]) -> None:
        entries = "".join(
            f"<sitemap><loc>{HOST}{child}</loc>"
            f"{f'<lastmod>{_iso(n)}</lastmod>' if n is not None else ''}</sitemap>"
            for child, n in children.items()
        )
        self.pages[path] = f"<sitemapindex>{entries}</sitemapindex>".encode()

    def section(
        self, path: str, numbers: Sequence[int], *, older: str = "", head: str = ""
    ) -> None:
        anchors = "".join(
            f'<li><a href="{path_of(n)}">Story of the day {n}</a></li>' for n in numbers
        )
        pager = f'<a rel="next" href="{older}">Older</a>' if older else ""
        self.pages[path] = (
            f"<html><head>{head}</head><body><ul>{anchors}</ul>{pager}</body></html>".encode()
        )


def down(newest: int, count: int) -> list[int]:
    """So many numbers, the newest first."""
    return list(range(newest, newest - count, -1))


def _iso(number: int) -> str:
    return datetime.fromtimestamp(START + number * HOUR, UTC).isoformat()


def _date(number: float) -> str:
    moment = datetime.fromtimestamp(START + number * HOUR, UTC)
    return f"<pubDate>{moment:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"

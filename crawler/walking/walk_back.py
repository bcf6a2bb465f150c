"""Closes a gap: walks a listing's pages, then the site's sitemaps, back to what was named the last time."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urljoin

from scrapy.http import Response

from crawler.decode import Undecodable
from crawler.discovery.feed_pages import older_page
from crawler.discovery.listing import Link, Listing, ListingKind, NotAListing
from crawler.discovery.start import sitemaps_in_robots, usual_sitemaps
from crawler.fetching import Miss, MissKind
from crawler.walking.continuity import (
    Gap,
    Memory,
    covers,
    is_before,
    mark,
    meets,
    names_since,
)
from crawler.walking.listing_page import decoded, parse

MOST_PAGES = 50
"""Pages of one listing that are walked back at the most."""
_MOST_SITEMAPS = 5
_MOST_CHILDREN = 20
MOST_COMPARED = 5_000
"""Links of a listing that are compared with those of another at the most: the newest stand first."""
# An article may stand in a listing a while after the time that it bears.
_LATE_SECONDS = 3600.0
_HOST_TROUBLE = {MissKind.REFUSED, MissKind.UNREACHABLE, MissKind.NOT_ASKED}


class HostTrouble(Exception):
    """The host does not answer: whether the gap can be closed is not known yet."""


@dataclass(frozen=True, slots=True)
class Met:
    """One listing as a walk has read it."""

    kind: ListingKind
    links: tuple[Link, ...]
    """Those that are wanted, its further pages and sitemaps included."""
    page: Response | None = None
    body: bytes = b""
    is_same: bool = False
    """Of an index: it names a sitemap that it named before."""
    turned: str = ""
    """Of an index: marks of what its sitemaps named before, and no longer do."""
    gaps: tuple[Gap, ...] = ()
    """Of an index: what its sitemaps named while they could not be read yet."""
    is_older: bool = False
    """It is a copy from before the last reading, or of an index one of its sitemaps is, or could not be read."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What came of it."""

    how: str = ""
    """What was walked back; empty where what was named the last time was not met."""
    since: float = 0.0
    """Unix seconds from which on all has been met."""


class Reader(Protocol):
    """What a walk lends: it fetches, and keeps the links that are wanted."""

    async def fetch(self, url: str) -> Response:
        """An answer; raises `Miss`."""

    def gather(self, listing: Listing, *, trusted: bool) -> tuple[Link, ...]:
        """Keep the wanted links, and give them."""

    def wanted(self, links: Iterable[Link], *, trusted: bool = True) -> tuple[Link, ...]:
        """The wanted ones, which are not kept."""

    def has_time(self) -> bool:
        """Whether the crawl may go on walking."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where it may be walked back, beside a listing's own pages."""

    sitemaps: tuple[str, ...] = ()
    """Those that the source names."""
    hosts: tuple[str, ...] = ()
    """Addresses of the hosts whose sitemaps are looked for where it names none."""
    start: str = ""
    """A page that may have older ones, and is no listing of the source; or empty."""


class WalkBack:
    """The gaps of one walk, one after the other."""

    def __init__(self, reader: Reader, ways: Ways, now: float, met: Mapping[str, Met]) -> None:
        self._reader = reader
        self._ways = ways
        self._now = now
        # What the walk has read already: read again it may say something else, which nobody would keep.
        self._known = {url: one.page for url, one in met.items() if one.page}
        # What several gaps need is read once.
        self._read: dict[str, Listing | None] = {}
        self._found: list[str] | None = None
        self._memory = Memory()
        self._met = Met(ListingKind.FEED, ())
        self._links: list[Link] = []

    @property
    def so_far(self) -> Closing:
        """What it has come to, where what was named the last time is not met."""
        return Closing("", names_since(self._links, self._memory.read, self._now))

    async def close(self, memory: Memory, met: Met, *, is_wide: bool = True) -> Closing:
        """Walk back from what a listing names to what it named the last time; beyond its own pages if `is_wide`.

        Raises `HostTrouble` where the outcome is open, since a host does not answer.
        """
        self._memory, self._met, self._links = memory, met, list(met.links)
        if met.kind is ListingKind.FEED and await self._older_pages():
            return replace(self.so_far, how="older pages of the feed")
        if not is_wide:
            return self.so_far
        if self._found is None:
            self._found = [*self._ways.sitemaps] or [url async for url in self._usual()]
        if await self._sitemaps(self._found):
            return replace(self.so_far, how="sitemaps")
        if self._ways.start and await self._pages_of(self._ways.start):
            return replace(self.so_far, how="older pages of the start page")
        return self.so_far

    async def _older_pages(self) -> bool:
        page, body, seen = self._met.page, self._met.body, {mark(x.url) for x in self._links}
        for _ in range(MOST_PAGES):
            address = older_page(body, page.url) if page else None
            if address is None or not self._reader.has_time():
                return False
            try:
                page = await self._fetch(address)
                body = decoded(page)
                links = self._reader.gather(parse(ListingKind.FEED, body, page), trusted=True)
            except (Miss, NotAListing, Undecodable):
                return False
            fresh = [link for link in links if mark(link.url) not in seen]
            if not fresh:
                return False
            seen |= {mark(link.url) for link in fresh}
            self._links += fresh
            if meets(self._memory, fresh):
                return True
        return False

    async def _pages_of(self, url: str) -> bool:
        """Walk the pages of a page that is none of the listings; they are kept if they do reach back."""
        named: dict[str, Link] = {}
        visited: set[str] = set()
        for _ in range(MOST_PAGES):
            listing = await self._listing(ListingKind.SECTION, url)
            visited.add(url)
            links = self._reader.wanted(listing.links, trusted=False) if listing else ()
            fresh = [link for link in links if link.url not in named]
            named |= {link.url: link for link in fresh}
            others = {mark(link.url) for link in named.values()}
            if covers(self._memory, self._met.links, others, in_order=False):
                one = Listing(ListingKind.SECTION, tuple(named.values()))
                self._links += self._reader.gather(one, trusted=False)
                return True
            if not fresh or listing is None or listing.next_page in (None, *visited):
                return False
            url = str(listing.next_page)
        return False

    async def _sitemaps(self, urls: Iterable[str]) -> bool:
        for url in list(urls)[:_MOST_SITEMAPS]:
            named: list[Link] = []
            async for listing in self._sitemap(url):
                named += self._reader.wanted(listing.links)
            others = {mark(link.url) for link in named}
            if covers(self._memory, self._met.links, others, in_order=True):
                # What a sitemap says of years is not asked for: only what came since.
                since = tuple(link for link in named if self._is_since(link))
                self._links += self._reader.gather(
                    Listing(ListingKind.SITEMAP, since), trusted=True
                )
                return True
        return False

    async def _sitemap(self, url: str) -> AsyncIterator[Listing]:
        """A sitemap, and those of an index that may name what came since the last reading."""
        listing = await self._listing(ListingKind.SITEMAP, url)
        if listing is None:
            return
        yield listing
        read = self._memory.read
        children = [c for c in listing.children if not c.lastmod or not is_before(c.lastmod, read)]
        for child in children[:_MOST_CHILDREN]:
            if (one := await self._listing(ListingKind.SITEMAP, child.url)) is not None:
                yield one

    async def _listing(self, kind: ListingKind, url: str) -> Listing | None:
        """One listing, as far as it is compared; None where it cannot be read."""
        if url not in self._read:
            if not self._reader.has_time():
                return None
            try:
                page = self._known.get(url) or await self._fetch(url)
                listing = parse(kind, decoded(page), page)
                self._read[url] = replace(listing, links=listing.links[:MOST_COMPARED])
            except (Miss, NotAListing, Undecodable):
                self._read[url] = None
        return self._read[url]

    async def _usual(self) -> AsyncIterator[str]:
        """Where the sitemaps of the hosts are: as their robots.txt says, else in the usual places."""
        for host in self._ways.hosts:
            if not self._reader.has_time():
                return
            try:
                robots = await self._fetch(urljoin(host, "/robots.txt"))
                named = sitemaps_in_robots(decoded(robots), robots.url)
            except (Miss, Undecodable):
                named = ()
            for url in named or usual_sitemaps(host):
                yield url

    async def _fetch(self, url: str) -> Response:
        try:
            return await self._reader.fetch(url)
        except Miss as miss:
            # Many sites answer 403 where there is nothing.
            if miss.kind in _HOST_TROUBLE and miss.reason != "http-403":
                raise HostTrouble(str(miss)) from miss
            raise

    def _is_since(self, link: Link) -> bool:
        return not is_before(link.published, self._memory.read - _LATE_SECONDS)

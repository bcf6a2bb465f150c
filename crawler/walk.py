"""One reading of a source's listings, page after page, until nothing unknown comes any more."""

import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import urljoin

from scrapy.http import Response

from config.sources import Source
from crawler.decode import Undecodable, decompress
from crawler.desk import Desk, ListingState, Reading
from crawler.discovery.feeds import parse_feed
from crawler.discovery.links import wanted
from crawler.discovery.listing import Child, Link, Listing, ListingKind, NotAListing
from crawler.discovery.sections import parse_section
from crawler.discovery.sitemaps import parse_sitemap
from crawler.discovery.start import (
    StartPage,
    read_start,
    sitemaps_in_robots,
    usual_feeds,
    usual_sitemaps,
)
from crawler.fetching import Miss
from crawler.urls import authority

Fetch = Callable[[str, Mapping[str, str]], Awaitable[Response]]
"""Fetches an address with headers; raises `Miss`."""

MOST_PAGES = 50
"""Pages of one section that a walk follows at the most."""
MOST_SITEMAPS = 20
"""Sitemaps of one index that a walk reads at the most, newest first."""
_HOPELESS = {"no-such-host", "refused", "tls"}
MOST_FOUND = 5
"""Declared feeds that are taken from a start page at the most."""


class Walk:
    """Reads what a source names, or what is found from its start: feed, then sitemap, then section page."""

    def __init__(
        self, source: Source, authorities: Iterable[str], fetch: Fetch, desk: Desk
    ) -> None:
        self._source = source
        self._authorities = frozenset(authorities)
        self._article_urls = re.compile(source.article_urls) if source.article_urls else None
        self._fetch = fetch
        self._desk = desk
        self._before: Mapping[str, ListingState] = {}
        self._links: dict[str, Link] = {}
        self._listings: dict[str, ListingState] = {}
        self._passed_over: Counter[str] = Counter()
        self._errors: list[str] = []
        self._unreachable: set[str] = set()

    async def read(self) -> Reading:
        """The links of all listings; an error only where not one could be read."""
        self._before = await self._desk.listings()
        named = [
            (ListingKind.FEED, self._source.feeds),
            (ListingKind.SITEMAP, self._source.sitemaps),
            (ListingKind.SECTION, self._source.sections),
        ]
        useful = False
        for kind, urls in named:
            for url in urls:
                useful |= await self._try(kind, url)
        if not useful and self._source.start:
            useful = await self._find()
        return Reading(
            links=tuple(sorted(self._links.values(), key=_newest_first)),
            listings=self._listings,
            passed_over=self._passed_over,
            problems=tuple(self._errors),
            error="" if self._listings else "; ".join(self._errors[:3]) or "it names no article",
        )

    async def _find(self) -> bool:
        """Take the listings found the last time, or look for them from the start."""
        found = [(state.kind, url) for url, state in self._before.items() if state.found]
        useful = False
        for kind, url in found:
            useful |= await self._try(kind, url, found=True)
        return useful or await self._discover()

    async def _discover(self) -> bool:
        if authority(self._source.start) in self._unreachable:
            return False
        try:
            page = await self._fetch(self._source.start, {})
        except Miss as miss:
            self._note(miss, self._source.start)
            return False
        start = self._read_start(page)
        if start.is_feed:
            return await self._try_all(ListingKind.FEED, (page.url,))
        if start.is_sitemap:
            return await self._try_all(ListingKind.SITEMAP, (page.url,))
        return (
            await self._try_all(ListingKind.FEED, start.feeds[:MOST_FOUND])
            or await self._try_first(ListingKind.FEED, usual_feeds(page.url))
            or await self._try_all(
                ListingKind.SITEMAP, await self._declared_sitemaps(start, page.url)
            )
            or await self._try_first(ListingKind.SITEMAP, usual_sitemaps(page.url))
            or await self._try_all(ListingKind.SECTION, (page.url,))
        )

    async def _try_all(self, kind: ListingKind, urls: Iterable[str]) -> bool:
        return any([await self._try(kind, url, found=True) for url in urls])

    async def _try_first(self, kind: ListingKind, urls: Iterable[str]) -> bool:
        for url in urls:
            if await self._try(kind, url, found=True):
                return True
        return False

    def _read_start(self, page: Response) -> StartPage:
        try:
            return read_start(_decoded(page), page.url, _content_type(page))
        except Undecodable:
            return StartPage()

    async def _declared_sitemaps(self, start: StartPage, url: str) -> tuple[str, ...]:
        if start.sitemaps:
            return start.sitemaps
        try:
            robots = await self._fetch(urljoin(url, "/robots.txt"), {})
            return sitemaps_in_robots(_decoded(robots), robots.url)
        except (Miss, Undecodable):
            return ()

    async def _try(self, kind: ListingKind, url: str, *, found: bool = False) -> bool:
        """Read one listing; whether it is of use: it names articles, or is as it was."""
        if authority(url) in self._unreachable:
            return False
        try:
            return await self._read(kind, url, found=found)
        except Miss as miss:
            self._note(miss, url)
        except (NotAListing, Undecodable) as error:
            self._errors.append(f"{url}: {error}")
        return False

    def _note(self, miss: Miss, url: str) -> None:
        """Keep an error in mind; a host that cannot be reached is not tried for its other listings."""
        self._errors.append(str(miss))
        if miss.reason in _HOPELESS:
            self._unreachable.add(authority(url))

    async def _read(self, kind: ListingKind, url: str, *, found: bool) -> bool:
        before = self._before.get(url)
        page = await self._fetch(url, _conditions(before))
        if before and page.status == 304:
            self._listings[url] = await self._children_of(_remembered(before), before, before)
            return True
        body = _decoded(page)
        state = _state_of(kind, page, body, found=found)
        if before and before.sha256 == state.sha256:
            self._listings[url] = await self._children_of(_remembered(before), before, state)
            return True
        listing = _parse(kind, body, page)
        named = self._gather(listing, trusted=kind is not ListingKind.SECTION)
        if listing.children:
            state = await self._children_of(listing.children, before, state)
        if listing.next_page:
            await self._follow(listing, url)
        self._listings[url] = state
        return bool(named or listing.children)

    def _gather(self, listing: Listing, *, trusted: bool) -> tuple[Link, ...]:
        """Keep the links that are wanted, and give them."""
        links, passed_over = wanted(
            listing.links, self._article_urls, self._authorities, trusted=trusted
        )
        self._passed_over.update(passed_over)
        self._passed_over.update(listing.dropped)
        for link in links:
            self._links.setdefault(link.url, link)
        return links

    async def _follow(self, listing: Listing, url: str) -> None:
        """Walk a paged section back while its pages name what is not known."""
        visited = {url}
        for _ in range(MOST_PAGES):
            unknown = await self._desk.unknown(tuple(self._links.values()))
            enough = len(unknown) >= self._source.max_pages
            next_page = listing.next_page
            if enough or not next_page or next_page in visited:
                return
            visited.add(next_page)
            before = len(self._links)
            page = await self._fetch(next_page, {})
            listing = _parse(ListingKind.SECTION, _decoded(page), page)
            self._gather(listing, trusted=False)
            fresh = tuple(self._links.values())[before:]
            if not fresh or not await self._desk.unknown(fresh):
                return

    async def _children_of(
        self, children: Iterable[Child], before: ListingState | None, state: ListingState
    ) -> ListingState:
        """Read the sitemaps of an index that are new or may have changed, newest first.

        An unchanged index says nothing of them. One that could not be read is not remembered, and so
        is read the next time; what a first walk has no room for is left to backfill.
        """
        seen = before.children if before else {}
        remembered: dict[str, str] = {}
        left, is_whole = MOST_SITEMAPS, True
        for child in children:
            known = self._before.get(child.url)
            is_full = not seen and len(self._links) >= self._source.max_pages
            is_read = not is_full and left > 0 and _may_have_changed(child, seen, known)
            left -= is_read
            if is_read and not await self._try_child(child.url, known):
                is_whole = False
                continue
            if known and not is_read:
                self._listings[child.url] = known
            if is_read or not seen:
                remembered[child.url] = child.lastmod or ""
                continue
            if child.url in seen:
                remembered[child.url] = seen[child.url]
            is_whole = is_whole and not _may_have_changed(child, seen, known)
        if not is_whole:
            # Asked without condition, the index names again what is still to be read.
            state = replace(state, etag="", last_modified="", sha256="")
        return replace(state, children=remembered)

    async def _try_child(self, url: str, before: ListingState | None) -> bool:
        """Read one sitemap of an index; whether that could be done."""
        try:
            page = await self._fetch(url, _conditions(before))
            if before and page.status == 304:
                self._listings[url] = before
                return True
            body = _decoded(page)
            self._gather(_parse(ListingKind.SITEMAP, body, page), trusted=True)
        except (Miss, NotAListing, Undecodable) as error:
            self._errors.append(f"{url}: {error}")
            return False
        self._listings[url] = _state_of(ListingKind.SITEMAP, page, body, found=False)
        return True


def _remembered(before: ListingState) -> tuple[Child, ...]:
    return tuple(Child(url, lastmod or None) for url, lastmod in before.children.items())


def _may_have_changed(child: Child, seen: Mapping[str, str], before: ListingState | None) -> bool:
    """Whether a sitemap is new, has another date, or has none and was read before."""
    if child.url not in seen:
        return True
    return seen[child.url] != child.lastmod if child.lastmod else before is not None


def _newest_first(link: Link) -> tuple[bool, str]:
    # Dated links first, the latest of them first; undated ones stay in the order they were met.
    if not link.published:
        return (True, "")
    return (False, "".join(chr(0x10FFFF - ord(c)) for c in link.published))


def _conditions(before: ListingState | None) -> dict[str, str]:
    conditions = {}
    if before and before.etag:
        conditions["If-None-Match"] = before.etag
    if before and before.last_modified:
        conditions["If-Modified-Since"] = before.last_modified
    return conditions


def _state_of(kind: ListingKind, page: Response, body: bytes, *, found: bool) -> ListingState:
    return ListingState(
        kind=kind,
        etag=_header(page, "ETag"),
        last_modified=_header(page, "Last-Modified"),
        sha256=hashlib.sha256(body).hexdigest(),
        found=found,
    )


def _parse(kind: ListingKind, body: bytes, page: Response) -> Listing:
    if kind is ListingKind.FEED:
        return parse_feed(body, page.url, _content_type(page))
    if kind is ListingKind.SITEMAP:
        return parse_sitemap(body, page.url)
    return parse_section(body, page.url, _content_type(page))


def _decoded(page: Response) -> bytes:
    return decompress(page.body, _header(page, "Content-Encoding"))


def _content_type(page: Response) -> str:
    return _header(page, "Content-Type")


def _header(page: Response, name: str) -> str:
    return (page.headers.get(name) or b"").decode("latin-1")

"""One reading of a source's listings, page after page, until nothing unknown comes any more."""

import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import urljoin

from scrapy.http import Response

from config.sources import Source
from crawler.continuity import memory_of, reaches_back
from crawler.decode import Undecodable
from crawler.desk import Desk, ListingState, Reading
from crawler.discovery.links import wanted
from crawler.discovery.listing import Child, Link, Listing, ListingKind, NotAListing
from crawler.discovery.start import (
    StartPage,
    read_start,
    sitemaps_in_robots,
    usual_feeds,
    usual_sitemaps,
)
from crawler.fetching import Miss
from crawler.gaps import Debts
from crawler.listing_page import conditions, content_type, decoded, parse, state_of
from crawler.urls import authority
from crawler.walk_back import MOST_PAGES, Met

Fetch = Callable[[str, Mapping[str, str]], Awaitable[Response]]
"""Fetches an address with headers; raises `Miss`."""

MOST_SITEMAPS = 20
"""Sitemaps of one index that a walk reads at the most, newest first."""
_HOPELESS = {"no-such-host", "refused", "tls"}
MOST_FOUND = 5
"""Declared feeds that are taken from a start page at the most."""
# Of each sitemap of an index: there may be a thousand.
_MARKS_OF_CHILD = 10


class Walk:
    """Reads what a source names, or what is found from its start: feed, then sitemap, then section page."""

    def __init__(
        self,
        source: Source,
        authorities: Iterable[str],
        fetch: Fetch,
        desk: Desk,
        *,
        clock: Callable[[], float] = time.time,
        until: float = float("inf"),
    ) -> None:
        """`until` (unix seconds) is when walking back ends, so that time is left for the pages."""
        self._source = source
        self._authorities = frozenset(authorities)
        self._article_urls = re.compile(source.article_urls) if source.article_urls else None
        self._fetch = fetch
        self._desk = desk
        self._clock = clock
        self._until = until
        self._before: Mapping[str, ListingState] = {}
        self._debts = Debts({}, 0.0)
        self._links: dict[str, Link] = {}
        self._listings: dict[str, ListingState] = {}
        self._passed_over: Counter[str] = Counter()
        self._errors: list[str] = []
        self._unreachable: set[str] = set()

    async def read(self) -> Reading:
        """The links of all listings; an error only where not one could be read."""
        remembered = await self._desk.listings()
        self._before = {url: s for url, s in remembered.items() if not s.is_outdated}
        self._debts = Debts(remembered, self._clock())
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
        error = "" if self._listings else "; ".join(self._errors[:3]) or "it names no article"
        if not error:
            await self._settle()
        return Reading(
            links=tuple(sorted(self._links.values(), key=_newest_first)),
            listings=self._listings,
            passed_over=self._passed_over,
            problems=tuple(self._errors),
            error=error,
            covered_until=None if error else self._debts.covered_until,
            gaps=tuple(self._debts.gaps),
        )

    async def _settle(self) -> None:
        """Walk back what no longer reaches what it named the last time."""
        urls = (self._source.start, *self._source.feeds, *self._source.sections, *self._listings)
        hosts = dict.fromkeys(urljoin(url, "/") for url in urls if url)
        await self._debts.settle(self, self._source.sitemaps, tuple(hosts), self._links.values())
        for url, memory in self._debts.owing.items():
            # Asked without condition, it shows again that it does not reach back.
            asked = replace(self._listings[url], etag="", last_modified="", sha256="")
            self._listings[url] = replace(asked, memory=memory)
        self._listings = {**self._debts.carried, **self._listings}

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
            return read_start(decoded(page), page.url, content_type(page))
        except Undecodable:
            return StartPage()

    async def _declared_sitemaps(self, start: StartPage, url: str) -> tuple[str, ...]:
        if start.sitemaps:
            return start.sitemaps
        try:
            robots = await self._fetch(urljoin(url, "/robots.txt"), {})
            return sitemaps_in_robots(decoded(robots), robots.url)
        except (Miss, Undecodable):
            return ()

    async def _try(self, kind: ListingKind, url: str, *, found: bool = False) -> bool:
        """Read one listing; whether it is of use: it names articles, or is as it was."""
        if authority(url) in self._unreachable:
            self._debts.could_not_read(url)
            return False
        try:
            return await self._read(kind, url, found=found)
        except Miss as miss:
            self._note(miss, url)
        except (NotAListing, Undecodable) as error:
            self._errors.append(f"{url}: {error}")
        self._debts.could_not_read(url)
        return False

    def _note(self, miss: Miss, url: str) -> None:
        """Keep an error in mind; a host that cannot be reached is not tried for its other listings."""
        self._errors.append(str(miss))
        if miss.reason in _HOPELESS:
            self._unreachable.add(authority(url))

    async def _read(self, kind: ListingKind, url: str, *, found: bool) -> bool:
        before = self._before.get(url)
        page = await self._fetch(url, conditions(before))
        if before and page.status == 304:
            await self._keep(url, before, before)
            return True
        body = decoded(page)
        state = state_of(kind, page, body, found=found)
        if before and before.sha256 == state.sha256:
            await self._keep(url, before, state)
            return True
        listing = parse(kind, body, page)
        named = self.gather(listing, trusted=kind is not ListingKind.SECTION)
        met = Met(kind, named, page, body)
        if listing.children:
            state, met = await self._children_of(listing.children, before, state)
            met = replace(met, links=named + met.links)
        is_whole = None
        if listing.next_page:
            met, is_whole = await self._follow(met, listing, url)
        self._listings[url] = replace(state, memory=self._debts.met(url, met, is_whole=is_whole))
        return bool(named or listing.children)

    async def _keep(self, url: str, before: ListingState, state: ListingState) -> None:
        """A listing that is as it was names what it named; the sitemaps of an index may not be."""
        children = tuple(Child(u, lastmod or None) for u, lastmod in before.children.items())
        state, met = await self._children_of(children, before, state)
        self._listings[url] = replace(state, memory=self._debts.unchanged(url, met))

    def gather(self, listing: Listing, *, trusted: bool) -> tuple[Link, ...]:
        """Keep the links that are wanted, and give them."""
        links, passed_over = wanted(
            listing.links, self._article_urls, self._authorities, trusted=trusted
        )
        self._passed_over.update(passed_over)
        self._passed_over.update(listing.dropped)
        for link in links:
            self._links.setdefault(link.url, link)
        return links

    def wanted(self, links: Iterable[Link]) -> tuple[Link, ...]:
        """See `crawler.walk_back.Reader`."""
        return wanted(links, self._article_urls, self._authorities, trusted=True)[0]

    async def fetch(self, url: str) -> Response:
        """See `crawler.walk_back.Reader`."""
        return await self._fetch(url, {})

    def has_time(self) -> bool:
        """See `crawler.walk_back.Reader`."""
        return self._clock() < self._until

    async def _follow(self, met: Met, listing: Listing, url: str) -> tuple[Met, bool | None]:
        """Walk a paged section back while its pages name what is not known, or do not reach back yet.

        Gives what all of them name, and whether they have reached what is known; None where they end before.
        A source's first walk takes the newest, and leaves the others to backfill.
        """
        visited, memory = {url}, self._debts.memory(url)
        for _ in range(MOST_PAGES):
            unknown = await self._desk.unknown(tuple(self._links.values()))
            if not self._before and len(unknown) >= self._source.max_pages:
                return met, True
            next_page = listing.next_page
            if not next_page or next_page in visited:
                return met, None
            if not self.has_time():
                return met, False
            visited.add(next_page)
            before = len(self._links)
            page = await self._fetch(next_page, {})
            listing = parse(ListingKind.SECTION, decoded(page), page)
            self.gather(listing, trusted=False)
            fresh = tuple(self._links.values())[before:]
            met = replace(met, links=met.links + fresh)
            if not fresh:
                return met, None
            if not await self._desk.unknown(fresh) and reaches_back(memory, met.links):
                return met, True
        return met, False

    async def _children_of(
        self, children: Iterable[Child], before: ListingState | None, state: ListingState
    ) -> tuple[ListingState, Met]:
        """Read the sitemaps of an index that are new or may have changed, newest first.

        An unchanged index says nothing of them. One that could not be read is not remembered, and so
        is read the next time; what a first walk has no room for is left to backfill.
        """
        seen = before.children if before else {}
        remembered: dict[str, str] = {}
        left, is_whole = MOST_SITEMAPS, True
        met = Met(ListingKind.SITEMAP, ())
        for child in children:
            known = self._before.get(child.url)
            is_full = not seen and len(self._links) >= self._source.max_pages
            is_read = not is_full and left > 0 and _may_have_changed(child, seen, known)
            left -= is_read
            if is_read:
                links = await self._try_child(child.url, known)
                if links is None:
                    is_whole = False
                    continue
                met = _with_child(met, links, known)
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
        is_same = not seen or any(url in seen for url in remembered)
        return replace(state, children=remembered), replace(met, is_same=is_same)

    async def _try_child(self, url: str, before: ListingState | None) -> tuple[Link, ...] | None:
        """Read one sitemap of an index; what it names, or None where that could not be done."""
        try:
            page = await self._fetch(url, conditions(before))
            if before and page.status == 304:
                self._listings[url] = before
                return ()
            body = decoded(page)
            links = self.gather(parse(ListingKind.SITEMAP, body, page), trusted=True)
        except (Miss, NotAListing, Undecodable) as error:
            self._errors.append(f"{url}: {error}")
            return None
        state = state_of(ListingKind.SITEMAP, page, body, found=False)
        memory = memory_of(links, self._debts.now, _MARKS_OF_CHILD)
        self._listings[url] = replace(state, memory=memory)
        return links


def _with_child(met: Met, links: tuple[Link, ...], known: ListingState | None) -> Met:
    """An index with one of its sitemaps, which may have let go what it named before."""
    turned = met.turned
    if links and known and not reaches_back(known.memory, links):
        turned += known.memory.marks
    return replace(met, links=met.links + links, turned=turned)


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

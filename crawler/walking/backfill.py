"""Walks a source's listings back in time, one page at a time: what comes of each is kept before the next."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from scrapy.http import Response

from config.sources import Source
from crawler.decode import Undecodable
from crawler.discovery.days import Span
from crawler.discovery.feed_pages import older_page
from crawler.discovery.links import wanted
from crawler.discovery.listing import Link, Listing, ListingKind, NotAListing
from crawler.discovery.sitemaps import parse_sitemap
from crawler.discovery.start import sitemaps_in_robots
from crawler.discovery.times import timestamp
from crawler.fetching import Miss, MissKind
from crawler.walking.cursor import (
    MOST_STOPS,
    Cursor,
    Road,
    Stop,
    after_old,
    past_nothing,
    past_page,
    past_sitemap,
)
from crawler.walking.listing_page import decoded, parse
from crawler.walking.listing_state import ListingState
from crawler.walking.older import Leg, Older, Step

Fetch = Callable[[str, Mapping[str, str]], Awaitable[Response]]
"""Fetches an address with headers; raises `Miss`."""

# A listing that cannot be read is asked for again after 5, 10, 20 and 40 minutes, and then left.
_MOST_MISSES = 5
_MISS_PAUSE_SECONDS = 300.0
_TIME = re.compile(rb"""\bdatetime\s{0,9}=\s{0,9}["']?([0-9][0-9T:.+Z -]{9,35})""", re.IGNORECASE)
_MOST_TIMES = 200


class Backfill:
    """The walk of one crawl."""

    def __init__(
        self,
        source: Source,
        authorities: Iterable[str],
        fetch: Fetch,
        older: Older,
        listings: Callable[[], Awaitable[Mapping[str, ListingState]]],
    ) -> None:
        self._source = source
        self._authorities = frozenset(authorities)
        self._article_urls = re.compile(source.article_urls) if source.article_urls else None
        self._fetch = fetch
        self._older = older
        self._listings = listings

    async def go_on(self) -> bool:
        """Read the next page of a listing; whether the crawl may go on."""
        leg = await self._older.leg()
        if leg is None:
            return False
        step = await self._step(leg)
        if step is None:
            return False
        await self._older.note(step)
        return not step.pause

    async def _step(self, leg: Leg) -> Step | None:
        if leg.cursor is None:
            return Step(Cursor(await self._roads()))
        cursor, waiting = after_old(leg.cursor, leg.old_in_a_row)
        if waiting or cursor != leg.cursor:
            return Step(cursor, waiting=waiting)
        cursor = cursor.reached(leg.at)
        number = cursor.next_road()
        if number is None:
            return Step(cursor, is_over=True)
        try:
            return await self._read(cursor, number, leg.span)
        except Miss as miss:
            return self._missed(cursor, number, miss)
        except (NotAListing, Undecodable) as error:
            return self._left(cursor, number, str(error))

    async def _read(self, cursor: Cursor, number: int, span: Span) -> Step:
        road = cursor.roads[number]
        stop = road.stops[0]
        page = await self._fetch(stop.url, {})
        body = decoded(page)
        is_sitemap = road.kind is ListingKind.SITEMAP
        listing = (
            parse_sitemap(body, page.url, MOST_STOPS)
            if is_sitemap
            else parse(road.kind, body, page)
        )
        links = self._wanted(listing)
        if is_sitemap:
            road, asked_for = past_sitemap(road, stop, listing, links, span)
        else:
            is_feed = road.kind is ListingKind.FEED
            next_page = older_page(body, page.url) if is_feed else listing.next_page
            times = () if is_feed else times_in(body)
            road, asked_for = past_page(road, stop, links, next_page, times, span)
        cursor = replace(
            cursor.with_road(number, road),
            current=number,
            is_dated=any(link.published for link in asked_for),
            is_turned=False,
        )
        return Step(cursor, asked_for)

    def _wanted(self, listing: Listing) -> tuple[Link, ...]:
        is_trusted = listing.kind is not ListingKind.SECTION
        return wanted(listing.links, self._article_urls, self._authorities, trusted=is_trusted)[0]

    def _missed(self, cursor: Cursor, number: int, miss: Miss) -> Step | None:
        """A listing was not to be had: what is not there is passed, and a host that fails is tried again."""
        if miss.kind is MissKind.NOT_ASKED or miss.retry_at:
            return None
        road = cursor.roads[number]
        if miss.kind is MissKind.GONE and road.pages:
            return Step(cursor.with_road(number, past_nothing(road, miss.reason)))
        is_final = miss.kind in {MissKind.GONE, MissKind.UNFIT}
        if is_final or road.misses + 1 >= _MOST_MISSES:
            return self._left(cursor, number, str(miss))
        pause = _MISS_PAUSE_SECONDS * 2**road.misses
        # A host that is down is no listing's fault.
        if miss.kind is MissKind.REFUSED or miss.reason == "timed-out":
            road = replace(road, misses=road.misses + 1)
        return Step(cursor.with_road(number, road), pause=pause)

    def _left(self, cursor: Cursor, number: int, why: str) -> Step:
        road = cursor.roads[number]
        url = road.stops[0].url
        problem = why if url in why else f"{url}: {why}"
        return Step(cursor.with_road(number, past_nothing(road, why)).with_problem(problem))

    async def _roads(self) -> tuple[Road, ...]:
        """The listings that a source names, or what a walk has found from its start."""
        named = [
            *((ListingKind.SITEMAP, url) for url in self._source.sitemaps),
            *((ListingKind.SECTION, url) for url in self._source.sections),
            *((ListingKind.FEED, url) for url in self._source.feeds),
        ]
        if not named:
            named = await self._found()
        return tuple(Road(kind, (Stop(url),), url=url) for kind, url in dict.fromkeys(named))

    async def _found(self) -> list[tuple[ListingKind, str]]:
        left = await self._listings()
        found = [(state.kind, url) for url, state in left.items() if state.found]
        start = self._source.start
        if not any(kind is ListingKind.SITEMAP for kind, _ in found):
            # A start that is a section has no sitemap of its own: that of the site names all the rest too.
            is_front = urlsplit(start).path in {"", "/"}
            sitemaps = await self._declared(start) if is_front else ()
            found += [(ListingKind.SITEMAP, url) for url in sitemaps]
        return [*found, (ListingKind.SECTION, start)]

    async def _declared(self, start: str) -> tuple[str, ...]:
        try:
            robots = await self._fetch(urljoin(start, "/robots.txt"), {})
            return sitemaps_in_robots(decoded(robots), robots.url)
        except (Miss, Undecodable):
            return ()


def times_in(body: bytes) -> tuple[str, ...]:
    """The times that a page shows in its markup."""
    shown = (match[1].decode("ascii") for match in _TIME.finditer(body))
    read = (timestamp(text) for text, _ in zip(shown, range(_MOST_TIMES), strict=False))
    return tuple(filter(None, read))

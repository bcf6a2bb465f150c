"""From a source's start to its listings; and a look around, whether they still name what the site does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import urljoin

from scrapy.http import Response

from config.sources import Source
from crawler.decode import Undecodable
from crawler.desk import Desk
from crawler.discovery.listing import Link, ListingKind, NotAListing
from crawler.discovery.start import (
    StartPage,
    read_start,
    sitemaps_in_robots,
    usual_feeds,
    usual_sitemaps,
)
from crawler.fetching import Miss
from crawler.walking.continuity import Memory, is_before, mark
from crawler.walking.gaps import Debts
from crawler.walking.health import Fall, fell, is_to_compare, suspicion
from crawler.walking.listing_page import content_type, decoded, parse
from crawler.walking.listing_state import ListingState

MOST_FOUND = 5
"""Declared feeds that are taken from a start page at the most."""
# So many links that are new beside a listing, and that it does not name, and it has fallen behind.
_BEHIND = 3
_MOST_ASIDE = 200
_MOST_ASKED = 1_000
# What a listing was late with when it stopped is asked for too.
_LATE_SECONDS = 3600.0


class Attempts(Protocol):
    """What a walk lends."""

    source: Source
    desk: Desk
    before: Mapping[str, ListingState]
    links: dict[str, Link]
    listings: dict[str, ListingState]
    failed: dict[str, ListingState]
    debts: Debts

    async def attempt(
        self, kind: ListingKind, url: str, *, found: bool = False, like: ListingState | None = None
    ) -> bool:
        """Read one listing; whether it is of use."""

    async def fetch(self, url: str) -> Response:
        """An answer; raises `Miss`."""

    def wanted(self, links: Iterable[Link], *, trusted: bool = True) -> tuple[Link, ...]:
        """The wanted ones of some links, which are not kept."""

    def complain(self, problem: str) -> None:
        """Note what could not be read."""

    def is_reachable(self, url: str) -> bool:
        """Whether nothing has shown yet that a host is not."""


class Finder:
    """Of one walk, after what is known has been read."""

    def __init__(self, walk: Attempts) -> None:
        self._walk = walk
        self._now = walk.debts.now
        # Listings that were in use, and fail: what is found now stands in for them.
        self._stands_in = bool(walk.failed)

    async def discover(self) -> bool:
        """Look for listings from the start: feed, then sitemap, then section page; whether any is of use."""
        start = self._walk.source.start
        if not self._walk.is_reachable(start):
            return False
        try:
            page = await self._walk.fetch(start)
        except Miss as miss:
            self._walk.complain(str(miss))
            return False
        declared = _read_start(page)
        if declared.is_feed:
            return await self._try_all(ListingKind.FEED, (page.url,))
        if declared.is_sitemap:
            return await self._try_all(ListingKind.SITEMAP, (page.url,))
        if (
            await self._try_all(ListingKind.FEED, declared.feeds[:MOST_FOUND])
            or await self._try_first(ListingKind.FEED, usual_feeds(page.url))
            or await self._try_all(ListingKind.SITEMAP, await self._declared(declared, page.url))
            or await self._try_first(ListingKind.SITEMAP, usual_sitemaps(page.url))
        ):
            self._put_aside(page.url, self._named_by(page))
            return True
        return await self._try_all(ListingKind.SECTION, (page.url,))

    async def look_around(self) -> None:
        """Compare listings that may have fallen with what stands beside them, once a day, and let that stand in."""
        walk = self._walk
        if not walk.before and walk.source.start:
            await self._look_at_start()
        suspects = {
            url: state
            for url, state in (walk.listings | walk.failed).items()
            if self._is_suspect(url, state)
        }
        if not suspects or await self._is_told_by_others(suspects):
            return
        to_compare = [u for u, s in suspects.items() if is_to_compare(s.health, self._now)]
        if to_compare and walk.source.start and not self._has_stand_in():
            await self._compare(to_compare)

    def _is_suspect(self, url: str, state: ListingState) -> bool:
        is_top = not any(url in s.children for s in self._walk.listings.values())
        may_fall = state.kind is not ListingKind.SECTION and not state.stands_in
        return is_top and may_fall and suspicion(state.health, self._now) is not None

    def _has_stand_in(self) -> bool:
        return any(state.stands_in for state in self._walk.listings.values())

    async def _is_told_by_others(self, suspects: Mapping[str, ListingState]) -> bool:
        """Whether a listing of another kind, that was read anyway, names what these do not."""
        kinds = {state.kind for state in suspects.values()} | {ListingKind.FEED}
        others = [
            link
            for url, state in self._walk.listings.items()
            if url not in suspects and state.kind not in kinds
            for link in self._walk.debts.links_of(url)
        ]
        if len(await self._new_among(others, suspects)) < _BEHIND:
            return False
        self._fall(suspects)
        return True

    async def _compare(self, suspects: Sequence[str]) -> None:
        aside = self._walk.before.get(self._walk.source.start)
        links = await self._look_at_start()
        if links is None:
            return
        known = set(aside.memory.each()) if aside else set()
        states = {url: self._state(url) for url in suspects}
        fresh = [x for x in await self._new_among(links, states) if mark(x.url) not in known]
        is_dead = all(s.health.fallen == Fall.DEAD for s in states.values())
        if len(fresh) < (1 if is_dead else _BEHIND) or not (aside or is_dead):
            for url, state in states.items():
                self._set(url, replace(state, health=replace(state.health, compared=self._now)))
            return
        self._fall(states)
        await self._stand_in(states, fresh)

    async def _stand_in(self, states: Mapping[str, ListingState], fresh: Sequence[Link]) -> None:
        """Take what names the new links: a sitemap, else the start page itself."""
        self._stands_in = True
        start = self._walk.source.start
        marks = {mark(link.url) for link in fresh}
        if ListingKind.SITEMAP not in {state.kind for state in states.values()}:
            for url in (*await self._declared(StartPage(), start), *usual_sitemaps(start)):
                if url in self._walk.listings or not await self._try_first(
                    ListingKind.SITEMAP, (url,)
                ):
                    continue
                if any(mark(link.url) in marks for link in self._walk.debts.links_of(url)):
                    return
                for one in (url, *self._walk.listings[url].children):
                    self._walk.listings.pop(one, None)
        await self._try_first(ListingKind.SECTION, (start,))

    async def _new_among(
        self, links: Sequence[Link], suspects: Mapping[str, ListingState]
    ) -> list[Link]:
        named = {mark(x.url) for url in suspects for x in self._walk.debts.links_of(url)}
        newest = min(state.health.newest for state in suspects.values())
        young = [x for x in links if not x.published or not is_before(x.published, newest)]
        young = young[:_MOST_ASKED]
        unknown = await self._walk.desk.unknown(tuple(young)) if young else set()
        return [x for x in young if x.url in unknown and mark(x.url) not in named]

    def _fall(self, suspects: Mapping[str, ListingState]) -> None:
        for url, state in suspects.items():
            fall = suspicion(state.health, self._now)
            if fall and fall is not Fall.DEAD:
                self._set(url, replace(state, health=fell(state.health, fall, self._now)))
                self._walk.debts.doubt(url, state.health.newest)

    def _state(self, url: str) -> ListingState:
        return self._walk.listings.get(url) or self._walk.failed[url]

    def _set(self, url: str, state: ListingState) -> None:
        where = self._walk.listings if url in self._walk.listings else self._walk.failed
        where[url] = state

    async def _look_at_start(self) -> tuple[Link, ...] | None:
        """What the start page names, of which the first look is kept; None where it cannot be read."""
        start = self._walk.source.start
        if start in self._walk.listings:
            return None
        try:
            links = self._named_by(await self._walk.fetch(start))
        except Miss:
            return None
        self._put_aside(start, links)
        return links

    def _put_aside(self, url: str, links: Sequence[Link]) -> None:
        before = self._walk.before.get(url)
        aside = before if before and before.is_aside else None
        if aside is None:
            marks = "".join(mark(link.url) for link in links[:_MOST_ASIDE])
            aside = ListingState(
                ListingKind.SECTION, memory=Memory(marks, self._now), is_aside=True
            )
        self._walk.listings.setdefault(url, aside)

    def _named_by(self, page: Response) -> tuple[Link, ...]:
        try:
            listing = parse(ListingKind.SECTION, decoded(page), page)
        except (NotAListing, Undecodable):
            return ()
        return self._walk.wanted(listing.links, trusted=False)

    async def _declared(self, start: StartPage, url: str) -> tuple[str, ...]:
        if start.sitemaps:
            return start.sitemaps
        try:
            robots = await self._walk.fetch(urljoin(url, "/robots.txt"))
            return sitemaps_in_robots(decoded(robots), robots.url)
        except (Miss, Undecodable):
            return ()

    async def _try_all(self, kind: ListingKind, urls: Iterable[str]) -> bool:
        return any([await self._try(kind, url) for url in urls])

    async def _try_first(self, kind: ListingKind, urls: Iterable[str]) -> bool:
        for url in urls:
            if await self._try(kind, url):
                return True
        return False

    async def _try(self, kind: ListingKind, url: str) -> bool:
        if url in self._walk.failed:
            return False  # it was tried just now
        like = ListingState(kind, found=True)
        if self._stands_in:
            after = self._walk.debts.oldest_read - _LATE_SECONDS
            like = replace(like, stands_in=True, after=after if self._walk.before else 0.0)
        return await self._walk.attempt(kind, url, like=like)


def _read_start(page: Response) -> StartPage:
    try:
        return read_start(decoded(page), page.url, content_type(page))
    except Undecodable:
        return StartPage()

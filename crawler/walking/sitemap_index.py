"""The sitemaps of an index: which of them are read, and what is remembered of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from scrapy.http import Response

from crawler.decode import Undecodable
from crawler.discovery.days import days_of_sitemaps
from crawler.discovery.listing import Child, Link, Listing, ListingKind, NotAListing
from crawler.fetching import Miss
from crawler.walking.continuity import (
    Gap,
    Memory,
    gap_before_first,
    is_before,
    is_older_copy,
    memory_of,
    reaches_back,
)
from crawler.walking.listing_page import conditions, decoded, parse, state_of
from crawler.walking.listing_state import ListingState
from crawler.walking.walk_back import Met

MOST_SITEMAPS = 20
"""Sitemaps of one index that a walk reads at the most, newest first."""
# There may be a thousand of them.
_MARKS = 10
# A sitemap whose articles are all older brings none that is new.
_PAST_SECONDS = 7 * 86400.0


class Lender(Protocol):
    """What a walk lends."""

    async def ask(self, url: str, headers: Mapping[str, str]) -> Response:
        """An answer; raises `Miss`."""

    def gather(self, listing: Listing, *, trusted: bool) -> tuple[Link, ...]:
        """Keep the wanted links, and give them."""

    def is_full(self) -> bool:
        """Whether the walk has as many links as a crawl fetches pages."""

    def complain(self, problem: str) -> None:
        """Note what could not be read."""


@dataclass
class SitemapIndex:
    """One reading of one index."""

    lender: Lender
    remembered: Mapping[str, ListingState]
    """All that the last walk left."""
    now: float
    after: float = 0.0
    """Unix seconds: sitemaps that are older are not read."""
    is_patient: bool = True
    """Whether a sitemap that cannot be read is waited for; else what it named is missing."""
    states: dict[str, ListingState] = field(default_factory=dict)
    """What to remember of the sitemaps."""

    async def read(
        self, children: Sequence[Child], before: ListingState | None, state: ListingState
    ) -> tuple[ListingState, Met]:
        """Read the sitemaps that are new or may have changed, newest first.

        An unchanged index says nothing of them. One that could not be read is read the next time; what a
        first walk has no room for is left to backfill, unless only a reading shows what is new in it.
        """
        seen = before.children if before else {}
        remembered: dict[str, str] = {}
        left, is_whole = MOST_SITEMAPS, True
        met = Met(ListingKind.SITEMAP, ())
        timeless = set() if seen else _timeless(children)
        for child in children:
            known = self.remembered.get(child.url)
            has_room = bool(seen) or child in timeless or not self.lender.is_full()
            is_read = has_room and left > 0 and _may_have_changed(child, seen, known)
            is_read = is_read and not self._is_too_old(child)
            left -= is_read
            if is_read:
                links = await self._read_one(child.url, known)
                if links is None:
                    is_whole = False
                    met = self._without_child(met, child.url, known, remembered)
                    continue
                met = self._with_child(met, child.url, links, known)
            if known and not is_read:
                self.states[child.url] = known
            if is_read or not seen or self._is_too_old(child):
                remembered[child.url] = child.lastmod or ""
                continue
            if child.url in seen:
                remembered[child.url] = seen[child.url]
            is_whole = is_whole and not _may_have_changed(child, seen, known)
        if not is_whole:
            # Asked without condition, the index names again what is still to be read.
            state = replace(state, etag="", last_modified="", sha256="")
        is_same = any(url in seen for url in remembered)
        return replace(state, children=remembered), replace(met, is_same=is_same)

    async def _read_one(self, url: str, before: ListingState | None) -> tuple[Link, ...] | None:
        """Read one sitemap; what it names, or None where that could not be done, or it is an older copy."""
        try:
            page = await self.lender.ask(url, conditions(before))
            if before and page.status == 304:
                self.states[url] = before
                return ()
            body = decoded(page)
            links = self.lender.gather(parse(ListingKind.SITEMAP, body, page), trusted=True)
        except (Miss, NotAListing, Undecodable) as error:
            self.lender.complain(f"{url}: {error}")
            return None
        if before and self.is_patient and is_older_copy(before.memory, links):
            return None
        state = state_of(ListingKind.SITEMAP, page, body, found=False)
        self.states[url] = replace(state, memory=memory_of(links, self.now, _MARKS))
        return links

    def _with_child(
        self, met: Met, url: str, links: tuple[Link, ...], known: ListingState | None
    ) -> Met:
        """An index with one of its sitemaps, which may have let go what it named before."""
        turned, gap = met.turned, None
        if known and known.memory.is_unread:
            gap = gap_before_first(url, known.memory, links, self.now)
        elif links and known and not reaches_back(known.memory, links):
            turned += known.memory.marks
        gaps = (*met.gaps, gap) if gap else met.gaps
        return replace(met, links=met.links + links, turned=turned, gaps=gaps)

    def _without_child(
        self, met: Met, url: str, known: ListingState | None, remembered: dict[str, str]
    ) -> Met:
        """An index of which one sitemap was not read: what that named is owed, if it is not of long ago."""
        known = known or ListingState(
            ListingKind.SITEMAP, memory=Memory(read=self.now, is_unread=True)
        )
        memory = known.memory
        is_owed = memory.is_unread or (memory.marks and not self._is_past(memory))
        remembered[url] = ""  # and so it is read the next time
        if is_owed and not self.is_patient:
            self.states[url] = ListingState(ListingKind.SITEMAP)
            gaps = (Gap(url, memory.read, self.now),) if memory.is_unread else ()
            return replace(met, turned=met.turned + memory.marks, gaps=met.gaps + gaps)
        self.states[url] = replace(known, etag="", last_modified="", sha256="")
        return replace(met, is_older=met.is_older or bool(is_owed))

    def _is_past(self, memory: Memory) -> bool:
        return 0.0 < memory.newest < self.now - _PAST_SECONDS

    def _is_too_old(self, child: Child) -> bool:
        return bool(self.after and child.lastmod) and is_before(child.lastmod, self.after)


def _timeless(children: Sequence[Child]) -> set[Child]:
    """Those of which nothing tells how new they are: of sections, say, not of months."""
    days = days_of_sitemaps([child.url for child in children])
    return {c for c, d in zip(children, days, strict=True) if not (c.lastmod or d)}


def _may_have_changed(child: Child, seen: Mapping[str, str], before: ListingState | None) -> bool:
    """Whether a sitemap is new, has another date, or has none and was read before."""
    if child.url not in seen:
        return True
    return seen[child.url] != child.lastmod if child.lastmod else before is not None

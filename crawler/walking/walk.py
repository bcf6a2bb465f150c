"""One reading of a source's listings, page after page, until nothing unknown comes any more."""

import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urljoin

from scrapy.http import Response

from config.sources import Source
from crawler.decode import Undecodable
from crawler.desk import Desk, Reading
from crawler.discovery.hints import Hints, hints_of_walk, seconds_cached
from crawler.discovery.links import wanted
from crawler.discovery.listing import Child, Link, Listing, ListingKind, NotAListing
from crawler.fetching import Miss, MissKind
from crawler.urls import authority
from crawler.walking.continuity import is_before, is_older_copy, meets, reaches_back
from crawler.walking.finding import Finder
from crawler.walking.gaps import MOST_TRIES, Debts
from crawler.walking.health import Fall, after_failure, after_reading, is_to_try
from crawler.walking.listing_page import caching_of, conditions, decoded, parse, state_of
from crawler.walking.listing_state import ListingState
from crawler.walking.sitemap_index import SitemapIndex
from crawler.walking.standby import fallen_of, retired
from crawler.walking.walk_back import MOST_PAGES, Met, Ways

Fetch = Callable[[str, Mapping[str, str]], Awaitable[Response]]
"""Fetches an address with headers; raises `Miss`."""

_HOPELESS = {"no-such-host", "refused", "tls"}
# A listing that stands in for another has an archive that nobody asked for.
_MOST_PAGES_INSTEAD = 5


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
        self.source = source
        self.desk = desk
        self.before: Mapping[str, ListingState] = {}
        """What the last walk under these settings left."""
        self.links: dict[str, Link] = {}
        self.listings: dict[str, ListingState] = {}
        """What is to be remembered of the listings that were read, by URL."""
        self.failed: dict[str, ListingState] = {}
        """The same of those that could not be read."""
        self.debts = Debts({}, 0.0)
        self.errors: list[str] = []
        self._authorities = frozenset(authorities)
        self._article_urls = re.compile(source.article_urls) if source.article_urls else None
        self._fetch = fetch
        self._clock = clock
        self._until = until
        self._after = 0.0
        self._named: dict[str, ListingState] = {}
        self._passed_over: Counter[str] = Counter()
        self._unreachable: set[str] = set()
        self._hints: list[Hints] = []

    async def read(self) -> Reading:
        """The links of all listings; an error only where not one could be read."""
        remembered = await self.desk.listings()
        self.before = {url: s for url, s in remembered.items() if not s.is_outdated}
        # What a listing named is owed under other settings too.
        self._named = {
            url: ListingState(s.kind, memory=s.memory)
            for url, s in remembered.items()
            if s.is_outdated
        }
        self.debts = Debts(remembered, self._clock())
        useful = await self._read_known()
        finder = Finder(self)
        if not useful and self.source.start:
            useful = await finder.discover()
        elif useful:
            await finder.look_around()
        error = "" if self.listings else "; ".join(self.errors[:3]) or "it names no article"
        if not error:
            await self._settle()
        return Reading(
            links=tuple(sorted(self.links.values(), key=_newest_first)),
            listings=self.listings,
            passed_over=self._passed_over,
            problems=tuple(self.errors),
            error=error,
            covered_until=None if error else self.debts.covered_until,
            gaps=tuple(self.debts.gaps),
            fallen=fallen_of(self.listings),
            hints=hints_of_walk(self._hints),
        )

    async def _read_known(self) -> bool:
        """Read what the settings name, and what was found the last time; whether any was of use."""
        named = [(ListingKind.FEED, url) for url in self.source.feeds]
        named += [(ListingKind.SITEMAP, url) for url in self.source.sitemaps]
        named += [(ListingKind.SECTION, url) for url in self.source.sections]
        useful = False
        for kind, url in named:
            useful |= await self.attempt(kind, url)
        for url, state in sorted(self.before.items(), key=lambda item: item[1].stands_in):
            if state.found and not state.is_aside:
                useful |= await self.attempt(state.kind, url, like=state)
        return useful

    async def _settle(self) -> None:
        """Walk back what no longer reaches what it named the last time; then put together what to remember."""
        start = self.source.start
        urls = (start, *self.source.feeds, *self.source.sections, *self.listings)
        hosts = dict.fromkeys(urljoin(url, "/") for url in urls if url)
        is_read = start in self.listings and not self.listings[start].is_aside
        ways = Ways(self.source.sitemaps, tuple(hosts), "" if is_read else start)
        await self.debts.settle(self, ways, self.links.values())
        self.listings = self.debts.remembered(self.listings, self.failed)
        for url, state in self.before.items():
            if state.is_aside:
                self.listings.setdefault(url, state)
        self.listings = retired(self.listings, self.debts.now)

    async def attempt(
        self, kind: ListingKind, url: str, *, found: bool = False, like: ListingState | None = None
    ) -> bool:
        """Read one listing; whether it is of use: it names articles, or is as it was.

        `like` is what it is remembered as where it was found, not named by the settings.
        """
        before = self._known(url)
        like = like or ListingState(kind, found=found)
        if before and not is_to_try(before.health, self.debts.now):
            self.failed[url] = before
        elif not self.is_reachable(url):
            self._could_not_read(url, like, "its host cannot be reached")
        else:
            try:
                return await self._read(kind, url, like)
            except Miss as miss:
                self.complain(str(miss))
                if miss.reason in _HOPELESS:
                    # It is not tried for its other listings.
                    self._unreachable.add(authority(url))
                was_asked = miss.kind is not MissKind.NOT_ASKED
                self._could_not_read(url, like, str(miss), was_asked=was_asked)
            except (NotAListing, Undecodable) as error:
                self.complain(f"{url}: {error}")
                self._could_not_read(url, like, f"{url}: {error}")
        return False

    def _known(self, url: str) -> ListingState | None:
        """A listing as the last walk left it, if that read it."""
        state = self.before.get(url)
        return None if state is None or state.is_aside else state

    def _could_not_read(
        self, url: str, like: ListingState, why: str, *, was_asked: bool = True
    ) -> None:
        before = self._known(url)
        if like.found and before is None:
            return  # it was no more than a guess
        state = before or like
        if was_asked:
            state = replace(state, health=after_failure(state.health, why, self.debts.now))
        self.failed[url] = state
        is_dead, was_read = state.health.fallen == Fall.DEAD, bool(state.health.watched)
        self.debts.could_not_read(url, is_dead=is_dead, was_read=was_read)

    def complain(self, problem: str) -> None:
        """Note what could not be read."""
        self.errors.append(problem)

    def is_reachable(self, url: str) -> bool:
        """Whether nothing has shown yet that a host is not."""
        return authority(url) not in self._unreachable

    async def _read(self, kind: ListingKind, url: str, like: ListingState) -> bool:
        before = self._known(url)
        self._after = like.after
        page = await self._fetch(url, conditions(before))
        if before and page.status == 304:
            self._hear(page, before.hints)
            await self._keep(url, before, before)
            return True
        body = decoded(page)
        state = replace(
            state_of(kind, page, body, found=like.found),
            stands_in=like.stands_in,
            after=like.after,
        )
        if before and before.sha256 == state.sha256:
            self._hear(page, before.hints)
            await self._keep(url, before, replace(state, hints=before.hints))
            return True
        listing = parse(kind, body, page)
        self._hear(page, listing.hints)
        state = replace(state, hints=listing.hints)
        named = self.gather(listing, trusted=kind is not ListingKind.SECTION)
        met = Met(kind, named, page, body)
        if listing.children:
            state, met = await self._children_of(listing.children, before, state)
            met = replace(met, links=named + met.links)
        is_whole: bool | None = None
        if not listing.children and await self._is_older_copy(url, named):
            met = replace(met, is_older=True)
        elif listing.next_page:
            met, is_whole = await self._follow(met, listing, url, state)
        health = before.health if before else state.health
        remembered = self.debts.memory(url)
        health = after_reading(health, met.links, remembered, self.debts.now)
        if kind is not ListingKind.FEED:
            health = replace(health, usual=0)  # what of a sitemap was read says nothing of its size
        memory = self.debts.met(url, met, is_whole=is_whole)
        self.listings[url] = replace(state, memory=memory, health=health)
        return bool(named or listing.children)

    async def _is_older_copy(self, url: str, named: tuple[Link, ...]) -> bool:
        """Whether this is what a listing was before the last reading, as a network that delivers copies may show it.

        One without dates is, where it turned over and yet names nothing new.
        """
        memory, before = self.debts.memory(url), self._known(url)
        if not (named and self.debts.waits_for(url)):
            return False
        if any(link.published for link in named):
            return is_older_copy(memory, named)
        if before and before.health.failures:
            return False  # what the walk named that failed half-way is known as well
        return not (reaches_back(memory, named) or await self.desk.unknown(named))

    def _hear(self, page: Response, said: Hints) -> None:
        """Keep in mind what a listing, or its answer, says of when to ask again."""
        self._hints.append(replace(said, cached=seconds_cached(caching_of(page))))

    async def _keep(self, url: str, before: ListingState, state: ListingState) -> None:
        """A listing that is as it was names what it named; the sitemaps of an index may not be."""
        children = tuple(Child(u, lastmod or None) for u, lastmod in before.children.items())
        state, met = await self._children_of(children, before, state)
        links = met.links or None
        health = after_reading(before.health, links, before.memory, self.debts.now)
        memory = self.debts.unchanged(url, met)
        self.listings[url] = replace(state, memory=memory, health=health)

    async def _children_of(
        self, children: Sequence[Child], before: ListingState | None, state: ListingState
    ) -> tuple[ListingState, Met]:
        is_patient = before is None or before.memory.tries < MOST_TRIES
        remembered = self._named or self.before  # under other settings all are outdated
        index = SitemapIndex(self, remembered, self.debts.now, state.after, is_patient)
        state, met = await index.read(children, before, state)
        self.listings |= index.states
        return state, met

    def gather(self, listing: Listing, *, trusted: bool) -> tuple[Link, ...]:
        """Keep the links that are wanted, and give them."""
        links, passed_over = wanted(
            listing.links, self._article_urls, self._authorities, trusted=trusted
        )
        self._passed_over.update(passed_over)
        self._passed_over.update(listing.dropped)
        if self._after and listing.kind is not ListingKind.SECTION:
            links = tuple(link for link in links if not is_before(link.published, self._after))
        for link in links:
            self.links.setdefault(link.url, link)
        return links

    def wanted(self, links: Iterable[Link], *, trusted: bool = True) -> tuple[Link, ...]:
        """The wanted ones of some links, which are not kept."""
        return wanted(links, self._article_urls, self._authorities, trusted=trusted)[0]

    async def fetch(self, url: str) -> Response:
        """An answer; raises `Miss`."""
        return await self._fetch(url, {})

    async def ask(self, url: str, headers: Mapping[str, str]) -> Response:
        """An answer; raises `Miss`."""
        return await self._fetch(url, headers)

    def has_time(self) -> bool:
        """Whether the crawl may go on walking."""
        return self._clock() < self._until

    def is_full(self) -> bool:
        """Whether the walk has as many links as a crawl fetches pages."""
        return len(self.links) >= self.source.max_pages

    async def _follow(
        self, met: Met, listing: Listing, url: str, state: ListingState
    ) -> tuple[Met, bool]:
        """Walk a paged section back while its pages name what is not known, or do not reach back yet.

        Gives what all of them name, and whether they have reached what the section named the last time.
        A source's first walk takes the newest, and leaves the others to backfill; so does a section that
        stands in for another listing.
        """
        visited, memory = {url}, self.debts.memory(url)
        is_first = not (self.before or memory.marks)
        if state.after and not memory.marks:
            memory = self.debts.any_memory
        is_back = reaches_back(memory, met.links)
        for _ in range(_MOST_PAGES_INSTEAD if state.after else MOST_PAGES):
            if state.after and is_back:
                break
            unknown = await self.desk.unknown(tuple(self.links.values()))
            if is_first and len(unknown) >= self.source.max_pages:
                break
            next_page = listing.next_page
            if not next_page or next_page in visited or not self.has_time():
                break
            visited.add(next_page)
            before, seen = len(self.links), {link.url for link in met.links}
            page = await self._fetch(next_page, {})
            listing = parse(ListingKind.SECTION, decoded(page), page)
            beyond = tuple(x for x in self.gather(listing, trusted=False) if x.url not in seen)
            met = replace(met, links=met.links + beyond)
            is_back = is_back or meets(memory, beyond)
            fresh = tuple(self.links.values())[before:]
            if not fresh or (is_back and not await self.desk.unknown(fresh)):
                break
        return met, is_back


def _newest_first(link: Link) -> tuple[bool, str]:
    # Dated links first, the latest of them first; undated ones stay in the order they were met.
    if not link.published:
        return (True, "")
    return (False, "".join(chr(0x10FFFF - ord(c)) for c in link.published))

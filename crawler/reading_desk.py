"""A desk without a service: every link is unknown once, every page becomes an item."""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from config.parsers import ParserError
from config.sources import Source
from crawler.decode import Undecodable, unpack
from crawler.desk import CrawlReport, Reading
from crawler.discovery.listing import Link
from crawler.extraction.named import Named
from crawler.extraction.several import extract_all
from crawler.outcome import Outcome
from crawler.page import Article, Page, Visit
from crawler.parsing import parser_of
from crawler.urls import url_key
from crawler.walking.listing_state import ListingState


class ReadingDesk:
    """Keeps its work in memory, for one crawl by hand."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.older = None
        self.report = CrawlReport(delay=source.delay)
        self._visits: deque[Visit] = deque()
        self._items: list[dict[str, Any]] = []

    def items(self) -> Iterator[dict[str, Any]]:
        """What was read since it was last asked."""
        items, self._items = self._items, []
        yield from items

    async def listings(self) -> Mapping[str, ListingState]:
        """Nothing is remembered."""
        return {}

    async def unknown(self, links: tuple[Link, ...]) -> set[str]:
        """All of them."""
        return {link.url for link in links}

    async def offer(self, reading: Reading) -> int:
        """Queue the newest links."""
        newest = reading.links[: self._source.max_pages]
        self._visits.extend(
            Visit(str(number), self._source.name, url_key(link.url), link.url)
            for number, link in enumerate(newest)
        )
        return len(newest)

    async def take(self, count: int) -> list[Visit]:
        """The next in the queue."""
        return [self._visits.popleft() for _ in range(min(count, len(self._visits)))]

    async def hand_in(self, visit: Visit, page: Page) -> None:
        """Read the page's article."""
        item: dict[str, Any] = {"url": page.url, "status": page.status}
        try:
            named = Named(self._source.body, self._source.drop)
            language = self._source.language or None
            own = parser_of(self._source)
            found = extract_all(unpack(page), language=language, named=named, parse_own=own)
        except ParserError as error:
            self._items.append(item | {"failed": str(error)})
            return
        except Undecodable as error:
            self._items.append(item | {"rejected": error.reason})
            return
        if isinstance(found, Article):
            self._items.append(
                item | {"title": found.title, "published": found.published, "text": found.body}
            )
        else:
            self._items.append(item | {"rejected": found.reason})

    async def settle(self, visit: Visit, outcome: Outcome, reason: str, detail: str) -> None:
        """Say so."""
        self._items.append({"url": visit.url, outcome.value: reason})

    async def give_up(
        self, visit: Visit, reason: str, *, failed: bool, not_before: datetime | None
    ) -> None:
        """Say so; nothing is tried again."""
        self._items.append({"url": visit.url, "failed": reason})

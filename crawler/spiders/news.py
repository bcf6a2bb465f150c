"""Visits a source: reads its listings when they are due, then the pages that it owes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from config.settings import load_settings
from config.sources import Source, load_sources
from crawler.authorities import authorities_of, named_urls
from crawler.challenge import CHALLENGE
from crawler.desk import Assignment, Desk
from crawler.exchange import FETCH_SECONDS, why_not_now
from crawler.fetching import Miss, MissKind, miss_from, miss_of
from crawler.outcome import Outcome
from crawler.page import Page, Visit
from crawler.politeness import polite_settings
from crawler.validators import NOT_MODIFIED, conditions_of, validator_of
from crawler.walking.backfill import Backfill
from crawler.walking.gathering import Gathering
from crawler.walking.moves import Moves
from crawler.walking.walk import Walk

if TYPE_CHECKING:
    from crawler.reading_desk import ReadingDesk
    from crawler.rendering.renderer import Renderer

# After so many misses in a row the host has gone down, and no page is to blame for it.
HOST_IS_DOWN = 5
# After so many challenges, and no page that came, the host sets one before all of them.
HOST_IS_CLOSED = 3
# With no delay between them, so many pages of a host are asked for at once.
AT_ONCE = 8
# Where each of them takes a browser.
RENDERED_AT_ONCE = 2


class NewsSpider(Spider):
    """One crawl of one source.

    The service passes `assignment` and `desk`. By itself (`scrapy crawl news -a source=NAME`) it reads
    the source from the sources file and yields what it finds as items.
    """

    name = "news"

    def __init__(
        self,
        source: str = "",
        assignment: Assignment | None = None,
        desk: Desk | None = None,
        clock: Callable[[], float] | None = None,
        renderer: "Renderer | None" = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.assignment = assignment or _assignment(source)
        self.clock = clock or self.assignment.clock
        self.source = self.assignment.source
        self.renderer = renderer
        """Where the source's pages are rendered, if they are."""
        self.reading_desk = None if desk else _reading_desk(self.source)
        self.desk: Desk = desk or self.reading_desk  # type: ignore[assignment]
        self.authorities = self.assignment.authorities or authorities_of(self.source)
        self.asks_for_robots = not self.assignment.walk
        self.moves = Moves()
        self.report = self.desk.report
        self._missed: list[tuple[Visit, Miss]] = []
        self._answered = False
        self._brings_pages = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "NewsSpider":
        """Scrapy's constructor; the source's own settings go in here."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        user_agent = crawler.settings["COPYDESK_USER_AGENT"] or load_settings().user_agent
        crawler.settings.update(polite_settings(spider.source, user_agent), priority="spider")
        return spider

    def note_answer(self) -> None:
        """The host answers: from now on a page's failures are its own."""
        self._answered = True

    async def start(self) -> AsyncIterator[Any]:
        """The whole crawl, in order: wait for the host's pace, walk the listings, visit what is owed."""
        try:
            await asyncio.sleep(max(0.0, self.assignment.not_before - self.clock()))
            if self.assignment.walk:
                await self._walk()
            while not self.report.error and (
                visits := await self._next_visits() or await self._older_visits()
            ):
                await asyncio.gather(*map(self._visit, visits))
                for item in self.reading_desk.items() if self.reading_desk else ():
                    yield item
            await self._end_misses(of_host=not self._answered)
        except Exception as error:
            # Scrapy would log it and call the crawl finished.
            self.report.error = f"the crawl broke off: {error!r}"
            raise

    async def _walk(self) -> None:
        # A walk back takes no more than half of the crawl's time: the rest is for pages.
        began = self.clock()
        until = began + max(0.0, self.assignment.deadline - began) / 2
        walk = Walk(
            *(self.source, self.authorities, self._fetch, self.desk), clock=self.clock, until=until
        )
        reading = await walk.read()
        self.report.moves, self.report.moved_hosts = self.moves.of(
            {*named_urls(self.source), *walk.before, *walk.listings, *walk.failed}
        )
        self.report.links = len(reading.links)
        self.report.problems = reading.problems
        self.report.passed_over = reading.passed_over
        if reading.error:
            self.report.error = reading.error
            return
        self.report.new_links = await self.desk.offer(reading)

    async def _next_visits(self) -> list[Visit]:
        room = self._room()
        return await self.desk.take(room) if room else []

    def _room(self) -> int:
        """How many pages may be visited at once; none where the crawl is over."""
        left = self.source.max_pages - self.report.pages
        is_over = left <= 0 or self.report.not_before or self.clock() >= self.assignment.deadline
        has_delay = self.source.delay or self.report.delay
        at_once = RENDERED_AT_ONCE if self.source.render else AT_ONCE
        return 0 if is_over else min(left, 1 if has_delay else at_once)

    async def _older_visits(self) -> list[Visit]:
        """What a backfill has named; its listings are walked on as its pages run out."""
        older = self.desk.older
        if older is None:
            return []
        walk = Backfill(self.source, self.authorities, self._fetch, older, self.desk.listings)
        while room := self._room():
            if visits := await older.take(room):
                return visits
            if not await walk.go_on():
                break
        return []

    async def _visit(self, visit: Visit) -> None:
        self.report.pages += 1
        delay = max(self.source.delay, self.report.delay)
        gathering = Gathering(self._fetch, delay=delay, is_content=visit.attempts > 0)
        try:
            response = await self._fetch(visit.url, conditions_of(visit.validator))
            page = _page(visit, response, self._now())
            page = await gathering.whole(page) if response.status != 304 else page
        except Miss as miss:
            await self._missed_page(visit, miss)
            return
        finally:
            self.report.pages += gathering.count
        self._brings_pages = True
        await self._end_misses(of_host=False)
        if visit.validator and response.status == 304:
            await self.desk.settle(visit, Outcome.UNCHANGED, NOT_MODIFIED, f"{visit.url}: 304")
            return
        await self.desk.hand_in(visit, page)

    async def _missed_page(self, visit: Visit, miss: Miss) -> None:
        if miss.kind is MissKind.GONE:
            await self.desk.settle(visit, Outcome.GONE, miss.reason, str(miss))
        elif miss.kind is MissKind.UNFIT:
            await self.desk.settle(visit, Outcome.REJECTED, miss.reason, str(miss))
        elif miss.kind is MissKind.NOT_ASKED:
            await self.desk.give_up(visit, miss.reason, failed=False, not_before=miss.retry_at)
        elif miss.kind is MissKind.NOT_RENDERED:
            self.report.error = str(miss)
            await self.desk.give_up(visit, miss.reason, failed=False, not_before=None)
        else:
            await self._count_miss(visit, miss)

    async def _count_miss(self, visit: Visit, miss: Miss) -> None:
        """Keep a miss in mind until it is clear whether the page or the host is at fault."""
        self._missed.append((visit, miss))
        unreachable = [m for _, m in self._missed if m.kind is MissKind.UNREACHABLE]
        challenges = [m for _, m in self._missed if self._is_of_host(m)]
        if (
            len(unreachable) >= HOST_IS_DOWN
            or (not self._answered and len(self._missed) >= HOST_IS_DOWN)
            or len(challenges) >= HOST_IS_CLOSED
        ):
            self.report.error = str(miss)
            await self._end_misses(of_host=True)

    async def _end_misses(self, *, of_host: bool) -> None:
        missed, self._missed = self._missed, []
        blamed = [miss for _, miss in missed if of_host or self._is_of_host(miss)]
        if blamed and not self.report.error:
            self.report.error = str(blamed[-1])
        for visit, miss in missed:
            is_of_host = of_host or self._is_of_host(miss)
            await self.desk.give_up(
                visit, miss.reason, failed=not is_of_host, not_before=miss.retry_at
            )

    def _is_of_host(self, miss: Miss) -> bool:
        """A challenge is set before all pages, as long as none has come; listings may be open to everyone."""
        return miss.reason == CHALLENGE and not self._brings_pages

    async def _fetch(self, url: str, headers: Mapping[str, str]) -> Response:
        """An answer that brings something; raises `Miss`."""
        assert self.crawler.engine
        if miss := why_not_now(self.report, url, self.clock()):
            raise miss
        request = Request(url, headers=dict(headers), dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever a download raises ends in a reason
            raise self._noted(miss_from(error, url)) from None
        finally:
            self.report.last_request = self.clock()
        miss = miss_of(response, self._now())
        if miss is None or miss.kind in {MissKind.GONE, MissKind.UNFIT}:
            self.note_answer()
            self.report.answered += 1
        else:
            self.report.refused[miss.reason] = self.report.refused.get(miss.reason, 0) + 1
        if miss:
            raise self._noted(miss)
        return response

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _noted(self, miss: Miss) -> Miss:
        """The miss; a pause that it asks for holds for all that follows."""
        if miss.retry_at:
            self.report.not_before = max(self.report.not_before, miss.retry_at.timestamp())
        return miss


def _page(visit: Visit, response: Response, fetched: datetime) -> Page:
    def header(name: str) -> str:
        return (response.headers.get(name) or b"").decode("latin-1")

    return Page(
        url=response.url,
        requested=visit.url,
        status=response.status,
        fetched=fetched,
        content_type=header("Content-Type"),
        content_encoding=header("Content-Encoding"),
        body=response.body,
        validator=validator_of(header("ETag"), header("Last-Modified")),
        seconds=response.request.meta.get(FETCH_SECONDS, 0.0) if response.request else 0.0,
    )


def _reading_desk(source: Source) -> "ReadingDesk":
    # It reads articles, which the service does elsewhere: a crawl worker need not load that.
    from crawler.reading_desk import ReadingDesk  # noqa: PLC0415

    return ReadingDesk(source)


def _assignment(name: str) -> Assignment:
    """The source of that name in the sources file; a `ValueError` where there is none."""
    sources = {source.name: source for source in load_sources(load_settings().sources)}
    if name not in sources:
        raise ValueError(f"-a source={name!r}: allowed is one of {', '.join(sources) or 'none'}")
    return Assignment(sources[name])

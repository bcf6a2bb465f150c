"""What the workers do, in virtual time: the real desk, spider, walk and ingest, on a simulated web."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response

from chaos.trials.year.broker import Broker
from chaos.trials.year.part import Killed, Part
from chaos.trials.year.traffic import Traffic
from chaos.trials.year.watch import Crawl, Watch
from config.schedule import Every
from config.sources import Source
from crawler.desk import CrawlReport
from crawler.exchange import why_not_now
from crawler.extraction.recurring import Rules
from crawler.fetching import MissKind, miss_of
from crawler.page import Article, Rejection
from crawler.spiders.news import NewsSpider
from workers.crawling.desk import ServiceDesk
from workers.crawling.outgoing import Outgoing
from workers.ingest import Ingest
from workers.pages.reading import Reading, reading_of
from workers.queue.broker import CRAWL, INGEST
from workers.state.frontier import WaitingPage, new_token

_HEARTBEAT_SECONDS = 5.0


async def crawl_worker(
    part: Part, broker: Broker, traffic: Traffic, watch: Watch, told: Callable[[], None]
) -> None:
    """Take batches, one after the other: see `workers.crawl.crawl_batch`."""
    while True:
        arguments = await broker.next(CRAWL)
        await part.thawed()
        try:
            await _crawl_batch(part, arguments[0], broker, traffic, watch, told)
        except (Killed, asyncio.CancelledError):
            if part.is_dead:
                broker.come_back(CRAWL, arguments)
            raise


async def _crawl_batch(
    part: Part,
    batch: Sequence[dict[str, Any]],
    broker: Broker,
    traffic: Traffic,
    watch: Watch,
    told: Callable[[], None],
) -> None:
    outgoing = Outgoing(broker.ingest, part.service.settings.batch_pages)
    desks = [ServiceDesk(part.service, message, outgoing) for message in batch]
    held = [desk for desk in desks if desk.begin()]
    for desk in held:
        desk.remember()
        watch.began(_crawl_of(desk))
    heartbeat = part.begin(_heartbeat(part, held, outgoing))
    await asyncio.gather(*(part.begin(_crawl(part, desk, traffic, told)) for desk in held))
    heartbeat.cancel()
    outgoing.flush()


def _crawl_of(desk: ServiceDesk) -> Crawl:
    source, now = desk.assignment.source, asyncio.get_running_loop().time()
    return Crawl(source.name, desk.token, desk.assignment.walk, _bounds(source), now)


def _bounds(source: Source) -> tuple[float, float] | None:
    if not isinstance(source.timing, Every):
        return None
    stated = source.timing.seconds
    if not source.adaptive:
        return float(stated), float(stated)
    return float(min(source.every_min, stated)), float(max(source.every_max, stated))


async def _heartbeat(part: Part, desks: Sequence[ServiceDesk], outgoing: Outgoing) -> None:
    while True:
        await asyncio.sleep(_HEARTBEAT_SECONDS)
        await part.thawed()
        outgoing.flush()
        for desk in desks:
            desk.renew()


async def _crawl(part: Part, desk: ServiceDesk, traffic: Traffic, told: Callable[[], None]) -> None:
    spider = NewsSpider(assignment=desk.assignment, desk=desk, clock=part.service.clock)
    download = _Download(part, spider, desk.token, traffic)
    spider.crawler = SimpleNamespace(engine=download)  # type: ignore[assignment] # as much as it uses
    end: CrawlReport | Exception = spider.report
    try:
        async for _ in spider.start():
            pass
    except Exception as error:  # noqa: BLE001 - told, as the kept reactor does
        end = error
    await asyncio.to_thread(desk.finish, end)
    told()


class _Download:
    """Scrapy's engine, as far as the spider knows it: one request at a time, with a pause between two."""

    def __init__(self, part: Part, spider: NewsSpider, token: str, traffic: Traffic) -> None:
        self._part = part
        self._spider = spider
        self._source = spider.source
        self._token = token
        self._traffic = traffic
        self._next = 0.0
        self._knows_robots = False

    async def download_async(self, request: Request) -> Response:
        """The response; raises what a download raises."""
        if not self._knows_robots:
            await self._read_robots(request.url)
        return await self._fetch(request)

    async def _read_robots(self, url: str) -> None:
        """See `crawler.politeness`: whoever answers with a robots.txt, or with none, is there."""
        response = await self._fetch(Request(urljoin(url, "/robots.txt")))
        miss = miss_of(response, datetime.fromtimestamp(self._part.service.clock(), UTC))
        if miss and miss.kind is MissKind.REFUSED:
            raise miss
        self._knows_robots = True
        self._spider.note_answer()

    async def _fetch(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._next - loop.time()))
        await self._part.thawed()
        # As the download handler does, once its turn has come.
        if miss := why_not_now(self._spider.report, request.url, loop.time()):
            raise miss
        self._next = loop.time() + self._source.delay
        return await self._traffic.fetch(request, self._source, self._token, self._part)


async def ingest_worker(part: Part, broker: Broker, told: Callable[[], None]) -> None:
    """Take batches, one after the other: see `workers.tasks.ingest`."""
    rng = part.luck.rng
    while True:
        tokens, alone = await broker.next(INGEST)
        await asyncio.sleep(rng.uniform(0.01, 0.3) * len(tokens))
        await part.thawed()
        try:
            ingest(part, broker, tokens, alone=alone)
        except Killed:
            broker.come_back(INGEST, [tokens, alone])
            raise
        told()


def ingest(part: Part, broker: Broker, tokens: Sequence[str], *, alone: bool) -> None:
    """Bring pages to their outcome; a worker that dies of it is seen by its parent, or not."""
    run = new_token()

    def reader(waiting: WaitingPage, source: Source, _rules: Rules) -> Reading | Rejection:
        return _read(part, waiting, source)

    try:
        Ingest(part.service, broker.ingest, run, reader).run(tokens, alone=alone)
    except Killed:
        part.last_run = (run, tokens)
        raise


def _read(part: Part, waiting: WaitingPage, source: Source) -> Reading | Rejection:
    page = json.loads(waiting.page.body)
    if page["kind"] == "poison":
        part.die()
        raise Killed
    if page["kind"] == "listing":
        return Rejection("listing")
    article = Article(body=page["body"], title=page["title"], published=page["published"])
    return reading_of(waiting, source, waiting.page, article)

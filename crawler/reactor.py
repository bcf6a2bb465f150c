"""Crawls on a reactor that the process starts once and keeps, on a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings as ScrapySettings
from scrapy.settings import SettingsAttribute

from crawler import settings as scrapy_settings
from crawler.desk import Assignment, CrawlReport, Desk

if TYPE_CHECKING:
    from crawler.rendering.plan import Rendering
    from crawler.rendering.renderer import Renderer

_THREADS = 30

Tell = Callable[[CrawlReport | Exception], None]
Work = tuple[Assignment, Desk, Tell]


class KeptReactor:
    """One asyncio reactor for the life of a process; a reactor cannot be started twice."""

    def __init__(
        self,
        user_agent: str,
        download_seconds: float = scrapy_settings.DOWNLOAD_TIMEOUT,
        rendering: "Rendering | None" = None,
    ) -> None:
        self._user_agent = user_agent
        self._download_seconds = download_seconds
        self._rendering = rendering
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        # A daemon, so that the end of the process is not held up by an answer that never comes.
        self._thread = threading.Thread(target=self._run, name="reactor", daemon=True)

    def start(self) -> None:
        """Start the thread and wait until the reactor runs; a second call does nothing."""
        if not self._thread.is_alive():
            self._thread.start()
            self._started.wait()

    def _run(self) -> None:
        from scrapy.utils.reactor import install_reactor  # noqa: PLC0415 - installs for this process

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        install_reactor(scrapy_settings.TWISTED_REACTOR)
        from twisted.internet import reactor as installed  # noqa: PLC0415 - only now the right one

        from crawler.address_guard import install_guard  # noqa: PLC0415

        # Its annotations name an interface without what every reactor has.
        reactor: Any = installed
        self._loop = asyncio.get_event_loop()
        install_guard(reactor)
        # Names are looked up on these; a name server that is slow must not hold up all crawls.
        reactor.suggestThreadPoolSize(_THREADS)
        reactor.callWhenRunning(self._started.set)
        reactor.run(installSignalHandlers=False)

    def answers(self, seconds: float) -> bool:
        """Whether the reactor does anything within so many seconds, or is stuck in what it does."""
        self.start()
        assert self._loop
        turned = threading.Event()
        self._loop.call_soon_threadsafe(turned.set)
        return turned.wait(seconds)

    def begin(
        self, assignment: Assignment, desk: Desk, tell: Tell, spider: str | type[Spider] = "news"
    ) -> "Future[None]":
        """Begin one crawl, on a host that no other one is on; done once its end has been told."""
        self.start()
        assert self._loop
        crawl = self._crawl(assignment, desk, tell, spider)
        return asyncio.run_coroutine_threadsafe(crawl, self._loop)

    def crawl(self, work: Sequence[Work], timeout: float | None = None) -> None:
        """Run crawls side by side, no two of one host; each one's end is told when it has ended.

        Raises `TimeoutError` where they have not all ended after `timeout` seconds.
        """
        begun = [self.begin(*one) for one in work]
        if wait(begun, timeout).not_done:
            raise TimeoutError
        for crawl in begun:
            crawl.result()

    async def _crawl(
        self, assignment: Assignment, desk: Desk, tell: Tell, spider: str | type[Spider]
    ) -> None:
        crawler = self._runner.create_crawler(spider)
        try:
            renderer = self._renderer if assignment.source.render else None
            await self._runner.crawl(crawler, assignment=assignment, desk=desk, renderer=renderer)
            made: Any = crawler.spider
            end: CrawlReport | Exception = made.report
        except Exception as error:  # noqa: BLE001 - told, so that one crawl's end is not another's
            end = error
        await asyncio.to_thread(tell, end)

    @cached_property
    def _renderer(self) -> "Renderer | None":
        from crawler.rendering.renderer import Renderer  # noqa: PLC0415 - few sources need it

        return Renderer(self._rendering) if self._rendering else None

    @cached_property
    def _runner(self) -> AsyncCrawlerRunner:
        settings = _SharedSettings()
        settings.setmodule(scrapy_settings, priority="project")
        settings.setdict(
            {
                "COPYDESK_USER_AGENT": self._user_agent,
                "DOWNLOAD_TIMEOUT": self._download_seconds,
                "LOG_ENABLED": False,
                "LOG_INSTALL_ROOT_HANDLER": False,
            },
            priority="cmdline",
        )
        return AsyncCrawlerRunner(settings)


class _SharedSettings(ScrapySettings):
    """Settings of which each crawl has its own, while all share the values, which nobody changes in place.

    Scrapy copies them down to the last entry of every table, twice a crawl: half of what a quiet one takes.
    """

    def copy(self) -> Self:
        """As Scrapy's, but for the depth: what one sets in it is not set in the other."""
        made = copy(self)
        made.attributes = {
            name: SettingsAttribute(attribute.value, attribute.priority)
            for name, attribute in self.attributes.items()
        }
        return made

"""Fetches what it is asked for, one address after another, as politely as any crawl."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from config.sources import Source
from crawler.desk import Assignment, Desk
from crawler.page import Page
from crawler.questions import Hold, Questions, at_once
from crawler.reactor import KeptReactor
from crawler.spiders.news import NewsSpider


class AskingSpider(NewsSpider):
    """One look at a site: its desk is a `Questions`, which says what is fetched next, and which hosts may be."""

    name = "asking"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions: Questions = kwargs["desk"]
        self.authorities = self.questions.hosts

    async def hold_host(self, host: str) -> None:
        """Wait until a host may be asked, and nobody else asks it; raises `Miss`."""
        free_at = await asyncio.to_thread(self.questions.hold, host)
        await asyncio.sleep(max(0.0, free_at - self.clock()))

    def note_robots(self, url: str, text: str) -> None:
        """A robots.txt that was read, for it names sitemaps, too."""
        self.questions.robots[url] = text

    async def start(self) -> AsyncIterator[Any]:
        """Answer until there are no more questions."""
        while question := await asyncio.to_thread(self.questions.next):
            try:
                answer = await self._answer(question.url)
            except Exception as error:  # noqa: BLE001 - whoever asked has to hear of it
                question.answer.set_exception(error)
            else:
                question.answer.set_result(answer)
        return
        yield  # Scrapy wants a generator, of which nothing comes here

    async def _answer(self, url: str) -> Page:
        response = await self._fetch(url, {})

        def header(name: str) -> str:
            return (response.headers.get(name) or b"").decode("latin-1")

        return Page(
            url=response.url,
            requested=url,
            status=response.status,
            fetched=self._now(),
            content_type=header("Content-Type"),
            content_encoding=header("Content-Encoding"),
            body=response.body,
        )


@contextmanager
def asking(
    source: Source,
    user_agent: str,
    tell: Callable[[str], None],
    seconds: float,
    hold: Hold = at_once,
) -> Iterator[Questions]:
    """A crawl that answers questions for the time of the block, as one of a source.

    What the source names and allows holds for its own start; all other hosts that are admitted have to
    be at public addresses. `hold` is called for the host of each request before it is sent.
    """
    questions = Questions(tell, hold)
    ends: list[Any] = []
    reactor = KeptReactor(user_agent, seconds)
    desk = cast("Desk", questions)  # as much of one as the spider uses
    crawl = reactor.begin(Assignment(source, walk=False), desk, ends.append, spider=AskingSpider)
    crawl.add_done_callback(lambda _: questions.break_off())
    try:
        yield questions
    finally:
        questions.end()

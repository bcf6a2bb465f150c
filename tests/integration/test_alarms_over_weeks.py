"""Weeks of a real site in moments: the real crawl, ingest and watch, on a clock that a test moves."""

import asyncio
import itertools
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from config.settings import Settings
from crawler.spiders.news import NewsSpider
from rig.site import Site
from rig.stories import Story
from workers.alarms.sources import roots
from workers.alarms.watch import sweep_usual, watch_service, watch_sources
from workers.crawling.desk import ServiceDesk
from workers.crawling.outgoing import Outgoing
from workers.dispatch import dispatch_due, follow_file
from workers.ingest import Ingest
from workers.service import Service, SourcesFile
from workers.state.alarms import Alarm
from workers.state.state import State
from workers.storage.folder import FolderStore

DAY = 86400.0
_LISTED = 10
# A Monday, 0:00 UTC.
BEGIN = 20_003 * DAY


class Weeks:
    """A service with one source, on a clock of its own."""

    def __init__(self, state: State, site: Site, folder: Path, url: str) -> None:
        self.now = BEGIN
        self.site = site
        self.file = folder / "sources.toml"
        self.write(f'name = "gazette"\nfeeds = ["{site.url("/rss.xml")}"]\n')
        settings = Settings(redis_url=url, sources=self.file, home=folder, archive="off")
        self.service = Service(
            settings,
            state,
            FolderStore(folder),
            SourcesFile(self.file, allow_private=True),
            clock=lambda: self.now,
        )
        self.numbers = itertools.count()
        self.listed: list[Story] = []

    def write(self, fields: str) -> None:
        self.file.write_text(
            f'[[source]]\n{fields}delay = 0.0\nschedule = "every 12h"\nadaptive = false\nrevisit = []\n'
            if fields
            else ""
        )

    def day(self, documents: int) -> None:
        """Two crawls; before the first so many stories appear, above those of before."""
        fresh = [self._story(next(self.numbers)) for _ in range(documents)][::-1]
        if fresh:
            self.listed = [*fresh, *self.listed][:_LISTED]
            self.site.publish(*self.listed)
        for _ in range(2):
            self.now += DAY / 2
            dispatch_due(self.service, self.now, self._crawl)
            self.now += 90
            watch_sources(self.service, self.now)
            self.now -= 90

    def _story(self, number: int) -> Story:
        moment = datetime.fromtimestamp(self.now + number, UTC)
        return replace(Story.numbered(number, paragraphs=2), published=moment)

    def days(self, *documents: int) -> None:
        for count in documents:
            self.day(count)

    def _crawl(self, batch: list[dict[str, Any]]) -> None:
        waiting: list[str] = []
        desk = ServiceDesk(self.service, batch[0], Outgoing(waiting.extend, 100))
        assert desk.begin()
        spider = NewsSpider(assignment=desk.assignment, desk=desk, clock=lambda: self.now)
        spider.crawler = SimpleNamespace(engine=self)  # type: ignore[assignment] # as much as it uses
        asyncio.run(_to_its_end(spider))
        desk.finish(spider.report)
        desk._outgoing.flush()
        Ingest(self.service, lambda *_, **__: None).run(waiting)

    async def download_async(self, request: Request) -> Response:
        return await asyncio.to_thread(_fetch, request)

    @property
    def alarms(self) -> list[Alarm]:
        return roots(self.service.state.alarms.standing())


def _fetch(request: Request) -> Response:
    headers = {name.decode(): values[0].decode() for name, values in request.headers.items()}
    asked = urllib.request.Request(request.url, headers=headers)
    try:
        with urllib.request.urlopen(asked) as answer:
            return HtmlResponse(
                request.url, answer.status, dict(answer.headers), body=answer.read()
            )
    except urllib.error.HTTPError as error:
        return HtmlResponse(request.url, error.code, dict(error.headers), body=error.read())


async def _to_its_end(spider: NewsSpider) -> None:
    async for _ in spider.start():
        pass


@pytest.fixture
def weeks(state: State, server_url: str, tmp_path: Path) -> Iterator[Weeks]:
    with Site() as site:
        made = Weeks(state, site, tmp_path, server_url)
        follow_file(made.service, made.service.sources.enabled(), made.now)
        yield made


WEEK = (2, 3, 2, 3, 2, 0, 0)


def test_a_site_that_stops_is_silent_until_it_goes_on(weeks: Weeks) -> None:
    weeks.days(*WEEK * 4)
    assert weeks.alarms == []
    weeks.days(*(0,) * 6)
    (alarm,) = weeks.alarms
    assert (alarm.kind, alarm.subject) == ("silent", "gazette")
    # The last one came on the Friday of the fourth week.
    assert alarm.since == BEGIN + (3 * 7 + 4) * DAY + DAY / 2
    assert "Sat, Sun not counted" in alarm.evidence
    weeks.day(1)
    assert weeks.alarms == []
    # It leaves the file, and its alarms and what was usual for it go with it.
    weeks.days(*(0,) * 9)
    assert [alarm.kind for alarm in weeks.alarms] == ["silent"]
    weeks.write("")
    follow_file(weeks.service, weeks.service.sources.enabled(), weeks.now)
    watch_service(weeks.service, weeks.now)
    assert not [alarm for alarm in weeks.alarms if alarm.subject == "gazette"]
    sweep_usual(weeks.service, weeks.now)
    assert weeks.service.state.alarms.some_usual(0, 10)[1]
    sweep_usual(weeks.service, weeks.now + 50 * DAY)
    assert not weeks.service.state.alarms.some_usual(0, 10)[1]


def test_a_site_that_brings_little_is_thin_until_it_brings_more(weeks: Weeks) -> None:
    weeks.days(*(5, 6, 7, 5, 6) * 6)
    assert weeks.alarms == []
    weeks.days(*(1,) * 8)
    (alarm,) = weeks.alarms
    assert alarm.kind == "thin"
    assert "usual are" in alarm.evidence
    weeks.days(*(7,) * 6)
    assert weeks.alarms == []

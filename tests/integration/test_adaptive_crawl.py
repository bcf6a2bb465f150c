"""The end of a crawl sets the next walk by what the source has published, and by what it says."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import Settings
from config.sources import Source
from crawler.desk import CrawlReport, Reading
from crawler.discovery.hints import SAYS_NOTHING, Hints
from crawler.discovery.listing import Link, ListingKind
from crawler.walking.listing_state import ListingState
from workers.crawling.desk import ServiceDesk
from workers.crawling.outgoing import Outgoing
from workers.dispatch import message
from workers.pacing.rhythm import Rhythm
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.connection import key
from workers.state.frontier import new_token
from workers.state.state import State
from workers.storage.folder import FolderStore

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
FEED = "https://www.gazette.example/rss.xml"
SOURCE = Source(name="gazette", feeds=(FEED,), schedule="every 30m")


class Crawls:
    """Crawls of one source that bring readings and no pages, by a clock that a test moves."""

    def __init__(self, state: State, folder: Path) -> None:
        self.state = state
        self.now = float(int(time.time()))
        sources = SourcesFile(folder / "sources.toml", allow_private=False)
        store = FolderStore(folder)
        self.service = Service(Settings(), state, store, sources, clock=lambda: self.now)
        self._published: list[float] = []

    def publish(self, count: int, each: float) -> None:
        """So many articles, the newest just now."""
        self._published = [self.now - each * n for n in range(count)]

    def crawl(self, hints: Hints = SAYS_NOTHING, source: Source = SOURCE) -> float:
        """Seconds from a walk that names what was published, and an hour's worth of pages, to the next walk."""
        now, schedule = self.now, self.state.schedule
        schedule.add({"gazette": now})
        schedule.ask(["gazette"], now)
        lease = schedule.lease("gazette", ("gazette.example",), new_token(), now, now + 60)
        assert lease
        told = message(source, lease, hurry=False)
        desk = ServiceDesk(self.service, told, Outgoing(lambda _: None, 1))
        assert desk.begin()
        links = tuple(_link(moment) for moment in self._published)
        listings = {FEED: ListingState(ListingKind.FEED, etag='"1"', hints=hints)}
        new = asyncio.run(desk.offer(Reading(links=links, listings=listings, hints=hints)))
        assert asyncio.run(desk.listings())[FEED].hints == hints
        self.now += MINUTE
        desk.finish(CrawlReport(links=len(links), new_links=new))
        self.state.client.delete(key("frontier", "gazette"))
        facts = schedule.facts("gazette")
        assert facts.walk_due is not None
        assert not source.adaptive or facts.walk_due == pytest.approx(
            now + (facts.every or 0), abs=1
        )
        return facts.walk_due - now

    @property
    def rhythm(self) -> Rhythm | None:
        return Rhythm.from_bytes(self.state.schedule.standing("gazette").rhythm)


def _link(moment: float) -> Link:
    stamp = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    return Link(f"https://www.gazette.example/{moment:.0f}", stamp.replace("+00:00", "Z"))


@pytest.fixture
def crawls(state: State, tmp_path: Path) -> Crawls:
    return Crawls(state, tmp_path)


def test_the_first_reading_of_a_feed_sets_the_pace(crawls: Crawls) -> None:
    crawls.publish(30, each=10 * MINUTE)
    assert 5 * MINUTE <= crawls.crawl() < 20 * MINUTE
    assert crawls.rhythm
    assert sum(crawls.rhythm.hours) == pytest.approx(30, rel=0.01)


def test_what_was_learnt_stays_until_the_next_walk_adds_to_it(crawls: Crawls) -> None:
    crawls.publish(30, each=HOUR)
    crawls.crawl()
    crawls.now += DAY
    crawls.publish(25, each=HOUR)
    crawls.crawl()
    assert crawls.rhythm
    assert crawls.rhythm.at == crawls.now - MINUTE
    assert sum(crawls.rhythm.hours) == pytest.approx(30 * 0.93 + 24, rel=0.1)


def test_a_feed_of_old_articles_is_read_once_a_day(crawls: Crawls) -> None:
    crawls.now -= 90 * DAY
    crawls.publish(30, each=DAY)
    crawls.now += 90 * DAY
    assert crawls.crawl() == DAY


def test_a_hint_slows_it_within_bounds(crawls: Crawls) -> None:
    crawls.publish(30, each=HOUR)
    plain = crawls.crawl()
    crawls.state.client.delete(key("rhythms"), key("listings", "gazette"))
    crawls.publish(30, each=HOUR)
    slowed = crawls.crawl(Hints(cached=DAY))
    assert 1.5 * plain < slowed <= 2.1 * plain


def test_a_source_that_is_not_adaptive_keeps_its_interval(crawls: Crawls) -> None:
    steady = SOURCE.model_copy(update={"adaptive": False})
    crawls.publish(30, each=MINUTE)
    assert crawls.crawl(Hints(cached=DAY), steady) == 31 * MINUTE


def test_a_crawl_that_fails_leaves_what_is_known(crawls: Crawls) -> None:
    crawls.publish(30, each=HOUR)
    crawls.crawl()
    before = crawls.rhythm
    now, schedule = crawls.now, crawls.state.schedule
    schedule.ask(["gazette"], now)
    lease = schedule.lease("gazette", ("gazette.example",), new_token(), now, now + 60)
    assert lease
    told = message(SOURCE, lease, hurry=False)
    desk = ServiceDesk(crawls.service, told, Outgoing(lambda _: None, 1))
    assert desk.begin()
    desk.finish(CrawlReport(error="it is down"))
    assert crawls.rhythm == before

"""A crawl that a person asks for is never lost, whatever the source is doing just then."""

import asyncio
import time
from pathlib import Path

import pytest

from config.settings import Settings
from config.sources import Source
from crawler.desk import CrawlReport, Reading
from crawler.discovery.listing import Link
from workers.crawling.desk import ServiceDesk
from workers.crawling.outgoing import Outgoing
from workers.dispatch import message
from workers.following import timing_of
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.frontier import new_token
from workers.state.state import State
from workers.storage.folder import FolderStore

SOURCE = Source(name="gazette", start="https://www.gazette.example/")


@pytest.fixture
def service(state: State, tmp_path: Path) -> Service:
    sources = SourcesFile(tmp_path / "sources.toml", allow_private=False)
    return Service(Settings(), state, FolderStore(tmp_path), sources)


def _begin(service: Service) -> ServiceDesk:
    now, schedule = time.time(), service.state.schedule
    schedule.add({"gazette": now})
    lease = schedule.lease("gazette", ("gazette.example",), new_token(), now, now + 60)
    assert lease
    return ServiceDesk(service, message(SOURCE, lease, hurry=False), Outgoing(lambda _: None, 1))


def test_a_source_without_news_is_left_alone_until_its_next_walk(service: Service) -> None:
    walking = _begin(service)
    assert walking.assignment.walk
    walking.finish(CrawlReport(links=30, new_links=10))
    due = service.state.schedule.next_due("gazette")
    assert due is not None
    assert due == pytest.approx(time.time() + 30 * 60, abs=30)
    assert service.state.schedule.facts("gazette").walk_due == due


def test_a_walk_that_is_asked_for_while_pages_are_retried_comes_after_them(
    service: Service,
) -> None:
    _begin(service).finish(CrawlReport(links=30, new_links=10))
    schedule = service.state.schedule
    service.state.client.zadd("copydesk:schedule", {"gazette": time.time()})
    retrying = _begin(service)
    assert not retrying.assignment.walk
    schedule.ask(["gazette"], time.time())
    retrying.finish(CrawlReport())
    due = schedule.next_due("gazette")
    assert due is not None
    assert due <= time.time()
    assert _begin(service).assignment.walk


def test_a_retry_of_pages_that_fails_leaves_the_walk_where_it_was(service: Service) -> None:
    _begin(service).finish(CrawlReport(links=30, new_links=10))
    schedule = service.state.schedule
    walk_due = schedule.facts("gazette").walk_due
    service.state.client.zadd("copydesk:schedule", {"gazette": time.time()})
    _begin(service).finish(CrawlReport(error="it is down"))
    assert schedule.facts("gazette").walk_due == walk_due
    assert schedule.next_due("gazette") == pytest.approx(walk_due, abs=1)


def test_a_schedule_that_is_edited_during_a_crawl_is_followed(service: Service) -> None:
    crawling = _begin(service)
    schedule = service.state.schedule
    schedule.note_timings({"gazette": timing_of(SOURCE)})
    edited = SOURCE.model_copy(update={"schedule": "every 6h"})
    due = time.time() + 6 * 3600
    schedule.retime("gazette", timing_of(edited), due)
    crawling.finish(CrawlReport(links=30, new_links=10))
    facts = schedule.facts("gazette")
    assert facts.walk_due == due
    assert not facts.every  # by which the new one would be adapted from the old one's interval


def test_a_lease_that_ran_out_during_the_walk_is_no_failure(service: Service) -> None:
    crawling = _begin(service)
    service.state.schedule.void_leases(time.time())
    assert asyncio.run(crawling.offer(Reading())) == 0
    assert asyncio.run(crawling.take(1)) == []


def test_a_crawl_that_broke_off_is_tried_again_soon(service: Service) -> None:
    _begin(service).finish(RuntimeError("the reactor stopped"))
    facts = service.state.schedule.facts("gazette")
    assert "the reactor stopped" in facts.error
    assert facts.failures == 1
    assert facts.next == pytest.approx(time.time() + 60, abs=30)
    assert service.state.schedule.crawling() == set()


def _owing(service: Service, delay: float) -> ServiceDesk:
    """A crawl that owes a page, has just asked for something, and whose process takes on no more for long."""
    crawling = _begin(service)
    link = Link("https://www.gazette.example/news/a-story-of-many-words")
    assert asyncio.run(crawling.offer(Reading(links=(link,)))) == 1
    crawling.report.delay, crawling.report.last_request = delay, time.time()
    crawling.shared_until = time.time() + 10
    return crawling


def test_a_pause_of_minutes_holds_up_no_process(service: Service) -> None:
    crawling = _owing(service, 120.0)
    assert asyncio.run(crawling.take(1)) == []
    crawling.finish(crawling.report)
    due = service.state.schedule.next_due("gazette")
    assert due == crawling.report.last_request + 120.0
    assert service.state.frontier.owed("gazette") == 1


@pytest.mark.parametrize(("delay", "shared"), [(2.0, 0.0), (120.0, 200.0)])
def test_a_short_pause_is_waited_for_and_a_long_one_beside_others(
    service: Service, delay: float, shared: float
) -> None:
    crawling = _owing(service, delay)
    crawling.shared_until += shared
    assert len(asyncio.run(crawling.take(1))) == 1

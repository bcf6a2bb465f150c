"""The schedule follows the sources file, and crawls under way follow their settings."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from config.settings import Settings
from config.sources import Source, load_sources
from crawler.desk import CrawlReport
from tests.integration.work import NOW, Work, key_of
from workers.crawling.desk import ServiceDesk
from workers.crawling.outgoing import Outgoing
from workers.dispatch import message
from workers.following import edition_of, follow_file, timing_of, where_of
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.connection import key
from workers.state.frontier import new_token
from workers.state.state import State
from workers.storage.folder import FolderStore

SOURCE = Source(name="gazette", start="https://www.gazette.example/")


class Followed:
    """A service, its file, and one crawl under way at a time."""

    def __init__(self, state: State, folder: Path) -> None:
        self.path = folder / "sources.toml"
        self.state = state
        sources = SourcesFile(self.path, allow_private=False)
        self.service = Service(Settings(), state, FolderStore(folder), sources)

    def write(self, *sources: Source) -> None:
        """Have these in the file, and follow it as a tick does."""
        texts = []
        for s in sources:
            fields = s.model_dump(mode="json", exclude_defaults=True)
            told = "\n".join(f"{name} = {json.dumps(value)}" for name, value in fields.items())
            texts.append(f"[[source]]\n{told}\n")
        self.path.write_text("\n".join(texts))
        follow_file(self.service, self.service.sources.enabled(), time.time())

    def begin(self) -> ServiceDesk:
        """Begin the crawl of the source as it is in the file."""
        now, schedule = time.time(), self.state.schedule
        self.state.client.zadd(key("schedule"), {"gazette": now})
        lease = schedule.lease("gazette", ("gazette.example",), new_token(), now, now + 60)
        assert lease
        source = self.service.sources.enabled()["gazette"]
        told = message(source, lease, hurry=False)
        desk = ServiceDesk(self.service, told, Outgoing(lambda _: None, 1))
        assert desk.begin()
        return desk

    def walk_due_in(self) -> float:
        """Seconds until the listings are due."""
        due = self.state.schedule.facts("gazette").walk_due
        assert due is not None
        return due - time.time()


@pytest.fixture
def followed(state: State, tmp_path: Path) -> Followed:
    made = Followed(state, tmp_path)
    made.write(SOURCE)
    return made


def _edited(**fields: object) -> Source:
    return Source.model_validate(SOURCE.model_dump(mode="json") | fields)


def _takes(desk: ServiceDesk) -> int:
    return len(asyncio.run(desk.take(1)))


@pytest.fixture
def crawling(followed: Followed) -> ServiceDesk:
    """It has one page before it."""
    desk = followed.begin()
    work = Work.__new__(Work)
    work.state, work.source, work.now, work.lease = followed.state, "gazette", NOW, desk._lease
    work.offer(["a", "b"])
    return desk


def test_a_crawl_whose_source_is_as_it_was_goes_on(
    followed: Followed, crawling: ServiceDesk
) -> None:
    followed.write(SOURCE, _edited(name="other"))
    assert crawling.renew()
    assert _takes(crawling) == 1


@pytest.mark.parametrize("fields", [{"delay": 9.0}, {"max_pages": 7}, {"hosts": ["x.example"]}])
def test_a_crawl_under_other_settings_than_those_in_the_file_ends_soon(
    followed: Followed, crawling: ServiceDesk, fields: dict[str, object]
) -> None:
    followed.write(_edited(**fields))
    assert crawling.renew()
    assert _takes(crawling) == 0
    crawling.finish(CrawlReport())
    due = followed.state.schedule.next_due("gazette")
    assert due is not None
    assert due <= time.time(), "what it owes goes on at once"
    assert followed.state.schedule.facts("gazette").error == ""
    again = followed.begin()
    assert again.renew()
    assert _takes(again) == 1


def test_a_crawl_of_a_source_that_left_the_file_asks_for_nothing_more(
    followed: Followed, crawling: ServiceDesk
) -> None:
    followed.write(_edited(name="renamed"))
    assert not crawling.renew()
    assert crawling.report.held_until == 0.0
    assert _takes(crawling) == 0
    crawling.finish(CrawlReport())
    assert followed.state.schedule.names() == {"renamed"}
    assert followed.state.schedule.crawling() == set()
    assert followed.state.frontier.owed("gazette") == 2, "it is kept, should it come back"


def test_another_leave_for_private_addresses_is_no_edit(
    followed: Followed, crawling: ServiceDesk
) -> None:
    assert edition_of(_edited(allow_private=True)) == edition_of(SOURCE)


def test_a_source_comes_back_from_a_pause_at_its_own_time(followed: Followed) -> None:
    followed.begin().finish(CrawlReport(links=30, new_links=10))
    before = followed.walk_due_in()
    followed.write(_edited(enabled=False))
    assert followed.state.schedule.names() == set()
    followed.write(SOURCE)
    assert followed.state.schedule.due(time.time(), 10) == ["gazette"]
    back = followed.begin()
    assert not back.assignment.walk
    back.finish(CrawlReport())
    assert followed.walk_due_in() == pytest.approx(before, abs=20)


def test_with_other_listings_it_is_walked_at_once(followed: Followed) -> None:
    followed.begin().finish(CrawlReport(links=30, new_links=10))
    assert followed.walk_due_in() > 60
    followed.write(_edited(site_name="The Gazette"))
    assert followed.walk_due_in() > 60
    followed.write(_edited(feeds=["https://www.gazette.example/rss.xml"]))
    assert followed.walk_due_in() <= 0


def test_with_other_listings_while_it_is_walked_it_is_walked_again(
    followed: Followed, crawling: ServiceDesk
) -> None:
    followed.write(_edited(sections=["https://www.gazette.example/news"]))
    crawling.finish(CrawlReport(links=30, new_links=10))
    assert followed.walk_due_in() <= 0


def test_what_was_never_noted_is_not_taken_for_an_edit(followed: Followed) -> None:
    followed.begin().finish(CrawlReport(links=30, new_links=10))
    followed.state.client.delete(key("editions"))
    followed.write(_edited(feeds=["https://www.gazette.example/rss.xml"]))
    assert followed.walk_due_in() > 60
    assert followed.state.schedule.editions(["gazette"])


def test_settings_have_one_name_from_the_file_and_from_a_message(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(
        '[[source]]\nname = "a"\nstart = "https://a.example"\ndelay = 2\nrevisit = ["1h"]\n'
        'feeds = ["https://a.example/x?y=1"]\ndrop = [".x"]\nevery_min = "60s"\n'
    )
    for source in (*load_sources(path), *load_sources(Path("config/sources.toml"))):
        travelled = Source.model_validate(source.model_dump(mode="json"))
        remembered = Source.model_validate_json(source.model_dump_json())
        for other in (travelled, remembered):
            assert edition_of(other) == edition_of(source)
            assert edition_of(other).startswith(where_of(source))
            assert timing_of(other) == timing_of(source)


@pytest.mark.parametrize(
    ("walk_due", "due"),
    [(60, 60), (4000, 4000), (9000, 3600 + 900)],
    ids=["the walk is first", "it goes with the walk", "it goes with other revisits"],
)
def test_a_revisit_waits_for_others_and_for_the_next_walk(
    state: State, walk_due: float, due: float
) -> None:
    work = Work(state)
    state.client.zadd(key("revisits", "gazette"), {key_of("a"): NOW + 3600})
    ends = {"walk_due": NOW + walk_due, "not_before": 0.0, "last_request": 0.0}
    state.schedule.finish(work.lease, facts={"slack": 900.0}, **ends)
    assert state.schedule.next_due("gazette") == NOW + due

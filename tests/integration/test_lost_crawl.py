"""A crawl that was sent off and lost before it began is sent off again soon."""

from pathlib import Path

import pytest

from config.settings import Settings
from crawler.authorities import authorities_of
from workers.housekeeping import recall_lost
from workers.queue.broker import CRAWL, KEY_PREFIX
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.frontier import new_token
from workers.state.schedule import HELD_SECONDS, SourceLease
from workers.state.state import State
from workers.storage.folder import FolderStore

NOW = 1_800_000_000.0


@pytest.fixture
def service(state: State, home: Path) -> Service:
    sources = home.parent / "sources.toml"
    sources.write_text('[[source]]\nname = "gazette"\nstart = "https://www.gazette.example/"\n')
    settings = Settings(home=home, sources=sources)
    return Service(settings, state, FolderStore(home), SourcesFile(sources, allow_private=False))


@pytest.fixture
def lease(service: Service) -> SourceLease:
    """A source that was sent off now."""
    service.state.schedule.add({"gazette": NOW})
    return sent_off(service, NOW)


def sent_off(service: Service, now: float) -> SourceLease:
    hosts = authorities_of(service.sources.enabled()["gazette"])
    until = now + service.settings.lease_seconds
    leased = service.state.schedule.lease("gazette", sorted(hosts), new_token(), now, until)
    assert leased
    return leased


def test_what_was_lost_is_due_and_its_hosts_are_free(service: Service, lease: SourceLease) -> None:
    assert recall_lost(service, NOW + 21) == 1
    assert service.state.schedule.crawling() == set()
    again = sent_off(service, NOW + 21)
    # The message may have been late, not lost.
    assert service.state.schedule.begin(lease, new_token(), NOW + 60) is None
    assert service.state.schedule.begin(again, new_token(), NOW + 60)


def test_a_worker_is_given_its_time(service: Service, lease: SourceLease) -> None:
    assert recall_lost(service, NOW + 19) == 0


def test_a_crawl_that_began_is_left_alone(service: Service, lease: SourceLease) -> None:
    begun = service.state.schedule.begin(lease, new_token(), NOW + 25 + HELD_SECONDS)
    assert begun
    # A tick may have begun before the crawl did, and clocks differ.
    for later in (21, 24, 25, 30, 54, 56):
        assert recall_lost(service, NOW + later) == 0
    assert service.state.schedule.renew(begun, NOW + 60, NOW)


def test_while_crawls_wait_for_a_worker_none_is_lost(service: Service, lease: SourceLease) -> None:
    service.state.client.lpush(KEY_PREFIX + CRAWL, "message")
    assert recall_lost(service, NOW + 100) == 0
    service.state.client.delete(KEY_PREFIX + CRAWL)
    assert recall_lost(service, NOW + 100) == 1


def test_a_source_that_left_the_file_is_left_alone(service: Service, lease: SourceLease) -> None:
    service.sources._path.write_text("")
    assert recall_lost(service, NOW + 100) == 0

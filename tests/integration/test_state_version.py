"""The state has a version: what another release made of it is never misread."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from socket import gethostname

import pytest

from cli.checks import server
from config.settings import Settings
from tests.integration.work import dump
from workers import run
from workers.rendering import door
from workers.state import version
from workers.state.connection import Client
from workers.state.machines import MISSED_SECONDS
from workers.state.state import State, open_state
from workers.state.version import OtherVersion, admit, found_version
from workers.storage.places import Place

NOW = 1_790_000_000.0
PLACE = Place("gazette", date(2026, 9, 21), "0" * 16, 7)


def move_to(state: State, raw: str) -> None:
    state.client.set("copydesk:version", raw)


def opened(
    state: State, to: int, *, migrates: bool = True, **migrations: version.Migration
) -> None:
    """What an opening release does that reads version `to`, and knows these migrations, `from_1=...`."""
    known = {int(name.removeprefix("from_")): one for name, one in migrations.items()}
    admit(state.client, "here", migrates=migrates, now=NOW, version=to, migrations=known)


def renaming(name: str, fail_at: int = 0) -> Callable[[Client], Iterator[None]]:
    """A migration of ten pieces, which can break off; how often a piece was really done is counted."""

    def migrate(client: Client) -> Iterable[None]:
        for piece in range(1, 11):
            if piece == fail_at:
                raise ConnectionError
            if client.setnx(f"{name}:{piece}", "1"):
                client.incr("pieces")
            yield

    return migrate  # type: ignore[return-value]


def test_an_empty_server_gets_the_version_of_who_comes_first(server_url: str, state: State) -> None:
    state.client.flushall()
    own = open_state(server_url, Settings(), patience=0)
    assert found_version(own.client).version == 0
    own.alive("crawl", NOW)
    assert own.version().version == version.STATE_VERSION
    # It is lost with all else, while parts are at work.
    own.client.flushall()
    own.alive("crawl", NOW)
    assert own.version().version == version.STATE_VERSION


def test_a_state_of_which_nothing_is_said_is_of_the_first_version(state: State) -> None:
    state.client.delete("copydesk:version")
    assert state.version().version == 1


@pytest.mark.parametrize(
    "raw", ["2", "1>2", "007x", "01", "0", "1>", "1>3", "2>1", "1 ", "", "-1", "9" * 5000]
)
def test_a_state_of_a_later_release_is_refused_and_left_as_it_is(
    server_url: str, state: State, raw: str
) -> None:
    move_to(state, raw)
    with pytest.raises(OtherVersion, match=r"later release|no version"):
        open_state(server_url, Settings(), patience=0, migrates=True)
    assert state.client.get("copydesk:version") == raw.encode()


def test_who_is_at_work_while_it_becomes_another_ones_changes_nothing_more(state: State) -> None:
    state.schedule.add({"gazette": NOW})
    move_to(state, "2")
    before = state.client.dbsize()
    with pytest.raises(OtherVersion, match="version 2"):
        state.schedule.add({"herald": NOW})
    with pytest.raises(OtherVersion):
        state.frontier.unknown("gazette", ["https://e.org/a"])
    assert (state.client.dbsize(), state.schedule.names()) == (before, {"gazette"})


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.schedule.remove(["gazette"]),
        lambda state: state.ledger.source_number("never-seen"),
        lambda state: state.ledger.forget_duplicates(NOW),
        lambda state: state.adoption.raise_number(PLACE, 0, NOW),
        lambda state: state.machines.forget_missed(NOW + 2 * MISSED_SECONDS),
        lambda state: state.quarantine.trim(most=0),
    ],
    ids=["schedule", "sources", "duplicates", "numbers", "machines", "quarantine"],
)
def test_nor_by_any_other_way(state: State, change: Callable[[State], object]) -> None:
    state.schedule.add({"gazette": NOW})
    state.machines.note("crawl", "elsewhere", NOW)
    record = {"source": "gazette", "url": "https://e.org/a", "key": "e.org/a", "reason": "http-500"}
    told = json.dumps(record | {"attempts": 3, "at": NOW})
    state.client.hset("copydesk:quarantine", "0123456789ab", told)
    move_to(state, "1>2")
    before = dump(state)
    with pytest.raises(OtherVersion):
        change(state)
    assert dump(state) == before


def test_a_browser_that_is_left_behind_ends(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    class Door:
        def __init__(self, _: Settings, alive: Callable[[], None]) -> None:
            self._alive = alive

        def serve(self, is_stopping: Callable[[], bool]) -> None:
            self._alive()
            assert not is_stopping()
            move_to(state, "2")
            self._alive()
            assert is_stopping()

    monkeypatch.setattr(door, "Door", Door)
    monkeypatch.setattr(run, "stop_signal", lambda: stopped)
    monkeypatch.setattr(run, "set_up_logging", lambda _: None)
    assert run._browse(Settings(), state) == 0


def test_an_older_state_is_brought_up_step_by_step(state: State) -> None:
    move_to(state, "1")
    opened(state, 3, from_1=renaming("a"), from_2=renaming("b"))
    assert state.client.get("copydesk:version") == b"3"
    assert state.client.get("pieces") == b"20"
    assert not state.client.exists("copydesk:migrating")


def test_a_migration_that_broke_off_is_nobodys_state_and_goes_on(
    server_url: str, state: State
) -> None:
    move_to(state, "1")
    with pytest.raises(ConnectionError):
        opened(state, 2, from_1=renaming("a", fail_at=7))
    assert state.client.get("copydesk:version") == b"1>2"
    with pytest.raises(OtherVersion):
        state.alive("crawl", NOW)
    with pytest.raises(OtherVersion, match="later release"):
        open_state(server_url, Settings(), patience=0)
    opened(state, 2, from_1=renaming("a"))
    assert state.client.get("copydesk:version") == b"2"
    assert state.client.get("pieces") == b"10"


def test_who_lost_the_lock_leaves_it_to_the_one_who_has_it(state: State) -> None:
    move_to(state, "1")

    def slow(client: Client) -> Iterator[None]:
        client.set("copydesk:migrating", "another")
        yield
        client.set("harm", "1")

    with pytest.raises(OtherVersion, match="another goes on"):
        opened(state, 2, from_1=slow)
    assert state.client.get("copydesk:migrating") == b"another"
    assert not state.client.exists("harm")


def test_a_state_is_left_as_it_is_by_who_only_looks(state: State) -> None:
    move_to(state, "1")
    with pytest.raises(OtherVersion, match="`copydesk up`"):
        opened(state, 2, migrates=False, from_1=renaming("a"))
    assert state.client.get("copydesk:version") == b"1"


def test_a_state_that_is_too_old_is_refused_with_the_way_to_go(state: State) -> None:
    move_to(state, "1")
    with pytest.raises(OtherVersion, match=r"too old.*makes it from 2.*rebuild"):
        opened(state, 3, from_2=renaming("b"))
    assert state.client.get("copydesk:version") == b"1"


def test_an_older_part_at_work_is_to_be_stopped_first(state: State) -> None:
    state.alive("crawl", NOW)
    state.alive("beat", NOW, is_here=False)
    with pytest.raises(OtherVersion, match=r"stop what still works.*: crawl@\S+ \(0\.1\.0\)$"):
        opened(state, 2, from_1=renaming("a"))
    assert state.client.get("copydesk:version") == b"1"
    # It has ended in order, or was not seen for a while.
    state.machines.forget("crawl", gethostname())
    opened(state, 2, from_1=renaming("a"))
    assert state.client.get("copydesk:version") == b"2"


def test_what_was_noted_of_parts_goes_when_they_are_long_gone(state: State) -> None:
    state.alive("crawl", NOW)
    assert [one.release for one in state.releases(NOW).values()] == [version.release()]
    assert state.releases(NOW + version.ALIVE_SECONDS) == {}
    state.machines.forget_missed(NOW + 3600)
    assert state.client.hlen("copydesk:releases") == 1
    state.machines.forget_missed(NOW + 2 * 86400)
    assert state.client.hlen("copydesk:releases") == 0


def test_doctor_names_the_version_and_parts_of_other_releases(
    server_url: str, state: State, home: Path
) -> None:
    settings = Settings(home=home, redis_url=server_url)
    move_to(state, "1")
    told = {"at": state.client.time()[0], "state": 1, "release": "0.0.9"}
    state.client.hset("copydesk:releases", "crawl@elsewhere", json.dumps(told))
    found = {one.check: one for one in server.of_server(settings, [])}
    assert found["versions"].verdict == "warning"
    assert "crawl@elsewhere is 0.0.9" in found["versions"].told
    move_to(state, "2")
    wrong = next(iter(server.of_server(settings, [])))
    assert (wrong.verdict, wrong.check) == ("wrong", "state")
    assert "later release" in wrong.told


def test_what_a_later_release_of_the_same_version_keeps_beside_is_passed_by(state: State) -> None:
    state.client.hset("copydesk:crawl:gazette", mapping={"pages": 3, "mood": "good"})
    assert state.schedule.facts("gazette").pages == 3
    told = {"source": "gazette", "url": "https://e.org/a", "key": "e.org/a", "reason": "http-500"}
    record = json.dumps(told | {"attempts": 3, "at": NOW, "mood": "good"})
    state.client.hset("copydesk:quarantine", "0123456789ab", record)
    assert [one.url for one in state.quarantine.records()] == ["https://e.org/a"]

"""Hosts of one service: their clocks, their parts, and their sources files."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.status import show_parts
from config.settings import Settings
from rig.command import environment
from rig.desk import until
from tests.integration.work import NOW
from workers.alarms.watch import of_service
from workers.following import follow_file, follows_file
from workers.service import Service
from workers.sources_file import Edition, SourcesFile
from workers.state.clock import ServerClock
from workers.state.frontier import new_token
from workers.state.schedule import HELD_SECONDS
from workers.state.state import State
from workers.storage.folder import FolderStore

MINUTES = 60.0
LATER = 3 * MINUTES


def _clock_off(state: State, seconds: float) -> ServerClock:
    """The clock of a host that is wrong by so much."""

    def ask() -> float:
        whole, rest = state.client.time()
        return float(whole + rest / 1e6)

    clock = ServerClock(ask, wall=lambda: time.time() + seconds)
    clock.keep()
    return clock


def test_a_host_that_is_minutes_behind_holds_what_it_leases(state: State) -> None:
    behind, ahead = _clock_off(state, -5 * MINUTES), _clock_off(state, 5 * MINUTES)
    assert behind() == pytest.approx(ahead(), abs=1)
    state.schedule.add({"a": behind() - 1})
    hosts = ("one.example",)
    lease = state.schedule.lease("a", hosts, new_token(), behind(), behind() + HELD_SECONDS)
    assert lease
    assert state.schedule.begin(lease, new_token(), behind() + HELD_SECONDS)
    assert state.schedule.due(ahead(), 10) == []
    assert state.hosts.hold(hosts, new_token(), ahead(), ahead() + 60) is None


def test_what_is_done_now_and_then_goes_on_when_the_servers_clock_was_set_back(
    state: State,
) -> None:
    assert state.is_time("ticked", 2.5)
    state.client.pexpire("copydesk:ticked", 3_600_000)
    assert not state.is_time("ticked", 2.5)
    assert 0 < state.client.pttl("copydesk:ticked") <= 2500


def test_parts_are_told_by_host_and_missed_for_a_day(state: State, tmp_path: Path) -> None:
    now = NOW
    for part in ("beat", "crawl", "ingest"):
        state.alive(part, now, is_here=False)
        state.machines.note(part, "one", now)
    state.machines.note("crawl", "two", now - LATER)
    assert [(p.host, p.part, p.is_alive(now)) for p in state.machines.placed(now)] == [
        ("one", "beat", True),
        ("one", "crawl", True),
        ("one", "ingest", True),
        ("two", "crawl", False),
    ]
    assert [alarm.name for alarm in _alarms(state, tmp_path, now)] == ["part-silent crawl@two"]
    # One that ends in order is not missed, nor is one for ever.
    state.machines.note("crawl", "three", now - LATER)
    state.machines.forget("crawl", "three")
    day_later = now + 86400
    for part in ("beat", "crawl", "ingest"):
        state.alive(part, day_later, is_here=False)
    state.machines.forget_missed(day_later - LATER)
    assert [p.host for p in state.machines.placed(day_later)] == []
    assert _alarms(state, tmp_path, day_later) == []


def test_a_part_that_says_itself_that_it_is_there_takes_that_back(
    state: State, server_url: str, tmp_path: Path
) -> None:
    told = environment(home=tmp_path / "home", redis_url=server_url)
    here = [sys.executable, "-m", "workers.run", "browser"]
    with subprocess.Popen(here, env=told, cwd=tmp_path) as part:

        def placed() -> list[str]:
            return [one.part for one in state.machines.placed(time.time())]

        until(lambda: placed() == ["browser"], 30, "it is there")
        part.terminate()
        assert part.wait(30) == 0
        assert placed() == []


def test_status_names_hosts_where_there_are_several(capsys: pytest.CaptureFixture[str]) -> None:
    one = {"host": "one", "part": "crawl", "seen": "2026-11-28T12:00:00Z", "alive": True}
    told = {"running": True, "parts": {"crawl": one["seen"]}, "hosts": [one]}
    show_parts(told)
    assert "one" not in capsys.readouterr().out
    show_parts(told | {"hosts": [one, {**one, "host": "two", "alive": False}]})
    shown = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["one", "crawl", "2026-11-28", "12:00:00"] for line in shown)
    assert any(line.split()[0::4] == ["two", "missing"] for line in shown)


def test_the_file_that_was_changed_last_is_followed(state: State) -> None:
    machines, now = state.machines, NOW
    assert machines.takes_sources("one", "old", 100.0, now) == ""
    assert machines.takes_sources("two", "old", 50.0, now) == ""
    # An edit on one of them, and then the other has it, too.
    assert machines.takes_sources("two", "new", 200.0, now) == ""
    assert machines.takes_sources("one", "old", 100.0, now + 1) == "two"
    assert [(b.host, b.since, b.followed) for b in machines.behind(now + 2)] == [
        ("one", now + 1, "two")
    ]
    assert machines.takes_sources("one", "new", 210.0, now + 3) == ""
    assert machines.behind(now + 3) == []


def test_a_process_that_is_late_to_read_an_edit_is_not_behind(state: State) -> None:
    assert state.machines.takes_sources("one", "new", 200.0, NOW) == ""
    assert state.machines.takes_sources("one", "old", 100.0, NOW) == "one"
    assert state.machines.behind(NOW) == []


def test_a_host_that_is_gone_leaves_the_word_to_others(state: State) -> None:
    assert state.machines.takes_sources("gone", "new", 200.0, NOW) == ""
    assert 0 < state.client.ttl("copydesk:sources-file") <= 120
    state.client.delete("copydesk:sources-file")  # as the server does then
    assert state.machines.takes_sources("one", "old", 100.0, NOW) == ""


def test_a_host_with_another_file_leaves_the_schedule_alone_and_is_told_of(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = _service(state, tmp_path)
    state.alive("beat", NOW)
    assert follows_file(service, NOW)
    state.machines.takes_sources("two", "other", time.time() + 60, NOW)
    assert not follows_file(service, NOW)
    assert "two" in capsys.readouterr().out
    assert _alarms(state, tmp_path, NOW + 1) == []  # it may be copied just now
    assert not follows_file(service, NOW + LATER)
    state.alive("beat", NOW + LATER)
    (alarm,) = _alarms(state, tmp_path, NOW + LATER)
    assert alarm.kind == "sources-differ"
    assert "two" in alarm.evidence


def test_a_host_whose_file_has_the_word_again_brings_the_schedule_in_line(
    state: State, tmp_path: Path
) -> None:
    service = _service(state, tmp_path, "a", "b")

    def tick() -> set[str]:
        if follows_file(service, NOW):
            follow_file(service, service.sources.enabled(), NOW)
        return state.schedule.names()

    assert tick() == {"a", "b"}
    # An edit on another host, which has as many sources.
    state.machines.takes_sources("two", "other", time.time() + 60, NOW)
    state.schedule.remove(["b"])
    state.schedule.add({"c": NOW})
    state.schedule.note_followed("other")
    assert tick() == {"a", "c"}
    # It left, for good.
    state.client.delete("copydesk:sources-file")
    assert tick() == {"a", "b"}


def test_an_edition_says_what_stands_in_the_file_and_since_when(tmp_path: Path) -> None:
    began = time.time()
    service_file = _file(tmp_path)
    assert service_file.edition == Edition()
    service_file.enabled()
    first = service_file.edition
    assert first.digest
    assert began - 1 < first.changed < began + 60
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "a"\nstart = "https://a.example/"\n')
    service_file.enabled()
    assert service_file.edition.digest != first.digest
    assert service_file.edition.changed >= first.changed


def _file(folder: Path, *names: str) -> SourcesFile:
    texts = [f'[[source]]\nname = "{n}"\nstart = "https://{n}.example/"\n' for n in names]
    (folder / "sources.toml").write_text("\n".join(texts))
    return SourcesFile(folder / "sources.toml", allow_private=False)


def _service(state: State, folder: Path, *names: str) -> Service:
    service = Service(Settings(), state, FolderStore(folder), _file(folder, *names))
    service.sources.enabled()
    return service


def _alarms(state: State, folder: Path, now: float):  # type: ignore[no-untyped-def]
    return of_service(_service(state, folder), now)

"""Alarms and what is usual are kept: once, however often a script is sent, and no longer than their source."""

from typing import Any

import pytest

from tests.integration.work import NOW, Work, dump
from workers.state.alarms import Alarm, Seen
from workers.state.connection import key
from workers.state.scripts import Scripts
from workers.state.state import State

SILENT = Alarm("silent", "gazette", "nothing new", NOW - 5)


def _finish(work: Work, ended: float) -> None:
    work.state.schedule.finish(
        work.lease, walk_due=ended, not_before=0.0, last_request=ended, facts={"ended": ended}
    )


@pytest.fixture
def work(state: State) -> Work:
    """A source whose crawl has ended."""
    work = Work(state)
    _finish(work, NOW)
    return work


def _seen(state: State) -> Seen:
    return state.alarms.seen(["gazette"])["gazette"]


def test_a_source_is_looked_at_once_after_a_crawl(work: Work) -> None:
    alarms = work.state.alarms
    assert alarms.to_look_at(NOW - 1, 10) == []
    assert alarms.to_look_at(NOW, 10) == ["gazette"]
    assert alarms.keep("gazette", _seen(work.state), b"{}", {"silent": SILENT}, None)
    assert alarms.to_look_at(NOW + 99, 10) == []
    assert alarms.standing() == [SILENT]
    assert _seen(work.state).usual == b"{}"
    assert alarms.keep("gazette", _seen(work.state), b"{1}", {"silent": None}, None)
    assert alarms.standing() == []


def test_crawls_that_end_meanwhile_do_not_put_it_off(work: Work) -> None:
    seen = _seen(work.state)
    work.now = NOW + 10
    work.begin()
    _finish(work, NOW + 10)
    assert work.state.alarms.to_look_at(NOW, 10) == ["gazette"]
    assert work.state.alarms.keep("gazette", seen, b"{}", {}, None)
    assert work.state.alarms.to_look_at(NOW + 9, 10) == []
    assert work.state.alarms.to_look_at(NOW + 10, 10) == ["gazette"]


def test_of_two_that_look_at_once_one_counts(work: Work) -> None:
    seen = _seen(work.state)
    assert work.state.alarms.keep("gazette", seen, b"{1}", {}, None)
    before = dump(work.state)
    assert not work.state.alarms.keep("gazette", seen, b"{2}", {"silent": SILENT}, None)
    assert dump(work.state) == before


def test_pages_that_wait_have_it_looked_at_again(work: Work) -> None:
    work.state.alarms.keep("gazette", _seen(work.state), b"{}", {}, NOW + 60)
    assert work.state.alarms.to_look_at(NOW + 59, 10) == []
    assert work.state.alarms.to_look_at(NOW + 60, 10) == ["gazette"]


class Twice(Scripts):
    """Sends each call twice, as if the first reply had been lost."""

    def run(self, name: str, *arguments: bytes | str | float) -> Any:
        super().run(name, *arguments)
        return super().run(name, *arguments)


def test_what_is_sent_twice_is_kept_once(work: Work) -> None:
    twice = State(work.state.client, scripts=Twice(work.state.client)).alarms
    assert twice.keep("gazette", _seen(work.state), b"{}", {"silent": SILENT}, None)
    assert twice.standing() == [SILENT]
    twice.change([Alarm("memory", "server", "full", NOW)], [SILENT])
    assert [alarm.kind for alarm in twice.standing()] == ["memory"]


def test_a_full_server_takes_alarms(work: Work) -> None:
    work.state.client.config_set("maxmemory", 1)
    try:
        assert work.state.alarms.keep("gazette", _seen(work.state), b"{}", {"silent": SILENT}, None)
    finally:
        work.state.client.config_set("maxmemory", 0)
    assert work.state.alarms.standing() == [SILENT]


def test_who_is_gone_is_forgotten(work: Work) -> None:
    alarms = work.state.alarms
    alarms.keep("gazette", _seen(work.state), b"{}", {}, NOW)
    assert alarms.unscheduled(["gazette", "stranger"]) == {"stranger"}
    work.state.schedule.remove(["gazette"])
    assert alarms.unscheduled(["gazette"]) == {"gazette"}
    assert not _seen(work.state).is_scheduled
    alarms.forget(["gazette"])
    assert not work.state.client.exists(key("usual"), key("looks"))


def test_usual_is_gone_through_in_parts(state: State) -> None:
    for number in range(1500):
        state.client.hset(key("usual"), f"s-{number}", b"x" * 100)
    found: dict[str, bytes] = {}
    cursor = 0
    while True:
        cursor, some = state.alarms.some_usual(cursor, 100)
        found |= some
        if not cursor:
            break
    assert len(found) == 1500

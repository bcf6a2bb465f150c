"""A full server takes nothing new in, and refuses nothing that frees it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis.exceptions import OutOfMemoryError

from crawler.outcome import Outcome
from crawler.page import Visit
from tests.integration.work import LEASE_SECONDS, NOW, Work, dump
from workers.dedup.signature import signature
from workers.state.frontier import new_token
from workers.state.index import Commit, TextMark
from workers.state.quarantine import Quarantined
from workers.state.state import State

BANDS = signature("a quiet ferry crosses the distant bay before the early autumn festival " * 3)


class Full:
    """Work that was under way when the server ran full."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.work = Work(state)
        self.work.offer(["waiting", "leased", "due"])
        self.waiting, self.leased = self.work.take(2)
        self.work.hand_in(self.waiting)
        state.ledger.source_number("gazette")
        state.schedule.add({"other": NOW})
        state.outbox.join("g")
        state.client.config_set("maxmemory", 1)


@pytest.fixture
def full(state: State) -> Iterator[Full]:
    assert state.client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    yield Full(state)
    state.client.config_set("maxmemory", 0)


def test_nothing_new_comes_in(full: Full) -> None:
    before = dump(full.state)
    with pytest.raises(OutOfMemoryError):
        full.work.offer(["new"])
    with pytest.raises(OutOfMemoryError):
        full.work.hand_in(full.leased)
    assert dump(full.state) == before


@pytest.mark.parametrize("outcome", Outcome)
def test_a_page_that_is_there_comes_to_its_end(full: Full, outcome: Outcome) -> None:
    state, visit = full.state, full.waiting
    started = state.frontier.start(visit.token, NOW, NOW + 10, alone=False)
    assert not isinstance(started, str)
    place = state.index.reserve(visit, "0123456789abcdef", datetime.fromtimestamp(NOW, UTC)).place
    text = TextMark("0123456789abcdef", place, (visit.key,), BANDS)
    failed = Quarantined.of(visit, "why", 3, NOW)
    commit = Commit(
        visit, outcome, "why", text=text, entry={"id": "1"}, record="{}", quarantine=failed
    )
    assert state.index.commit(commit, NOW) == ("done",)
    assert state.ledger.totals("gazette") == {outcome.value: 1}
    assert not state.client.exists(f"copydesk:page:{visit.token}")


def test_what_is_under_way_goes_on(full: Full) -> None:
    state, work = full.state, full.work
    assert len(work.take()) == 1
    assert state.frontier.give_up(full.leased, NOW + 60, failed=True) == 1
    started = state.frontier.start(full.waiting.token, NOW, NOW + 10, alone=False)
    assert not isinstance(started, str)
    state.frontier.hand_back(full.waiting.token, NOW)
    assert state.frontier.overdue(NOW, 10) == [full.waiting.token]
    assert state.frontier.unknown("gazette", ["gazette.example/new"])
    assert state.index.look_up("0" * 16, (), BANDS, NOW).place is None


def test_crawls_begin_and_end(full: Full) -> None:
    schedule = full.state.schedule
    lease = schedule.lease("other", ["other.example"], new_token(), NOW, NOW + LEASE_SECONDS)
    assert lease
    assert schedule.renew(lease, NOW + 600, NOW)
    schedule.finish(lease, walk_due=NOW + 900, not_before=0, last_request=NOW, facts={"pages": 0})
    assert schedule.next_due("other") == NOW + 900


def test_the_outbox_is_trimmed(full: Full) -> None:
    state = full.state
    state.client.config_set("maxmemory", 0)
    state.index.commit(Commit(full.waiting, Outcome.NEW, entry={"id": "1"}), NOW)
    (entry,) = state.outbox.read("g", "c", 1, wait=False)
    state.client.config_set("maxmemory", 1)
    state.outbox.acknowledge("g", entry)
    assert state.outbox.trim(NOW + 8 * 86400, 7) == 1


def test_what_a_tick_notes_is_not_refused(full: Full) -> None:
    state = full.state
    state.alive("beat", NOW)
    assert state.parts(NOW) == {"beat": NOW}
    assert [state.is_time("house", 60) for _ in "12"] == [True, False]
    state.frontier.postpone([full.waiting.token], NOW + 60)
    assert state.frontier.overdue(NOW + 59, 10) == []
    assert state.frontier.overdue(NOW + 60, 10) == [full.waiting.token]


def test_sources_are_scheduled_and_asked_for(full: Full) -> None:
    schedule = full.state.schedule
    schedule.add({f"source-{n}": NOW + n for n in range(2500)})
    assert schedule.count() == 2502
    schedule.ask(["source-2", "source-2499"], NOW + 1)
    assert schedule.next_due("source-2499") == NOW + 1
    schedule.retime("source-7", "every 1h", NOW + 3)
    assert schedule.next_due("source-7") == NOW + 3
    assert schedule.timings(["source-7"]) == {"source-7": "every 1h"}
    schedule.remember("source-7", "{}")
    assert schedule.remembered("source-7") == "{}"
    numbers = [full.state.ledger.source_number(name) for name in ("gazette", "new", "new")]
    assert numbers == [0, 1, 1]


def test_a_group_joins_reads_and_leaves(full: Full) -> None:
    outbox = full.state.outbox
    full.state.index.commit(Commit(full.waiting, Outcome.NEW, entry={"id": "1"}), NOW)
    outbox.join("late")
    outbox.join("late")
    (entry,) = outbox.read("late", "dead", 1, wait=False)
    assert outbox.take_over("late", "c", "dead") == entry
    outbox.set_back("late", "c", [entry])
    outbox.acknowledge("late", entry)
    outbox.leave("late", "c")
    assert outbox.consumers("late") == ["dead"]


def test_what_was_refused_goes_on_once_there_is_room(full: Full) -> None:
    with pytest.raises(OutOfMemoryError):
        full.work.hand_in(full.leased)
    full.state.client.config_set("maxmemory", 0)
    assert full.work.hand_in(full.leased)
    assert full.work.offer(["new"]).entered == 1
    assert isinstance(full.leased, Visit)

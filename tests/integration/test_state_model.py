"""Any order of events at the frontier, against a model of it: what is owed ends once, and is counted."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from crawler.outcome import Outcome
from crawler.page import Visit
from tests.integration.work import LEASE_SECONDS, Work, key_of, url_of
from workers.state.index import Commit
from workers.state.state import State

NAMES = "abcdef"
names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)
outcomes = st.sampled_from(Outcome)
seconds = st.sampled_from([1.0, 20.0, LEASE_SECONDS])


@dataclass
class Page:
    """A page that waits."""

    busy_until: float = 0.0
    starts: int = 0


@dataclass
class Owed:
    """A URL that owes an outcome."""

    due: float
    token: str | None = None
    """Of whoever was the last to take it, and did not give it up."""
    attempts: int = 0
    is_waiting: bool = False


@dataclass
class Model:
    """What the frontier should be."""

    owed: dict[str, Owed] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    pages: dict[str, Page] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    def holds(self, visit: Visit) -> bool:
        owed = self.owed.get(visit.url)
        return owed is not None and owed.token == visit.token


class FrontierMachine(RuleBasedStateMachine):
    """Two crawls of one source and its ingest, in any order, late and twice."""

    state: State

    def __init__(self) -> None:
        super().__init__()
        self.state.client.flushall()
        self.work = Work(self.state)
        self.model = Model()
        self.visits: list[Visit] = []

    def _any_visit(self, data: st.DataObject) -> Visit:
        if not self.visits:
            return Visit("none", "gazette", key_of("a"), url_of("a"))
        return data.draw(st.sampled_from(self.visits))

    @rule(names=names)
    def offer(self, names: list[str]) -> None:
        fresh = {url_of(n) for n in names} - self.model.owed.keys() - self.model.ended.keys()
        assert self.work.offer(names).entered == len(fresh)
        self.model.owed.update({url: Owed(due=self.work.now) for url in fresh})

    @rule(count=st.integers(1, 4))
    def take(self, count: int) -> None:
        due = {
            url
            for url, owed in self.model.owed.items()
            if not owed.is_waiting and owed.due <= self.work.now
        }
        taken = self.work.take(count)
        assert len(taken) == min(count, len(due))
        assert {visit.url for visit in taken} <= due
        for visit in taken:
            owed = self.model.owed[visit.url]
            assert visit.attempts == owed.attempts
            owed.token, owed.due = visit.token, self.work.now + LEASE_SECONDS
        self.visits += taken

    @rule(later=seconds)
    def wait(self, later: float) -> None:
        self.work.now += later
        self.state.schedule.renew(self.work.lease, self.work.now + LEASE_SECONDS, self.work.now)

    @rule()
    def another_crawl(self) -> None:
        self.work.now += 2 * LEASE_SECONDS
        self.work.begin()

    @rule(data=st.data())
    def hand_in(self, data: st.DataObject) -> None:
        visit = self._any_visit(data)
        assert self.work.hand_in(visit) == self.model.holds(visit)
        if self.model.holds(visit):
            self.model.owed[visit.url].is_waiting = True
            self.model.pages.setdefault(visit.token, Page())

    @rule(data=st.data(), failed=st.booleans(), later=seconds)
    def give_up(self, data: st.DataObject, failed: bool, later: float) -> None:
        visit = self._any_visit(data)
        counted = self.state.frontier.give_up(visit, self.work.now + later, failed=failed)
        if not self.model.holds(visit):
            assert counted is None
            return
        owed = self.model.owed[visit.url]
        owed.attempts += failed
        owed.token, owed.due, owed.is_waiting = None, self.work.now + later, False
        assert counted == owed.attempts

    @rule(data=st.data(), alone=st.booleans())
    def start(self, data: st.DataObject, alone: bool) -> None:
        visit, now = self._any_visit(data), self.work.now
        found = self.state.frontier.start(visit.token, now, now + 10, alone=alone)
        page = self.model.pages.get(visit.token)
        if page is None or not self.model.holds(visit):
            assert found == "ended"
            self.model.pages.pop(visit.token, None)
        elif page.busy_until > now:
            assert found == "busy"
        elif page.starts and not alone:
            assert found == "alone"
        else:
            assert not isinstance(found, str)
            assert found.visit.attempts == self.model.owed[visit.url].attempts + page.starts
            page.busy_until, page.starts = now + 10, page.starts + 1

    @rule(data=st.data())
    def hand_back(self, data: st.DataObject) -> None:
        # By whoever has begun it: after a restart nobody lives who could, and what was begun stays counted.
        started = [v for v in self.visits if (p := self.model.pages.get(v.token)) and p.busy_until]
        if not started:
            return
        visit = data.draw(st.sampled_from(started))
        self.state.frontier.hand_back(visit.token, self.work.now)
        page = self.model.pages[visit.token]
        page.busy_until, page.starts = 0.0, page.starts - 1

    @rule(data=st.data(), outcome=outcomes)
    def commit(self, data: st.DataObject, outcome: Outcome) -> None:
        self._commit(self._any_visit(data), outcome)

    def _commit(self, visit: Visit, outcome: Outcome) -> None:
        reply = self.state.index.commit(Commit(visit, outcome), self.work.now)
        assert reply == (("done",) if self.model.holds(visit) else ("stale",))
        if self.model.holds(visit):
            del self.model.owed[visit.url]
            self.model.pages.pop(visit.token, None)
            self.model.ended[visit.url] += 1
            self.model.outcomes[outcome.value] += 1

    @rule()
    def restart(self) -> None:
        """Everything was killed, and nothing lives that holds a lease."""
        self.state.schedule.void_leases(self.work.now)
        self.state.frontier.void_leases()
        for owed in self.model.owed.values():
            if owed.token and not owed.is_waiting:
                owed.token, owed.due = None, 1.0
        for page in self.model.pages.values():
            page.busy_until = 0.0
        self.work.begin()

    @invariant()
    def every_url_is_owed_or_ended_once(self) -> None:
        assert self.state.frontier.owed("gazette") == len(self.model.owed)
        assert self.state.ledger.totals("gazette") == self.model.outcomes
        assert self.model.outcomes.total() == len(self.model.ended)
        assert set(self.model.ended.values()) <= {1}

    @invariant()
    def what_waits_has_its_page(self) -> None:
        assert self.state.frontier.waiting() == len(self.model.pages)
        bodies = list(self.state.client.scan_iter(match="copydesk:page:*", count=1000))
        assert len(bodies) == len(self.model.pages)
        waiting = sum(owed.is_waiting for owed in self.model.owed.values())
        assert self.state.frontier.waiting_of("gazette") == waiting

    def teardown(self) -> None:
        """Whatever happened: one more crawl and one more ingest end all that is owed."""
        self.work.now += 2 * LEASE_SECONDS
        self.work.begin()
        for visit in self.work.take():
            self.model.owed[visit.url].token = visit.token
            self._commit(visit, Outcome.GONE)
        for token in self.state.frontier.overdue(float("inf"), 1000):
            found = self.state.frontier.start(token, self.work.now, self.work.now, alone=True)
            if not isinstance(found, str):
                self._commit(found.visit, Outcome.NEW)
        assert not self.model.owed
        assert self.state.frontier.owed("gazette") == self.state.frontier.waiting() == 0
        assert self.state.ledger.totals("gazette").total() == len(self.model.ended)
        left = [name for name in self.state.client.scan_iter(count=1000) if b":page:" in name]
        assert left == []


@pytest.mark.timeout(240)
def test_whatever_happens_every_url_ends_once(state: State) -> None:
    machine = type("Machine", (FrontierMachine,), {"state": state})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

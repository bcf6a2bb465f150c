"""A command that looks at hosts has them like a crawl: alone, after the pause, and not for ever when it dies."""

import pytest

from crawler.fetching import Miss
from tests.integration.work import LEASE_SECONDS, NOW
from workers.looking import HELD_SECONDS, WAIT_SECONDS, Looking
from workers.state.frontier import new_token
from workers.state.schedule import SourceLease
from workers.state.state import State


class Clock:
    """It goes on as it is waited for."""

    def __init__(self) -> None:
        self.now = NOW
        self.said: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def look(self, state: State) -> Looking:
        return Looking(state.hosts, self.said.append, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _lease(state: State, now: float, *hosts: str) -> SourceLease | None:
    return state.schedule.lease("a", hosts, new_token(), now, now + LEASE_SECONDS)


def test_while_it_looks_no_crawl_is_on_its_hosts(state: State, clock: Clock) -> None:
    state.schedule.add({"a": NOW})
    look = clock.look(state)
    assert look.hold("one.example") <= clock.now
    look.hold("two.example")
    assert _lease(state, NOW + 5, "one.example") is None
    assert _lease(state, NOW + 10, "other.example", "two.example") is None
    clock.now += 20
    look.free()
    lease = _lease(state, NOW + 30, "one.example")
    assert lease
    assert lease.last_request == NOW + 20  # the pause between two requests is kept
    look.free()  # it is the crawl's now
    assert _lease(state, NOW + 40, "one.example") is None


def test_it_waits_for_the_end_of_a_crawl_and_for_the_pause_after_it(
    state: State, clock: Clock
) -> None:
    state.schedule.add({"a": NOW})
    lease = _lease(state, NOW, "one.example", "two.example")
    assert lease
    ends = {"walk_due": NOW + 900, "not_before": 0.0, "last_request": NOW + 7, "delay": 5.0}

    def sleep(seconds: float) -> None:
        clock.now += seconds
        if clock.now == NOW + 8:
            state.schedule.finish(lease, facts={"pages": 1}, **ends)

    look = Looking(state.hosts, clock.said.append, clock=lambda: clock.now, sleep=sleep)
    assert look.hold("two.example") == NOW + 12
    assert (clock.now, look.delay) == (NOW + 8, 5.0)
    (said,) = clock.said
    assert "two.example is being crawled" in said


def test_it_does_not_wait_for_ever(state: State, clock: Clock) -> None:
    state.schedule.add({"a": NOW})
    state.schedule.lease("a", ["one.example"], new_token(), NOW, NOW + 1e6)
    with pytest.raises(Miss, match="still being crawled"):
        clock.look(state).hold("one.example")
    assert clock.now - NOW >= WAIT_SECONDS


def test_a_host_that_asked_to_be_left_alone_is(state: State, clock: Clock) -> None:
    state.schedule.add({"a": NOW})
    lease = _lease(state, NOW, "one.example")
    assert lease
    ends = {"walk_due": NOW + 900, "not_before": 0.0, "last_request": NOW}
    state.schedule.finish(lease, facts={"pages": 1}, host_not_before=NOW + 600, **ends)
    with pytest.raises(Miss, match="left alone until 20"):
        clock.look(state).hold("one.example")
    clock.now += 601
    clock.look(state).hold("one.example")


def test_one_that_died_is_followed_when_its_time_is_over(state: State, clock: Clock) -> None:
    state.schedule.add({"a": NOW})
    clock.look(state).hold("one.example")
    clock.now += HELD_SECONDS + 1
    other = clock.look(state)
    assert other.hold("one.example") <= clock.now
    assert _lease(state, clock.now + 1, "one.example") is None
    clock.now += HELD_SECONDS - 5
    other.hold("one.example")  # it goes on
    clock.now += 10
    assert _lease(state, clock.now, "one.example") is None


def test_a_server_that_goes_away_is_not_waited_for(state: State, clock: Clock) -> None:
    class Gone:
        def hold(self, *_: object) -> None:
            from redis.exceptions import ConnectionError as Lost

            raise Lost

    look = Looking(Gone(), clock.said.append)  # type: ignore[arg-type]
    assert look.hold("one.example") < 0
    look.free()

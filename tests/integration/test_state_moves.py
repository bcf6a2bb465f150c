"""The hosts that a source has moved to are kept, and locked with its own."""

from config.sources import Source
from crawler.authorities import authorities_of
from tests.integration.test_state_sent_twice import Twice
from tests.integration.work import Work
from workers.state.state import State


def test_hosts_are_noted_and_let_go(state: State) -> None:
    moves = State(state.client, scripts=Twice(state.client)).moves
    assert moves.hosts([]) == {}
    moves.note("news", ["b.example", "c.example:8080"])
    assert moves.hosts(["other", "news"]) == {"news": ("b.example", "c.example:8080")}
    moves.note("news", [])
    assert moves.hosts(["other", "news"]) == {}


def test_a_host_that_was_moved_to_is_one_crawls_at_a_time(state: State) -> None:
    source = Source(name="news", start="https://a.example/")
    hosts = authorities_of(source, ["b.example", "a.example"])
    assert hosts == ("a.example", "b.example")
    Work(state, "news", hosts)
    state.schedule.add({"other": 0.0})
    assert state.schedule.lease("other", ["b.example"], "token", 1.0, 9.0) is None

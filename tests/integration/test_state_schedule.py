"""Taking what is due is leasing it: one crawl a source, one crawl a host."""

from collections import Counter
from threading import Barrier, Thread

import pytest

from config.settings import Settings
from crawler.outcome import Outcome
from tests.integration.work import LEASE_SECONDS, NOW, Work, dump
from workers.state.connection import key
from workers.state.frontier import new_token
from workers.state.index import Commit, TextMark
from workers.state.schedule import HELD_SECONDS, CrawlFacts, SourceLease
from workers.state.state import State, open_state

FACTS = {"pages": 1}


def _lease(state: State, source: str, *hosts: str, now: float = NOW) -> SourceLease | None:
    return state.schedule.lease(source, hosts, new_token(), now, now + LEASE_SECONDS)


def _leased(state: State, source: str, *hosts: str, now: float = NOW) -> SourceLease:
    lease = _lease(state, source, *hosts, now=now)
    assert lease
    return lease


def _finish(state: State, lease: SourceLease, **times: float) -> None:
    ends = {"walk_due": NOW + 900, "not_before": 0.0, "last_request": NOW + 5} | times
    state.schedule.finish(lease, facts=FACTS, **ends)


def test_a_source_is_leased_when_it_is_due_and_only_once(state: State) -> None:
    state.schedule.add({"a": NOW + 10, "b": NOW})
    assert state.schedule.due(NOW, 10) == ["b"]
    assert _lease(state, "a", "a.example") is None
    assert _lease(state, "never-heard-of", "x.example") is None
    lease = _leased(state, "a", "a.example", now=NOW + 10)
    assert (lease.source, lease.authorities, lease.walked, lease.last_request) == (
        "a", ("a.example",), None, 0.0
    )  # fmt: skip
    assert _lease(state, "a", "a.example", now=NOW + 11) is None
    assert state.schedule.due(NOW + 11, 10) == ["b"]
    assert state.schedule.crawling() == {"a"}


def _take_turns(state: State, names: list[str], rounds: int) -> list[str]:
    """Every second all are tried in this order, each is due again at once, and a crawl takes two seconds."""
    taken: list[str] = []
    held: SourceLease | None = None
    for now in range(int(NOW), int(NOW) + rounds):
        if held and now % 2 == 0:
            _finish(state, held, walk_due=float(now))
            held = None
        for name in (name for name in names if name in state.schedule.due(now, 100)):
            if lease := _lease(state, name, "one.example", now=now):
                held = lease
                taken.append(name)
    return taken


def test_sources_of_one_host_have_it_by_turns(state: State) -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    state.schedule.add({name: NOW - i for i, name in enumerate(reversed(names))})
    taken = _take_turns(state, names, 60)
    counts = Counter(taken)
    assert set(counts) == set(names)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert taken[:6] == names


def test_who_waits_for_a_host_no_longer_holds_nobody_up(state: State) -> None:
    state.schedule.add({"a": NOW, "gone": NOW, "forgotten": NOW, "b": NOW + 1})
    lease = _leased(state, "a", "one.example")
    assert not _lease(state, "gone", "one.example")
    assert not _lease(state, "forgotten", "one.example")
    state.schedule.remove(["gone"])
    _finish(state, lease)
    assert not _lease(state, "b", "one.example", now=NOW + 10)
    assert _lease(state, "b", "one.example", now=NOW + 100)


def test_a_pause_of_one_host_keeps_nobody_waiting_for_another(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW, "c": NOW + 1})
    a = _leased(state, "a", "one.example", "two.example")
    assert not _lease(state, "b", "one.example", "two.example")
    state.schedule.finish(
        a, facts=FACTS, walk_due=NOW + 900, not_before=0, last_request=NOW, host_not_before=NOW + 50
    )
    paused = _leased(state, "c", "three.example", now=NOW + 2)
    _finish(state, paused)
    assert not _lease(state, "b", "one.example", "two.example", now=NOW + 3)
    assert state.schedule.next_due("b") == NOW + 50
    assert _lease(state, "b", "one.example", "two.example", now=NOW + 51)


def test_a_source_keeps_its_time_when_it_is_added_again(state: State) -> None:
    state.schedule.add({"a": NOW})
    state.schedule.add({"a": NOW + 50, "b": NOW})
    state.schedule.add({})
    assert state.schedule.next_due("a") == NOW
    assert state.schedule.names() == {"a", "b"}
    state.schedule.remove(["a", "c"])
    state.schedule.remove([])
    assert state.schedule.names() == {"b"}
    assert state.schedule.next_due("a") is None


def test_the_longest_waiting_is_due_first(state: State) -> None:
    state.schedule.add({"a": NOW - 1, "b": NOW - 3, "c": NOW - 2, "d": NOW + 1})
    assert state.schedule.due(NOW, 10) == ["b", "c", "a"]
    assert state.schedule.due(NOW, 2) == ["b", "c"]
    assert state.schedule.due_among(["d", "a", "x"], NOW) == ["a"]
    assert state.schedule.due_among([], NOW) == []


def test_all_hosts_are_taken_or_none(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW, "c": NOW})
    _leased(state, "a", "one.example", "two.example")
    assert _lease(state, "b", "three.example", "two.example") is None
    # The host that was free has stayed free.
    assert _leased(state, "c", "three.example")
    assert state.schedule.next_due("b") == NOW + 1


def test_two_sources_of_one_host_are_never_crawled_together(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW})
    first = _leased(state, "a", "one.example")
    for later in range(5):
        assert _lease(state, "b", "one.example", now=NOW + later) is None
    _finish(state, first)
    second = _leased(state, "b", "one.example", now=NOW + 6)
    assert second.last_request == NOW + 5
    assert _lease(state, "a", "one.example", now=NOW + 300) is None
    assert state.schedule.crawling() == {"b"}


def test_a_finish_that_comes_too_late_frees_nothing(state: State) -> None:
    state.schedule.add({"a": NOW})
    stale = _leased(state, "a", "one.example")
    later = NOW + LEASE_SECONDS + 1
    fresh = _leased(state, "a", "one.example", now=later)
    before = dump(state)
    _finish(state, stale)
    assert not state.schedule.renew(stale, later + 100, later)
    assert dump(state) == before
    assert state.schedule.renew(fresh, later + 100, later)


def test_a_message_that_comes_twice_is_crawled_once(state: State) -> None:
    state.schedule.add({"a": NOW})
    lease = _leased(state, "a", "one.example")
    first = state.schedule.begin(lease, "first", NOW + 60)
    assert first
    before = dump(state)
    assert state.schedule.begin(lease, "second", NOW + 60) is None
    assert not state.schedule.renew(lease, NOW + 90, NOW)
    assert dump(state) == before
    # Whoever lost the reply on its way and asks again has begun.
    assert state.schedule.begin(lease, "first", NOW + 60) == first
    assert state.schedule.renew(first, NOW + 90, NOW)
    _finish(state, first)
    assert state.schedule.begin(lease, "third", NOW + 90) is None
    assert state.schedule.crawling() == set()


def test_what_is_late_is_told_from_what_is_due(state: State) -> None:
    state.schedule.add({"late": NOW - 61, "since": NOW - 60, "now": NOW, "later": NOW + 1})
    assert state.schedule.due(NOW - 60, 10) == ["late", "since"]
    assert state.schedule.due(NOW, 10, after=NOW - 60) == ["now"]


def test_a_lease_runs_out_unless_it_is_renewed(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW})
    lease = _leased(state, "a", "one.example")
    assert state.schedule.renew(lease, NOW + 1000, NOW + 7)
    assert state.schedule.next_due("a") == NOW + 1000
    assert _lease(state, "b", "one.example", now=NOW + 999) is None
    taken = _leased(state, "b", "one.example", now=NOW + 1000)
    # The first may have asked for something until the end of its time.
    assert taken.last_request == NOW + 1000
    # The host is another's now: the first must end, and changes nothing there.
    before = state.client.hgetall("copydesk:host:one.example")
    assert not state.schedule.renew(lease, NOW + 2000, NOW + 8)
    _finish(state, lease, last_request=NOW + 9)
    assert state.client.hgetall("copydesk:host:one.example") == before


def test_a_source_whose_crawl_was_lost_is_due_when_its_lease_runs_out(state: State) -> None:
    state.schedule.add({"a": NOW})
    _leased(state, "a", "one.example")
    assert state.schedule.next_due("a") == NOW + LEASE_SECONDS
    assert state.schedule.due(NOW + LEASE_SECONDS - 1, 10) == []
    assert state.schedule.due(NOW + LEASE_SECONDS, 10) == ["a"]
    assert _lease(state, "a", "one.example", now=NOW + LEASE_SECONDS)


@pytest.mark.parametrize(
    ("owed", "walk", "not_before", "due"),
    [
        (None, 900, 0, 900),
        (300, 900, 0, 300),
        (1200, 900, 0, 900),
        (-50, 900, 0, 0),
        (-50, 900, -100, -50),
        (300, 900, 600, 600),
        (None, 100, 600, 600),
    ],
)
def test_a_source_is_due_at_its_walk_or_at_what_it_owes(
    state: State, owed: int | None, walk: int, not_before: int, due: int
) -> None:
    work = Work(state)
    if owed is not None:
        work.state.frontier.give_up(work.one("a"), NOW + owed, failed=True)
    _finish(state, work.lease, walk_due=NOW + walk, not_before=NOW + not_before)
    assert state.schedule.next_due("gazette") == NOW + due
    facts = state.schedule.facts("gazette")
    assert (facts.pages, facts.next) == (1, NOW + due)
    assert state.schedule.crawling() == set()


def test_a_source_is_due_at_its_first_revisit(state: State) -> None:
    work = Work(state)
    text = TextMark("0" * 16, url_keys=("gazette.example/a",))
    commit = Commit(work.one("a"), Outcome.NEW, text=text, revisits=(NOW + 400,))
    state.index.commit(commit, NOW)
    assert state.schedule.next_due("gazette") == NOW + LEASE_SECONDS
    _finish(state, work.lease)
    assert state.schedule.next_due("gazette") == NOW + 400


def test_a_page_that_waits_for_ingest_does_not_make_its_source_due(state: State) -> None:
    work = Work(state)
    work.waiting("a")
    _finish(state, work.lease)
    assert state.schedule.next_due("gazette") == NOW + 900


def test_a_source_that_left_the_file_does_not_come_back_at_the_end_of_its_crawl(
    state: State,
) -> None:
    work = Work(state)
    visit = work.one("a")
    state.schedule.remove(["gazette"])
    _finish(state, work.lease)
    state.frontier.give_up(visit, NOW, failed=False)
    state.index.commit(Commit(visit, Outcome.GONE), NOW)
    assert state.schedule.names() == set()


def test_who_asks_for_a_crawl_gets_a_walk_now(state: State) -> None:
    state.schedule.add({"a": NOW + 900, "b": NOW - 5})
    state.schedule.ask(["a", "b", "never-heard-of"], NOW)
    assert set(state.schedule.due(NOW, 10)) == {"a", "b"}
    assert state.schedule.next_due("b") == NOW - 5
    assert state.schedule.facts("a").walk_due == NOW
    assert state.schedule.names() == {"a", "b"}


def test_asking_while_a_crawl_runs_begins_no_second_one(state: State) -> None:
    state.schedule.add({"a": NOW})
    lease = _leased(state, "a", "one.example")
    state.schedule.ask(["a"], NOW + 5)
    assert _lease(state, "a", "one.example", now=NOW + 6) is None
    assert state.schedule.renew(lease, NOW + 400, NOW + 7)


def test_void_leases_free_sources_and_hosts_but_not_from_politeness(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW + 500})
    lease = _leased(state, "a", "one.example")
    state.schedule.renew(lease, NOW + 400, NOW + 7)
    state.schedule.void_leases(NOW + 8)
    assert state.schedule.due(NOW, 10) == ["a"]
    assert state.schedule.crawling() == set()
    assert not state.schedule.renew(lease, NOW + 800, NOW + 9)
    # Who held the host may have asked it for something just before the end.
    assert _leased(state, "a", "one.example").last_request == NOW + 8
    assert state.schedule.next_due("b") == NOW + 500


def test_the_facts_of_a_crawl_are_those_that_were_noted(state: State) -> None:
    assert state.schedule.facts("gazette") == CrawlFacts()
    work = Work(state)
    noted = CrawlFacts(
        started=NOW, ended=NOW + 9, walked=NOW, next=NOW + 900, walk_due=NOW + 900, every=1800.0,
        error="it’s down", failures=3, links=30, new_links=10, pages=7, delay=2.5,
    )  # fmt: skip
    work.offer([])
    values = {name: getattr(noted, name) for name in CrawlFacts.__dataclass_fields__}
    given = {name: value for name, value in values.items() if name not in {"walked", "next"}}
    state.schedule.finish(
        work.lease, walk_due=NOW + 900, not_before=0, last_request=NOW, facts=given
    )
    assert state.schedule.facts("gazette") == noted


def test_dispatchers_side_by_side_lease_every_due_source_once(
    server_url: str, state: State
) -> None:
    sources = {f"s-{number}": NOW for number in range(60)}
    state.schedule.add(sources)
    start, taken = Barrier(3), Counter[str]()

    def dispatch() -> None:
        own = open_state(server_url, Settings(), patience=0)
        start.wait()
        while due := own.schedule.due(NOW, 20):
            for name in due:
                if _lease(own, name, f"{name}.example"):
                    taken[name] += 1
        own.client.close()

    threads = [Thread(target=dispatch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert taken == dict.fromkeys(sources, 1)


def test_of_many_sources_of_one_host_one_is_leased_however_many_ask(
    server_url: str, state: State
) -> None:
    state.schedule.add({f"s-{number}": NOW for number in range(20)})
    start = Barrier(2)
    taken: list[str] = []

    def dispatch() -> None:
        own = open_state(server_url, Settings(), patience=0)
        start.wait()
        taken.extend(
            name for name in sorted(own.schedule.names()) if _lease(own, name, "one.example")
        )
        own.client.close()

    threads = [Thread(target=dispatch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == 1
    assert state.schedule.crawling() == set(taken)


def test_what_a_crawl_that_was_cut_off_had_taken_is_due_when_its_source_is_leased_again(
    state: State,
) -> None:
    work = Work(state)
    work.offer(["one", "two"])
    (taken,) = work.take(1)
    work.now += LEASE_SECONDS + 1
    work.begin()
    assert {visit.url for visit in work.take(2)} >= {taken.url}
    assert state.frontier.give_up(taken, work.now, failed=True) is None


def test_a_pause_that_a_host_asked_for_holds_for_all_its_sources(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW})
    lease = _leased(state, "a", "one.example")
    state.schedule.finish(
        lease, walk_due=NOW, not_before=NOW + 300, last_request=NOW, facts={"pages": 1}, delay=3.0,
        host_not_before=NOW + 300,
    )  # fmt: skip
    assert _lease(state, "b", "one.example", now=NOW + 299) is None
    assert state.schedule.next_due("b") == NOW + 300
    assert _leased(state, "b", "one.example", now=NOW + 300).delay == 3.0


def test_a_source_that_is_no_longer_wanted_is_not_crawled_on(state: State) -> None:
    state.schedule.add({"a": NOW})
    lease = _leased(state, "a", "one.example")
    state.schedule.remove(["a"])
    assert not state.schedule.renew(lease, NOW + 60, NOW)
    assert state.schedule.names() == set()


def test_an_edited_schedule_brings_the_next_walk_forward_and_forgets_the_interval(
    state: State,
) -> None:
    state.schedule.add({"a": NOW + 9000})
    state.client.hset(key("crawl", "a"), mapping={"walk_due": NOW + 9000, "every": 9000})
    state.schedule.retime("a", "every 10s", NOW + 10)
    assert state.schedule.next_due("a") == NOW + 10
    facts = state.schedule.facts("a")
    assert (facts.walk_due, facts.every) == (NOW + 10, None)
    assert state.schedule.timings(["a", "b"]) == {"a": "every 10s"}


def _begun(state: State, source: str, host: str) -> SourceLease:
    begun = state.schedule.begin(_leased(state, source, host), new_token(), NOW + HELD_SECONDS)
    assert begun
    return begun


def test_a_crawl_that_is_heard_of_keeps_its_host_by_whatever_clock_others_go(state: State) -> None:
    """As for a while after a failover, or when the server's clock was set."""
    state.schedule.add({"a": NOW, "b": NOW})
    crawl, host = _begun(state, "a", "one.example"), "one.example"
    for seconds in range(0, 60, 5):
        now = NOW + seconds
        assert state.schedule.renew(crawl, now + HELD_SECONDS, now)
        for ahead in (300, 301):
            assert _lease(state, "a", host, now=now + ahead) is None
            assert _lease(state, "b", host, now=now + ahead) is None
            assert state.hosts.hold([host], new_token(), now + ahead, now + 400) is None
    # It is heard of no more.
    assert _leased(state, "b", host, now=NOW + 55 + 308).last_request == NOW + 55 + HELD_SECONDS
    assert not state.schedule.renew(crawl, NOW + 400, NOW + 60)


def test_a_crawl_that_was_lost_is_followed_soon_after_its_time(state: State) -> None:
    state.schedule.add({"a": NOW, "b": NOW})
    _begun(state, "a", "one.example")
    over = NOW + HELD_SECONDS
    assert _lease(state, "a", "one.example", now=over) is None
    assert state.schedule.next_due("a") == over + 1
    assert _lease(state, "a", "one.example", now=over + 5) is None
    assert _lease(state, "a", "one.example", now=over + 10)


def test_a_host_that_was_anothers_meanwhile_is_not_a_crawls_any_more(state: State) -> None:
    """It was stopped for a while, and a command has looked at its host."""
    state.schedule.add({"a": NOW, "b": NOW})
    stopped = _begun(state, "a", "one.example")
    message = _leased(state, "b", "two.example")
    for host, later in (("one.example", HELD_SECONDS), ("two.example", LEASE_SECONDS)):
        for now in (NOW + later, NOW + later + 9):
            state.hosts.hold([host], "look", now, now + 60)
        state.hosts.free([host], "look", NOW + later + 10)
    assert not state.schedule.renew(stopped, NOW + 90, NOW)
    assert state.schedule.begin(message, new_token(), NOW + 400) is None

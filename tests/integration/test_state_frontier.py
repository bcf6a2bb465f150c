"""The frontier: nothing that is owed is lost, and nothing is leased twice at once."""

import pytest

from crawler.outcome import Outcome
from crawler.page import Visit
from tests.integration.work import LEASE_SECONDS, NOW, Work, dump, key_of, page_of, url_of
from workers import fault
from workers.state.frontier import Busy, Offered, Stale
from workers.state.index import Commit, TextMark
from workers.state.state import State


@pytest.fixture
def work(state: State) -> Work:
    return Work(state)


def _names(visits: list[Visit]) -> list[str]:
    return [visit.url.rsplit("/", 1)[1] for visit in visits]


def _end(work: Work, visit: Visit, outcome: Outcome = Outcome.GONE) -> None:
    assert work.state.index.commit(Commit(visit, outcome), work.now) == ("done",)


def test_unknown_links_enter_newest_first(work: Work) -> None:
    assert work.offer(["c", "b", "a"]) == Offered(3, 0)
    assert _names(work.take()) == ["c", "b", "a"]
    assert work.state.frontier.owed("gazette") == 3


def test_later_links_come_before_earlier_ones(work: Work) -> None:
    work.offer(["old-1", "old-2"])
    work.now += 60
    work.offer(["new-1", "new-2"])
    assert _names(work.take()) == ["new-1", "new-2", "old-1", "old-2"]


def test_what_is_owed_is_not_entered_again(work: Work) -> None:
    assert work.offer(["a", "b"]) == Offered(2, 0)
    assert work.offer(["b", "c", "a", "c"]) == Offered(1, 0)
    work.hand_in(work.take()[0])
    assert work.offer(["a", "b", "c"]) == Offered(0, 0)
    assert work.state.frontier.owed("gazette") == 3


def test_what_ended_is_known_from_then_on_to_every_source(state: State, work: Work) -> None:
    other = Work(state, "other", ("other.example",))
    _end(work, work.one("a"))
    assert work.offer(["a"]) == other.offer(["a"]) == Offered(0, 0)
    assert work.state.frontier.unknown("other", [key_of("a"), key_of("b")]) == {key_of("b")}


def test_a_first_crawl_takes_its_newest_and_parks_the_rest_for_ever(work: Work) -> None:
    assert work.offer("abcde", most=2) == Offered(2, 3)
    assert _names(work.take()) == ["a", "b"]
    assert work.offer("abcde") == Offered(0, 0)
    assert work.state.frontier.unknown("gazette", [key_of(n) for n in "abcdef"]) == {key_of("f")}


def test_what_one_source_parked_another_may_take(state: State, work: Work) -> None:
    work.offer("ab", most=1)
    assert Work(state, "other", ("other.example",)).offer("ab") == Offered(2, 0)


@pytest.mark.parametrize(
    ("most", "entered"), [(None, 1234), (0, 0), (1, 1), (500, 500), (700, 700)]
)
def test_many_links_go_in_by_parts_and_in_order(work: Work, most: int | None, entered: int) -> None:
    names = [f"{i:04}" for i in range(1234)]
    assert work.offer(names, most=most) == Offered(entered, 1234 - entered)
    assert _names(work.take(2000)) == names[:entered]


def test_a_first_crawl_that_was_killed_amid_its_links_takes_no_more_the_next_time(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"n{i:04}" for i in range(1200)]

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fault, "reached", killed)
        with pytest.raises(KeyboardInterrupt):
            work.offer(names, most=700)
    assert work.state.frontier.owed("gazette") == 700
    assert work.offer(names, most=700) == Offered(0, 200)
    assert sorted(_names(work.take(2000))) == names[:700]


def test_a_stale_crawl_enters_nothing(work: Work) -> None:
    stale, work.now = work.lease, work.now + LEASE_SECONDS + 1
    work.begin()
    work.lease, fresh = stale, work.lease
    before = dump(work.state)
    with pytest.raises(Stale):
        work.offer(["a"], listings={"https://a.example/feed": "{}"})
    with pytest.raises(Stale):
        work.take()
    assert dump(work.state) == before
    work.lease = fresh
    assert work.offer(["a"]) == Offered(1, 0)


def test_listings_are_kept_under_the_settings_that_they_were_read_with(work: Work) -> None:
    frontier, feed = work.state.frontier, {"https://a.example/feed": '{"etag": "1"}'}
    assert frontier.listings("gazette", "settings-1") == {}
    work.offer(["a"], listings=feed)
    assert frontier.listings("gazette", "settings-1") == feed
    assert frontier.listings("gazette", "settings-2") == {}
    work.offer([], listings={"https://a.example/other": "{}"})
    assert frontier.listings("gazette", "settings-1") == {"https://a.example/other": "{}"}


def test_a_walk_without_listings_or_links_is_a_walk(work: Work) -> None:
    assert work.state.schedule.facts("gazette").walked is None
    assert work.offer([]) == Offered(0, 0)
    assert work.state.frontier.listings("gazette", "settings-1") == {}
    assert work.state.schedule.facts("gazette").walked == NOW


def test_a_thousand_listings_can_be_saved(work: Work) -> None:
    listings = {f"https://a.example/{i}": "{}" for i in range(1000)}
    work.offer(["a"], listings=listings)
    assert work.state.frontier.listings("gazette", "settings-1") == listings


def test_the_listings_are_saved_with_the_last_links_only(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.offer([], listings={"https://a.example/feed": '"before"'})
    scripts, calls = work.state.frontier._scripts, []

    def dies_at_the_third(name: str, *arguments: bytes | str | float) -> object:
        calls.append(name)
        if len(calls) == 3:
            raise ConnectionError
        return run(name, *arguments)

    run = scripts.run
    with monkeypatch.context() as patch:
        patch.setattr(scripts, "run", dies_at_the_third)
        with pytest.raises(ConnectionError):
            work.offer(
                [str(i) for i in range(1200)], listings={"https://a.example/feed": '"after"'}
            )
    saved = work.state.frontier.listings("gazette", "settings-1")
    assert saved == {"https://a.example/feed": '"before"'}
    assert work.state.frontier.owed("gazette") == 1000
    # The walk is made again, and finds the rest.
    assert work.offer([str(i) for i in range(1200)]).entered == 200


def test_what_is_leased_is_not_given_again_until_the_lease_ends(work: Work) -> None:
    work.offer("abc")
    (first,) = work.take(1)
    assert _names(work.take()) == ["b", "c"]
    assert work.take() == []
    work.now += LEASE_SECONDS - 1
    assert work.take() == []
    work.now += 1
    again = work.take()
    assert sorted(_names(again)) == ["a", "b", "c"]
    assert first.token not in {visit.token for visit in again}


def test_a_visit_names_what_is_to_be_fetched(work: Work) -> None:
    visit = work.one("a")
    assert (visit.source, visit.key, visit.url, visit.attempts) == (
        ("gazette", key_of("a"), url_of("a"), 0)
    )


def test_what_is_not_due_is_not_taken(work: Work) -> None:
    visit = work.one("a")
    work.state.frontier.give_up(visit, work.now + 100, failed=True)
    assert work.take() == []
    assert work.state.frontier.owed_after("gazette", work.now) == 1
    assert work.state.frontier.next_owed("gazette") == work.now + 100
    work.now += 100
    assert _names(work.take()) == ["a"]


def test_a_crawl_takes_no_more_while_too_much_waits(work: Work) -> None:
    work.offer("abc")
    visits = work.take(2)
    for visit in visits:
        work.hand_in(visit)
    with pytest.raises(Busy):
        work.take(waiting_max=2)
    assert _names(work.take(waiting_max=3)) == ["c"]


def _revisited(work: Work, name: str, *later: float) -> None:
    visit = work.one(name)
    times = tuple(work.now + seconds for seconds in later)
    text = _mark(name)
    commit = Commit(visit, Outcome.NEW, text=text, revisits=times)
    assert work.state.index.commit(commit, work.now) == ("done",)


def _mark(name: str) -> TextMark:
    return TextMark(id=name.encode().hex().zfill(16), url_keys=(key_of(name),))


def test_revisits_come_last_and_only_when_they_are_asked_for(work: Work) -> None:
    _revisited(work, "seen", 100)
    assert work.state.frontier.owed("gazette") == 0
    work.now += 100
    work.offer(["new"])
    assert _names(work.take(1, revisits=True)) == ["new"]
    assert work.take() == []
    (visit,) = work.take(revisits=True)
    assert visit.url == url_of("seen")
    assert work.take(revisits=True) == []


def test_a_revisit_is_owed_once_its_page_is_there(work: Work) -> None:
    _revisited(work, "seen", 100)
    work.now += 100
    (visit,) = work.take(revisits=True)
    assert work.state.frontier.owed("gazette") == 0
    work.hand_in(visit)
    assert work.state.frontier.owed("gazette") == work.state.frontier.waiting_of("gazette") == 1


def test_a_page_that_is_handed_in_waits_and_leaves_the_frontier(work: Work) -> None:
    visit = work.one("a")
    body = bytes(range(256))
    assert work.hand_in(visit, body, content_encoding="gzip", status=203, url="https://b.example/é")
    assert work.state.frontier.next_owed("gazette") is None
    assert work.state.frontier.waiting() == work.state.frontier.waiting_of("gazette") == 1
    work.now += LEASE_SECONDS + 1
    assert work.take() == []
    found = work.state.frontier.start(visit.token, work.now, work.now + 10, alone=False)
    assert not isinstance(found, str)
    assert found.visit == visit
    assert found.page == page_of(
        visit, body, content_encoding="gzip", status=203, url="https://b.example/é"
    )
    assert (found.head, found.reserved) == (None, None)


def test_a_stale_visit_hands_nothing_in(work: Work) -> None:
    stale = work.one("a")
    work.now += LEASE_SECONDS
    (fresh,) = work.take()
    before = dump(work.state)
    assert not work.hand_in(stale)
    assert not work.state.frontier.hand_in(
        Visit("x", "gazette", "never.example/", ""), page_of(stale, b""), NOW
    )
    assert work.state.frontier.give_up(stale, work.now, failed=True) is None
    assert dump(work.state) == before
    assert work.hand_in(fresh)


def test_a_page_may_be_handed_in_after_its_lease_where_no_one_else_took_it(work: Work) -> None:
    visit = work.one("a")
    work.now += 10 * LEASE_SECONDS
    assert work.hand_in(visit)
    assert work.take() == []


def test_failures_are_counted_and_the_url_stays_owed(work: Work) -> None:
    visit = work.one("a")
    for failures in (1, 2, 3):
        assert work.state.frontier.give_up(visit, work.now + 10, failed=True) == failures
        assert work.state.frontier.give_up(visit, work.now + 10, failed=True) is None
        work.now += 10
        (visit,) = work.take()
        assert visit.attempts == failures
    assert work.state.frontier.give_up(visit, work.now, failed=False) == 3
    assert work.state.frontier.owed("gazette") == 1


def test_a_lease_that_ran_out_counts_nothing(work: Work) -> None:
    work.offer(["a"])
    for _ in range(5):
        (visit,) = work.take()
        assert visit.attempts == 0
        work.now += LEASE_SECONDS


def test_a_revisit_that_is_given_up_stays_one(work: Work) -> None:
    _revisited(work, "seen", 100)
    work.now += 100
    (visit,) = work.take(revisits=True)
    assert work.state.frontier.give_up(visit, work.now + 50, failed=True) == 1
    assert work.state.frontier.owed("gazette") == 0
    work.now += 50
    assert work.take() == []
    assert _names(work.take(revisits=True)) == ["seen"]


def test_a_start_is_counted_and_holds_the_page_for_a_while(work: Work) -> None:
    frontier, visit = work.state.frontier, work.waiting("a")
    assert not isinstance(frontier.start(visit.token, NOW, NOW + 10, alone=False), str)
    assert frontier.start(visit.token, NOW + 9, NOW + 20, alone=True) == "busy"
    assert frontier.start(visit.token, NOW + 10, NOW + 20, alone=False) == "alone"
    again = frontier.start(visit.token, NOW + 10, NOW + 20, alone=True)
    assert not isinstance(again, str)
    assert again.visit.attempts == 1
    third = frontier.start(visit.token, NOW + 20, NOW + 30, alone=True)
    assert not isinstance(third, str)
    assert third.visit.attempts == 2


def test_failed_fetches_and_starts_count_together(work: Work) -> None:
    visit = work.one("a")
    work.state.frontier.give_up(visit, NOW, failed=True)
    (visit,) = work.take()
    work.hand_in(visit)
    first = work.state.frontier.start(visit.token, NOW, NOW, alone=False)
    second = work.state.frontier.start(visit.token, NOW, NOW, alone=True)
    assert [w.visit.attempts for w in (first, second) if not isinstance(w, str)] == [1, 2]


def test_a_page_that_is_handed_back_waits_as_if_it_had_not_been_started(work: Work) -> None:
    frontier, visit = work.state.frontier, work.waiting("a")
    for _ in range(5):
        found = frontier.start(visit.token, NOW, NOW + 10, alone=False)
        assert not isinstance(found, str)
        assert found.visit.attempts == 0
        frontier.hand_back(visit.token, NOW + 3)
        assert frontier.overdue(NOW + 2, 10) == []
        assert frontier.overdue(NOW + 3, 10) == [visit.token]


def test_what_has_ended_is_not_started_nor_handed_back(work: Work) -> None:
    frontier, visit = work.state.frontier, work.waiting("a")
    _end(work, visit)
    before = dump(work.state)
    assert frontier.start(visit.token, NOW, NOW + 10, alone=True) == "ended"
    assert frontier.start("never-heard-of", NOW, NOW + 10, alone=True) == "ended"
    frontier.hand_back(visit.token, NOW)
    frontier.postpone([visit.token], NOW)
    assert dump(work.state) == before


def test_a_page_whose_visit_was_given_up_is_thrown_away(work: Work) -> None:
    frontier, visit = work.state.frontier, work.waiting("a")
    frontier.give_up(visit, NOW, failed=False)
    assert frontier.start(visit.token, NOW, NOW + 10, alone=False) == "ended"
    assert frontier.waiting() == 0
    assert not work.state.client.exists(f"copydesk:page:{visit.token}")
    assert _names(work.take()) == ["a"]


def test_pages_that_wait_too_long_are_found_the_longest_waiting_first(work: Work) -> None:
    frontier = work.state.frontier
    visits = [work.waiting(name) for name in "abc"]
    tokens = [visit.token for visit in visits]
    assert frontier.overdue(NOW + 19, 10) == []
    assert set(frontier.overdue(NOW + 20, 10)) == set(tokens)
    frontier.postpone(tokens[:1], NOW + 60)
    frontier.postpone(["never-heard-of"], NOW)
    frontier.postpone([], NOW)
    assert set(frontier.overdue(NOW + 59, 10)) == set(tokens[1:])
    assert frontier.overdue(NOW + 60, 10)[-1] == tokens[0]
    assert len(frontier.overdue(NOW + 60, 2)) == 2


def test_void_leases_make_what_was_leased_due_and_leave_retries_alone(work: Work) -> None:
    frontier = work.state.frontier
    waiting = work.waiting("waiting")
    assert not isinstance(frontier.start(waiting.token, NOW, NOW + 10, alone=False), str)
    _revisited(work, "seen", 100)
    work.now += 100
    (revisit,) = work.take(revisits=True)
    work.offer(["leased", "retried", "untouched"])
    leased, retried = work.take(2)
    frontier.give_up(retried, work.now + 1000, failed=True)

    frontier.void_leases()

    assert not work.hand_in(leased)
    assert not work.hand_in(revisit)
    assert sorted(_names(work.take())) == ["leased", "untouched"]
    assert _names(work.take(revisits=True)) == ["seen"]
    assert frontier.overdue(NOW, 10) == [waiting.token]
    again = frontier.start(waiting.token, NOW, NOW + 10, alone=True)
    assert not isinstance(again, str)
    assert again.visit.attempts == 1
    work.now += 1000
    (visit,) = [v for v in work.take() if v.url == url_of("retried")]
    assert visit.attempts == 1

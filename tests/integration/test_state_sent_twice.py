"""A reply that is lost has the client ask again: each script does once what it is asked twice."""

from copy import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.outcome import Outcome
from crawler.page import Visit
from tests.integration.work import LEASE_SECONDS, NOW, Work, key_of, page_of, url_of
from workers.archive.kept import Kept, Original
from workers.dedup.signature import signature
from workers.state.frontier import Again, WaitingPage, new_token
from workers.state.index import Commit, TextMark
from workers.state.readmission import MOVED, OWED
from workers.state.scripts import Scripts
from workers.state.state import State

ID = "0123456789abcdef"
BANDS = signature("a quiet ferry crosses the distant bay before the early autumn festival " * 3)


class Twice(Scripts):
    """Sends each call twice, as if the first reply had been lost."""

    def run(self, name: str, *arguments: bytes | str | float) -> Any:
        super().run(name, *arguments)
        return super().run(name, *arguments)


@pytest.fixture
def twice(state: State) -> State:
    """The same state, over a line that loses every other reply."""
    return State(state.client, scripts=Twice(state.client))


@pytest.fixture
def fetched(state: State) -> Visit:
    """A page that was handed in, and waits."""
    return Work(state).waiting("page")


def test_a_source_is_leased_renewed_and_given_back(twice: State) -> None:
    schedule = twice.schedule
    schedule.add({"gazette": NOW, "other": NOW})
    lease = schedule.lease("gazette", ["a.example"], new_token(), NOW, NOW + LEASE_SECONDS)
    assert lease
    assert schedule.crawling() == {"gazette"}
    assert schedule.lease("other", ["a.example"], new_token(), NOW, NOW + LEASE_SECONDS) is None
    assert schedule.renew(lease, NOW + 600, NOW)
    schedule.finish(lease, walk_due=NOW + 900, not_before=0, last_request=NOW, facts={"pages": 1})
    assert schedule.crawling() == set()
    assert schedule.next_due("gazette") == NOW + 900
    assert schedule.facts("gazette").pages == 1


def test_links_are_offered(twice: State) -> None:
    work = Work(twice)
    work.offer(["a", "b", "c"], most=2)
    assert twice.frontier.owed("gazette") == 2
    work.offer(["a", "b", "c", "d"])
    assert twice.frontier.owed("gazette") == 3


def test_what_was_taken_in_a_lost_reply_comes_due_again(twice: State, state: State) -> None:
    work = Work(state)
    work.offer(["a", "b", "c", "d"])
    lost = _on(work, twice).take(2)
    assert len(lost) == 2
    assert work.take(10) == []
    work.now += LEASE_SECONDS + 1
    assert {visit.key for visit in work.take(10)} == {key_of(name) for name in "abcd"}


def _on(work: Work, state: State) -> Work:
    """The same crawl, over another line."""
    other = copy(work)
    other.state = state
    return other


def test_a_page_is_handed_in_and_given_up(twice: State, state: State) -> None:
    work = Work(state)
    work.offer(["a", "b"])
    fetched, failed = work.take(2)
    assert _on(work, twice).hand_in(fetched)
    assert twice.frontier.waiting() == 1
    twice.frontier.give_up(failed, NOW + 60, failed=True)
    work.now += 60
    assert [visit.attempts for visit in work.take()] == [1]


def _begun(state: State, token: str) -> WaitingPage:
    begun = state.frontier.start(token, NOW, NOW + 10, alone=False, run="run")
    assert not isinstance(begun, str), begun
    return begun


def test_a_page_is_begun_once_and_handed_back_once(
    twice: State, state: State, fetched: Visit
) -> None:
    for line in (twice, state):
        begun = _begun(line, fetched.token)
        assert (begun.visit.attempts, begun.begun) == (0, 0)
        twice.frontier.hand_back(fetched.token, NOW)


@pytest.mark.parametrize("outcome", [Outcome.NEW, Outcome.NEAR_DUPLICATE])
def test_a_page_ends_once(twice: State, fetched: Visit, outcome: Outcome) -> None:
    reserved = twice.index.reserve(fetched, ID, datetime.fromtimestamp(NOW, UTC))
    assert reserved.place
    assert reserved.place.number == 0
    text = TextMark(ID, reserved.place, (fetched.key,), BANDS)
    commit = Commit(fetched, outcome, "why", text=text, entry={"id": ID}, record="{}")
    twice.index.commit(commit, NOW)
    assert twice.ledger.totals("gazette") == {outcome.value: 1}
    assert twice.ledger.reasons("gazette") == {f"{outcome.value} why": 1}
    assert twice.outbox.length() == 1
    assert twice.client.xlen("copydesk:duplicates") == 1
    assert twice.frontier.owed("gazette") == twice.frontier.waiting() == 0


def test_a_new_text_is_given_one_place(twice: State, fetched: Visit) -> None:
    at = datetime.fromtimestamp(NOW, UTC)
    known = twice.index.place_new(fetched, ID, (fetched.key,), BANDS, NOW, at)
    assert known.reserved
    assert known.reserved.place
    assert known.reserved.place.number == 0
    assert twice.index.reserve(fetched, ID, at) == known.reserved


def test_what_a_page_adds_to_the_metrics_is_added_once(twice: State, fetched: Visit) -> None:
    counts = {"step extract 0.025": 1, "step extract us": 21_000}
    twice.index.commit(Commit(fetched, Outcome.REJECTED, "empty", counts=counts), NOW)
    assert twice.counted.all() == counts


def test_a_group_joins_and_takes_over(twice: State, fetched: Visit) -> None:
    twice.index.commit(Commit(fetched, Outcome.NEW, entry={"id": ID}), NOW)
    outbox = twice.outbox
    outbox.join("g")
    (entry,) = outbox.read("g", "dead", 1, wait=False)
    # Taken over in the reply that was lost, it is what this consumer never received.
    assert outbox.take_over("g", "me", "dead") is None
    assert outbox.unreceived("g", "me", set()) == entry
    assert outbox.consumers("g") == ["me"]


def test_a_page_from_the_archive_waits_once(twice: State, state: State) -> None:
    work = Work(state)
    visit = Visit(new_token(), "gazette", key_of("page"), url_of("page"))
    again = Again(head=None, beside=None)
    token = twice.readmission.readmit(visit, page_of(visit, b"page"), again, [None], NOW)
    assert token == visit.token
    assert twice.frontier.waiting() == twice.frontier.owed("gazette") == 1
    assert list(twice.readmission.still_waiting([token, "another"])) == [token]
    assert _begun(twice, token).again == again
    # Whoever comes second is given the page that waits already, and one that is owed anyway is left alone.
    other = Visit(new_token(), "gazette", key_of("page"), url_of("page"))
    assert twice.readmission.readmit(other, page_of(other, b"page"), again, [None], NOW) == token
    fresh = work.waiting("fresh")
    assert twice.readmission.readmit(fresh, page_of(fresh, b"x"), again, [None], NOW) == OWED
    heads = ["0123456789abcdef"]
    third = Visit(new_token(), "gazette", key_of("third"), url_of("third"))
    assert twice.readmission.readmit(third, page_of(third, b"x"), again, heads, NOW) == MOVED


def test_what_the_archive_has_of_a_page_is_counted_once(twice: State, fetched: Visit) -> None:
    kept = Kept(
        Original("sha1:A", "2026-11-27T00:00:00.000000Z", fetched.url), 700, is_revisit=True
    )
    twice.index.commit(Commit(fetched, Outcome.REJECTED, "empty", archived=kept), NOW)
    assert twice.ledger.archived(NOW) == {"pages": 1, "bytes": 700, "revisits": 1}
    assert twice.counted.all() == {"archived bytes": 700}
    assert twice.ledger.archived(NOW + 25 * 3600) == {}

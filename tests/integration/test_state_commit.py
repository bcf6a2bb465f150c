"""The one end of a page: all of it, once, or nothing."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crawler.outcome import Outcome
from crawler.page import Visit
from tests.integration.work import LEASE_SECONDS, NOW, Work, dump, key_of
from workers.dedup.signature import signature
from workers.state.connection import key
from workers.state.index import Commit, TextMark
from workers.state.quarantine import Quarantined
from workers.state.state import State
from workers.storage.places import Place

TODAY = datetime.fromtimestamp(NOW, UTC)
ID, OTHER_ID = "0123456789abcdef", "fedcba9876543210"
BANDS = signature(
    "a wooden bridge opens across the narrow harbour before the early winter market " * 3
)
PUBLISHED = {Outcome.NEW, Outcome.REVISION}


@pytest.fixture
def work(state: State) -> Work:
    return Work(state)


def _place(work: Work, visit: Visit, text_id: str = ID, *, dropped: bool = False) -> Place:
    place = work.state.index.reserve(visit, text_id, TODAY, dropped=dropped).place
    assert place
    return place


def _commit(work: Work, visit: Visit, outcome: Outcome, text_id: str = ID, **fields: Any) -> Commit:
    """A commit as ingest makes it for this outcome."""
    kept = outcome in PUBLISHED or outcome is Outcome.NEAR_DUPLICATE
    if kept or outcome is Outcome.DUPLICATE:
        fields["text"] = TextMark(
            id=text_id,
            place=_place(work, visit, text_id, dropped=outcome not in PUBLISHED) if kept else None,
            url_keys=(visit.key,),
            bands=BANDS if outcome in PUBLISHED else (),
        )
    if outcome in PUBLISHED:
        fields["entry"] = {"id": text_id, "outcome": outcome.value}
    if outcome in {Outcome.DUPLICATE, Outcome.NEAR_DUPLICATE}:
        fields["record"] = json.dumps({"id": text_id, "duplicate_of": OTHER_ID})
    if outcome is Outcome.FAILED:
        fields["quarantine"] = Quarantined.of(visit, "why", 3, NOW)
    return Commit(visit, outcome, **fields)


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_ends_its_page_once_and_wholly(work: Work, outcome: Outcome) -> None:
    state, visit = work.state, work.waiting("a")
    commit = _commit(work, visit, outcome, reason="why", url_keys=(key_of("found-at"),))
    assert state.index.commit(commit, NOW) == ("done",)

    assert state.ledger.totals("gazette") == {outcome.value: 1}
    assert state.ledger.reasons("gazette") == {f"{outcome.value} why": 1}
    assert state.ledger.last_day(NOW) == {"gazette": {outcome.value: 1}}
    assert state.frontier.owed("gazette") == state.frontier.waiting() == 0
    assert not list(state.client.scan_iter(match="copydesk:page:*"))
    assert not list(state.client.scan_iter(match="copydesk:reserved:*"))
    assert state.frontier.unknown("gazette", [key_of("a"), key_of("found-at"), key_of("b")]) == {
        key_of("b")
    }
    assert state.outbox.length() == (outcome in PUBLISHED)
    linked = outcome in {Outcome.DUPLICATE, Outcome.NEAR_DUPLICATE}
    assert [r["id"] for r in state.ledger.duplicates()] == ([ID] if linked else [])
    assert [r.url for r in state.quarantine.records()] == (
        [visit.url] if outcome is Outcome.FAILED else []
    )

    known = state.index.look_up(ID, (visit.key,), BANDS, NOW)
    kept = outcome in PUBLISHED or outcome is Outcome.NEAR_DUPLICATE
    assert (known.place is not None) == kept
    assert known.heads == ((ID if kept or outcome is Outcome.DUPLICATE else None),)
    assert list(known.candidates) == ([ID] if outcome in PUBLISHED else [])

    before = dump(state)
    assert state.index.commit(commit, NOW + 1) == ("stale",)
    assert dump(state) == before


@pytest.mark.parametrize("outcome", Outcome)
def test_a_lease_that_was_taken_over_ends_nothing(work: Work, outcome: Outcome) -> None:
    stale = work.one("a")
    work.now += LEASE_SECONDS
    (fresh,) = work.take()
    commit = _commit(work, fresh, outcome)
    before = dump(work.state)
    late = Commit(stale, outcome, text=commit.text, entry=commit.entry)
    assert work.state.index.commit(late, NOW) == ("stale",)
    assert dump(work.state) == before
    assert work.state.index.commit(commit, NOW) == ("done",)


def test_a_candidate_that_was_not_verified_stops_everything(work: Work) -> None:
    index = work.state.index
    first, second = work.waiting("a"), work.waiting("b")
    late = _commit(work, second, Outcome.NEW, OTHER_ID, revisits=(NOW + 60,))
    assert index.commit(_commit(work, first, Outcome.NEW), NOW) == ("done",)
    before = dump(work.state)
    assert index.commit(late, NOW) == (ID,)
    assert dump(work.state) == before

    assert late.text
    verified = TextMark(OTHER_ID, late.text.place, late.text.url_keys, BANDS, verified=(ID,))
    assert index.commit(Commit(second, Outcome.NEW, text=verified), NOW) == ("done",)
    assert set(index.look_up(OTHER_ID, (), BANDS, NOW).candidates) == {ID, OTHER_ID}


def test_a_text_is_no_candidate_of_its_own(work: Work) -> None:
    assert work.state.index.commit(_commit(work, work.waiting("a"), Outcome.NEW), NOW) == ("done",)
    again = Commit(work.waiting("b"), Outcome.NEW, text=TextMark(ID, bands=BANDS))
    assert work.state.index.commit(again, NOW) == ("done",)


def test_outcomes_are_counted_by_the_hour_of_the_last_day(work: Work) -> None:
    for hours, outcome in ((0, Outcome.GONE), (23, Outcome.GONE), (24, Outcome.REJECTED)):
        visit = work.one(str(hours))
        work.state.index.commit(Commit(visit, outcome), NOW - hours * 3600)
    assert work.state.ledger.last_day(NOW) == {"gazette": {"gone": 2}}
    assert work.state.ledger.totals("gazette").total() == 3


def test_an_entry_of_the_outbox_keeps_its_fields(work: Work) -> None:
    fields = {"id": ID, "title": "L’été\n<b>", "supersedes": "", "partial": "1"}
    commit = Commit(work.waiting("a"), Outcome.NEW, entry=fields)
    work.state.index.commit(commit, NOW)
    work.state.outbox.join("g")
    (entry,) = work.state.outbox.read("g", "c", 10, wait=False)
    assert entry.fields == fields


def _head(work: Work) -> str | None:
    return work.state.index.look_up(ID, (key_of("a"),), (), NOW).heads[0]


def test_a_url_is_looked_at_again_at_its_times_and_then_no_more(work: Work) -> None:
    visit, times = work.waiting("a"), (NOW - 5, NOW + 60, NOW + 120)
    commit = _commit(work, visit, Outcome.NEW, revisits=times)
    assert work.state.index.commit(commit, NOW) == ("done",)
    for later in (60, 120):
        work.now = NOW + later - 1
        assert work.take(revisits=True) == []
        work.now = NOW + later
        (again,) = work.take(revisits=True)
        work.hand_in(again)
        started = work.state.frontier.start(again.token, work.now, work.now, alone=False)
        assert not isinstance(started, str)
        assert started.head == ID
        assert started.visit.attempts == 0
        assert work.state.index.commit(Commit(again, Outcome.UNCHANGED), work.now) == ("done",)
    work.now += 10**6
    assert work.take(revisits=True) == []
    assert work.state.client.hlen("copydesk:entries:gazette") == 0
    assert work.state.ledger.totals("gazette") == {"new": 1, "unchanged": 2}


def test_revisits_that_were_missed_are_made_up_once(work: Work) -> None:
    commit = _commit(
        work, work.waiting("a"), Outcome.NEW, revisits=(NOW + 60, NOW + 120, NOW + 180)
    )
    work.state.index.commit(commit, NOW)
    work.now = NOW + 150
    (again,) = work.take(revisits=True)
    work.state.index.commit(Commit(again, Outcome.UNCHANGED), work.now)
    assert work.take(revisits=True) == []
    work.now = NOW + 180
    assert len(work.take(revisits=True)) == 1


@pytest.mark.parametrize("outcome", Outcome)
def test_what_a_revisit_finds_leaves_the_next_one_unless_it_is_gone(
    work: Work, outcome: Outcome
) -> None:
    first = _commit(work, work.waiting("a"), Outcome.NEW, revisits=(NOW + 60, NOW + 120))
    work.state.index.commit(first, NOW)
    work.now = NOW + 60
    (again,) = work.take(revisits=True)
    commit = _commit(work, again, outcome, OTHER_ID)
    if commit.text and commit.text.bands:
        text = TextMark(OTHER_ID, commit.text.place, commit.text.url_keys, BANDS, verified=(ID,))
        commit = Commit(again, outcome, text=text, entry=commit.entry)
    assert work.state.index.commit(commit, work.now) == ("done",)
    assert work.state.frontier.owed("gazette") == 0
    work.now = NOW + 120
    left = work.take(revisits=True)
    assert len(left) == (outcome is not Outcome.GONE)
    has_text = commit.text is not None
    assert _head(work) == (OTHER_ID if has_text else ID)
    if left:
        work.hand_in(left[0])
        started = work.state.frontier.start(left[0].token, work.now, work.now, alone=False)
        assert not isinstance(started, str)
        assert started.head == _head(work)


def test_a_page_without_a_text_is_never_looked_at_again(work: Work) -> None:
    commit = Commit(work.waiting("a"), Outcome.REJECTED, revisits=(NOW + 60,))
    work.state.index.commit(commit, NOW)
    work.now = NOW + 60
    assert work.take(revisits=True) == []


def test_a_revisit_makes_its_source_due(work: Work) -> None:
    commit = _commit(work, work.waiting("a"), Outcome.NEW, revisits=(NOW + 60,))
    work.state.schedule.finish(
        work.lease, walk_due=NOW + 900, not_before=0, last_request=NOW, facts={"pages": 1}
    )
    assert work.state.schedule.next_due("gazette") == NOW + 900
    work.state.index.commit(commit, NOW)
    assert work.state.schedule.next_due("gazette") == NOW + 60


def test_a_place_is_the_same_whenever_it_is_asked_for(work: Work) -> None:
    visit = work.waiting("a")
    first = work.state.index.reserve(visit, ID, TODAY)
    before = dump(work.state)
    assert work.state.index.reserve(visit, ID, TODAY + timedelta(days=3)) == first
    assert dump(work.state) == before
    assert first.place == Place("gazette", TODAY.date(), ID, 0)
    assert not first.known
    assert not first.stale


def test_another_url_waits_until_the_text_is_committed(work: Work) -> None:
    index, first, second = work.state.index, work.waiting("a"), work.waiting("b")
    commit = _commit(work, first, Outcome.NEW)
    waits = index.reserve(second, ID, TODAY)
    assert (waits.place, waits.known, waits.stale) == (None, False, False)
    index.commit(commit, NOW)
    found = index.reserve(second, ID, TODAY)
    assert commit.text
    assert (found.place, found.known) == (commit.text.place, True)


def test_a_text_is_free_again_where_its_page_ended_otherwise(work: Work) -> None:
    index, first, second = work.state.index, work.waiting("a"), work.waiting("b")
    place = _place(work, first)
    failed = Commit(first, Outcome.FAILED)
    assert index.commit(failed, NOW) == place
    assert index.commit(replace(failed, removed=place), NOW) == ("done",)
    assert index.reserve(second, ID, TODAY).place == Place("gazette", TODAY.date(), ID, 1)


def test_a_text_is_free_again_where_its_page_brings_another(work: Work) -> None:
    index, first, second = work.state.index, work.waiting("a"), work.waiting("b")
    place = _place(work, first)
    assert _place_after(work, first, place, OTHER_ID).number == 1
    assert index.reserve(second, ID, TODAY).place is not None
    assert index.reserve(work.waiting("c"), OTHER_ID, TODAY).place is None


def _place_after(
    work: Work, visit: Visit, former: Place, text_id: str = ID, *, dropped: bool = False
) -> Place:
    """Another place than the former one, which is let go only when it is said that its files are gone."""
    for _ in range(2):
        asked = work.state.index.reserve(visit, text_id, TODAY, dropped=dropped)
        assert (asked.place, asked.former) == (None, former)
    place = work.state.index.reserve(visit, text_id, TODAY, dropped=dropped, removed=former).place
    assert place
    return place


def test_numbers_count_by_source_and_day(state: State, work: Work) -> None:
    other = Work(state, "other", ("other.example",))
    names = iter("abcdefgh")

    def number(by: Work, day: datetime, *, dropped: bool = False) -> tuple[str, date, int | None]:
        name = next(names)
        visit = by.waiting(by.source + name)
        place = state.index.reserve(visit, f"{ord(name):016x}", day, dropped=dropped).place
        assert place
        return place.source, place.day, place.number

    today, tomorrow = TODAY.date(), TODAY.date() + timedelta(days=1)
    assert number(work, TODAY) == ("gazette", today, 0)
    assert number(work, TODAY) == ("gazette", today, 1)
    assert number(other, TODAY) == ("other", today, 0)
    assert number(work, TODAY + timedelta(days=1)) == ("gazette", tomorrow, 0)
    assert number(work, TODAY, dropped=True) == ("gazette", today, None)
    assert number(work, TODAY) == ("gazette", today, 2)


def test_the_day_is_that_of_utc(work: Work) -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    west = late.astimezone(datetime.strptime("-0500", "%z").tzinfo)
    first, second = work.waiting("a"), work.waiting("b")
    assert _place_on(work, first, west) == date(2026, 11, 21)
    assert _place_on(work, second, late + timedelta(minutes=30)) == date(2026, 11, 22)


def _place_on(work: Work, visit: Visit, fetched: datetime) -> date:
    place = work.state.index.reserve(visit, visit.token, fetched).place
    assert place
    return place.day


def test_a_text_that_is_to_be_dropped_after_all_loses_its_number(work: Work) -> None:
    visit = work.waiting("a")
    numbered = _place(work, visit)
    dropped = _place_after(work, visit, numbered, dropped=True)
    assert (numbered.number, dropped.number) == (0, None)
    assert _place(work, visit, dropped=True) == dropped
    again = _place_after(work, visit, dropped)
    assert again.number == 1
    assert _place(work, visit) == again


def test_a_stale_visit_reserves_nothing(work: Work) -> None:
    stale = work.one("a")
    work.now += LEASE_SECONDS
    (fresh,) = work.take()
    work.state.index.reserve(fresh, OTHER_ID, TODAY)
    before = dump(work.state)
    assert work.state.index.reserve(stale, ID, TODAY).stale
    assert dump(work.state) == before


def test_a_page_that_waits_again_knows_what_it_reserved(work: Work) -> None:
    visit = work.waiting("a")
    _place(work, visit)
    started = work.state.frontier.start(visit.token, NOW, NOW, alone=False)
    assert not isinstance(started, str)
    assert started.reserved == ID


@pytest.mark.parametrize("others", [65_535, 65_536, 70_000])
@pytest.mark.parametrize("outcome", [Outcome.NEW, Outcome.NEAR_DUPLICATE])
def test_a_place_names_its_source_however_many_there_are(
    work: Work, others: int, outcome: Outcome
) -> None:
    work.state.client.hset(
        key("sources"), mapping={f"source-{number}": number for number in range(others)}
    )
    visit = work.waiting("a")
    commit = _commit(work, visit, outcome)
    assert work.state.index.commit(commit, NOW) == ("done",)
    place = work.state.index.places([ID], NOW)[ID]
    assert (place.source, place.day) == ("gazette", TODAY.date())
    assert place.number == (0 if outcome is Outcome.NEW else None)

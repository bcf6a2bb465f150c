"""Who is counted when a run breaks off; what is put aside, and taken out again."""

import pytest

from crawler.outcome import Outcome
from crawler.page import Visit
from tests.integration.work import NOW, Work, dump, key_of, url_of
from workers.state.frontier import WaitingPage
from workers.state.index import Commit
from workers.state.quarantine import Quarantined
from workers.state.state import State


@pytest.fixture
def work(state: State) -> Work:
    return Work(state)


def _start(
    work: Work, visit: Visit, run: str, *, closed: str = "", alone: bool = False
) -> WaitingPage:
    found = work.state.frontier.start(
        visit.token, work.now, work.now + 10, alone=alone, run=run, closed=closed
    )
    assert isinstance(found, WaitingPage), found
    return found


def _fail(work: Work, visit: Visit, reason: str = "http-500", at: float = NOW) -> Quarantined:
    record = Quarantined.of(visit, reason, 3, at)
    commit = Commit(visit, Outcome.FAILED, reason, quarantine=record)
    assert work.state.index.commit(commit, at) == ("done",)
    return record


def test_only_the_page_that_was_open_is_counted_when_nobody_saw_the_end(work: Work) -> None:
    read, open_one = work.waiting("read"), work.waiting("open")
    _start(work, read, "run-1")
    _start(work, open_one, "run-1", closed=read.token)
    work.now += 10
    again = _start(work, read, "run-2", alone=True)
    assert (again.visit.attempts, again.begun, again.cause) == (0, 1, "")
    blamed = _start(work, open_one, "run-2", closed=read.token, alone=True)
    assert (blamed.visit.attempts, blamed.begun, blamed.cause) == (1, 1, "extraction-died")


def test_a_run_closes_only_what_it_has_open_itself(work: Work) -> None:
    visit = work.waiting("a")
    _start(work, visit, "run-1")
    work.now += 10
    _start(work, visit, "run-2", alone=True)
    work.state.frontier.close(visit.token, "run-1")
    work.state.frontier.close("never-heard-of", "run-1")
    work.now += 10
    assert _start(work, visit, "run-3", alone=True).visit.attempts == 2
    work.state.frontier.close(visit.token, "run-3")
    work.now += 10
    assert _start(work, visit, "run-4", alone=True).visit.attempts == 2


def test_a_run_that_broke_off_gives_the_others_back_at_once(work: Work) -> None:
    read, open_one, behind, foreign, ended = (
        work.waiting(name) for name in ("read", "open", "behind", "foreign", "ended")
    )
    tokens = [visit.token for visit in (read, open_one, behind, foreign, ended)]
    _start(work, read, "run-1")
    _start(work, open_one, "run-1", closed=read.token)
    _start(work, foreign, "run-2")
    _fail(work, ended)

    broken = work.state.frontier.break_off("run-1", tokens, work.now, "extraction-timeout")

    assert (broken.blamed, broken.url) == (open_one.token, url_of("open"))
    assert broken.others == (read.token, behind.token)
    assert work.state.frontier.overdue(work.now + 1, 10) == []
    assert work.state.frontier.overdue(work.now + 2, 10) == [open_one.token]
    assert _start(work, read, "run-3", alone=True).visit.attempts == 0
    assert _start(work, behind, "run-3", closed=read.token).visit.attempts == 0
    blamed = _start(work, open_one, "run-4", alone=True)
    assert (blamed.visit.attempts, blamed.cause) == (1, "extraction-timeout")


def test_why_it_failed_is_what_was_seen_last(work: Work) -> None:
    visit = work.waiting("a")
    _start(work, visit, "run-1")
    work.state.frontier.break_off("run-1", [visit.token], work.now, "extraction-timeout")
    _start(work, visit, "run-2", alone=True)
    work.now += 10
    seen = _start(work, visit, "run-3", alone=True)
    assert (seen.visit.attempts, seen.cause) == (2, "extraction-timeout")
    work.state.frontier.break_off("run-3", [visit.token], work.now, "extraction-memory")
    assert _start(work, visit, "run-4", alone=True).cause == "extraction-memory"


def test_a_run_that_broke_off_in_nobody_s_extraction_blames_nobody(work: Work) -> None:
    visit = work.waiting("a")
    _start(work, visit, "run-1")
    work.state.frontier.close(visit.token, "run-1")
    broken = work.state.frontier.break_off("run-1", [visit.token], work.now, "extraction-died")
    assert (broken.blamed, broken.others) == ("", (visit.token,))


def test_a_page_has_one_id_and_no_other_page_has_it(work: Work) -> None:
    visit = work.waiting("a")
    twin = Visit("other-token", "gazette", key_of("a"), "https://gazette.example/a?other=form")
    assert Quarantined.of(visit, "x", 3, NOW).id == Quarantined.of(twin, "y", 1, NOW + 1).id
    elsewhere = Visit(visit.token, "courier", visit.key, visit.url)
    assert Quarantined.of(visit, "x", 3, NOW).id != Quarantined.of(elsewhere, "x", 3, NOW).id


def test_records_come_as_they_were_the_oldest_first_and_are_counted(work: Work) -> None:
    visits = [work.waiting(name) for name in "abc"]
    records = [_fail(work, visit, at=NOW - i) for i, visit in enumerate(visits)]
    assert work.state.quarantine.records() == records[::-1]
    assert [record.id for record in work.state.quarantine.records()] == [
        r.id for r in records[::-1]
    ]
    assert len(work.state.quarantine) == 3


def test_of_too_many_the_oldest_go(work: Work) -> None:
    visits = [work.waiting(name) for name in "abcd"]
    records = [_fail(work, visit, at=NOW + i) for i, visit in enumerate(visits)]
    assert work.state.quarantine.trim(4) == 0
    assert work.state.quarantine.trim(2) == 2
    assert work.state.quarantine.records() == records[2:]


def test_a_page_that_is_tried_again_is_due_now_with_no_attempt_counted(work: Work) -> None:
    visit = work.one("a")
    work.state.frontier.give_up(visit, NOW, failed=True)
    (visit,) = work.take()
    record = _fail(work, visit)
    assert work.state.frontier.owed("gazette") == 0
    work.offer(["b"])

    assert work.state.quarantine.retry([record.id, "no-such-id"], NOW) == {record.id}

    assert len(work.state.quarantine) == 0
    assert work.state.frontier.owed("gazette") == 2
    # It stays known, so that no listing offers it a second time.
    assert work.state.frontier.unknown("gazette", [record.key]) == set()
    again, _ = work.take()
    assert (again.url, again.attempts) == (url_of("a"), 0)
    before = dump(work.state)
    assert work.state.quarantine.retry([record.id], NOW) == set()
    assert dump(work.state) == before
    assert work.hand_in(again)
    assert _start(work, again, "run-1").visit.attempts == 0


def test_its_source_is_due_with_it(work: Work) -> None:
    record = _fail(work, work.one("a"))
    work.state.schedule.finish(
        work.lease, walk_due=NOW + 900, not_before=NOW, last_request=NOW, facts={"ended": NOW}
    )
    assert work.state.schedule.next_due("gazette") == NOW + 900
    work.state.quarantine.retry([record.id], NOW + 1)
    assert work.state.schedule.next_due("gazette") == NOW + 1


def test_one_that_is_on_its_way_already_goes_on(work: Work) -> None:
    """It failed as a revisit, and is looked at again."""
    visit = work.one("a")
    record = _fail(work, visit)
    again = work.one("b")
    work.state.client.hset(
        "copydesk:quarantine", record.id, Quarantined.of(again, "x", 3, NOW).to_json()
    )
    assert work.state.quarantine.retry([record.id], NOW) == {record.id}
    assert work.hand_in(again)

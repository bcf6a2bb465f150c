"""A backfill's state: nothing of it is lost or done twice, and it stands back for all else."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import Settings
from crawler.discovery.listing import ListingKind
from crawler.outcome import Outcome
from crawler.page import Visit
from crawler.walking.cursor import Cursor, Road
from crawler.walking.older import Step
from tests.integration.work import LEASE_SECONDS, NOW, Work, key_of, url_of
from workers.crawling.older_desk import OlderDesk
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.backfills import LINKS_A_CHUNK, Backfilling, Noted, OlderLink
from workers.state.coverage import SourceGap
from workers.state.frontier import Busy, Stale
from workers.state.index import Commit
from workers.state.scripts import Scripts
from workers.state.state import State
from workers.storage.folder import FolderStore

SINCE, UNTIL = "2026-01-01T00:00:00Z", "2026-11-01T00:00:00Z"
HOSTS = ("gazette.example",)


class Twice(Scripts):
    """Sends each call twice, as if the first reply had been lost."""

    def run(self, name: str, *arguments: bytes | str | float) -> object:
        super().run(name, *arguments)
        return super().run(name, *arguments)


@pytest.fixture
def work(state: State) -> Work:
    """A source whose listings are not due, with a backfill that has begun."""
    state.backfills.start("gazette", SINCE, UNTIL, NOW)
    made = Work(state)
    state.client.hset("copydesk:crawl:gazette", "walk_due", NOW + 1800)
    return made


def take(work: Work, count: int = 100, **most: int) -> list[Visit] | Backfilling | None:
    return work.state.backfills.take(
        work.source,
        work.lease.token,
        count,
        HOSTS,
        now=work.now,
        until=work.now + LEASE_SECONDS,
        **({"waiting_max": 100, "own_max": 100} | most),
    )


def at_listings(work: Work) -> Backfilling:
    """The backfill, of which nothing is left to visit."""
    found = take(work)
    assert isinstance(found, Backfilling)
    return found


def links(names: str) -> list[OlderLink]:
    return [OlderLink(key_of(n), url_of(n), NOW - 1000 - i) for i, n in enumerate(names)]


def note(work: Work, noted: Noted) -> bool:
    return work.state.backfills.note(work.source, work.lease.token, at_listings(work), noted)


def enter(work: Work, road: int = 0) -> bool:
    return work.state.backfills.enter(work.source, work.lease.token, at_listings(work), road)


def visits(work: Work, count: int = 100) -> list[str]:
    found = take(work, count)
    assert isinstance(found, list), found
    return [visit.url.rsplit("/", 1)[1] for visit in found]


def named(work: Work, names: str) -> list[Visit]:
    """The walk has named these, and they are being visited."""
    assert note(work, Noted(json.dumps({"current": 0}), links(names)))
    assert enter(work)
    found = take(work)
    assert isinstance(found, list)
    return found


def finish(work: Work) -> float:
    """End the crawl; when the source is due again."""
    work.state.schedule.finish(
        work.lease,
        walk_due=NOW + 1800,
        not_before=0,
        last_request=work.now,
        facts={"ended": work.now},
    )
    due = work.state.schedule.next_due("gazette")
    assert due is not None
    return due


def present(state: State) -> Backfilling:
    found = state.backfills.get("gazette")
    assert found
    return found


def end(work: Work, visit: Visit, age: str = "", published: str = "") -> None:
    commit = Commit(visit, Outcome.NEW, age=age, published=published)
    assert work.state.index.commit(commit, work.now) == ("done",)


def test_links_are_entered_by_parts_and_visited_newest_first(work: Work) -> None:
    many = [OlderLink(key_of(f"n{i}"), url_of(f"n{i}"), NOW - i - 1) for i in range(450)]
    assert note(work, Noted("{}", many))
    assert present(work.state).left == 450
    assert enter(work)
    assert visits(work, 500) == [f"n{i}" for i in range(LINKS_A_CHUNK)]
    assert enter(work)
    assert visits(work, 500) == [f"n{i}" for i in range(LINKS_A_CHUNK, 2 * LINKS_A_CHUNK)]
    assert present(work.state).left == 50


def test_of_a_listing_that_is_turned_the_last_links_come_next(work: Work) -> None:
    many = [OlderLink(key_of(f"n{i}"), url_of(f"n{i}"), NOW - i - 1) for i in range(450)]
    assert note(work, Noted("{}", many))
    assert note(work, Noted("{}", waiting="turn"))
    assert enter(work)
    assert visits(work, 500) == [f"n{i}" for i in range(400, 450)]
    assert note(work, Noted("{}", waiting="drop"))
    assert at_listings(work).links == ()
    assert present(work.state).left == 0


def test_what_is_known_is_passed_over_and_what_a_first_crawl_parked_is_not(work: Work) -> None:
    work.offer("pq", most=1)  # q is parked
    (parked_beside,) = work.take()
    end(work, parked_beside)
    work.offer("o")
    assert note(work, Noted("{}", links("apqo")))
    assert enter(work)
    assert visits(work) == ["a", "q"]
    assert (present(work.state).entered, present(work.state).known) == (2, 2)
    assert work.state.frontier.owed("gazette") == 1


def test_each_end_is_counted_and_the_last_one_ends_it(work: Work) -> None:
    first, second, third, fourth = named(work, "abcd")
    end(work, first, "asked-for", "2026-10-01T00:00:00Z")
    end(work, second, "older", "2024-10-01T00:00:00Z")
    end(work, third, "older", "2023-10-01T00:00:00Z")
    told = present(work.state)
    assert (told.outcomes, told.outside, told.open) == ({"new": 3}, 2, 1)
    assert (told.old_in_a_row, told.at) == ({0: 2}, {0: "2026-10-01T00:00:00Z"})
    assert told.reached == "2026-10-01T00:00:00Z"
    assert note(work, Noted("{}", is_over=True, counted_anew=[0]))
    assert not present(work.state).ended
    assert work.state.backfills.under_way() == ["gazette"]
    assert work.state.index.commit(Commit(fourth, Outcome.GONE), NOW) == ("done",)
    told = present(work.state)
    assert told.ended
    assert told.old_in_a_row == {0: 0}
    assert work.state.backfills.under_way() == []
    assert work.state.schedule.facts("gazette").backfill == ""
    assert take(work) is None


def test_a_walk_that_names_nothing_is_over_at_once(work: Work) -> None:
    assert note(work, Noted("{}", is_over=True))
    assert present(work.state).ended


def test_an_article_of_the_time_ends_a_row_of_older_ones(work: Work) -> None:
    row = named(work, "abc")
    end(work, row[0], "older", "2024-10-01")
    end(work, row[1], "asked-for", "2026-10-01")
    end(work, row[2])
    assert present(work.state).old_in_a_row == {0: 0}


def test_a_page_that_failed_is_tried_again_after_the_others(work: Work) -> None:
    first, *_ = named(work, "ab")
    work.state.frontier.give_up(first, NOW + 300, failed=True)
    assert finish(work) == NOW  # the walk is not over
    work.now += 1
    work.begin()
    assert visits(work) == ["b"]  # it was leased when the crawl ended
    work.now += 300
    assert visits(work) == ["b", "a"]


def test_what_a_lost_crawl_had_taken_comes_due_again(work: Work) -> None:
    named(work, "abc")
    work.now += LEASE_SECONDS + 1
    work.begin()
    assert sorted(visits(work)) == ["a", "b", "c"]


def test_when_the_source_is_due_again(work: Work) -> None:
    assert finish(work) == NOW
    work.begin()
    (visit,) = named(work, "a")
    assert note(work, Noted("{}", is_over=True))
    work.state.frontier.give_up(visit, NOW + 300, failed=True)
    assert finish(work) == NOW + 300
    work.now = NOW + 301
    work.begin()
    (visit,) = take(work)  # type: ignore[misc]
    end(work, visit)
    assert finish(work) == NOW + 1800


def test_a_listing_that_is_to_be_tried_later_is_waited_for(work: Work) -> None:
    assert note(work, Noted("{}", not_before=NOW + 600))
    assert take(work) is None
    assert finish(work) == NOW + 600
    work.now = NOW + 601
    work.begin()
    assert isinstance(take(work), Backfilling)


def test_its_own_listings_go_first(work: Work) -> None:
    assert note(work, Noted("{}", links("a")))
    work.now = NOW + 1801
    assert take(work) is None


def test_another_source_of_the_host_goes_first(state: State, work: Work) -> None:
    assert note(work, Noted("{}", links("a")))
    state.schedule.add({"other": NOW})
    assert state.schedule.lease("other", HOSTS, "t", NOW, NOW + 60) is None
    assert take(work) is None
    work.now += 1
    finish(work)
    assert state.schedule.lease("gazette", HOSTS, "t", NOW + 2, NOW + 60) is None
    assert state.schedule.lease("other", HOSTS, "t", NOW + 2, NOW + 60)


def test_what_is_new_goes_first_though_a_backfill_has_named_it(work: Work) -> None:
    assert note(work, Noted("{}", links("abc")))
    assert enter(work)
    work.offer("bx")
    assert [v.url[-1] for v in work.take()] == ["b", "x"]
    assert visits(work) == ["a", "c"]


def test_few_of_its_pages_wait_for_ingest(work: Work) -> None:
    first, second, _ = named(work, "abc")
    work.hand_in(first)
    work.hand_in(second)
    with pytest.raises(Busy):
        take(work, own_max=2)
    with pytest.raises(Busy):
        take(work, waiting_max=2)
    end(work, first)
    assert isinstance(take(work, own_max=2), Backfilling)


def test_a_crawl_that_lost_its_lease_changes_nothing(work: Work) -> None:
    held, stale = at_listings(work), work.lease.token
    work.now += LEASE_SECONDS + 1
    work.begin()
    assert not work.state.backfills.note("gazette", stale, held, Noted("{}", links("a")))
    assert not work.state.backfills.enter("gazette", stale, held, 0)
    with pytest.raises(Stale):
        work.state.backfills.take(
            *("gazette", stale, 1, HOSTS), now=NOW, until=NOW, waiting_max=9, own_max=9
        )
    assert present(work.state).rev == "0"


def test_a_step_is_kept_once(work: Work) -> None:
    held = at_listings(work)
    assert work.state.backfills.note("gazette", work.lease.token, held, Noted("{}", links("ab")))
    assert not work.state.backfills.note(
        "gazette", work.lease.token, held, Noted("{}", links("ab"))
    )
    assert present(work.state).left == 2


def test_over_a_line_that_loses_replies_all_is_done_once(state: State) -> None:
    twice = State(state.client, scripts=Twice(state.client))
    first = twice.backfills.start("gazette", SINCE, UNTIL, NOW)
    assert twice.backfills.start("gazette", "2020-01-01T00:00:00Z", UNTIL, NOW) == first
    work = Work(twice)
    state.client.hset("copydesk:crawl:gazette", "walk_due", NOW + 1800)
    note(work, Noted("{}", links("abc")))
    assert present(state).left == 3
    enter(work)
    told = present(state)
    assert (told.left, told.entered, told.known) == (0, 3, 0)
    work.state = state
    for visit in named_again(work):
        plan = Commit(visit, Outcome.NEW, age="older", published="2020-01-01")
        twice.index.commit(plan, work.now)
    told = present(state)
    assert (told.outcomes, told.old_in_a_row) == ({"new": 3}, {0: 3})
    note(work, Noted("{}", is_over=True))
    assert present(state).ended
    assert not twice.backfills.stop("gazette", NOW)


def named_again(work: Work) -> list[Visit]:
    found = take(work)
    assert isinstance(found, list)
    return found


def test_one_that_is_stopped_leaves_nothing_owed(work: Work) -> None:
    many = [OlderLink(key_of(f"n{i}"), url_of(f"n{i}"), NOW - i - 1) for i in range(300)]
    assert note(work, Noted("{}", many))
    assert enter(work)
    (visit, other) = take(work, 2)  # type: ignore[misc]
    work.hand_in(other)
    assert work.state.backfills.stop("gazette", NOW)
    assert not work.state.backfills.stop("gazette", NOW)
    assert work.state.frontier.owed("gazette") == 2
    end(work, visit)
    end(work, other)
    assert work.state.frontier.owed("gazette") == 0
    assert present(work.state).stopped
    # What it had named may be named again.
    assert work.offer(["n5"]).entered == 1


def test_another_one_begins_anew(work: Work) -> None:
    named(work, "ab")
    assert work.state.backfills.start("gazette", "2020-01-01T00:00:00Z", UNTIL, NOW)[1] == SINCE
    work.state.backfills.stop("gazette", NOW)
    assert work.state.backfills.start("gazette", "2020-01-01T00:00:00Z", UNTIL, NOW)[1] != SINCE
    told = present(work.state)
    assert (told.entered, told.cursor, told.ended) == (0, None, None)


def test_once_does_not_wait_for_it(work: Work) -> None:
    named(work, "ab")
    assert work.state.frontier.owed("gazette") == 0
    assert work.take() == []


def test_what_a_backfill_has_walked_over_is_no_gap_any_more(work: Work, tmp_path: Path) -> None:
    state = work.state
    files = SourcesFile(tmp_path / "sources.toml", allow_private=False)
    service = Service(Settings(), state, FolderStore(tmp_path), files)
    begin = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    feed = "https://www.gazette.example/feed"
    gap = SourceGap(begin, begin + 3600, feed)
    state.client.hset("copydesk:gaps:gazette", gap.name, gap.to_json())
    older = OlderDesk(service, lambda: work.lease, lambda: 60.0, lambda: True)
    road = Road(ListingKind.FEED, (), least="2026-05-20", end="its last page", url=feed)

    def walked(cursor: Cursor) -> None:
        work.state.client.hdel("copydesk:backfill:gazette", "walked", "ended")
        assert asyncio.run(older.take(1)) == []
        asyncio.run(older.note(Step(cursor, is_over=True)))

    walked(Cursor((road,)))
    assert state.coverage.open_gaps(["gazette"])
    walked(Cursor((road, replace(road, end="older than asked", url="/another-subject"))))
    assert state.coverage.open_gaps(["gazette"])
    walked(Cursor((replace(road, end="older than asked"),)))
    assert not state.coverage.open_gaps(["gazette"])
    (kept,) = state.client.hvals("copydesk:gaps:gazette")
    assert json.loads(kept)["closed"] == "a backfill"

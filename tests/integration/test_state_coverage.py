"""What walks say of the time that they cover is kept with their listings, and gaps are closed in parts."""

from datetime import date

import pytest

from tests.integration.test_state_sent_twice import Twice
from tests.integration.work import NOW, Work
from workers.state.connection import key
from workers.state.coverage import KEPT_SECONDS, MOST_GAPS, Covered, SourceCoverage, SourceGap
from workers.state.state import State

FEED = "https://a.example/feed"


@pytest.fixture(params=["once", "twice"])
def work(state: State, request: pytest.FixtureRequest) -> Work:
    """A leased source, over a line that may lose every other reply."""
    line = state if request.param == "once" else State(state.client, scripts=Twice(state.client))
    return Work(line)


def _offer(work: Work, until: float, *gaps: SourceGap, links: int = 1) -> None:
    work.state.frontier.offer(
        work.source,
        work.lease.token,
        [(f"gazette.example/{n}", f"https://gazette.example/{n}") for n in range(links)],
        now=work.now,
        most=None,
        settings="settings-1",
        listings={FEED: "{}"},
        covered=Covered(until, gaps),
    )


def _kept(work: Work) -> SourceCoverage:
    return work.state.coverage.of([work.source])[work.source]


def test_it_begins_with_the_first_walk_and_grows(work: Work) -> None:
    assert _kept(work) == SourceCoverage()
    _offer(work, NOW)
    assert _kept(work) == SourceCoverage(NOW, NOW)
    work.now += 600
    _offer(work, NOW + 600, links=1200)
    assert _kept(work) == SourceCoverage(NOW, NOW + 600)
    # A listing that cannot be read holds it up, and never takes it back.
    work.now += 600
    _offer(work, NOW - 50)
    assert _kept(work).until == NOW + 600


def test_gaps_are_kept_with_when_they_were_found(work: Work) -> None:
    work.now += 600
    _offer(
        work, NOW + 600, SourceGap(NOW, NOW + 60, FEED), SourceGap(NOW, NOW + 99, "b", "sitemaps")
    )
    _offer(work, NOW + 600, SourceGap(NOW, NOW + 60, FEED))
    assert set(_kept(work).gaps) == {
        SourceGap(NOW, NOW + 60, FEED, "", NOW + 600),
        SourceGap(NOW, NOW + 99, "b", "sitemaps", NOW + 600),
    }
    open_gaps = work.state.coverage.open_gaps([work.source, "other"])
    assert open_gaps == {work.source: (SourceGap(NOW, NOW + 60, FEED, "", NOW + 600),)}


def test_a_gap_is_closed_as_far_as_it_was_walked_over(work: Work) -> None:
    _offer(work, NOW, SourceGap(NOW - 900, NOW - 300, FEED))
    coverage = work.state.coverage
    coverage.close(work.source, FEED, NOW - 600, NOW + 9, "backfill")
    assert [(g.start, g.end, g.closed) for g in _kept(work).gaps] == [
        (NOW - 900, NOW - 600, ""),
        (NOW - 600, NOW - 300, "backfill"),
    ]
    assert coverage.close(work.source, FEED, NOW - 300, NOW, "backfill") == 0
    coverage.close(work.source, FEED, NOW - 800, NOW - 700, "backfill")
    assert [g.start - NOW for g in _kept(work).open_gaps] == [-900, -700]
    coverage.close(work.source, FEED, 0, NOW, "backfill")
    assert _kept(work).open_gaps == ()
    assert sum(g.end - g.start for g in _kept(work).gaps) == 600
    assert coverage.open_gaps([work.source]) == {}


def test_the_oldest_gaps_go_first(work: Work) -> None:
    old = SourceGap(NOW - KEPT_SECONDS - 5, NOW, FEED)
    kept = SourceGap(NOW - KEPT_SECONDS + 5, NOW, FEED)
    _offer(work, NOW, old, kept)
    assert [g.start for g in _kept(work).gaps] == [kept.start]
    _offer(work, NOW, *(SourceGap(NOW + n, NOW + n + 0.5, FEED) for n in range(MOST_GAPS)))
    assert len(_kept(work).gaps) == MOST_GAPS
    assert kept.start not in {g.start for g in _kept(work).gaps}


def test_nothing_is_told_of_no_source(work: Work) -> None:
    assert work.state.coverage.of([]) == {}
    assert work.state.coverage.open_gaps([]) == {}
    assert work.state.coverage.counts_by_day([], []) == {}


def test_what_ended_on_a_day_is_counted_by_source_and_outcome(work: Work) -> None:
    day, other = date(2026, 11, 27), date(2026, 11, 26)
    for hour, counts in ((3, {"a new": 2, "a failed": 1, "b new": 7}), (23, {"a new": 3})):
        work.state.client.hset(key("outcomes", f"20261127{hour:02d}"), mapping=counts)
    counted = work.state.coverage.counts_by_day(["a", "b"], [other, day], ("new", "failed"))
    assert counted == {"a": {other: (0, 0), day: (5, 1)}, "b": {other: (0, 0), day: (7, 0)}}

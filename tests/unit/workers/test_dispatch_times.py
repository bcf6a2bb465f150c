"""When a source is due again."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sources import Source
from crawler.discovery.hints import SAYS_NOTHING, Hints
from workers.dispatch import most_late
from workers.following import first_times, owed_walk
from workers.pacing.pace import next_walk, pause_after
from workers.pacing.rhythm import Rhythm
from workers.pacing.watching import watched
from workers.state.schedule import CrawlFacts

NOW = datetime(2026, 11, 21, 12, 10, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WALKED = CrawlFacts(walked=NOW, links=30, new_links=10)
HALF_HOURLY = Source(name="a", start="https://a.example/")


def _source(schedule: str, **fields: object) -> Source:
    return Source.model_validate(
        HALF_HOURLY.model_dump(mode="json") | {"schedule": schedule, **fields}
    )


def _rhythm(*, each: float, until: float = NOW, count: int = 100, held: int = 0) -> Rhythm:
    """Of a feed with so many articles, one each so many seconds."""
    dated = [until - each * n for n in range(1, count + 1)]
    return watched(None, until, new=count, dated=dated, held=held)


HOURLY = _rhythm(each=HOUR)


def _adapted(source: Source, rhythm: Rhythm, hints: Hints = SAYS_NOTHING) -> float:
    due, every = next_walk(source, WALKED, NOW, rhythm=rhythm, hints=hints)
    assert due == NOW + every
    return every


def test_a_walk_of_which_nothing_is_known_keeps_the_interval() -> None:
    assert next_walk(HALF_HOURLY, WALKED, NOW) == (NOW + 30 * MINUTE, 30 * MINUTE)


def test_a_source_with_an_article_an_hour_keeps_about_the_stated_interval() -> None:
    assert _adapted(HALF_HOURLY, HOURLY) == pytest.approx(30 * MINUTE, rel=0.2)


def test_much_shortens_the_interval_and_little_lengthens_it() -> None:
    often, seldom = _rhythm(each=10 * MINUTE), _rhythm(each=DAY)
    assert 5 * MINUTE <= _adapted(HALF_HOURLY, often) < 20 * MINUTE
    assert HOUR < _adapted(HALF_HOURLY, seldom) < DAY


def test_the_interval_is_counted_from_the_reading_not_from_the_last_page() -> None:
    due, every = next_walk(HALF_HOURLY, WALKED, NOW + 4 * MINUTE, rhythm=HOURLY)
    assert due == NOW + every
    # Clocks may have been set between the two.
    assert next_walk(HALF_HOURLY, WALKED, NOW - DAY, rhythm=HOURLY)[0] <= NOW - DAY + every
    assert next_walk(HALF_HOURLY, WALKED, NOW + DAY, rhythm=HOURLY)[0] == NOW + DAY


def test_a_source_that_is_not_adaptive_keeps_its_interval() -> None:
    source = _source("every 2h", adaptive=False)
    facts = replace(WALKED, every=5 * HOUR)
    hints = Hints(stated=DAY, cached=DAY, skip_days=(5,))
    for rhythm in (None, HOURLY):
        found = next_walk(source, facts, NOW, rhythm=rhythm, hints=hints)
        assert found == (NOW + 2 * HOUR, 2 * HOUR)


@given(
    st.floats(1, 40 * DAY),
    st.sampled_from(["every 1m", "every 30m", "every 1d", "every 7d"]),
    st.builds(
        Hints,
        stated=st.floats(0, 31 * DAY),
        cached=st.floats(0, 31 * DAY),
        skip_hours=st.lists(st.integers(0, 23), max_size=23).map(tuple),
        skip_days=st.lists(st.integers(0, 6), max_size=6).map(tuple),
    ),
)
def test_adapting_stays_within_its_bounds_whatever_a_site_says(
    each: float, schedule: str, hints: Hints
) -> None:
    source = _source(schedule, every_min="10m", every_max="4h")
    stated = float(schedule.split()[1].rstrip("mhd")) * {"m": MINUTE, "d": DAY}[schedule[-1]]
    every = _adapted(source, _rhythm(each=each), hints)
    assert min(stated, 10 * MINUTE) <= every <= max(stated, 4 * HOUR)


def test_what_is_stated_over_every_max_is_never_shortened_to_it() -> None:
    weekly = _source("every 7d")
    assert _adapted(weekly, _rhythm(each=40 * DAY, count=1)) == 7 * DAY


@pytest.mark.parametrize("said", ["stated", "cached"])
def test_a_hint_slows_a_source_by_a_factor_of_two_at_the_most(said: str) -> None:
    seldom = _rhythm(each=8 * HOUR)
    plain = _adapted(HALF_HOURLY, seldom)
    assert _adapted(HALF_HOURLY, seldom, Hints(**{said: 1.5 * plain})) == pytest.approx(1.5 * plain)
    assert _adapted(HALF_HOURLY, seldom, Hints(**{said: 5 * plain})) == pytest.approx(2 * plain)


def test_a_hint_never_speeds_a_source_up() -> None:
    seldom = _rhythm(each=DAY)
    plain = _adapted(HALF_HOURLY, seldom)
    assert _adapted(HALF_HOURLY, seldom, Hints(stated=MINUTE, cached=MINUTE)) == plain


def test_what_is_stated_is_not_believed_of_a_source_that_publishes_more_often() -> None:
    often = _rhythm(each=10 * MINUTE)
    plain = _adapted(HALF_HOURLY, often)
    assert _adapted(HALF_HOURLY, often, Hints(stated=HOUR)) == plain
    # A cache gives the same again, however much is published.
    assert _adapted(HALF_HOURLY, often, Hints(cached=HOUR)) == pytest.approx(2 * plain)


def test_hours_and_days_to_skip_are_slept_through_up_to_the_longest_interval() -> None:
    # It is ten past twelve on a Saturday.
    through_one = Hints(skip_hours=(12, 13))
    assert _adapted(HALF_HOURLY, HOURLY, through_one) == 110 * MINUTE
    assert _adapted(HALF_HOURLY, HOURLY, Hints(skip_days=(5,))) == 11 * HOUR + 50 * MINUTE
    assert _adapted(HALF_HOURLY, HOURLY, Hints(skip_days=(5, 6))) == DAY


def test_a_walk_that_failed_says_nothing_of_the_interval() -> None:
    facts = replace(WALKED, every=2 * HOUR, error="it is down", failures=3)
    _, every = next_walk(HALF_HOURLY, facts, NOW, rhythm=HOURLY)
    assert every == 2 * HOUR


@pytest.mark.parametrize(
    ("failures", "pause"), [(1, 60), (2, 240), (3, 960), (4, 1800), (2000, 1800)]
)
def test_a_source_that_failed_is_tried_again_sooner_than_it_is_due(
    failures: int, pause: int
) -> None:
    facts = CrawlFacts(error="it is down", failures=failures)
    due, _ = next_walk(HALF_HOURLY, facts, NOW)
    assert due == NOW + pause


def test_a_failure_never_makes_a_source_due_within_a_minute() -> None:
    due, _ = next_walk(_source("every 10s"), CrawlFacts(error="down", failures=9), NOW)
    assert due == NOW + MINUTE


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(0, 60), (1, 60), (2, 240), (3, 960), (4, 3600), (5, 3600), (10**6, 3600)],
)
def test_pauses_grow_to_an_hour(failures: int, pause: int) -> None:
    assert pause_after(failures) == pause


def test_a_crontab_line_is_never_adapted_and_its_next_time_is_counted_from_now() -> None:
    source = _source("*/30 * * * *")
    at_half_past = datetime(2026, 11, 21, 12, 30, tzinfo=UTC).timestamp()
    assert next_walk(source, replace(WALKED, new_links=0, every=HOUR), NOW) == (at_half_past, 0.0)


def test_a_time_that_came_while_the_walk_went_on_is_still_owed() -> None:
    due, _ = next_walk(_source("*/5 * * * *"), WALKED, NOW + 90, NOW - 10)
    assert due == NOW
    # However many came, they are made up once.
    due, _ = next_walk(_source("*/5 * * * *"), WALKED, NOW + 3 * HOUR, NOW + 1)
    assert due == NOW + 5 * MINUTE
    # The clock may have been set back since.
    due, _ = next_walk(_source("*/5 * * * *"), WALKED, NOW + 1, NOW + HOUR)
    assert due == NOW + 5 * MINUTE


def test_a_failure_is_not_tried_again_at_once_for_a_time_that_came_meanwhile() -> None:
    failed = CrawlFacts(error="down", failures=1)
    due, _ = next_walk(_source("*/5 * * * *"), failed, NOW + 1, NOW - 10)
    assert due == NOW + 1 + MINUTE


def test_an_edit_puts_off_no_walk_that_was_missed_or_failed() -> None:
    assert owed_walk(CrawlFacts(walk_due=NOW - DAY), NOW) == NOW - DAY
    assert owed_walk(CrawlFacts(walk_due=NOW + HOUR, error="it is down"), NOW) == NOW + HOUR
    assert owed_walk(CrawlFacts(walk_due=NOW + HOUR), NOW) == math.inf
    assert owed_walk(CrawlFacts(), NOW) == math.inf


@pytest.mark.parametrize(
    ("sources", "tick", "most"), [(1, 3.0, 3), (50, 3.0, 3), (300, 3.0, 3), (100_000, 3.0, 1000)]
)
def test_after_a_stop_sources_spread_out_as_new_ones_do(
    sources: int, tick: float, most: int
) -> None:
    assert most_late(sources, tick) == most


def test_a_crontab_line_means_the_clock_of_its_time_zone() -> None:
    due, _ = next_walk(_source("0 9 * * *", timezone="America/Havana"), WALKED, NOW)
    assert datetime.fromtimestamp(due, UTC) == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def test_a_crontab_source_that_failed_does_not_wait_for_its_next_time() -> None:
    due, _ = next_walk(_source("0 0 1 1 *"), CrawlFacts(error="down", failures=1), NOW)
    assert due == NOW + MINUTE
    due, _ = next_walk(_source("*/15 * * * *"), CrawlFacts(error="down", failures=9), NOW)
    assert due == NOW + 5 * MINUTE


def test_one_new_source_is_due_at_once() -> None:
    assert first_times([HALF_HOURLY], NOW) == {"a": NOW}
    assert first_times([], NOW) == {}


def test_many_new_sources_are_spread_out_the_same_way_each_time() -> None:
    sources = [HALF_HOURLY.model_copy(update={"name": f"s-{i}"}) for i in range(1000)]
    times = first_times(sources, NOW)
    assert times == first_times(sources, NOW)
    assert times.keys() == {source.name for source in sources}
    assert len(set(times.values())) == 1000
    assert min(times.values()) == NOW
    assert max(times.values()) <= NOW + 5 * MINUTE
    halves = [sum(t < NOW + 150 for t in list(times.values())[i : i + 500]) for i in (0, 500)]
    assert all(200 < half < 300 for half in halves)  # not in the order of the file


def test_a_few_new_sources_do_not_wait_for_minutes() -> None:
    sources = [HALF_HOURLY.model_copy(update={"name": f"s-{i}"}) for i in range(3)]
    assert max(first_times(sources, NOW).values()) <= NOW + 2

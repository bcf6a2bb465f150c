"""When a source is due again."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sources import Source
from workers.dispatch import most_late
from workers.following import first_times, owed_walk
from workers.pace import adapted, next_walk, pause_after
from workers.state.schedule import CrawlFacts

NOW = datetime(2026, 11, 21, 12, 10, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WALKED = CrawlFacts(walked=NOW, links=30, new_links=10)
HALF_HOURLY = Source(name="a", start="https://a.example/")


def _source(schedule: str, **fields: object) -> Source:
    return Source.model_validate(
        HALF_HOURLY.model_dump(mode="json") | {"schedule": schedule, **fields}
    )


def test_a_walk_that_found_some_news_keeps_the_interval() -> None:
    assert next_walk(HALF_HOURLY, WALKED, NOW) == (NOW + 30 * MINUTE, 30 * MINUTE)


def test_mostly_new_links_shorten_it_and_mostly_known_ones_lengthen_it() -> None:
    _, shorter = next_walk(HALF_HOURLY, replace(WALKED, new_links=29), NOW)
    _, longer = next_walk(HALF_HOURLY, replace(WALKED, new_links=0), NOW)
    assert 5 * MINUTE < shorter < 30 * MINUTE < longer < DAY


def test_an_adapted_interval_is_adapted_further() -> None:
    due, every = next_walk(HALF_HOURLY, replace(WALKED, every=2 * HOUR, new_links=0), NOW)
    assert every == pytest.approx(2.4 * HOUR)
    assert due == NOW + every


@pytest.mark.parametrize("new_links", [0, 30])
def test_a_source_that_is_not_adaptive_keeps_its_interval(new_links: int) -> None:
    source = _source("every 2h", adaptive=False)
    facts = replace(WALKED, every=5 * HOUR, new_links=new_links)
    assert next_walk(source, facts, NOW) == (NOW + 2 * HOUR, 2 * HOUR)


@given(
    st.lists(st.sampled_from([0, 10, 30]), min_size=1, max_size=40),
    st.sampled_from(["every 1m", "every 30m", "every 1d", "every 7d"]),
)
def test_adapting_stays_within_its_bounds(walks: list[int], schedule: str) -> None:
    source = _source(schedule, every_min="10m", every_max="4h")
    stated = float(schedule.split()[1].rstrip("mhd")) * {"m": MINUTE, "d": DAY}[schedule[-1]]
    every = stated
    for new_links in walks:
        every = adapted(every, 30, new_links, source)
        assert min(stated, 10 * MINUTE) <= every <= max(stated, 4 * HOUR)


def test_what_is_stated_over_every_max_is_never_shortened_to_it() -> None:
    weekly = _source("every 7d")
    assert adapted(7 * DAY, 30, 10, weekly) == 7 * DAY


def test_no_links_at_all_count_as_nothing_new() -> None:
    assert adapted(HOUR, 0, 0, HALF_HOURLY) > HOUR


@pytest.mark.parametrize("new_links", [0, 30])
def test_a_walk_that_failed_says_nothing_of_the_interval(new_links: int) -> None:
    facts = replace(WALKED, every=2 * HOUR, new_links=new_links, error="it is down", failures=3)
    _, every = next_walk(HALF_HOURLY, facts, NOW)
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

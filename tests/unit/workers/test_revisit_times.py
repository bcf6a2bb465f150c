"""When a page is looked at again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from config.sources import Source
from workers.pages.revisits import revisit_times, slack_of

FETCHED = datetime(2026, 11, 21, 12, 10, tzinfo=UTC)
NOW = FETCHED.timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
SOURCE = Source(name="a", start="https://a.example/")
IDS = [f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(1, 1001)]


def test_visits_are_counted_from_the_publication() -> None:
    published = (FETCHED - timedelta(minutes=30)).isoformat()
    times = revisit_times(SOURCE, published, FETCHED, NOW)
    assert times == (NOW + 30 * MINUTE, NOW + 5.5 * HOUR, NOW + 23.5 * HOUR)


def test_without_a_time_they_are_counted_from_the_fetch() -> None:
    expected = (NOW + HOUR, NOW + 6 * HOUR, NOW + DAY)
    for published in (None, "2026-11-21", "2026-11-21T09:00:00", "soon"):
        assert revisit_times(SOURCE, published, FETCHED, NOW) == expected


def test_a_time_of_publication_that_lies_ahead_is_none() -> None:
    assert max(revisit_times(SOURCE, "2096-01-01T00:00:00Z", FETCHED, NOW)) == NOW + DAY


def test_what_was_published_long_ago_is_not_looked_at_again() -> None:
    assert revisit_times(SOURCE, "2025-01-01T00:00:00Z", FETCHED, NOW) == ()


def test_many_that_were_published_at_once_are_not_due_at_once() -> None:
    published = FETCHED.isoformat()
    firsts = sorted(revisit_times(SOURCE, published, FETCHED, NOW, i)[0] for i in IDS)
    assert NOW + 54 * MINUTE <= firsts[0] < NOW + 55 * MINUTE
    assert NOW + 59 * MINUTE < firsts[-1] <= NOW + HOUR
    assert len(set(firsts)) > 250
    assert max(later - earlier for earlier, later in pairwise(firsts)) < 10


@given(st.sampled_from(IDS), st.lists(st.integers(1, 366 * 86400), max_size=5))
def test_a_page_has_the_same_times_whenever_it_is_asked_for(text_id: str, waits: list[int]) -> None:
    source = SOURCE.model_copy(update={"revisit": tuple(waits)})
    times = revisit_times(source, None, FETCHED, NOW, text_id)
    assert times == revisit_times(source, None, FETCHED, NOW, text_id)
    assert list(times) == sorted(times)
    assert all(t == int(t) and t > NOW for t in times)
    assert len(times) <= len(waits)


def test_a_revisit_may_be_late_by_a_share_of_the_shortest_wait() -> None:
    assert slack_of(SOURCE) == 15 * MINUTE
    assert slack_of(SOURCE.model_copy(update={"revisit": (60, 6)})) == 1.5
    assert slack_of(SOURCE.model_copy(update={"revisit": (7 * 86400,)})) == 15 * MINUTE
    assert slack_of(SOURCE.model_copy(update={"revisit": ()})) == 0

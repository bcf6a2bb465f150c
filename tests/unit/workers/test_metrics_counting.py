"""Observations in buckets, and what of a page is counted with its end."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.metrics.declared import LATENCY, STEP
from workers.metrics.histograms import histogram, observed
from workers.metrics.times import LATENCY_SERIES, Times, latency_counts

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC).timestamp()


def added(*counts: dict[str, int]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return total


@given(st.lists(st.floats(0, 1e7, allow_nan=False), max_size=30))
def test_buckets_hold_what_was_observed(seconds: list[float]) -> None:
    # Another series may begin with the same word.
    other = observed("step other", 0.5, STEP.bounds)
    counted = added(other, *(observed("step", s, STEP.bounds) for s in seconds))
    buckets, total = histogram("step", counted, STEP.bounds)
    assert [n for _, n in buckets] == [sum(s <= b for s in seconds) for b in STEP.bounds] + [
        len(seconds)
    ]
    assert total == pytest.approx(sum(seconds), abs=1e-5)


def test_what_was_counted_under_other_bounds_falls_into_the_next_one_above() -> None:
    counted = added(observed("s", 0.3, (0.4, 2.0)), observed("s", 9.0, (0.4, 2.0)))
    assert histogram("s", counted, (0.1, 0.5))[0] == [(0.1, 0), (0.5, 1), (float("inf"), 2)]


def test_a_page_counts_its_steps_and_the_commit_before_it() -> None:
    times = Times()
    times.begin("a", fetch=0.2)
    with times.step("write", "a", "b"):
        pass
    assert {name.rpartition(" ")[0] for name in times.counts("a")} == {"step fetch", "step write"}
    times.committed("a", 0.004)
    assert times.counts("a") == observed("step commit", 0.004, STEP.bounds)
    times.committed("b", None)
    assert times.counts("b") == {}


def test_a_step_that_is_done_again_is_one_observation() -> None:
    times = Times()
    times.begin("a", fetch=0.0)
    for _ in range(3):
        with times.step("look-up", "a"):
            pass
    counts = times.counts("a")
    assert sum(n for name, n in counts.items() if not name.endswith(" us")) == 1


def test_a_step_that_raised_is_none() -> None:
    times = Times()
    times.begin("a", fetch=0.0)
    with pytest.raises(ValueError, match="x"), times.step("extract", "a"):
        raise ValueError("x")
    assert times.counts("a") == {}


def test_what_was_not_ended_is_forgotten() -> None:
    times = Times()
    times.begin("a", fetch=1.0)
    times.forget()
    assert times.counts("a") == {}


@pytest.mark.parametrize(
    ("published", "seconds"),
    [
        ("2026-11-28T11:58:00Z", 120.0),
        ("2026-11-28T07:00:00-05:00", 0.0),
        ("2026-11-28T13:00:00Z", 0.0),
        ("2026-11-01T12:00:00+00:00", 27 * 86400.0),
    ],
)
def test_the_latency_is_from_the_time_that_is_stated(published: str, seconds: float) -> None:
    assert latency_counts(published, NOW) == observed(LATENCY_SERIES, seconds, LATENCY.bounds)


@pytest.mark.parametrize("published", [None, "", "2026-11-28", "2026-11-28T11:00:00", "soon"])
def test_who_states_no_time_has_no_latency(published: str | None) -> None:
    assert latency_counts(published, NOW) == {}

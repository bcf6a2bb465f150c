"""What is learnt of when a source publishes, and when it is worth while to look again."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.pacing.forecast import Forecast, expected, wait_after
from workers.pacing.rhythm import Rhythm
from workers.pacing.watching import watched

MONDAY = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
EVERY = 30 * MINUTE
Times = Callable[[float, float], list[float]]


class Watcher:
    """Walks a source by its rhythm, from one moment to another, with the default's bounds."""

    def __init__(self, begin: float = MONDAY, *, has_dates: bool = True, held: int = 20) -> None:
        self.now = begin
        self.walks: list[float] = []
        self.rhythm: Rhythm | None = None
        self._has_dates = has_dates
        self._held = held

    def until(self, end: float, times: Times) -> "Watcher":
        while self.now < end:
            since = self.rhythm.at if self.rhythm else self.now - DAY
            came = times(since, self.now)
            new = len(came) if self.rhythm else 0
            dated = came if self._has_dates else []
            self.rhythm = watched(self.rhythm, self.now, new=new, dated=dated, held=self._held)
            self.walks.append(self.now)
            self.now += self.wait
        return self

    @property
    def wait(self) -> float:
        assert self.rhythm
        return max(5 * MINUTE, wait_after(self.rhythm, EVERY, DAY))

    def walked(self, begin: float, end: float) -> int:
        return sum(begin <= at < end for at in self.walks)


def _each(seconds: float, *, hours: range = range(24), days: range = range(7)) -> Times:
    """One article after each so many seconds, in some hours of some days."""

    def times(begin: float, end: float) -> list[float]:
        first = int(begin // seconds) + 1
        moments = [n * seconds for n in range(first, int(end // seconds) + 1)]
        return [
            t for t in moments if int(t // HOUR) % 24 in hours and int(t // DAY + 3) % 7 in days
        ]

    return times


def _nothing(_begin: float, _end: float) -> list[float]:
    return []


def test_without_anything_known_the_interval_is_the_stated_one() -> None:
    rhythm = watched(None, MONDAY, new=200, dated=[], held=0)
    assert wait_after(rhythm, EVERY, DAY) == pytest.approx(EVERY)
    assert wait_after(rhythm, 7 * DAY, 7 * DAY) == pytest.approx(7 * DAY)


@pytest.mark.parametrize("has_dates", [True, False])
@pytest.mark.parametrize(
    ("seconds", "interval"), [(HOUR, EVERY), (15 * MINUTE, 15 * MINUTE), (MINUTE, 5 * MINUTE), (DAY, 2.45 * HOUR)]
)  # fmt: skip
def test_it_goes_with_the_inverse_root_of_the_rate(
    seconds: float, interval: float, has_dates: bool
) -> None:
    watcher = Watcher(has_dates=has_dates, held=50)
    watcher.until(MONDAY + 14 * DAY, _each(seconds))
    last = watcher.walked(MONDAY + 7 * DAY, MONDAY + 14 * DAY)
    assert 7 * DAY / last == pytest.approx(interval, rel=0.35)


def test_the_first_reading_of_a_feed_with_times_tells_of_its_last_days() -> None:
    busy = watched(
        None, MONDAY, new=30, dated=[MONDAY - 6 * MINUTE * n for n in range(30)], held=30
    )
    idle = watched(
        None, MONDAY, new=30, dated=[MONDAY - DAY * (2 * n + 1) for n in range(30)], held=30
    )
    ended = watched(
        None, MONDAY, new=30, dated=[MONDAY - 90 * DAY - DAY * n for n in range(30)], held=30
    )
    waits = [wait_after(rhythm, EVERY, DAY) for rhythm in (busy, idle, ended)]
    assert waits[0] < 15 * MINUTE
    assert 1.5 * HOUR < waits[1] < 8 * HOUR
    assert waits[2] == DAY


@pytest.mark.parametrize("has_dates", [True, False])
def test_a_weekday_source_is_left_alone_at_the_weekend_and_met_on_monday_morning(
    has_dates: bool,
) -> None:
    office = _each(25 * MINUTE, hours=range(7, 18), days=range(5))
    watcher = Watcher(has_dates=has_dates).until(MONDAY + 28 * DAY, office)
    saturday = MONDAY + 26 * DAY
    assert watcher.walked(saturday, saturday + 2 * DAY) <= 6
    watcher.until(saturday + 3 * DAY, office)
    morning = saturday + 2 * DAY + 7 * HOUR
    assert watcher.walked(morning, morning + 75 * MINUTE) >= 1
    assert watcher.walked(morning, morning + 11 * HOUR) >= 20


def test_a_source_that_ends_slows_down_to_the_longest_interval() -> None:
    watcher = Watcher().until(MONDAY + 14 * DAY, _each(36 * MINUTE))
    watcher.until(MONDAY + 28 * DAY, _nothing)
    assert watcher.wait == DAY
    assert watcher.walked(MONDAY + 14 * DAY, MONDAY + 28 * DAY) < 100


def test_a_source_that_comes_back_is_believed_at_its_first_article() -> None:
    watcher = Watcher().until(MONDAY + 14 * DAY, _each(36 * MINUTE))
    watcher.until(MONDAY + 60 * DAY, _nothing)
    again = watcher.now
    watcher.until(again + HOUR, _each(36 * MINUTE))
    assert watcher.wait < HOUR
    watcher.until(again + 3 * DAY, _each(36 * MINUTE))
    assert watcher.walked(again, again + 3 * DAY) > 100


def test_a_holiday_is_no_end() -> None:
    office = _each(25 * MINUTE, hours=range(7, 18), days=range(5))
    watcher = Watcher().until(MONDAY + 28 * DAY, office)
    watcher.until(MONDAY + 35 * DAY, _nothing)
    back = MONDAY + 35 * DAY
    watcher.until(back + 5 * DAY, office)
    assert watcher.walked(back + DAY, back + 5 * DAY) > 60


def test_a_burst_is_followed_while_it_lasts() -> None:
    watcher = Watcher().until(MONDAY + 14 * DAY, _each(DAY))
    quiet = watcher.wait
    watcher.until(watcher.now + HOUR, _each(2 * MINUTE))
    assert watcher.wait < quiet / 6
    burst_is_over = watcher.now + DAY
    watcher.until(burst_is_over, _nothing)
    assert watcher.wait > quiet / 4


def test_a_listing_is_read_before_it_rolls_over() -> None:
    for held in (4, 400):
        watcher = Watcher(held=held).until(MONDAY + 7 * DAY, _each(12 * MINUTE))
        assert watcher.rhythm
        wait = wait_after(watcher.rhythm, 12 * HOUR, DAY)
        assert (wait < 20 * MINUTE) == (held == 4)


def test_a_clock_that_is_set_does_no_harm_for_long() -> None:
    for jump in (-365 * DAY, 365 * DAY):
        watcher = Watcher().until(MONDAY + 14 * DAY, _each(36 * MINUTE))
        usual = watcher.wait
        wrong = watched(watcher.rhythm, watcher.now + jump, new=0, dated=[], held=0)
        assert wait_after(wrong, EVERY, DAY) <= DAY
        watcher.rhythm = watched(wrong, watcher.now, new=0, dated=[], held=0)
        watcher.until(watcher.now + 2 * DAY, _each(36 * MINUTE))
        assert watcher.wait == pytest.approx(usual, rel=0.5)


def test_times_of_publication_that_lie_ahead_or_were_known_do_not_count() -> None:
    before = Watcher().until(MONDAY + 7 * DAY, _each(DAY)).rhythm
    assert before
    now = before.at + HOUR
    dated = [now + DAY * n for n in range(1, 50)] + [now - MINUTE * n for n in range(50)]
    assert watched(before, now, new=0, dated=dated, held=99) == watched(
        before, now, new=0, dated=[], held=99
    )
    ahead = watched(before, now, new=1, dated=dated[:49], held=0)
    assert sum(ahead.hours) == pytest.approx(
        sum(watched(before, now, new=0, dated=[], held=0).hours) + 1
    )


_WALKS = st.lists(
    st.tuples(
        st.floats(-400 * DAY, 400 * DAY) | st.floats(0, 2 * DAY),
        st.integers(0, 5000),
        st.lists(st.floats(-60 * DAY, 60 * DAY), max_size=30),
        st.integers(0, 5000),
    ),
    min_size=1,
    max_size=12,
)


@given(_WALKS, st.sampled_from([1.0, 60.0, EVERY, DAY, 366 * DAY]))
def test_whatever_comes_the_wait_has_bounds_and_what_is_kept_has_one_size(
    walks: list[tuple[float, int, list[float], int]], every: float
) -> None:
    rhythm, now = None, MONDAY
    for later, new, dated, held in walks:
        now += later
        rhythm = watched(rhythm, now, new=new, dated=[now + t for t in dated], held=held)
        raw = rhythm.to_bytes()
        assert len(raw) == 292
        kept = Rhythm.from_bytes(raw)
        assert kept
        assert kept.at == now
        assert min(kept.hours + kept.days + kept.hours_watched) >= 0
        longest = max(DAY, every)
        assert 0 < wait_after(kept, every, longest) <= longest
        assert expected(kept, DAY) >= 0
        rhythm = kept


def test_what_is_no_rhythm_is_none() -> None:
    assert Rhythm.from_bytes(b"") is None
    assert Rhythm.from_bytes(b"0" * 100) is None


def test_more_is_expected_where_more_was_published() -> None:
    rng = random.Random(7)
    watcher = Watcher()

    def mornings(begin: float, end: float) -> list[float]:
        return [
            t
            for t in _each(10 * MINUTE)(begin, end)
            if int(t // HOUR) % 24 < 12 or rng.random() < 0.1
        ]

    watcher.until(MONDAY + 14 * DAY, mornings)
    assert watcher.rhythm
    forecast = Forecast(watcher.rhythm)
    tomorrow = MONDAY + 15 * DAY
    assert forecast.shape(tomorrow + 6 * HOUR) > 4 * forecast.shape(tomorrow + 18 * HOUR)

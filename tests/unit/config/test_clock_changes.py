"""Around changes of the clock: the times that a plain reading of the clock, minute by minute, gives."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.trials.year.slots import slots
from config.schedule import Crontab

# Havana's clocks jump at midnight, Lord Howe's by half an hour, Casablanca's back and forth for Ramadan.
ZONES = (
    *("America/New_York", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"),
    *("Africa/Casablanca", "UTC", "Asia/Kathmandu"),
)
MINUTES = ("0", "30", "59", "5,50", "*", "*/7", "*/20", "*/30", "15-45/15")
HOURS = ("*", "*/2", "*/6", "0", "1", "2", "3", "1-3", "0,2,12", "23")
DAYS = ("* * *", "* * mon-fri", "* * sun", "1,15 * *", "13 * fri", "* 3,10 *")

lines = st.builds("{} {} {}".format, *map(st.sampled_from, (MINUTES, HOURS, DAYS)))


def _changes(zone: str, year: int) -> list[datetime]:
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    return [
        day
        for day, (before, after) in zip(days, pairwise(offsets), strict=False)
        if before != after
    ]


def _times(line: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    schedule, found = Crontab(line, zone), []
    moment = start - timedelta(seconds=1)
    while (moment := schedule.next_after(moment)) < end:
        found.append(moment)
    return found


@settings(max_examples=150, deadline=None)
@given(lines, st.sampled_from(ZONES), st.sampled_from([2026, 2027, 2096]), st.data())
def test_a_line_has_the_times_that_the_clock_shows(
    line: str, zone: str, year: int, data: st.DataObject
) -> None:
    change = data.draw(st.sampled_from(_changes(zone, year) or [datetime(year, 2, 28, tzinfo=UTC)]))
    start, end = change - timedelta(hours=12), change + timedelta(hours=40)
    assert _times(line, zone, start, end) == slots(line, zone, start, end)


@pytest.mark.parametrize(
    ("line", "day"),
    [("0 */6 * * *", (4, 3)), ("*/20 2 * * *", (4, 3)), ("0 */6 * * *", (10, 2))],
)
def test_a_change_by_half_an_hour_hides_no_time(line: str, day: tuple[int, int]) -> None:
    start = datetime(2027, *day, tzinfo=UTC)
    end = start + timedelta(days=2)
    zone = "Australia/Lord_Howe"
    assert _times(line, zone, start, end) == slots(line, zone, start, end)


@given(lines, st.sampled_from(ZONES), st.floats(0, 86400), st.data())
@settings(max_examples=100, deadline=None)
def test_from_wherever_one_looks_the_next_time_is_the_same(
    line: str, zone: str, later: float, data: st.DataObject
) -> None:
    changes = _changes(zone, 2027) or [datetime(2027, 2, 28, tzinfo=UTC)]
    moment = data.draw(st.sampled_from(changes)) + timedelta(seconds=later)
    schedule = Crontab(line, zone)
    due = schedule.next_after(moment)
    assert moment < due
    between = moment + (due - moment) * data.draw(st.floats(0, 0.999))
    assert schedule.next_after(between) == due

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schedule import Crontab, Every, Schedule, parse_duration, parse_schedule

moments = st.integers(0, 2 * 10**9).map(lambda n: datetime.fromtimestamp(n, UTC))

YEAR = 2026
START = datetime(YEAR, 1, 1, tzinfo=UTC)
# Havana's clocks jump at midnight, Lord Howe's by half an hour.
ZONES = ["America/Havana", "America/Los_Angeles", "Europe/Paris", "Australia/Lord_Howe"]
DAYS = [date(YEAR, 1, 1) + timedelta(days=n) for n in range(365)]


def times_from(schedule: Schedule, moment: datetime, end: datetime) -> list[datetime]:
    times = []
    while (moment := schedule.next_after(moment)) < end:
        times.append(moment)
    return times


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("90s", 90), ("30m", 1800), ("6h", 21600), ("1d", 86400), ("366d", 31622400)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds
    assert parse_schedule(f"every {text}") == Every(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *["", "30", "m", "0s", "00h", "-1h", "1.5h", "1w", "1 h", "1H", "1h30m", "367d", "٣h"],
        *["1h\n", "9" * 5000 + "s"],
    ],
)
def test_what_is_no_duration_is_an_error_that_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="such as 30m"):
        parse_duration(text)


@given(st.integers(1, 31622400), moments)
def test_every_is_due_after_its_seconds(seconds: int, moment: datetime) -> None:
    assert Every(seconds).next_after(moment) == moment + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("line", "after", "due"),
    [
        ("*/30 * * * *", "2026-05-01T10:00:00", "2026-05-01T10:30:00"),
        ("*/30 * * * *", "2026-05-01T10:29:59.999999", "2026-05-01T10:30:00"),
        ("0 6 * * mon-fri", "2026-05-01T06:00:00", "2026-05-04T06:00:00"),
        ("0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("  5   4 * * sun ", "2026-05-01T00:00:00", "2026-05-03T04:05:00"),
    ],
)
def test_a_crontab_line_is_due_when_the_clock_shows_it(line: str, after: str, due: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert parse_schedule(line).next_after(moment) == expected


def test_the_clock_is_that_of_the_time_zone() -> None:
    schedule = parse_schedule("0 6 * * *", "America/Havana")
    assert schedule.next_after(datetime(2026, 1, 1, 10, tzinfo=UTC)).hour == 11
    assert schedule.next_after(datetime(2026, 7, 1, 9, tzinfo=UTC)).hour == 10
    assert schedule.next_after(START).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *["", "every", "every day", "every 0m", "every 30m now", "30m", "@daily", "* * * *"],
        *["* * * * * *", "60 * * * *", "* 24 * * *", "0 0 30 2 *", "a b c d e", "*/0 * * * *"],
        "0 0 1 feb mon#6",
    ],
)
def test_what_is_no_schedule_is_an_error_that_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"every 30m.*five fields"):
        parse_schedule(text)


@pytest.mark.parametrize("name", ["", "Mars/Base", "America", "../etc/passwd", "UTC\0"])
def test_an_unknown_time_zone_is_an_error_that_says_what_is_allowed(name: str) -> None:
    with pytest.raises(ValueError, match="America/Havana"):
        parse_schedule("0 6 * * *", name)


@pytest.mark.parametrize("zone", ZONES)
def test_an_hourly_line_neither_skips_nor_doubles_an_hour_in_a_year(zone: str) -> None:
    end = START + timedelta(days=365)
    times = times_from(Crontab("0 * * * *", zone), START - timedelta(seconds=1), end)
    gaps = {later - earlier for earlier, later in pairwise(times)}
    if zone == "Australia/Lord_Howe":  # where the hour of a change has ninety or thirty minutes
        assert gaps == {timedelta(minutes=minutes) for minutes in (60, 90)}
    else:
        assert gaps == {timedelta(hours=1)}
        assert len(times) == 365 * 24


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("line", ["30 2 * * *", "30 0 * * *", "30 1 * * *", "0 0 * * *"])
def test_a_daily_line_comes_once_on_every_day_of_a_year(zone: str, line: str) -> None:
    local = ZoneInfo(zone)
    first = datetime(YEAR, 1, 1, tzinfo=local).astimezone(UTC) - timedelta(seconds=1)
    end = datetime(YEAR + 1, 1, 1, tzinfo=local).astimezone(UTC)
    times = times_from(Crontab(line, zone), first, end)
    assert [time.astimezone(local).date() for time in times] == DAYS


def test_in_the_second_of_two_equal_hours_the_first_is_past() -> None:
    schedule = Crontab("30 0 * * *", "America/Havana")
    second_quarter_past_midnight = datetime(2026, 11, 1, 5, 15, tzinfo=UTC)
    assert schedule.next_after(second_quarter_past_midnight) == datetime(
        2026, 11, 2, 5, 30, tzinfo=UTC
    )


@given(
    st.sampled_from(["30 1 * * *", "30 0 * * *", "*/20 * * * *", "15 0,1,2 * * *", "0 0 1 * *"]),
    st.sampled_from(ZONES),
    moments,
)
def test_the_next_time_is_later_and_none_lies_between(
    line: str, zone: str, moment: datetime
) -> None:
    schedule = Crontab(line, zone)
    due = schedule.next_after(moment)
    assert due > moment
    assert schedule.next_after(moment + (due - moment) / 2) == due

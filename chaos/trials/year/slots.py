"""The times that a crontab line has in a time zone, by looking at every minute: slow, and plain to see.

Written without the library that the service computes them with, and by the rules that Debian's cron
states: a line whose minute or hour begins with a star runs whenever the clock shows such a time; any
other has its times once a day, one that the clock skips at the skip, one that it shows twice at the
first.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def slots(line: str, timezone: str, start: datetime, end: datetime) -> list[datetime]:
    """The times of a line from `start` to before `end`; all aware, UTC, in order."""
    minutes, hours, *rest = line.split()
    days = tuple(rest)
    zone = ZoneInfo(timezone)
    clock = _numbers(hours, 0, 23), _numbers(minutes, 0, 59)
    if line.startswith("*") or hours.startswith("*"):
        found = set(_as_shown(*clock, days, zone, start, end))
    else:
        found = set(_once_a_day(*clock, days, zone, start, end))
    return sorted(time for time in found if start <= time < end)


def _as_shown(
    hours: set[int],
    minutes: set[int],
    days: tuple[str, ...],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> Iterator[datetime]:
    moment = start.replace(second=0, microsecond=0)
    while moment < end:
        shown = moment.astimezone(zone)
        if shown.minute in minutes and shown.hour in hours and _has_day(days, shown.date()):
            yield moment
        moment += _MINUTE


def _once_a_day(
    hours: set[int],
    minutes: set[int],
    days: tuple[str, ...],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> Iterator[datetime]:
    day = start.astimezone(zone).date() - _DAY
    while day <= end.astimezone(zone).date():
        if _has_day(days, day):
            for hour in hours:
                for minute in minutes:
                    yield _first_shown(datetime(day.year, day.month, day.day, hour, minute), zone)  # noqa: DTZ001
        day += _DAY


def _first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a clock first shows a time; one that it skips, at the end of the skip."""
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += _MINUTE


@cache
def _has_day(days: tuple[str, ...], day: date) -> bool:
    of_month, months, of_week = days
    by_month = day.day in _numbers(of_month, 1, 31)
    by_week = day.isoweekday() % 7 in {number % 7 for number in _numbers(of_week, 0, 7)}
    if day.month not in _numbers(months, 1, 12):
        return False
    if of_month.startswith("*") or of_week.startswith("*"):
        return by_month and by_week
    return by_month or by_week


def _numbers(field: str, lowest: int, highest: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if first == "*":
            low, high = lowest, highest
        else:
            low = _number(first)
            high = _number(last) if last else low
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str) -> int:
    return _DAYS.index(text) if text in _DAYS else int(text)

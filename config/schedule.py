"""When a source is next due: `every 30m`, or a crontab line in a time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile("([0-9]{1,9})([smhd])")
_LONGEST = 366 * _SECONDS["d"]
_CRONTAB_FIELDS = 5
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
# A leap day that falls on a given weekday comes every 28 years, and 1900 and 2100 have none.
_PROBE = datetime(2024, 1, 1, tzinfo=UTC)

_DURATION_ALLOWED = "allowed is a whole number of s, m, h or d, from 1s to 366d, such as 30m"
_SCHEDULE_ALLOWED = (
    'allowed is "every" with a whole number of s, m, h or d, from 1s to 366d, such as "every 30m",'
    ' or a crontab line of five fields, such as "*/30 * * * *"'
)


@dataclass(frozen=True, slots=True)
class Every:
    """Due again a fixed time after the last."""

    seconds: int

    def next_after(self, moment: datetime) -> datetime:
        """The next due time after `moment`; both aware, UTC."""
        return moment + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Crontab:
    """Due when the clock of a time zone shows what a crontab line says.

    Where the clocks jump, a line with a fixed hour keeps its one time a day (a time that is left
    out comes at the jump, one that occurs twice counts at the first), and a line for every hour
    keeps its hours of sixty minutes.
    """

    line: str
    timezone: str = "UTC"

    def next_after(self, moment: datetime) -> datetime:
        """The next due time after `moment`; both aware, UTC."""
        zone = ZoneInfo(self.timezone)
        minute, hour, *_ = self.line.split()
        if minute.startswith("*") or hour.startswith("*"):
            return self._as_shown(moment, zone)
        times = (time.astimezone(UTC) for time in CronSim(self.line, moment.astimezone(zone)))
        # In the second of two equal hours, a fixed time of the first one is already past.
        return next(time for time in times if time > moment)

    def _as_shown(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Whenever the clock shows it: looked for between one change of the clock and the next.

        Across one, whole hours would be counted, and not every clock is changed by that (Lord Howe's).
        """
        moment = moment.replace(microsecond=0)
        while True:
            clock = timezone(_offset(zone, moment + _SECOND))
            due = next(CronSim(self.line, moment.astimezone(clock))).astimezone(UTC)
            changed = _first_change(zone, moment + _SECOND, due)
            if changed is None:
                return due
            moment = changed - _SECOND


def _first_change(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime | None:
    """When clocks are first changed after `begin`, up to `end`."""
    while begin < end:
        later = min(begin + _DAY, end)
        if _offset(zone, later) != _offset(zone, begin):
            return _change(zone, begin, later)
        begin = later
    return None


def _change(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime:
    while end - begin > _SECOND:
        middle = (begin + (end - begin) / 2).replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, begin):
            begin = middle
        else:
            end = middle
    return end


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


Schedule = Every | Crontab


def parse_duration(text: str) -> int:
    """Seconds of a duration such as `6h`; a `ValueError` says what is allowed."""
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 1 <= seconds <= _LONGEST:
        raise ValueError(_DURATION_ALLOWED)
    return seconds


def parse_schedule(text: str, timezone: str = "UTC") -> Schedule:
    """The schedule that a line of `sources.toml` states; a `ValueError` says what is allowed."""
    match text.split():
        case ["every", duration]:
            try:
                return Every(parse_duration(duration))
            except ValueError:
                raise ValueError(_SCHEDULE_ALLOWED) from None
        case fields if len(fields) == _CRONTAB_FIELDS:
            return _parse_crontab(" ".join(fields), check_timezone(timezone))
    raise ValueError(_SCHEDULE_ALLOWED)


def check_timezone(name: str) -> str:
    """The name of a time zone, as it was given; a `ValueError` where there is none of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder of the database, such as America
        raise ValueError(
            "allowed is the name of a time zone, such as UTC or America/Havana"
        ) from None
    return name


def _parse_crontab(line: str, timezone: str) -> Crontab:
    try:
        next(CronSim(line, _PROBE))
    except CronSimError as error:
        raise ValueError(f"{_SCHEDULE_ALLOWED} ({error})") from None
    except StopIteration:
        raise ValueError(f"{_SCHEDULE_ALLOWED} (this one never comes)") from None
    return Crontab(line, timezone)

"""Dates as pages' markup writes them: with time and offset where they say so, else the day."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"\s*(\d{4})-?(\d\d)-?(\d\d)(?!\d)"
    r"(?:[T ]\s*(?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?:[.,]\d+)?"
    r"\s*(?P<offset>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE,
)
_SLASHES = re.compile(r"\s*(\d{4})/(\d\d?)/(\d\d?)(?!\d)")
_IN_PATH = re.compile(r"/(\d{4})[/-]([01]?\d)[/-]([0-3]?\d)(?=[/_.-]|$)")
_MAIL = re.compile(r"\s*[A-Z][a-z]{2}, ?\d")
_EARLIEST = 1990
# It is tomorrow there: the furthest that a local day is ahead of UTC.
_FURTHEST_EAST = timedelta(hours=14)


def stated(value: str, fetched: datetime) -> str | None:
    """A date from markup: RFC 3339 where it has an offset, else its day, else None.

    `fetched` is aware; what lies after it, or before the web, says nothing.
    """
    moment = _moment(value)
    if moment is None:
        return _plausible_day(_ISO.match(value) or _SLASHES.match(value), fetched)
    if moment.year < _EARLIEST or moment > fetched:
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def in_path(path: str, fetched: datetime) -> str | None:
    """The day that an address's path names: `/2021/12/16/`."""
    return _plausible_day(_IN_PATH.search(path), fetched)


def _moment(value: str) -> datetime | None:
    """The moment that a value names, if it names one with its offset."""
    try:
        moment = parsedate_to_datetime(value.strip()) if _MAIL.match(value) else _iso(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment and moment.tzinfo else None


def _iso(value: str) -> datetime | None:
    match = _ISO.match(value)
    if match is None or match["offset"] is None:
        return None
    offset = "+00:00" if match["offset"][0].isalpha() else match["offset"]
    day = f"{match[1]}-{match[2]}-{match[3]}"
    return datetime.fromisoformat(f"{day}T{match['time']}{match['seconds'] or ':00'}{offset}")


def _plausible_day(match: re.Match[str] | None, fetched: datetime) -> str | None:
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    latest = (fetched.astimezone(UTC) + _FURTHEST_EAST).date()
    return day.isoformat() if day.year >= _EARLIEST and day <= latest else None

"""Dates as pages' markup writes them: with time and offset where they say so, else the day."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"\s*(\d{4})-?(\d\d)-?(\d\d)(?!\d)"
    r"(?:(?:T|,?\s)\s*(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d))?(?:[.,]\d+)?"
    r"\s*(?P<offset>Z\b|UTC|GMT|[+-]\d\d(?::?\d\d)?(?!\d))?)?",
    re.IGNORECASE,
)
# `Thu Dec 16 2021 09:12:00 GMT-0500 (EST)`, as scripts of browsers print it.
_SCRIPTED = re.compile(
    r"\s*[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d{4}) (\d\d:\d\d:\d\d) (?:GMT|UTC)([+-]\d{4})"
)
_EPOCH = re.compile(r"\s*(\d{10})(?:\d{3}|\.\d+)?\s*$")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_NAMED = re.compile(
    rf"\s*(?:[a-z]+,?\s+)?(?:{_MONTH}\s+(\d\d?)(?:st|nd|rd|th)?,?|(\d\d?)(?:st|nd|rd|th)?\s+{_MONTH},?)"
    r"\s+(\d{4})(?!\d)",
    re.IGNORECASE,
)
_DOTS = re.compile(r"\s*(\d\d?)\.(\d\d?)\.(\d{4})(?!\d)")
_SLASHES = re.compile(r"\s*(\d{4})/(\d\d?)/(\d\d?)(?!\d)")
_IN_PATH = re.compile(r"/(\d{4})[/-]([01]?\d)[/-]([0-3]?\d)(?=[/_.-]|$)")
_MAIL = re.compile(r"\s*[A-Z][a-z]{2}, ?\d")
_EARLIEST = 1990
_LONGEST = 100
# It is tomorrow there: the furthest that a local day is ahead of UTC.
_FURTHEST_EAST = timedelta(hours=14)


def stated(value: str, fetched: datetime) -> str | None:
    """A date from markup: RFC 3339 where it has an offset, else its day, else None.

    `fetched` is aware; what lies after it, or before the web, says nothing.
    """
    value = value[:_LONGEST]
    moment = _moment(value)
    if moment is None:
        return _plausible_day(_day(value), fetched)
    if moment.year < _EARLIEST or moment > fetched:
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def in_path(path: str, fetched: datetime) -> str | None:
    """The day that an address's path names: `/2021/12/16/`."""
    match = _IN_PATH.search(path)
    return _plausible_day((match[1], match[2], match[3]) if match else None, fetched)


def _moment(value: str) -> datetime | None:
    """The moment that a value names, if it names one with its offset."""
    try:
        if _MAIL.match(value):
            moment: datetime | None = parsedate_to_datetime(value.strip())
        else:
            moment = _iso(value) or _script(value) or _epoch(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment and moment.tzinfo else None


def _iso(value: str) -> datetime | None:
    match = _ISO.match(value)
    if match is None or match["offset"] is None:
        return None
    offset = "+00:00" if match["offset"][0].isalpha() else match["offset"]
    time = f"{match['hour']}:{match['minute']}:{match['second'] or '00'}"
    return datetime.fromisoformat(f"{match[1]}-{match[2]}-{match[3]}T{time}{offset}")


def _script(value: str) -> datetime | None:
    match = _SCRIPTED.match(value)
    if match is None or match[1].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(match[1].lower()) + 1
    day = f"{match[3]}-{month:02}-{int(match[2]):02}"
    return datetime.fromisoformat(f"{day}T{match[4]}{match[5]}")


def _epoch(value: str) -> datetime | None:
    """Seconds or milliseconds since 1970, as far as they are no digits of a date."""
    match = _EPOCH.match(value)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _day(value: str) -> tuple[str, str, str] | None:
    """Year, month and day of a value that names no moment."""
    if match := _ISO.match(value) or _SLASHES.match(value):
        return match[1], match[2], match[3]
    if match := _DOTS.match(value):
        return match[3], match[2], match[1]
    if match := _NAMED.match(value):
        month = _MONTHS.index((match[1] or match[4]).lower()) + 1
        return match[5], str(month), match[2] or match[3]
    return None


def _plausible_day(parts: tuple[str, str, str] | None, fetched: datetime) -> str | None:
    if parts is None:
        return None
    try:
        day = date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None
    latest = (fetched.astimezone(UTC) + _FURTHEST_EAST).date()
    return day.isoformat() if day.year >= _EARLIEST and day <= latest else None

"""Which days an address speaks of, and whether something is of the time that is asked for. Pure."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR, _MONTH, _DAY = r"((?:19|20)\d\d)", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])"
_TWO, _TWO_DAY = r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
# Of an article: folders `/2026/03/12/`, or the day whole, at an end of a folder or a name.
_FOLDERS = re.compile(
    rf"/{_YEAR}/(?:{_MONTH}|({'|'.join(_MONTHS)}))(?:/{_DAY})?(?=/)", re.IGNORECASE
)
_WHOLE = re.compile(
    rf"(?<=/){_YEAR}-?{_TWO}-?{_TWO_DAY}(?=[-_/])|-{_YEAR}-{_TWO}-{_TWO_DAY}(?=/|\.\w+$|$)"
)
# Of a sitemap: `2026-03`, `202603`, `2026/03/12`, `2026`; or in its query.
_NAMED = re.compile(rf"(?<!\d){_YEAR}(?:[-_/.]?{_TWO}(?:[-_/.]?{_TWO_DAY})?)?(?!\d)")
_QUERY_YEAR = re.compile(rf"(?:^|&)(?:y|yyyy|year)={_YEAR}(?=&|$)", re.IGNORECASE)
_QUERY_MONTH = re.compile(rf"(?:^|&)(?:m|mm|month)={_MONTH}(?=&|$)", re.IGNORECASE)
_QUERY_DAY = re.compile(rf"(?:^|&)(?:d|dd|day)={_DAY}(?=&|$)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both meant: `2026-03-01`, `2026-03-31`."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked for: from `since` to before `until`, both RFC 3339 in UTC."""

    since: str
    until: str

    def is_before(self, at: str) -> bool:
        """Whether a time, or all of a day, lies before it."""
        return _end(at) < self.since

    def is_after(self, at: str) -> bool:
        """Whether a time, or all of a day, lies after it."""
        return _begin(at) >= self.until

    def holds(self, days: Days) -> bool:
        """Whether any of these days is of it; an article's day is that of its own place."""
        return not (self.is_before(_next(days.last, 1)) or self.is_after(_next(days.first, -1)))


def days_of_article(url: str) -> Days | None:
    """The day or the month that an article's address names; None where it names none for certain."""
    path = _path(url)
    if match := _FOLDERS.search(path):
        year, number, word, day = match.groups()
        month = int(number) if number else _MONTHS.index(word.lower()) + 1
        return _days(int(year), month, int(day or 0))
    if match := _WHOLE.search(path):
        return _days(*(int(group) for group in match.groups() if group))
    return None


def days_of_sitemaps(urls: Sequence[str]) -> list[Days | None]:
    """The time that the name of each sitemap of an index tells.

    A year alone is none where others of the index bear numbers that are no years: it counts them.
    """
    found = [_days_of_name(url) for url in urls]
    others = (_NUMBER.search(_path(u)) for u, d in zip(urls, found, strict=True) if d is None)
    if not any(others):
        return found
    return [d if d is None or d.first[:7] == d.last[:7] else None for d in found]


def _days_of_name(url: str) -> Days | None:
    query = url.partition("?")[2]
    if year := _QUERY_YEAR.search(query):
        month, day = _QUERY_MONTH.search(query), _QUERY_DAY.search(query)
        return _days(
            int(year[1]), int(month[1]) if month else 0, int(day[1]) if month and day else 0
        )
    named = url.partition("://")[2].partition("/")[2]
    best = max(_NAMED.finditer(named), key=lambda match: len(match[0]), default=None)
    return _days(int(best[1]), int(best[2] or 0), int(best[3] or 0)) if best else None


def _path(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]


def _days(year: int, month: int, day: int) -> Days | None:
    if not month:
        return Days(f"{year}-01-01", f"{year}-12-31")
    last = monthrange(year, month)[1]
    if day > last:
        return None
    return Days(f"{year}-{month:02}-{day or 1:02}", f"{year}-{month:02}-{day or last:02}")


def _begin(at: str) -> str:
    return at if len(at) > 10 else f"{at}T00:00:00Z"


def _end(at: str) -> str:
    return at if len(at) > 10 else f"{at}T23:59:59Z"


def _next(day: str, days: int) -> str:
    """Another day; at the ends of the calendar the same one."""
    try:
        return (
            (datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days)).date().isoformat()
        )
    except OverflowError:
        return day

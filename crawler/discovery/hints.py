"""What listings say of how often they want to be asked, also where it is misspelt. Pure.

RSS has `ttl`, `skipHours` and `skipDays`, the syndication module `updatePeriod` and `updateFrequency`, and HTTP
has ages and pauses. None of it is believed beyond a month, and what makes no sense says nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from functools import lru_cache

from config.records import known_fields

ABOUT_FEED = frozenset({"ttl", "updatePeriod", "updateFrequency", "hour", "day"})
"""Local names of the elements of a feed, outside of its entries, that are read here."""

CACHING = ("Cache-Control", "Age", "Expires", "Retry-After", "Date")

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_LONGEST = 31 * _DAY
_PERIODS = {
    "minutely": _MINUTE,
    "hourly": _HOUR,
    "daily": _DAY,
    "weekly": 7 * _DAY,
    "monthly": 30 * _DAY,
    "yearly": 365 * _DAY,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES = re.compile(r"(\d{1,9})(?:\.\d+)?\s*(?:m|min|mins|minutes?)?", re.ASCII)
_MOST_OFTEN = 1_000
_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.ASCII | re.IGNORECASE)
_NEVER_KEPT = re.compile(r"no-store|no-cache", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a listing, or all of a walk, says of when to ask again."""

    stated: float = 0.0
    """Seconds after which it says that there may be something new; 0 where it says nothing."""
    cached: float = 0.0
    """Seconds for which the same answer would be given again; 0 where that is not known."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, UTC, in which it does not want to be asked."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, Monday is 0."""

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> "Hints":
        """The inverse of `dataclasses.asdict` and JSON, which has no tuples."""
        lists = {
            k: tuple(v) if isinstance(v, list) else v for k, v in known_fields(cls, fields).items()
        }
        return cls(**lists)  # type: ignore[arg-type]


SAYS_NOTHING = Hints()


def hints_of_feed(about: Mapping[str, Sequence[str]]) -> Hints:
    """What the elements of a feed say, by their local names."""
    ttl = _seconds_of_ttl(_first(about, "ttl"))
    period = _period(_first(about, "updatePeriod"))
    stated = max(ttl, _sensible(period / _frequency(_first(about, "updateFrequency"))))
    hours = {int(text) % 24 for text in about.get("hour", ()) if _is_hour(text)}
    days = {day for text in about.get("day", ()) if (day := _day(text)) is not None}
    return Hints(
        stated=stated,
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
    )


def seconds_cached(headers: Mapping[str, str]) -> float:
    """For how long an answer will be the same, or asks to be left alone.

    `headers` by the names in `CACHING`, as far as they were sent. Dates are compared with the site's own.
    """
    return max(_sensible(_kept_for(headers)), _sensible(_asked_for(headers)))


def hints_of_walk(hints: Iterable[Hints]) -> Hints:
    """What all listings of a walk agree on: one that says nothing may have something new at any time."""
    found = list(hints)
    if not found:
        return SAYS_NOTHING
    hours = set.intersection(*(set(one.skip_hours) for one in found))
    days = set.intersection(*(set(one.skip_days) for one in found))
    return Hints(
        stated=min(one.stated for one in found),
        cached=min(one.cached for one in found),
        skip_hours=tuple(sorted(hours)),
        skip_days=tuple(sorted(days)),
    )


def _first(about: Mapping[str, Sequence[str]], name: str) -> str:
    return next((text.strip() for text in about.get(name, ()) if text.strip()), "")


def _sensible(seconds: float) -> float:
    return seconds if 1.0 <= seconds <= _LONGEST else 0.0


def _seconds_of_ttl(text: str) -> float:
    minutes = _MINUTES.fullmatch(text.lower())
    return _sensible(float(minutes[1]) * _MINUTE) if minutes else 0.0


@lru_cache(maxsize=256)
def _period(text: str) -> float:
    """Seconds of a word such as `hourly`, `dayly` or `Hour`; 0 for one that is like none of them."""
    close = get_close_matches(text.lower()[:20], _PERIODS, n=1, cutoff=0.65)
    return _PERIODS[close[0]] if close else 0.0


def _frequency(text: str) -> int:
    """How often in a period; once where it is no sensible number."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 6
    return int(text) if is_number and 1 <= int(text) <= _MOST_OFTEN else 1


def _is_hour(text: str) -> bool:
    text = text.strip()
    return text.isascii() and text.isdecimal() and len(text) < 3 and int(text) <= 24


@lru_cache(maxsize=256)
def _day(text: str) -> int | None:
    text = text.strip().lower()[:20]
    short = [day for day in _DAYS if len(text) >= 3 and day.startswith(text)]
    close = short or get_close_matches(text, _DAYS, n=1, cutoff=0.7)
    return _DAYS.index(close[0]) if close else None


def _kept_for(headers: Mapping[str, str]) -> float:
    control = headers.get("Cache-Control", "")
    if _NEVER_KEPT.search(control):
        return 0.0
    age = headers.get("Age", "").strip()
    gone_by = float(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0.0
    if found := _AGE.search(control):
        return float(found[1]) - gone_by
    return _until(headers, "Expires")


def _asked_for(headers: Mapping[str, str]) -> float:
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    return _until(headers, "Retry-After")


def _until(headers: Mapping[str, str], name: str) -> float:
    try:
        moment, sent = (parsedate_to_datetime(headers.get(n, "")[:64]) for n in (name, "Date"))
        return (moment - sent).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0

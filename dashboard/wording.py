"""Times, numbers and strangers' text as a person reads them. Pure."""

import re
import unicodedata
from datetime import UTC, datetime
from itertools import groupby
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
_LINE = {"\n", "\t"}
_LANGUAGE = re.compile("[a-z]{2,3}")


def span(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `2 d 5 h`: its two largest units, the second left out where it is nothing."""
    left = max(0.0, seconds)
    for place, (unit, name) in enumerate(_UNITS):
        if left >= unit or unit == 1.0:
            first = f"{int(left // unit)} {name}"
            rest = left % unit
            if place + 1 < len(_UNITS) - 1 and rest >= (smaller := _UNITS[place + 1])[0]:
                return f"{first} {int(rest // smaller[0])} {smaller[1]}"
            return first
    return "0 s"


def ago(seconds: float | None, now: float) -> str:
    """`12 min ago`, `in 5 min`; `never` for none."""
    if not seconds:
        return "never"
    passed = now - seconds
    return f"{span(passed)} ago" if passed >= 0 else f"in {span(-passed)}"


def coming(seconds: float, now: float) -> str:
    """`in 5 min`; `now` for what is due, or late."""
    return f"in {span(seconds - now)}" if seconds > now else "now"


def moment(seconds: float | None) -> str:
    """`2026-11-28 09:12` in UTC; empty for none."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}" if seconds else ""


def machine_time(seconds: float) -> str:
    """The same for a program."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def dateline(seconds: float) -> str:
    """`Saturday, 28 November 2026`."""
    day = datetime.fromtimestamp(seconds, UTC)
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def number(value: float | None) -> str:
    """With commas; empty for none."""
    return "" if value is None else f"{value:,.0f}"


def counted(count: int, noun: str) -> str:
    """`1 page`, `2,000 pages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def web_address(text: str | None) -> str:
    """An address that may become a link: http or https; empty for every other."""
    try:
        parts = urlsplit(text or "")
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_web = False
    return (text or "") if is_web else ""


def language(text: str | None) -> str:
    """A language that a browser may be told; empty for what is none."""
    return text if text and _LANGUAGE.fullmatch(text) else ""


def visible(text: str | None) -> Markup:
    """A stranger's text as markup: escaped, and what would turn it around or hide in it spelt out."""
    # Of plain strings: a text may be nothing but such signs, and markup for each takes seconds.
    shown: list[str] = []
    for is_hidden, run in groupby(text or "", _is_hidden):
        if is_hidden:
            shown += (f'<span class="hidden-sign">U+{ord(char):04X}</span>' for char in run)
        else:
            shown.append(escape("".join(run)))
    return Markup("".join(shown))  # noqa: S704 - the rest of it was escaped


def _is_hidden(char: str) -> bool:
    """Controls, marks of direction that reach beyond themselves, and halves of characters."""
    if char.isprintable() or char in _LINE:
        return False
    kind = unicodedata.category(char)
    is_override = "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"
    return kind in {"Cc", "Cs", "Zl", "Zp"} or is_override

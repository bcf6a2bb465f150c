"""How often a site publishes, and when to look: from the times that its listings give. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_STEPS = (
    ("every 5m", 300), ("every 10m", 600), ("every 15m", 900), ("every 30m", 1800), ("every 1h", 3600),
    ("every 2h", 7200), ("every 4h", 14400),
)  # fmt: skip
_FEWEST = 4
_RECENT = timedelta(days=30)
# One look in two finds something, on the average, which adapting then betters; and nothing may leave a
# listing unseen.
_ARTICLES_A_LOOK = 0.5
_LOOKS_A_LISTING = 3.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often articles come."""

    a_day: float
    schedule: str
    """What to propose."""


def rhythm(times: Iterable[str | None], now: datetime, shortest: int = 0) -> Rhythm | None:
    """From the times of a site's articles, as `Link.published` writes them; None where they are too few.

    `shortest` is how many articles the shortest of the listings names: after so many, one is gone from it.
    """
    moments = sorted({m for m in map(_moment, times) if m and now - _RECENT < m <= now})
    if len(moments) < _FEWEST:
        return None
    span = (now - moments[0]).total_seconds()
    if span <= 0:
        return None
    seconds = span / len(moments)
    longest = _ARTICLES_A_LOOK * seconds
    if shortest:
        longest = min(longest, shortest * seconds / _LOOKS_A_LISTING)
    schedule = next((name for name, step in reversed(_STEPS) if step <= longest), _STEPS[0][0])
    return Rhythm(round(86400 / seconds, 1), schedule)


def _moment(text: str | None) -> datetime | None:
    """A time; a day alone says too little of the hour."""
    if not text or len(text) <= len("2026-11-20"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

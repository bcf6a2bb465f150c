"""Who had a text first, and by how long. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.document import Sidecar

PUBLISHED, FETCHED = "by the times that their pages give", "by when they were fetched"


@dataclass(frozen=True, slots=True)
class Firsts:
    """The one of two that was earlier."""

    first: Sidecar
    second: Sidecar
    seconds: float
    """By which it was."""
    how: str
    """How that is known, for a person."""


def firsts(one: Sidecar, other: Sidecar) -> Firsts:
    """Of two: by the times of publication where both pages give one to the minute, else by the fetches."""
    published = moment(one.published), moment(other.published)
    if published[0] is not None and published[1] is not None:
        return _in_order(one, other, published[0], published[1], PUBLISHED)
    return _in_order(one, other, moment(one.fetched) or 0.0, moment(other.fetched) or 0.0, FETCHED)


def _in_order(one: Sidecar, other: Sidecar, at: float, other_at: float, how: str) -> Firsts:
    if at <= other_at:
        return Firsts(one, other, other_at - at, how)
    return Firsts(other, one, at - other_at, how)


def moment(stamp: str | None) -> float | None:
    """A time of a sidecar in unix seconds; None for a day alone, or what is no time."""
    if not stamp or "T" not in stamp:
        return None
    try:
        parsed = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()

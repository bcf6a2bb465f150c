"""What an answer of the receiver means for a document. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from crawler.retry_after import retry_at

_OK, _REDIRECT = 200, 300
# The receiver as a whole does not take anything just now, whatever it is.
_AWAY = {429, 502, 503, 504}


class Kind(StrEnum):
    """Whose matter it is."""

    TAKEN = "taken"
    AWAY = "away"
    """Nobody takes anything there: it counts for no document, and is waited for."""
    REFUSED = "refused"
    """It may be this document's fault, or the receiver's: what becomes of others tells."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt."""

    kind: Kind
    reason: str = ""
    """In a few words, for a person."""
    wait: float | None = None
    """Seconds for which the receiver asked to be left alone."""


TAKEN = Answer(Kind.TAKEN)


def away(reason: str) -> Answer:
    """The receiver was not reached."""
    return Answer(Kind.AWAY, reason)


def refused(reason: str) -> Answer:
    """It was reached, and did not take the document."""
    return Answer(Kind.REFUSED, reason)


def answer_of(status: int, retry_after: str | None, now: float) -> Answer:
    """What an HTTP status means, with the header Retry-After beside it."""
    if _OK <= status < _REDIRECT:
        return TAKEN
    if status in _AWAY:
        return Answer(Kind.AWAY, f"HTTP {status}", _seconds(retry_after, now))
    if _REDIRECT <= status < 400:
        return refused(f"HTTP {status}, a redirect, which is not followed")
    return refused(f"HTTP {status}")


def _seconds(retry_after: str | None, now: float) -> float | None:
    moment = retry_at(retry_after, datetime.fromtimestamp(now, UTC)) if retry_after else None
    return max(0.0, moment.timestamp() - now) if moment else None

"""Times as listings write them."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 64


def timestamp(text: str) -> str | None:
    """RFC 3339 in UTC, so that times sort as text; the day alone where there is no offset.

    Reads ISO 8601 and the dates of mail; None for all else, since nothing is guessed.
    """
    text = text.strip()[:_LONGEST]
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return _written(read(text))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _written(moment: datetime) -> str:
    if moment.tzinfo is None:
        return moment.date().isoformat()
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

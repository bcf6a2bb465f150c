"""When whoever asks to be left alone for a while is to be asked again."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Who asks to be left alone for longer is looked at again after this, and asked itself.
_LONGEST_PAUSE = timedelta(days=1)


def retry_at(header: str, now: datetime) -> datetime | None:
    """The moment a Retry-After header names, in seconds or as a date; at most a day ahead."""
    header = header.strip()
    if header.isdecimal():
        moment = now + timedelta(seconds=min(float(header), _LONGEST_PAUSE.total_seconds()))
    else:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, OverflowError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment, now), now + _LONGEST_PAUSE)

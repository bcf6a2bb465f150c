"""When a URL is looked at again. Pure."""

from datetime import datetime, timedelta

from config.sources import Source

# A revisit is late by no more than this share of the source's shortest wait, and never by more than:
_SHARE, _MOST_SECONDS = 0.25, 900.0
# Pages that were published in the same minute come due over the last tenth of their wait, or so much of it:
_SPREAD, _MOST_SPREAD = 0.1, 900.0
# What is tried again beyond the planned times is let be when the text is so many of the longest waits old.
_TRIED_FOR = 3


def revisit_times(
    source: Source, published: str | None, fetched: datetime, now: float, text_id: str = ""
) -> tuple[float, ...]:
    """Times to come, counted from the publication of a page that gives its time, else from its fetch.

    By the id of its text each page is due a little earlier than that, up to a tenth of the wait: many that
    were published at once are not due at once. A time of publication that lies ahead is none.
    """
    first = min(_moment(published) or fetched, fetched)
    waits = (timedelta(seconds=s - _earlier(text_id, s)) for s in source.revisit)
    # Whole seconds: the scripts keep no more than 14 digits of a number.
    times = sorted(float(int((first + wait).timestamp())) for wait in waits)
    return tuple(t for t in times if t > now)


def tried_again(
    source: Source, published: str | None, fetched: datetime, now: float, text_id: str
) -> tuple[float, ...]:
    """Those times that are still to come, or else one more, a longest wait from now, as long as the text is young."""
    times = revisit_times(source, published, fetched, now, text_id)
    longest = max(source.revisit, default=0)
    is_young = now < fetched.timestamp() + _TRIED_FOR * longest
    return times or ((float(int(now + longest)),) if is_young else ())


def slack_of(source: Source) -> float:
    """Seconds by which a revisit may be late, so that it goes with others, or with the next walk."""
    return min(_SHARE * min(source.revisit, default=0), _MOST_SECONDS)


def _earlier(text_id: str, seconds: float) -> float:
    share = int(text_id[:4] or "0", 16) / 0x10000
    return share * min(_SPREAD * seconds, _MOST_SPREAD)


def _moment(published: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(published or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None

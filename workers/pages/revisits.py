"""When a URL is looked at again. Pure."""

from datetime import datetime, timedelta

from config.sources import Source


def revisit_times(
    source: Source, published: str | None, fetched: datetime, now: float
) -> tuple[float, ...]:
    """Times to come, counted from the publication of a page that gives its time, else from its fetch."""
    first = _moment(published) or fetched
    times = sorted((first + timedelta(seconds=s)).timestamp() for s in source.revisit)
    return tuple(t for t in times if t > now)


def _moment(published: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(published or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None

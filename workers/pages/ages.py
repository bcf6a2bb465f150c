"""Whether an article is of the time that a backfill asks for. Pure."""

from crawler.discovery.days import Span
from crawler.discovery.times import timestamp

OLDER, ASKED_FOR, YOUNGER = "older", "asked-for", "younger"


def age_of(published: str | None, since: str, until: str) -> tuple[str, str]:
    """Where an article stands to a time from `since` to before `until`, and its own time in UTC.

    Both are empty where the page does not say when it was published.
    """
    at = timestamp(published or "")
    if at is None:
        return "", ""
    span = Span(since, until)
    if span.is_before(at):
        return OLDER, at
    return (YOUNGER if span.is_after(at) else ASKED_FOR), at

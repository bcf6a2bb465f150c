"""How far a backfill is, and when it may be over. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

from crawler.walking.cursor import Cursor, from_json
from workers.state.backfills import Backfilling

# Before so much of it is done, nothing can be said of the rest.
_LEAST_SHARE = 0.02
_LEAST_SECONDS = 3.0


def cursor_of(backfill: Backfilling) -> Cursor:
    """How far its walk is; an empty one where that has not begun."""
    return from_json(backfill.cursor) if backfill.cursor else Cursor()


def position_of(backfill: Backfilling) -> str:
    """How far back it has come (RFC 3339 or a day); empty where nothing says so."""
    cursor = cursor_of(backfill)
    number = cursor.next_road()
    # What the walk has named is still to be fetched.
    if number is None or backfill.open or backfill.left:
        return backfill.reached
    walked = cursor.roads[number].position
    return min(filter(None, (walked, backfill.reached)), default="")


def share_of(backfill: Backfilling) -> float | None:
    """How much of the time asked for has been walked, from 0 to 1; None where nothing says so yet."""
    if backfill.ended and not backfill.stopped:
        return 1.0
    position = _seconds(position_of(backfill))
    since, until = _seconds(backfill.since), _seconds(backfill.until)
    if position is None or since is None or until is None:
        return None
    until = min(until, backfill.asked)
    if until <= since:
        return None
    return min(1.0, max(0.0, (until - position) / (until - since)))


def seconds_left(backfill: Backfilling) -> float | None:
    """Seconds of work that are left, if the rest is as the time so far; None where nothing can be said."""
    share = share_of(backfill)
    if share is None or share < _LEAST_SHARE or backfill.active < _LEAST_SECONDS:
        return None
    return backfill.active * (1 - share) / share


def ends_of(backfill: Backfilling) -> Iterator[tuple[str, str]]:
    """The kinds of the listings that are at their end, and why."""
    return ((road.kind.value, road.end) for road in cursor_of(backfill).roads if road.end)


def state_of(backfill: Backfilling, now: float) -> str:
    """One of `done`, `stopped`, `walking`, `fetching` (what was named last), `waiting` (for a listing)."""
    if backfill.ended:
        return "stopped" if backfill.stopped else "done"
    if backfill.open or backfill.left:
        return "fetching"
    return "waiting" if backfill.next > now else "walking"


def _seconds(at: str) -> float | None:
    if not at:
        return None
    moment = datetime.fromisoformat(at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

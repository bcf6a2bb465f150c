"""Whether a listing still does its work: it can be read, it names what is new, and as much as it used to. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from crawler.discovery.listing import Link
from crawler.walking.continuity import Memory, mark, seconds_of

DEAD_AFTER = 3
"""Walks in a row that could not read a listing, after which it is dead."""
_DAY = 86400.0
# Between two comparisons of a listing that may be stale with what stands beside it.
_COMPARED_SECONDS = _DAY
_SEVERAL = 8.0
# Of a listing that named ten, three are left.
_CUT_FROM, _CUT_TO = 8, 3
# What has been dead for ten hours is tried once an hour, what for weeks once a day.
_PATIENCE = 10.0


class Fall(StrEnum):
    """Why a listing no longer counts on by itself."""

    DEAD = "dead"
    STALE = "stale"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Health:
    """How a listing has done so far. Times are unix seconds, 0 where there is none."""

    failures: int = 0
    """Walks in a row that could not read it."""
    why: str = ""
    """Of the last failure."""
    since: float = 0.0
    """When it failed first, or was found to have fallen."""
    tried: float = 0.0
    """When it was last asked for."""
    newest: float = 0.0
    """Of what it names: the time of the newest, else when it last named anything new."""
    watched: float = 0.0
    """Since when it is read."""
    pace: float = 0.0
    """Seconds that usually lie between two of its items; 0 where that is not known."""
    usual: int = 0
    """Items that it names when it is well."""
    named: int = 0
    """Items that it named the last time."""
    compared: float = 0.0
    """When it was last compared with what stands beside it."""
    fallen: str = ""
    """A `Fall`; empty where it is well."""


NO_HEALTH = Health()
"""Of a listing that was never read."""


def after_failure(health: Health, why: str, now: float) -> Health:
    """A listing could not be read."""
    failures = health.failures + 1
    failed = replace(health, failures=failures, why=why[:200], tried=now, since=health.since or now)
    return replace(failed, fallen=Fall.DEAD) if failures >= DEAD_AFTER else failed


def after_reading(
    health: Health, links: Sequence[Link] | None, memory: Memory, now: float
) -> Health:
    """A listing was read: `links` is what it names, None where it is as it was; `memory` what it named before."""
    well = replace(health, failures=0, why="", tried=now, watched=health.watched or now)
    if links is None:
        # One that answers again with what it always said is not dead; it may be stale.
        is_back = health.fallen == Fall.DEAD or (health.failures and not health.fallen)
        return replace(well, fallen="", since=0.0) if is_back else well
    times = sorted(t for link in links if (t := seconds_of(link.published)) and t <= now)
    is_new = _is_new(times, links, memory, health)
    newest = times[-1] if times else (now if is_new else health.newest)
    named = len(links)
    is_cut = _is_cut(named, health.usual)
    read = replace(
        well,
        newest=max(newest, health.newest),
        pace=_pace(times) or health.pace,
        # Slowly less, at once more: a feed that is shorter for good is so after a while.
        usual=health.usual if is_cut else max(named, int(health.usual * 0.9)),
        named=named,
    )
    if _is_back(health, is_new=is_new, is_cut=is_cut):
        return replace(read, fallen="", since=0.0)
    return read


def suspicion(health: Health, now: float) -> Fall | None:
    """Why a listing should be compared with what stands beside it; None where there is no reason."""
    if health.fallen == Fall.DEAD:
        return Fall.DEAD
    if health.failures or health.fallen:
        return None
    if _is_cut(health.named, health.usual):
        return Fall.CUT
    # What is old when a source is new may be a site that publishes seldom: it is watched for a while first.
    silent = now - max(health.newest, health.watched)
    is_stale = health.newest and silent > max(_SEVERAL * health.pace, _DAY)
    return Fall.STALE if is_stale else None


def is_to_compare(health: Health, now: float) -> bool:
    """Whether it is time to compare it, which costs requests: once a day."""
    return suspicion(health, now) is not None and now - health.compared >= _COMPARED_SECONDS


def fell(health: Health, fall: Fall, now: float) -> Health:
    """What stands beside a listing names what it does not."""
    return replace(health, fallen=fall, since=health.since or now, compared=now)


def is_to_try(health: Health, now: float) -> bool:
    """Whether a listing should be asked for: one that has been dead for long is seldom."""
    if health.fallen != Fall.DEAD:
        return True
    return abs(now - health.tried) >= min((now - health.since) / _PATIENCE, _DAY)


def _is_new(times: Sequence[float], links: Sequence[Link], memory: Memory, health: Health) -> bool:
    if times:
        return times[-1] > health.newest
    return bool(links) and mark(links[0].url) not in memory.each()


def _is_back(health: Health, *, is_new: bool, is_cut: bool) -> bool:
    match health.fallen:
        case Fall.STALE:
            return is_new
        case Fall.CUT:
            return not is_cut
        case _:
            return True


def _is_cut(named: int, usual: int) -> bool:
    return usual >= _CUT_FROM and named <= _CUT_TO


def _pace(times: Sequence[float]) -> float:
    gaps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return statistics.median(gaps) if len(gaps) > 1 else 0.0

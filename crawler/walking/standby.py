"""Who stands in for a listing that no longer does its work, and for how long. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from crawler.desk import Fallen
from crawler.discovery.listing import ListingKind
from crawler.walking.health import Fall, Health
from crawler.walking.listing_state import ListingState

# A listing that was found by itself, and has been dead for so long, is looked for no longer.
_FORGOTTEN_SECONDS = 14 * 86400.0


def retired(listings: Mapping[str, ListingState], now: float) -> dict[str, ListingState]:
    """What to remember of listings once those that stood in for others are no longer needed, or have come to stay."""
    kept = {url: state for url, state in listings.items() if not _is_forgotten(state, now)}
    is_well = not any(s.health.fallen or s.health.failures for s in kept.values())
    if is_well and len(kept) < len(listings):
        return {url: replace(state, stands_in=False) for url, state in kept.items()}
    if not is_well:
        return kept
    children = {u for s in kept.values() if s.stands_in for u in s.children}
    others = {url: state for url, state in kept.items() if url not in children}
    return {
        url: _put_aside(state) if state.stands_in else state
        for url, state in others.items()
        if not state.stands_in or state.kind is ListingKind.SECTION
    }


def _is_forgotten(state: ListingState, now: float) -> bool:
    health = state.health
    is_dead = health.fallen == Fall.DEAD and now - health.since > _FORGOTTEN_SECONDS
    return state.found and not state.stands_in and is_dead


def _put_aside(state: ListingState) -> ListingState:
    """What a section named is kept, to see later what came anew."""
    return ListingState(state.kind, memory=state.memory, is_aside=True)


def fallen_of(listings: Mapping[str, ListingState]) -> tuple[Fallen, ...]:
    """The listings that no longer do their work, and what is read instead."""
    children = {child for state in listings.values() for child in state.children}
    top = {u: s for u, s in listings.items() if u not in children and not s.is_aside}
    well = {u: s for u, s in top.items() if not s.health.fallen and not s.health.failures}
    instead = tuple(u for u, s in well.items() if s.stands_in) or tuple(well)
    return tuple(
        Fallen(url, s.kind.value, s.health.fallen, _why(s.health), s.health.since, instead[:3])
        for url, s in top.items()
        if s.health.fallen
    )


def _why(health: Health) -> str:
    match health.fallen:
        case Fall.STALE:
            newest = datetime.fromtimestamp(health.newest, UTC)
            return f"it names nothing newer than {newest:%Y-%m-%d %H:%M} (UTC)"
        case Fall.CUT:
            return f"it was cut to {health.named} items, and named {health.usual}"
        case _:
            return health.why

"""The way of one crawl to its source's older articles, where a backfill of them is under way."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from crawler.discovery.days import Span
from crawler.discovery.listing import Link
from crawler.page import Visit
from crawler.urls import url_key
from crawler.walking.cursor import OLD_IN_A_ROW, covered_since, from_json, to_json
from crawler.walking.older import Leg, Step
from workers import fault
from workers.dispatch import is_held_up
from workers.service import Service
from workers.state.backfills import Backfilling, Noted, OlderLink
from workers.state.frontier import Busy, Stale
from workers.state.schedule import SourceLease

log = structlog.get_logger(__name__)

# What is new waits for ingest behind few old pages at the most; and what these say of their time is soon known.
_SHARE_OF_WAITING = 10
_OWN_BATCHES = 2
_BUSY_SECONDS = 0.5
# Listings without dates give their newest first: so little apart, their order stays.
_STEP_SECONDS = 0.001


class OlderDesk:
    """See `crawler.walking.backfill.Older`. Each call runs on a thread, so that the reactor never waits."""

    def __init__(
        self,
        service: Service,
        lease: Callable[[], SourceLease],
        visit_seconds: Callable[[], float],
        goes_on: Callable[[], bool],
    ) -> None:
        self._service = service
        self._backfills = service.state.backfills
        self._lease = lease
        self._visit_seconds = visit_seconds
        self._goes_on = goes_on
        self._present: Backfilling | None = None

    async def take(self, count: int) -> list[Visit]:
        """Lease older URLs; links that wait to be entered are, as room comes."""
        self._present = None
        while self._goes_on():
            try:
                found = await asyncio.to_thread(self._take, count)
            except Busy:
                await asyncio.sleep(_BUSY_SECONDS)
                continue
            except Stale:
                break
            if isinstance(found, list):
                fault.reached("after-take")
                return found
            if found is None:
                break
            if not found.links or _is_left(found):
                self._present = found
                break
            await asyncio.to_thread(self._enter, found)
        return []

    def _take(self, count: int) -> list[Visit] | Backfilling | None:
        if is_held_up(self._service):
            return None
        now, lease, settings = self._service.clock(), self._lease(), self._service.settings
        return self._backfills.take(
            lease.source,
            lease.token,
            count,
            lease.authorities,
            now=now,
            until=now + self._visit_seconds(),
            waiting_max=max(1, settings.waiting_max // _SHARE_OF_WAITING),
            own_max=_OWN_BATCHES * settings.batch_pages,
        )

    def _enter(self, backfill: Backfilling) -> None:
        lease = self._lease()
        road = int((backfill.cursor or {}).get("current", 0))
        self._backfills.enter(lease.source, lease.token, backfill, road)
        fault.reached("after-enter-older")

    async def leg(self) -> Leg | None:
        """Where the walk is to go on."""
        present = self._present
        if present is None:
            return None
        cursor = None if present.cursor is None else from_json(present.cursor)
        span = Span(present.since, present.until)
        return Leg(cursor, span, present.old_in_a_row, present.at)

    async def note(self, step: Step) -> None:
        """Keep what a step came to."""
        present, self._present = self._present, None
        assert present  # a step begins with a leg
        now = self._service.clock()
        noted = Noted(
            cursor=json.dumps(to_json(step.cursor)),
            links=_older_links(step.links, now),
            waiting=step.waiting,
            counted_anew=[n for n, count in present.old_in_a_row.items() if count >= OLD_IN_A_ROW],
            is_over=step.is_over,
            not_before=now + step.pause if step.pause else 0.0,
        )
        lease = self._lease()
        fault.reached("before-note-older")
        await asyncio.to_thread(self._backfills.note, lease.source, lease.token, present, noted)
        fault.reached("after-note-older")
        if step.is_over:
            await asyncio.to_thread(self._close_gaps, lease.source, present, step)

    def _close_gaps(self, source: str, backfill: Backfilling, step: Step) -> None:
        """What the walk has gone over is no gap any more: all that it named has been entered by now."""
        coverage, span = self._service.state.coverage, Span(backfill.since, backfill.until)
        end, closed = _seconds(backfill.until), 0
        for listing in {gap.listing for gap in coverage.open_gaps([source]).get(source, ())}:
            begin = _seconds(covered_since(step.cursor, span, listing))
            if begin is not None and end is not None:
                closed += coverage.close(source, listing, begin, end, "a backfill")
        log.info("backfill.walked", source=source, gaps_closed=closed)


def _is_left(backfill: Backfilling) -> bool:
    """Whether articles of the present listing proved to be too old, so often that the walk decides."""
    road = int((backfill.cursor or {}).get("current", -1))
    return backfill.old_in_a_row.get(road, 0) >= OLD_IN_A_ROW


def _older_links(links: Sequence[Link], now: float) -> list[OlderLink]:
    """The links with the time that they are fetched by: their own, or that of their place in the list."""
    older = []
    last = now - 1.0
    for link in links:
        own = _seconds(link.published)
        last = min(own, now - 1.0) if own is not None else last - _STEP_SECONDS
        older.append(OlderLink(url_key(link.url), link.url, last))
    return older


def _seconds(published: str | None) -> float | None:
    try:
        moment = datetime.fromisoformat(published or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

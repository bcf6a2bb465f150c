"""The desk of one source's crawl: what it owes, what it hands in, and how it went."""

import asyncio
import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any, ParamSpec, TypeVar

import structlog

from config.sources import Source
from crawler.authorities import authorities_of
from crawler.desk import Assignment, CrawlReport, Reading
from crawler.discovery.listing import Link
from crawler.outcome import Outcome
from crawler.page import Page, Visit
from crawler.several_pages import MOST
from crawler.urls import url_key
from crawler.walking.listing_state import ListingState
from workers import fault
from workers.crawling import kept_listings
from workers.crawling.ending import MOST_PROBLEMS
from workers.crawling.finishing import EndedCrawl, finish
from workers.crawling.kept_listings import covered_by
from workers.crawling.older_desk import OlderDesk
from workers.crawling.outgoing import Outgoing
from workers.dispatch import is_held_up
from workers.following import edition_of
from workers.pacing.look import Look
from workers.pages import telling
from workers.queue.process import is_stopping
from workers.service import Service
from workers.state.frontier import Busy, Stale, new_token
from workers.state.index import Commit
from workers.state.memory import Full
from workers.state.quarantine import Quarantined
from workers.state.schedule import HELD_SECONDS, Hold, SourceLease

log = structlog.get_logger(__name__)

SEND_AGAIN_SECONDS = 20.0
"""How long a page may wait for an ingest worker before it is sent again."""

P = ParamSpec("P")
Changed = TypeVar("Changed")
# Longer than a page may take to be fetched.
_VISIT_SECONDS = 60.0
# Longer than the pauses between its further pages may take.
_PAUSES_SECONDS = 60.0
# Longer than a page may then wait for a browser, and be rendered in it.
_RENDERED_SECONDS = 200.0
# What a crawl may go on for at the least, while others wait for its worker.
_TURN_SECONDS = 30.0
# A pause that is longer is not waited for by a process that takes on no more crawls meanwhile.
_LONG_PAUSE_SECONDS = 30.0
_FULL_SECONDS = 1.0
_RETRY_SECONDS = (300.0, 1800.0)
_HURRIED_RETRY_SECONDS = (1.0, 3.0)


class ServiceDesk:
    """The crawl's door to the state: each call runs on a thread, so that the reactor never waits."""

    def __init__(self, service: Service, message: Mapping[str, Any], outgoing: Outgoing) -> None:
        self._service = service
        self._frontier = service.state.frontier
        self._source = Source.from_message(message["source"])
        self._outgoing = outgoing
        self._hurry = bool(message.get("hurry"))
        self._goes_back = bool(message.get("backfill"))
        self._lease = SourceLease(
            self._source.name,
            message["token"],
            tuple(message["authorities"]),
            None,
            message["last_request"],
            message["delay"],
        )
        self._started = service.clock()
        self._facts = service.state.schedule.facts(self._source.name)
        self.report = CrawlReport(delay=self._source.delay)
        self._remembered: Mapping[str, ListingState] | None = None
        self._ended = False
        self._is_lost = False
        self._others_wait = False
        self.shared_until = math.inf
        """Unix seconds: until then its process takes on other crawls beside it."""
        self._edition = edition_of(self._source)
        self._is_outdated = False
        self._look: Look | None = None
        pause = max(self._source.delay, self._lease.delay)
        self.assignment = Assignment(
            self._source,
            authorities=self._lease.authorities,
            walk=(self._facts.walk_due or 0.0) <= self._started,
            # Never longer than a pause, however the clock may have been set.
            not_before=min(self._lease.last_request, self._started) + pause,
            deadline=self._started + service.settings.crawl_seconds,
            clock=service.clock,
        )

    @property
    def _settings(self) -> str:
        """Names the settings that decide what is a listing's link: with others, all is asked anew."""
        fields = {"start", "feeds", "sitemaps", "sections", "article_urls", "hosts"}
        if self._source.render:
            fields |= {"render"}
        named = self._source.model_dump(mode="json", include=fields)
        # What is on a host that the site has moved to is wanted as well.
        if moved := set(self._lease.authorities) - set(authorities_of(self._source)):
            named["moved"] = sorted(moved)
        chosen = json.dumps(named, sort_keys=True)
        return hashlib.sha256(chosen.encode()).hexdigest()[:16]

    @property
    def token(self) -> str:
        """Names this crawl's lease."""
        return self._lease.token

    def begin(self) -> bool:
        """Make the lease this crawl's own; False where it is stale, or another got the same message."""
        until = self._service.clock() + HELD_SECONDS
        lease = self._service.state.schedule.begin(self._lease, new_token(), until)
        if lease is None:
            return False
        self._lease = lease
        self.report.held_until = until
        return True

    def renew(self) -> bool:
        """Hold the lease for another while; False where someone else has it."""
        if self._ended:
            return False
        last_request = max(self.report.last_request, self._lease.last_request)
        until = self._service.clock() + HELD_SECONDS
        hold = self._service.state.schedule.renew(
            self._lease, until, last_request, self.report.delay, self._edition
        )
        self._is_lost = hold is Hold.LOST
        self._is_outdated = hold is Hold.OUTDATED
        self.report.held_until = 0.0 if self._is_lost else until
        return not self._is_lost

    def remember(self) -> None:
        """Keep the source's settings for its pages, should it leave the file before they are done."""
        settings = self._source.model_dump_json()
        self._service.state.schedule.remember(self._source.name, settings)

    def make_way(self) -> None:
        """Other sources wait for this worker: a crawl that has had its turn ends soon."""
        self._others_wait = True

    @cached_property
    def older(self) -> OlderDesk | None:
        """See `crawler.desk.Desk`. A crawl that has read the listings leaves it to the next one."""
        if not (self._goes_back and self._facts.backfill) or self.assignment.walk:
            return None
        return OlderDesk(
            self._service,
            lambda: self._lease,
            lambda: self._visit_seconds,
            self._has_time_for_older,
        )

    def _has_time_for_older(self) -> bool:
        is_over = self._service.clock() >= self.assignment.deadline
        is_held = self._is_lost or self._is_outdated or self._others_wait or is_stopping()
        return not (is_over or is_held or self._waits_alone())

    def _waits_alone(self) -> bool:
        """Whether the next request is so far off that this crawl would only hold up its process."""
        return self._next_request(self.report) > self.shared_until

    def _next_request(self, report: CrawlReport) -> float:
        """When a host with a long pause may be asked again, unix seconds; 0 where that is soon, or waited for."""
        is_long = report.delay > _LONG_PAUSE_SECONDS and report.last_request > 0
        return report.last_request + report.delay if is_long and not self._hurry else 0.0

    async def listings(self) -> Mapping[str, ListingState]:
        """See `crawler.desk.Desk`."""
        settings, raw = await asyncio.to_thread(self._frontier.last_walk, self._source.name)
        is_outdated = settings != self._settings
        self._remembered = {
            url: dataclasses.replace(kept_listings.from_json(text), is_outdated=is_outdated)
            for url, text in raw.items()
        }
        return self._remembered

    async def unknown(self, links: tuple[Link, ...]) -> set[str]:
        """See `crawler.desk.Desk`."""
        keys = {link.url: url_key(link.url) for link in links}
        unknown = await asyncio.to_thread(
            self._frontier.unknown, self._source.name, list(keys.values())
        )
        return {url for url, k in keys.items() if k in unknown}

    async def offer(self, reading: Reading) -> int:
        """See `crawler.desk.Desk`. A first walk takes the newest `max_pages`."""
        remembered = await self.listings() if self._remembered is None else self._remembered
        self._look = Look.of(reading, self._service.clock())
        most = kept_listings.most_entered(remembered, reading.links, self._source.max_pages)
        links = {url_key(link.url): link.url for link in reversed(reading.links)}
        try:
            offered = await self._once_there_is_room(
                self._frontier.offer,
                self._source.name,
                self._lease.token,
                list(reversed(links.items())),
                now=self._service.clock(),
                most=most,
                settings=self._settings,
                listings={
                    url: kept_listings.to_json(state) for url, state in reading.listings.items()
                },
                covered=covered_by(reading),
                told={
                    "fallen": json.dumps(
                        [dataclasses.asdict(one) for one in reading.fallen[:MOST_PROBLEMS]]
                    )
                },
            )
        except Full:
            self.report.error = "the server had no room for its links"
            return 0
        except Stale:
            self._is_lost = True
            return 0
        fault.reached("after-offer")
        if offered.parked:
            log.info("source.parked", source=self._source.name, count=offered.parked)
        return offered.entered

    async def take(self, count: int) -> list[Visit]:
        """See `crawler.desk.Desk`. Waits while too many pages wait for ingest."""
        while (now := self._service.clock()) < self.assignment.deadline and not self._is_lost:
            if is_stopping() or self._is_outdated or self._waits_alone():
                break
            if self._others_wait and now - self._started > _TURN_SECONDS:
                break
            try:
                taken = await asyncio.to_thread(self._take, count, now)
            except Busy:
                await asyncio.sleep(0.5)
            except Stale:
                break
            else:
                fault.reached("after-take")
                return taken
        return []

    def _take(self, count: int, now: float) -> list[Visit]:
        if is_held_up(self._service):
            raise Busy
        return self._frontier.take(
            self._source.name,
            self._lease.token,
            count,
            now=now,
            until=now + self._visit_seconds,
            waiting_max=self._service.settings.waiting_max,
            with_revisits=not self._hurry,
        )

    @property
    def _visit_seconds(self) -> float:
        rendered = _RENDERED_SECONDS if self._source.render else 0.0
        # An article may have several pages (`crawler.walking.gathering`).
        pauses = max(2 * self.report.delay, min(MOST * self.report.delay, _PAUSES_SECONDS))
        return _VISIT_SECONDS + rendered + pauses

    async def _once_there_is_room(
        self, change: Callable[P, Changed], *arguments: P.args, **named: P.kwargs
    ) -> Changed:
        """Make a change as soon as the server has room for it; raises `Full` at the crawl's end."""
        while True:
            try:
                return await asyncio.to_thread(change, *arguments, **named)
            except Full:
                if self._service.clock() >= self.assignment.deadline or self._is_lost:
                    raise
            await asyncio.to_thread(is_held_up, self._service)
            await asyncio.sleep(_FULL_SECONDS)

    async def hand_in(self, visit: Visit, page: Page) -> None:
        """See `crawler.desk.Desk`. Waits for a server that is full."""
        fault.reached("after-fetch")
        send_again = self._service.clock() + SEND_AGAIN_SECONDS
        try:
            is_taken = await self._once_there_is_room(
                self._frontier.hand_in, visit, page, send_again
            )
        except Full:
            await self.give_up(visit, "server-full", failed=False, not_before=None)
            return
        if is_taken:
            fault.reached("after-hand-in")
            telling.fetched(visit, page)
            await asyncio.to_thread(self._outgoing.add, visit.token)

    async def settle(self, visit: Visit, outcome: Outcome, reason: str, detail: str) -> None:
        """See `crawler.desk.Desk`."""
        fault.reached("after-fetch")
        kept = visit.validator if outcome is Outcome.UNCHANGED else ""
        await self._end(Commit(visit, outcome, reason, validator=kept), detail)

    async def _end(self, commit: Commit, detail: str = "") -> None:
        now = self._service.clock()
        ended = await asyncio.to_thread(self._service.state.index.commit, commit, now)
        if ended == ("done",):
            telling.ended(commit, detail)

    async def give_up(
        self, visit: Visit, reason: str, *, failed: bool, not_before: datetime | None
    ) -> None:
        """See `crawler.desk.Desk`. The last attempt ends in quarantine."""
        now = self._service.clock()
        if failed and visit.attempts + 1 >= self._service.settings.attempts:
            record = Quarantined.of(visit, reason, visit.attempts + 1, now)
            await self._end(Commit(visit, Outcome.FAILED, reason, quarantine=record))
            return
        pauses = _HURRIED_RETRY_SECONDS if self._hurry else _RETRY_SECONDS
        due = now + pauses[min(visit.attempts, len(pauses) - 1)]
        if not_before:
            due = max(due, not_before.timestamp())
        await asyncio.to_thread(partial(self._frontier.give_up, visit, due, failed=failed))
        telling.deferred(visit, reason, due, failed=failed)

    def finish(self, report: CrawlReport | Exception) -> None:
        """Note how the crawl went, free the hosts, and set when the source is due again."""
        self._ended = True
        now = self._service.clock()
        if isinstance(report, Exception):
            log.error("crawl.broke", source=self._source.name, problem=repr(report))
            error = f"the crawl broke off: {report!r}"
            report = dataclasses.replace(self.report, error=error, last_request=now)
        ended = EndedCrawl(
            self._source,
            self._lease,
            self._facts,
            report,
            self._look,
            walked=self.assignment.walk,
            started=self._started,
            ended=now,
            next_request=self._next_request(report),
        )
        finish(self._service, ended)

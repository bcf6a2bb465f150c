"""The end of a crawl: how it went is noted, its hosts are freed, and its source is due again at a time."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from config.sources import Source
from crawler.authorities import authorities_of
from crawler.desk import CrawlReport
from crawler.discovery.hints import SAYS_NOTHING
from workers import fault
from workers.crawling.ending import facts_after, moves_of, noted
from workers.following import is_retimed
from workers.pacing.look import Look
from workers.pacing.pace import next_walk, pause_after
from workers.pacing.rhythm import Rhythm
from workers.pages.revisits import slack_of
from workers.service import Service
from workers.state.schedule import CrawlFacts, SourceLease

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EndedCrawl:
    """One crawl that is over. Times are unix seconds."""

    source: Source
    lease: SourceLease
    before: CrawlFacts
    """How the source stood when it began."""
    report: CrawlReport
    look: Look | None
    """What its walk has shown of when the source publishes; None where it brought nothing."""
    walked: bool
    """Whether its listings were due."""
    started: float
    ended: float
    next_request: float
    """When a host with a long pause may be asked again; 0 where that is soon."""


def finish(service: Service, crawl: EndedCrawl) -> None:
    """Note how a crawl went, free its hosts, and set when its source is due again."""
    report, now = crawl.report, crawl.ended
    facts = facts_after(crawl.before, report, walked=crawl.walked, started=crawl.started, now=now)
    walk_due, every, rhythm = _next_walk(service, crawl, facts)
    # A host that is down is not asked for the pages that it owes either, but walks keep their times.
    pause = min(walk_due, now + pause_after(facts.failures)) if report.error else 0.0
    not_before = max(report.not_before, pause, crawl.next_request)
    moved = _note_moves(service, crawl)
    _log_end(crawl, max(walk_due, not_before))
    fault.reached("before-finish")
    service.state.schedule.finish(
        crawl.lease,
        walk_due=walk_due,
        not_before=not_before,
        last_request=max(report.last_request, crawl.lease.last_request),
        delay=report.delay,
        host_not_before=report.not_before,
        rhythm=rhythm.to_bytes() if rhythm else b"",
        facts=noted(report, facts)
        | {
            "started": crawl.started,
            "ended": now,
            "walk_due": walk_due,
            "every": every,
            "moved": moved,
            "slack": slack_of(crawl.source),
        },
    )
    fault.reached("after-finish")


def _note_moves(service: Service, crawl: EndedCrawl) -> str:
    """Have the hosts that the site has moved to locked from the next crawl on; what to tell of it, as JSON."""
    source, report, before = crawl.source, crawl.report, crawl.before.moved
    if not crawl.walked or (report.error and not report.moves):
        return before
    told = moves_of(source, report)
    moved = json.dumps(told)
    own = authorities_of(source)
    hosts = [host for host in report.moved_hosts if host not in own]
    if moved != before or set(hosts) != set(crawl.lease.authorities) - set(own):
        service.state.moves.note(source.name, hosts)
    if told and moved != before:
        log.warning("source.moved", source=source.name, to=[one["to"] for one in told])
    return moved


def _next_walk(
    service: Service, crawl: EndedCrawl, facts: CrawlFacts
) -> tuple[float, float, Rhythm | None]:
    """When the listings are due, the interval, and what was seen; what was changed meanwhile is not undone."""
    standing = service.state.schedule.standing(crawl.source.name)
    asked = standing.facts.walk_due
    if not crawl.walked:
        return asked or crawl.ended, standing.facts.every or 0.0, None
    rhythm, hints = Rhythm.from_bytes(standing.rhythm), SAYS_NOTHING
    if crawl.look and not facts.error:
        rhythm, hints = crawl.look.after(rhythm, facts.new_links), crawl.look.hints
    if is_retimed(crawl.source, standing):
        return asked or crawl.ended, standing.facts.every or 0.0, rhythm
    walk_due, every = next_walk(
        crawl.source, facts, crawl.ended, crawl.started, rhythm=rhythm, hints=hints
    )
    # One was asked for while this one went on.
    return (asked if asked and asked > crawl.started else walk_due), every, rhythm


def _log_end(crawl: EndedCrawl, again: float) -> None:
    report = crawl.report
    if not report.error:
        log.info(
            "crawl.ended",
            source=crawl.source.name,
            new_links=report.new_links,
            pages=report.pages,
            seconds=round(crawl.ended - crawl.started, 1),
        )
    elif report.error != crawl.before.error:
        # Said once: `status` and `sources` show that it goes on.
        due = datetime.fromtimestamp(again, UTC).strftime("%H:%M:%SZ")
        log.warning("source.fails", source=crawl.source.name, reason=report.error, next=due)

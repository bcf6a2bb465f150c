"""One crawl of each source, followed to the outcome of every page."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.output import counted, moment, say
from cli.parts import Parts
from cli.progress import progress
from config.sources import Source
from crawler.outcome import Outcome
from workers.alarms.notices import compose, send_notices
from workers.alarms.sources import FAILING, roots
from workers.alarms.watch import watch_service, watch_sources
from workers.dispatch import is_held_up, send_off
from workers.following import follow_file
from workers.housekeeping import recall_lost, send_overdue, trim
from workers.queue.broker import Sender, make_app
from workers.recovery.ownership import watch_store
from workers.rules.freeze import freeze_ripe
from workers.service import Service
from workers.state.alarms import Alarm
from workers.state.schedule import CrawlFacts

_LOOK_SECONDS = 0.1
_REST = 5.0  # times as long as a look took, but never longer than this:
_LONGEST_REST = 5.0
# The longer a run, the less its end is hurried for: this share of it, up to a second.
_SHARE = 0.02
_LONGEST_SHARE = 1.0
# A pause that a site asks for and that is longer than this is not waited for.
LONGEST_WAIT = 60.0
_SENT_AGAIN = 40.0
STOPPED = "stopped before its crawl was at its end"


@dataclass(frozen=True, slots=True)
class Summary:
    """What `once` came to."""

    sources: dict[str, dict[str, int]]
    errors: dict[str, str]
    owed: int
    seconds: float
    next_due: dict[str, float | None]
    """When the running service would crawl each source again (unix seconds)."""
    reasons: dict[str, dict[str, int]]
    """Why pages were rejected, gone or failed, by source."""
    alarms: Sequence[Alarm]
    """What this run raised; that a source's crawl failed is among the errors."""

    @property
    def totals(self) -> dict[str, int]:
        """Outcomes of all sources together."""
        return {o: sum(counts[o] for counts in self.sources.values()) for o in map(str, Outcome)}

    @property
    def is_whole(self) -> bool:
        """Whether every source was read and every page has its outcome."""
        return not self.errors and not self.owed

    def to_json(self) -> dict[str, Any]:
        """The object that `once --json` prints."""
        return {
            "sources": self.sources,
            "totals": self.totals,
            "errors": self.errors,
            "owed": self.owed,
            "seconds": round(self.seconds, 1),
        }


class Once:
    """Asks for a crawl of each source, and drives the service until nothing is owed."""

    def __init__(self, service: Service, names: Sequence[str], parts: Parts) -> None:
        self._service = service
        self._state = service.state
        self._names = list(names)
        self._parts = parts
        self._sender = Sender(make_app(service.settings), service.settings)
        self._before = {name: self._state.ledger.totals(name) for name in names}
        self._reasons_before = {name: self._state.ledger.reasons(name) for name in names}
        self._alarms_before = {alarm.name for alarm in self._state.alarms.standing()}
        # Compared, not ordered: a clock may be set back.
        self._ended_before = {name: self._state.schedule.facts(name).ended for name in names}
        self._began = self._service.clock()
        self._moved = (time.monotonic(), (0, 0))
        self._open = set(names)
        self._sources: Mapping[str, Source] = {}
        self._is_stopped = False

    def run(self, stopped: threading.Event) -> Summary:
        """Crawl, ingest, and count, until all is done or someone asks to stop."""
        started = time.monotonic()
        # What is edited from now on is for the next run: this one ends what it began.
        self._sources = self._service.sources.enabled()
        follow_file(self._service, self._sources, self._began)
        self._state.schedule.ask(self._names, self._began)
        with progress("pages") as shown:
            looked = 0.0
            # Many sources take a while to look at, and the machine is there for their pages.
            while self._open and not self._rests(
                _rest_after(looked, time.monotonic() - started), stopped
            ):
                began = time.monotonic()
                self._step()
                done, owed = self._counts()
                looked = time.monotonic() - began
                if self._is_stuck((done, owed)):
                    say("no page has ended for a while; see the errors above")
                    break
                at_work = counted(len(self._open), "source")
                line = f"{counted(done, 'page')} done, {owed} owed, {at_work} at work"
                shown.show(done, done + owed or None, line=line)
        self._is_stopped = stopped.is_set()
        freeze_ripe(self._service, self._service.clock())
        trim(self._service, self._service.clock())
        # Its pages have their outcomes; nobody else may look before the next run.
        watch_sources(self._service, self._service.clock(), settled=0.0)
        watch_service(self._service, self._service.clock())
        if compose(self._service, self._service.clock()):
            send_notices(self._service, self._service.clock())
        return self._summary(time.monotonic() - started)

    def _rests(self, seconds: float, stopped: threading.Event) -> bool:
        """Rest, cut short where the last that was at work comes to its end; whether someone asks to stop."""
        until, was_at_work = time.monotonic() + seconds, self._is_at_work()
        while (left := until - time.monotonic()) > 0:
            if stopped.wait(min(left, _LOOK_SECONDS)):
                return True
            if was_at_work and not self._is_at_work():
                break
        return stopped.is_set()

    def _is_at_work(self) -> bool:
        return self._state.frontier.waiting() > 0 or bool(self._state.schedule.crawling())

    def _step(self) -> None:
        self._state.clock.keep()
        watch_store(self._service)
        now = self._service.clock()
        self._parts.look_after()
        crawling = self._state.schedule.crawling()
        self._open = {name for name in self._open if not self._is_done(name, crawling, now)}
        sources = self._sources
        recall_lost(self._service, now)
        # One that is being crawled is due again only when its lease has run out: its worker was lost.
        ready = [n for n in self._names if n in self._open & sources.keys()]
        ready = [n for n in ready if n in crawling or self._has_work(n, now)]
        due = self._state.schedule.due_among(ready, now)
        has_room = self._state.frontier.waiting() < self._service.settings.waiting_max
        if due and has_room and not is_held_up(self._service):
            ready_ones = [sources[name] for name in due]
            send_off(self._service, ready_ones, now, self._sender.crawl, hurry=True, backfill=False)
        send_overdue(self._service, now, self._sender.ingest)

    def _is_stuck(self, counts: tuple[int, int]) -> bool:
        """Whether nothing moves, and no crawl is at work that could: the store cannot be written, say."""
        now, (since, before) = time.monotonic(), self._moved
        if counts != before or self._state.schedule.crawling() & self._open:
            self._moved = (now, counts)
            return False
        return now - since > LONGEST_WAIT + _SENT_AGAIN

    def _has_ended(self, name: str) -> bool:
        return self._state.schedule.facts(name).ended != self._ended_before[name]

    def _has_work(self, name: str, now: float) -> bool:
        first = self._state.frontier.next_owed(name)
        return not self._has_ended(name) or (first is not None and first <= now)

    def _is_done(self, name: str, crawling: set[str], now: float) -> bool:
        if name in crawling:
            return False
        if not self._has_ended(name):
            return self._is_put_off(name, now)
        if self._state.schedule.facts(name).error or self._is_put_off(name, now):
            # What it owes is owed by a host that does not answer; what was fetched is still ended.
            return self._state.frontier.waiting_of(name) == 0
        later = self._state.frontier.owed_after(name, now + LONGEST_WAIT)
        return self._state.frontier.owed(name) == later

    def _is_put_off(self, name: str, now: float) -> bool:
        """Whether its site has asked for a pause that is too long to wait for, or it was let go meanwhile."""
        due = self._state.schedule.next_due(name)
        return due is None or due > now + LONGEST_WAIT

    def _counts(self) -> tuple[int, int]:
        done = sum(counts.total() for counts in self._gained().values())
        return done, sum(self._state.frontier.owed_of(self._names).values())

    def _gained(self) -> dict[str, Counter[str]]:
        return {n: self._state.ledger.totals(n) - self._before[n] for n in self._names}

    def _summary(self, seconds: float) -> Summary:
        facts = {name: self._state.schedule.facts(name) for name in self._names}
        gained = self._gained()
        reasons = {n: self._state.ledger.reasons(n) - self._reasons_before[n] for n in self._names}
        return Summary(
            sources={n: {o: gained[n][o] for o in map(str, Outcome)} for n in self._names},
            errors={name: e for name, f in facts.items() if (e := self._error(name, f))},
            owed=sum(self._state.frontier.owed_of(self._names).values()),
            seconds=seconds,
            next_due={name: self._state.schedule.next_due(name) for name in self._names},
            reasons={name: dict(counts) for name, counts in reasons.items() if counts},
            alarms=self._raised(),
        )

    def _raised(self) -> list[Alarm]:
        standing = roots(self._state.alarms.standing())
        return [a for a in standing if a.name not in self._alarms_before and a.kind != FAILING]

    def _error(self, name: str, facts: CrawlFacts) -> str:
        if self._has_ended(name) or facts.error:
            return facts.error
        if self._is_stopped:
            return STOPPED
        if (due := self._state.schedule.next_due(name)) is None:
            return "not crawled: it has left the sources file, or was paused, meanwhile"
        until = moment(due)
        return (
            f"not crawled: its host asked to be left alone until {until}"
            if until
            else "not crawled"
        )


def _rest_after(looked: float, gone_by: float) -> float:
    share = min(_SHARE * gone_by, _LONGEST_SHARE)
    return min(max(_LOOK_SECONDS, share, _REST * looked), _LONGEST_REST)

"""One backfill without a running service: the parts that it takes, and who sends them off."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cli.once import LONGEST_WAIT
from cli.operation import close_archive, quiet
from cli.output import moment, say
from cli.parts import Parts
from cli.rendering import BrowserPart
from cli.session import Session
from workers.dispatch import is_held_up, send_off
from workers.following import follow_file
from workers.housekeeping import keep_house
from workers.queue.broker import Sender, make_app

_HASTE_SECONDS = 3.0
# Longer than a page that is lost with its worker waits until it is sent again.
_STUCK_SECONDS = 100.0


@contextmanager
def parts_at_work(opened: Session, name: str) -> Iterator[Callable[[], bool]]:
    """Crawl and ingest workers for one source; called time and again, what is given drives them.

    It is false once nothing can be done for a while.
    """
    settings = opened.service.settings
    with Parts(["ingest", "crawl"]) as parts:
        BrowserPart(parts, settings, [name]).look()
        parts.start({"COPYDESK_REDIS_URL": opened.redis_url} | quiet(settings))
        try:
            yield _Driver(opened, name, parts).is_moving
        finally:
            # Nothing is lost with a task that is cut off.
            parts.stop(_HASTE_SECONDS)
            close_archive(opened)


class _Driver:
    """Does what beat and dispatch do, for one source."""

    def __init__(self, opened: Session, name: str, parts: Parts) -> None:
        self._service = opened.service
        self._name = name
        self._parts = parts
        self._sender = Sender(make_app(self._service.settings), self._service.settings)
        self._moved = (time.monotonic(), 0)
        follow_file(self._service, self._service.sources.enabled(), self._service.clock())

    def is_moving(self) -> bool:
        """Send the source off when it is due; whether anything is done, or will be soon."""
        now, schedule = self._service.clock(), self._service.state.schedule
        self._parts.look_after()
        source = self._service.sources.enabled().get(self._name)
        has_room = self._service.state.frontier.waiting() < self._service.settings.waiting_max
        is_due = bool(source and schedule.due_among([self._name], now))
        if source and is_due and has_room and not is_held_up(self._service):
            send_off(self._service, [source], now, self._sender.crawl, hurry=True)
        keep_house(self._service, now, self._sender.ingest)
        return not (self._is_put_off(now) or self._is_stuck())

    def _is_put_off(self, now: float) -> bool:
        """Whether the site has asked for a pause, or fails, so that nothing happens for long."""
        due = self._service.state.schedule.next_due(self._name)
        is_at_work = self._name in self._service.state.schedule.crawling()
        if is_at_work or due is None or due <= now + LONGEST_WAIT:
            return False
        backfill = self._service.state.backfills.get(self._name)
        if backfill is None or backfill.ended or self._service.state.frontier.waiting():
            return False
        error = self._service.state.schedule.facts(self._name).error or "its host wants a pause"
        say(f"{self._name}: {error}; not before {moment(due)} UTC")
        return True

    def _is_stuck(self) -> bool:
        """Whether no page has ended for long, and no crawl is at work."""
        now, (since, before) = time.monotonic(), self._moved
        backfill = self._service.state.backfills.get(self._name)
        count = sum(backfill.outcomes.values()) + backfill.steps if backfill else 0
        if count != before or self._name in self._service.state.schedule.crawling():
            self._moved = (now, count)
            return False
        if now - since > _STUCK_SECONDS:
            say("no page has ended for a while; see the errors above")
            return True
        return False

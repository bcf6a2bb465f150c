"""How the service stands, asked of the state: the one place that knows where to ask."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.outcome import Outcome
from dashboard.board import Board
from workers.alarms.standing import kept_alarms, standing_alarms
from workers.queue.broker import CRAWL, DESK, INGEST, KEY_PREFIX
from workers.state.alarms import Alarm
from workers.state.groups import GroupLag
from workers.state.machines import Placed, by_host
from workers.state.memory import Memory

HOURS = 48
MANY = 2_000
"""Sources beyond which each page does without asking for all of them."""
DOCUMENTS = (Outcome.NEW, Outcome.REVISION)
"""Outcomes that make a document each; a near-duplicate may, too, and is not counted here."""
_QUEUES = (("crawls", CRAWL), ("pages", INGEST), ("housekeeping", DESK))


@dataclass(frozen=True, slots=True)
class Hour:
    """What came of an hour."""

    start: datetime
    pages: int
    documents: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The service at one moment."""

    alarms: list[Alarm]
    parts: dict[str, float]
    """When each part was last seen at work (unix seconds)."""
    hosts: dict[str, list[Placed]]
    """The parts of each host, those among them that are missing."""
    sources: int
    paused: int
    crawling: int
    owed: int | None
    """Pages without an outcome; None where there are so many sources that nobody counts."""
    waiting: int
    quarantine: int
    queues: list[tuple[str, int]]
    groups: list[GroupLag]
    entries: int
    put_aside: int
    memory: Memory
    hours: list[Hour]
    """The oldest first, the present one last."""
    last_day: Counter[str]
    """Outcomes of the last 24 hours, to the hour."""

    @property
    def is_up(self) -> bool:
        """Whether the service works."""
        return "beat" in self.parts


def standing(board: Board, now: float) -> Standing:
    """Ask for all of it."""
    state = board.service.state
    names = board.named.names() or sorted(state.schedule.names())
    is_many = len(names) > MANY
    hours, last_day = _hours(board, now)
    return Standing(
        alarms=kept_alarms(board.service)
        if is_many
        else standing_alarms(board.service, names, now),
        parts=state.parts(now),
        hosts=by_host(state.machines.placed(now)),
        sources=len(names),
        paused=sum(not source.enabled for source in board.named.all()),
        crawling=len(state.schedule.crawling()),
        owed=None if is_many else sum(state.frontier.owed_of(names).values()),
        waiting=state.frontier.waiting(),
        quarantine=len(state.quarantine),
        queues=[(what, int(state.client.llen(KEY_PREFIX + name))) for what, name in _QUEUES],
        groups=state.groups.all(now),
        entries=state.outbox.length(),
        put_aside=state.outbox.dead(),
        memory=state.memory(),
        hours=hours,
        last_day=last_day,
    )


def _hours(board: Board, now: float) -> tuple[list[Hour], Counter[str]]:
    this = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
    starts = [this - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    counted = board.hours.of([f"{start:%Y%m%d%H}" for start in starts])
    hours = [
        Hour(start, counts.total(), documents(counts))
        for start, counts in zip(starts, counted, strict=True)
    ]
    return hours, _sum(counted[-24:])


def documents(counts: Counter[str]) -> int:
    """How many of some outcomes made a document."""
    return sum(counts[outcome] for outcome in DOCUMENTS)


def _sum(counters: Sequence[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total

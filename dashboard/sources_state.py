"""What the state says of sources: for a row each of their table, and for the page of one."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from config.sources import Source
from crawler.outcome import Outcome
from dashboard.board import Board
from workers.alarms.standing import alarms_of
from workers.crawling.kept_listings import from_json
from workers.state.alarms import Alarm
from workers.state.schedule import CrawlFacts

YIELD_DAYS = 30


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as the table has it; times are unix seconds."""

    source: Source
    next: float | None
    ended: float | None
    error: str
    new: int
    """New documents of the last day."""
    owed: int
    alarms: tuple[Alarm, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.source.name


@dataclass(frozen=True, slots=True)
class UsedListing:
    """A listing that the last walk read."""

    url: str
    kind: str
    how: str
    """How it came to be read: named, found, or in place of another."""
    fallen: str
    """What is wrong with it; empty where it is well."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """All that is shown of one source."""

    row: SourceRow
    facts: CrawlFacts
    totals: Counter[str]
    reasons: list[tuple[str, int]]
    """Outcomes with their reasons, the most frequent first."""
    listings: list[UsedListing]
    problems: list[str]
    passed_over: list[tuple[str, int]]
    refused: list[tuple[str, int]]
    new_by_day: list[tuple[date, int]]
    rules: int | None
    waiting: int

    @property
    def error(self) -> str:
        """Why its last crawl failed as a whole; empty where it did not."""
        return self.facts.error


def source_rows(board: Board, sources: Sequence[Source], now: float) -> list[SourceRow]:
    """A row for each of some sources, in a few round trips."""
    state, names = board.service.state, [source.name for source in sources]
    raised: dict[str, list[Alarm]] = {}
    for alarm in alarms_of(board.service, names, now):
        raised.setdefault(alarm.subject, []).append(alarm)
    facts, due = state.schedule.facts_of_all(names), state.schedule.next_due_of(names)
    owed, new = state.frontier.owed_of(names), state.ledger.last_day_of(names, Outcome.NEW, now)
    return [
        SourceRow(
            source=source,
            next=due[source.name] if source.enabled else None,
            ended=facts[source.name].ended,
            error=facts[source.name].error,
            new=new[source.name],
            owed=owed[source.name],
            alarms=tuple(raised.get(source.name, ())),
        )
        for source in sources
    ]


def order_of(
    board: Board, sources: Sequence[Source], column: str, now: float
) -> Mapping[str, float]:
    """By what a column sorts each source; asked for all of them, and so for no more than that."""
    state, names = board.service.state, [source.name for source in sources]
    if column == "next":
        due = state.schedule.next_due_of(names)
        return {s.name: (due[s.name] if s.enabled else None) or math.inf for s in sources}
    if column == "last":
        return {name: at or 0.0 for name, at in state.schedule.ended_of(names).items()}
    if column == "new":
        return state.ledger.last_day_of(names, Outcome.NEW, now)
    if column == "owed":
        return state.frontier.owed_of(names)
    if column == "alarms":
        return Counter(alarm.subject for alarm in alarms_of(board.service, names, now))
    return {}


def source_view(board: Board, source: Source, now: float) -> SourceView:
    """All of one source."""
    state, name = board.service.state, source.name
    facts = state.schedule.facts(name)
    today = datetime.fromtimestamp(now, UTC).date()
    days = [today - timedelta(days=back) for back in range(YIELD_DAYS - 1, -1, -1)]
    new = state.coverage.counts_by_day([name], days)[name]
    return SourceView(
        row=source_rows(board, [source], now)[0],
        facts=facts,
        totals=state.ledger.totals(name),
        reasons=state.ledger.reasons(name).most_common(),
        listings=_listings(board, name),
        problems=json.loads(facts.problems),
        passed_over=_counts(facts.passed_over),
        refused=_counts(facts.refused),
        new_by_day=[(day, new[day][0]) for day in days],
        rules=board.service.rules.told_number(name),
        waiting=state.frontier.waiting_of(name),
    )


def _counts(text: str) -> list[tuple[str, int]]:
    return Counter(json.loads(text)).most_common()


def _listings(board: Board, name: str) -> list[UsedListing]:
    _, kept = board.service.state.frontier.last_walk(name)
    return [_listing(url, text) for url, text in sorted(kept.items())]


def _listing(url: str, text: str) -> UsedListing:
    state = from_json(text)
    how = "found from its start" if state.found else "named in the file"
    if state.stands_in:
        how = "stands in for another"
    if state.is_aside:
        how = "only watched"
    health: Any = state.health
    why = f": {health.why}" if health.why else ""
    fallen = f"{health.fallen}{why}" if health.fallen else health.why
    return UsedListing(url, state.kind.value, how, fallen)

"""A year of many sources in minutes, with all that can befall the service: no crawl missed, none doubled."""

import asyncio
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from chaos.promise import Finding, Size
from chaos.trials.year.clock import VirtualLoop
from chaos.trials.year.part import PlainClient
from chaos.trials.year.plan import CHANGES, YEAR, Plan, Shape, make_plan
from chaos.trials.year.service import SimulatedService
from chaos.trials.year.verdict import check_herd, check_pages, check_schedule
from chaos.trials.year.watch import Watch
from chaos.trials.year.web import DAY
from cli.embedded import EmbeddedServer
from config.settings import Settings
from workers.state.state import State
from workers.storage.bucket import open_bucket

FULL = Shape(
    days=366,
    sources=50,
    kill=2e-4,
    meanwhile=2e-3,
    lose=5e-3,
    restart_days=9,
    freeze_days=5,
    edit_days=7,
    down_days=40,
)
SMALL = Shape(
    days=3,
    sources=12,
    kill=2e-3,
    meanwhile=2e-2,
    lose=8e-2,
    restart_days=0.8,
    freeze_days=0.7,
    edit_days=0.3,
    down_days=2,
    outage_hours=7,
)
# Until every page was looked at again for the last time.
_DRAIN_DAYS = 1.25
_SEEDS = {Size.SMALL: (1,), Size.FULL: (1, 2)}


@dataclass
class Year:
    """A year that is over."""

    plan: Plan
    watch: Watch
    seconds: float
    """Of real time."""
    at_once: int = 0
    """Crawls that one tick sent off at the most, after the first start and after the outage."""


def trial(folder: Path, size: Size) -> list[Finding]:
    """See `chaos.promise`."""
    return [_finding(live(folder / f"seed-{seed}", seed, size)) for seed in _SEEDS[size]]


def live(folder: Path, seed: int, size: Size) -> Year:
    """Live through a year, or through some days around a change of the clocks."""
    if size is Size.FULL:
        return _live(folder, make_plan(seed, datetime(YEAR, 1, 1, tzinfo=UTC), FULL))
    change = CHANGES[seed % len(CHANGES)]
    return _live(folder, make_plan(seed, change - timedelta(days=1), SMALL))


def _live(folder: Path, plan: Plan) -> Year:
    folder.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(folder)
    server.ensure()
    try:
        with _quiet() as problems:
            return _in_virtual_time(folder, plan, server.url, problems)
    finally:
        server.stop()


def _in_virtual_time(folder: Path, plan: Plan, url: str, problems: list[str]) -> Year:
    began = time.monotonic()
    settings = Settings(redis_url=url, home=folder, sources=folder / "sources.toml")
    loop = VirtualLoop(plan.start)
    watch = Watch(loop.time)
    client: Any = PlainClient.from_url(url, single_connection_client=True)
    store = open_bucket("memory://")
    service = SimulatedService(loop, plan, settings, store, client, watch)
    loop.set_exception_handler(lambda _, context: watch.wrong(_told(context)))
    try:
        loop.run_until_complete(_whole(service, plan, settings.sources))
        state = State(client, settings.window_days)
        service.consume()
        check_schedule(plan, service, watch)
        check_pages(plan, service, watch, state)
    finally:
        loop.close()
        client.close()
    for problem in problems:
        watch.wrong(problem)
    at_once = check_herd(plan, service, watch, settings.tick_seconds)
    return Year(plan, watch, time.monotonic() - began, at_once)


async def _whole(service: SimulatedService, plan: Plan, sources: Path) -> None:
    await service.live(sources)
    await asyncio.sleep(plan.end - asyncio.get_running_loop().time())
    service.luck.calm()
    await asyncio.sleep(_DRAIN_DAYS * DAY)
    service.stop()


def _told(context: dict[str, Any]) -> str:
    return f"{context['message']}: {context.get('exception')!r}"


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Keep the service's log to ourselves: what it calls an error is one, but for pages that are made so."""
    problems: list[str] = []

    def keep(_: Any, level: str, event: MutableMapping[str, Any]) -> str:
        if level in {"error", "critical"} and event["event"] != "page.ended":
            problems.append(str(event))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
    try:
        yield problems
    finally:
        structlog.configure(**before)


def _finding(year: Year) -> Finding:
    plan, watch, counts = year.plan, year.watch, year.watch.counts
    walks = sum(c.has_walked for crawls in watch.crawls.values() for c in crawls)
    return Finding(
        promise="no crawl is missed or doubled, at clock changes and restarts too",
        tried=(
            f"seed {plan.seed}: {plan.shape.days} days of {plan.shape.sources} sources in two time zones in"
            f" {year.seconds:.0f} s; {len(plan.stops)} restarts, one of them after"
            f" {plan.shape.outage_hours:.0f} h; {counts['kills']} kills, {counts['interruptions']} interruptions,"
            f" {len(plan.edits)} edits"
        ),
        found=(
            f"{len(watch.leased):,} crawls, {walks:,} walks, {len(watch.outcomes):,} pages;"
            f" {counts['broken']} wrong; a tick sent off {year.at_once} crawls at the most after the start"
            " and the outage"
        ),
        broken=tuple(watch.broken),
    )

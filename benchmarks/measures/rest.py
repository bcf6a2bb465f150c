"""The whole service at rest: what all of its processes take together while nothing new comes."""

import math
import time

from benchmarks.farm import Plan, served
from benchmarks.figure import Bench, Budget, Figure, at_most
from benchmarks.processes import memory, processor_seconds
from benchmarks.running import Running, running

_EVERY_SECONDS = 1800
_DELAY = 0.2
_STORIES = 4
_BUDGET_MB, _BUDGET_PERCENT = 350.0, 1.0
_MANY_SITES, _ROOM_PERCENT = 500, 50.0
_MB = 1e6


def measure(bench: Bench) -> list[Figure]:
    """Memory and a core's share at rest, and the share that 500 sites take at the same pace."""
    sites = bench.of(2, 50)
    with served(Plan(sites, _STORIES, corpus=bench.corpus)) as farm:
        sources = [farm.source(site, schedule="every 30m", delay=_DELAY) for site in range(sites)]
        with running(bench.folder / "service", sources) as service:
            service.crawl_all()
            after_pages = memory(service.pids())
            # A process gives memory back once it has had nothing to do for a while (`workers.queue.idle`).
            time.sleep(bench.of(1, 15))
            rested = memory(service.pids())
        # What it knows is kept. Started again, it finds nothing new.
        with running(bench.folder / "service", sources) as service:
            service.crawl_all()
            at_rest = _at_rest(bench, service, sites)
            crawl = _a_crawl(bench, service)
    pages = f"{_STORIES * sites} {'real' if bench.corpus else 'made-up'} pages"
    return [
        *at_rest,
        _after("right after its first pages", after_pages, pages),
        _after("once they have been done for 15 s", rested, pages, budget=at_most(_BUDGET_MB)),
        _many(crawl, at_rest[1].value),
    ]


def _at_rest(bench: Bench, service: Running, sites: int) -> list[Figure]:
    seconds = bench.of(3, 120)
    due = math.ceil(sites * seconds / _EVERY_SECONDS)
    before, began = processor_seconds(service.pids()), time.monotonic()
    for name in service.names[:due]:
        service.state.schedule.ask([name], time.time())
        time.sleep(seconds / due)
    spent, took = processor_seconds(service.pids()) - before, time.monotonic() - began
    held = memory(service.pids())
    what = f"the whole service at rest, {sites} sources"
    how = f"{len(service.pids())} processes with the embedded server, {seconds} s, {due} crawls that were due in them"
    return [
        Figure(f"{what}: memory", held / _MB, "MB", budget=at_most(_BUDGET_MB), how=f"PSS; {how}"),
        Figure(
            f"{what}: of a core",
            100 * spent / took,
            "%",
            budget=at_most(_BUDGET_PERCENT),
            how=how,
        ),
    ]


def _a_crawl(bench: Bench, service: Running) -> float:
    """Seconds of a core that a crawl takes of all processes, when it finds nothing new."""
    rounds = bench.of(1, 4)
    before = processor_seconds(service.pids())
    for _ in range(rounds):
        service.crawl_all()
    spent = processor_seconds(service.pids()) - before
    return spent / rounds / len(service.names)


def _after(when: str, held: int, pages: str, budget: Budget | None = None) -> Figure:
    what = f"the whole service {when}: memory"
    return Figure(what, held / _MB, "MB", budget=budget, how=f"PSS, after {pages}")


def _many(crawl: float, rest_percent: float) -> Figure:
    percent = 100 * crawl * _MANY_SITES / _EVERY_SECONDS + rest_percent
    return Figure(
        f"a source every 30 minutes on {_MANY_SITES} sites: of a core",
        percent,
        "%",
        budget=at_most(_ROOM_PERCENT),
        how=f"{1000 * crawl:.0f} ms of all processes a crawl that finds nothing new, and what rest takes",
    )

"""What it costs a page that it is told of: its counters for the metrics, and its lines in the log."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

import structlog

from benchmarks.figure import Bench, Figure, at_most, median_figure
from cli.embedded import server
from config.logging import set_up_logging
from config.settings import Settings
from crawler.outcome import Outcome
from crawler.page import Page, Visit
from workers.metrics.declared import STEPS
from workers.metrics.times import Times, latency_counts
from workers.pages import telling
from workers.state.frontier import new_token
from workers.state.index import Commit
from workers.state.state import State, open_state

_BUDGET_MS = 0.1
_NOW = 1_795_000_000.0


def measure(bench: Bench) -> list[Figure]:
    """Milliseconds of a core a page, client and server together, with the counters less without, in turns."""
    pages, rounds = bench.of(50, 300), bench.of(1, 40)
    how = f"{rounds} rounds of {pages:,} pages, in turns; processor time, client's and server's"
    with server(bench.folder / "home", None) as (url, _):
        state = open_state(url, Settings(redis_url=url))
        taken = [
            (_a_page(state, pages, lambda _: {}), _a_page(state, pages, _counted))
            for _ in range(rounds)
        ]
    without, counting = zip(*taken, strict=True)
    added = [one - other for other, one in taken]
    least = min(counting) - min(without)
    what = "counters for the metrics"
    told = "two lines of the log a page"
    return [
        Figure(f"{what}, the quietest round", least, "ms", budget=at_most(_BUDGET_MS), how=how),
        median_figure(what, added, "ms", how=how),
        median_figure(f"{told}, json", _lines("json", pages, rounds), "ms", at_most(1.0), how),
        median_figure(f"{told}, human", _lines("human", pages, rounds), "ms", at_most(1.0), how),
    ]


def _a_page(state: State, pages: int, counts: Callable[[str], Mapping[str, int]]) -> float:
    visits = _leased(state, pages)
    before = _spent(state)
    for visit in visits:
        commit = Commit(visit, Outcome.REJECTED, "empty", counts=counts(visit.token))
        state.index.commit(commit, _NOW)
    return 1000 * (_spent(state) - before) / pages


def _counted(token: str) -> Mapping[str, int]:
    times = Times()
    times.begin(token, fetch=0.2)
    for step in STEPS.keys() - {"fetch", "commit"}:
        with times.step(step, token):
            pass
    times.committed("another", 0.001)
    return {**times.counts(token), **latency_counts("2026-11-17T00:00:00Z", _NOW)}


def _leased(state: State, pages: int) -> list[Visit]:
    """Visits of a source that nobody has met before."""
    source, token = f"s-{new_token()}", new_token()
    state.schedule.add({source: _NOW})
    state.schedule.lease(source, [source], token, _NOW, _NOW + 300)
    links = [(f"{source}.example/{n}", f"https://{source}.example/{n}") for n in range(pages)]
    state.frontier.offer(source, token, links, now=_NOW, most=None, settings="", listings={})
    return state.frontier.take(
        source, token, pages, now=_NOW, until=_NOW + 300, waiting_max=pages, with_revisits=False
    )


def _spent(state: State) -> float:
    """Seconds of a processor."""
    of_server = state.client.info("cpu")
    return time.process_time() + float(of_server["used_cpu_sys"] + of_server["used_cpu_user"])


def _lines(log_format: Literal["human", "json"], pages: int, rounds: int) -> list[float]:
    """Milliseconds of a core for a page's two lines, written to nowhere."""
    visit = Visit(
        new_token(), "gazette", "key", "https://news.example.org/2026/11/28/a-story-of-it"
    )
    page = Page(visit.url, visit.url, 200, datetime.now(UTC), "text/html", "", b"", seconds=0.2)
    commit = Commit(visit, Outcome.NEW)
    spent = []
    handlers, level = logging.root.handlers, logging.root.level
    try:
        set_up_logging(Settings(log_format=log_format, log_level="INFO"))
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device
            for handler in logging.root.handlers:
                assert isinstance(handler, logging.StreamHandler)
                handler.setStream(nowhere)
            for _ in range(rounds):
                began = time.process_time()
                for _ in range(pages):
                    telling.fetched(visit, page)
                    telling.ended(commit)
                spent.append(1000 * (time.process_time() - began) / pages)
    finally:
        logging.root.handlers, logging.root.level = handlers, level
        structlog.reset_defaults()
    return spent

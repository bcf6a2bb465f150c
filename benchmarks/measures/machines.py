"""What more workers add: pages a second with one, two and four ingest workers, where each page costs the same."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from subprocess import Popen

from benchmarks.farm import Farm, Plan, served, sources_text
from benchmarks.figure import Bench, Figure, Size, at_least, median_figure
from cli.embedded import EmbeddedServer
from config.settings import Settings
from rig.command import environment
from rig.desk import until
from workers.state.connection import key
from workers.state.state import State, open_state

WORKERS = (1, 2, 4)
_LEAST = {2: 1.8, 4: 3.4}
"""Times as many pages as one worker brings."""
_STARTS_WITHIN = 90.0
_PARSER = """import time

from crawler.parsing import Parsed


def parse(page):
    time.sleep({seconds})
    tree = page.tree()
    return Parsed(body=[p.text_content() for p in tree.cssselect("article p")], title=page.url)
"""


def measure(bench: Bench) -> list[Figure]:
    """The rates in turns, of workers with a home each, on one server and one store.

    A page's cost is a pause: on a machine with fewer cores than workers it stands for the cores of other hosts.
    """
    is_full = bench.size is Size.FULL
    cost, seconds = (0.2, 30.0) if is_full else (0.1, 1.0)
    turns = [*WORKERS, *reversed(WORKERS), *WORKERS] if is_full else [*WORKERS[:2]]
    plan = Plan(sites=bench.of(2, 8), stories=bench.of(600, 700))
    rates: dict[int, list[float]] = {count: [] for count in WORKERS if count in turns}
    with served(plan) as farm, _desk(bench.folder, farm, plan.sites, cost) as desk:
        for count in turns:
            desk.have(count, seconds / 10)
            rates[count].append(desk.rate(seconds))
    how = f"{len(turns) // len(rates)} turns of {seconds:.0f} s; {cost} s of waiting a page"
    return list(_figures(rates, how))


def _figures(rates: dict[int, list[float]], how: str) -> Iterator[Figure]:
    for count, measured in rates.items():
        what = f"pages with {count} ingest workers" if count > 1 else "pages with an ingest worker"
        yield median_figure(what, measured, "pages/s", how=how)
    for count, least in ((n, least) for n, least in _LEAST.items() if n in rates):
        ratio = median(rates[count]) / median(rates[1])
        yield Figure(f"{count} ingest workers against one", ratio, budget=at_least(least), how=how)


class _Desk:
    """One beat, one crawl worker, and as many ingest workers as are asked for."""

    def __init__(self, folder: Path, state: State, shared: dict[str, object]) -> None:
        self._folder = folder
        self._state = state
        self._shared = shared
        self._ingest: list[Popen[bytes]] = []
        self._all: list[Popen[bytes]] = []

    def start(self, part: str) -> "Popen[bytes]":
        """A part with a home of its own, as on a host of its own."""
        home = self._folder / f"{part}-{len(self._all)}"
        told = environment(home=home, **self._shared) | {"REMAP_SIGTERM": "SIGQUIT"}
        started = Popen([sys.executable, "-m", "workers.run", part], env=told)  # noqa: S603 - ourselves
        self._all.append(started)
        return started

    def have(self, count: int, settled: float) -> None:
        """Have so many ingest workers at work, for `settled` seconds."""
        while len(self._ingest) > count:
            self._ingest[-1].terminate()
            self._ingest.pop().wait()
        while len(self._ingest) < count:
            self._ingest.append(self.start("ingest"))
        # A worker has begun once it holds a page: the log of none of them would say so.
        until(lambda: self._busy() >= count, _STARTS_WITHIN, f"{count} ingest workers are at work")
        time.sleep(settled)

    def _busy(self) -> int:
        """Ingest workers that hold a page just now."""
        tokens = self._state.client.zrange(key("waiting"), 0, -1)
        # All at one moment: a page is held for a fifth of a second.
        with self._state.client.pipeline(transaction=False) as batch:
            for token in tokens:
                batch.hmget(key("page", token.decode()), "run", "open")
            return len({run for run, is_open in batch.execute() if is_open})

    def rate(self, seconds: float) -> float:
        """Pages a second, from the end of one batch to the end of another."""
        began, before = self._next_end()
        time.sleep(seconds)
        ended, after = self._next_end()
        assert self._state.frontier.waiting(), "the workers ran out of pages"
        return (after - before) / (ended - began)

    def _next_end(self) -> tuple[float, int]:
        """When pages end next, and how many have by then."""
        before = self._ended()
        until(lambda: self._ended() > before, _STARTS_WITHIN, "a page ends")
        return time.monotonic(), self._ended()

    def _ended(self) -> int:
        by_source = self._state.counted.outcomes(self._state.counted.sources())
        return sum(sum(counts.values()) for counts in by_source.values())

    def stop(self) -> None:
        """End all of it."""
        for process in self._all:
            if process.poll() is None:
                process.kill()
            process.wait()


@contextmanager
def _desk(folder: Path, farm: Farm, sites: int, cost: float) -> Iterator[_Desk]:
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "slow.py").write_text(_PARSER.format(seconds=cost))
    sources = [_source(farm, site) for site in range(sites)]
    (config / "sources.toml").write_text(sources_text(sources))
    server = EmbeddedServer(folder / "server")
    server.ensure()
    with ExitStack() as stack:
        stack.callback(server.stop)
        settings: dict[str, object] = {
            "sources": config / "sources.toml",
            "store": folder / "store",
            "redis_url": server.url,
            "ingest_processes": 1,
            "batch_pages": 4,
            "tick_seconds": 1,
            "allow_private": True,
            "log_level": "WARNING",
        }
        desk = _Desk(folder, open_state(server.url, Settings()), settings)
        stack.callback(desk.stop)
        desk.start("beat")
        desk.start("crawl")
        yield desk


def _source(farm: Farm, site: int) -> dict[str, object]:
    usual = {"schedule": "every 1d", "delay": 0.0, "revisit": [], "max_pages": 5000}
    return farm.source(site, parser="slow:parse", **usual)

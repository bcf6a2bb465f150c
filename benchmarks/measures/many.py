"""Many sources at once: what the service reaches of what politeness allows, and what a process carries."""

import threading
import time
from dataclasses import dataclass

from benchmarks.farm import Farm, Plan, served
from benchmarks.figure import Bench, Figure
from benchmarks.processes import memory, processor_seconds
from benchmarks.running import Running, running
from workers.state.connection import key

_DELAY = 1.0
_PAGES = 20
# robots.txt, and the feed: with them a crawl makes so many requests, a second apart.
_BEFORE_PAGES = 2
_LOOK_SECONDS = 1.0
_BEGUN = b"begun-"
_ROOMS = (25, 100, 500)
_MB = 1e6


@dataclass
class _Seen:
    """What a run came to."""

    seconds: float
    pages: int
    crawl_cpu: float
    ingest_cpu: float
    server_cpu: float
    farm_cpu: float
    most_memory: int
    """Bytes of all processes together."""
    most_crawl_memory: int
    """Bytes of the processes that crawl, and of their parent."""
    most_at_once: int


def measure(bench: Bench) -> list[Figure]:
    """Pages a second on many sites, and on fewer by how many a process carries side by side."""
    sites = bench.of(5, 1000)
    seen = _run(bench, "all", sites, {})
    return [*_figures(bench, sites, seen), *_by_room(bench)]


def _figures(bench: Bench, sites: int, seen: _Seen) -> list[Figure]:
    what = f"{sites:,} sources of {_pages(bench)} pages, {_DELAY:.0f} s of delay"
    polite = (_pages(bench) + _BEFORE_PAGES) * _DELAY
    a_page = seen.ingest_cpu / seen.pages
    allowed = seen.pages / polite
    cores = 2 / ((seen.ingest_cpu + seen.crawl_cpu + seen.server_cpu + seen.farm_cpu) / seen.pages)
    reached = seen.pages / seen.seconds
    kind = "real" if bench.corpus else "made-up"
    return [
        Figure(
            f"{what}: pages per second",
            reached,
            "pages/s",
            how=f"{seen.pages:,} {kind} pages in {seen.seconds:.0f} s; politeness alone would let {allowed:,.0f}"
            f" a second, two cores {cores:,.0f} at this cost",
        ),
        Figure(
            f"{what}: of a core, a page",
            2000 / cores,
            "ms",
            how=f" {1000 * a_page:.1f} ms to ingest, {1000 * seen.crawl_cpu / seen.pages:.1f} to"
            f" crawl, {1000 * seen.server_cpu / seen.pages:.1f} the server, {1000 * seen.farm_cpu / seen.pages:.1f} the sites",
        ),
        Figure(
            f"{what}: memory of all processes, at the most",
            seen.most_memory / _MB,
            "MB",
            how=f"PSS; {seen.most_at_once} crawls at once at the most, "
            f"the crawl worker {seen.most_crawl_memory / _MB:.0f} MB of it",
        ),
    ]


def _by_room(bench: Bench) -> list[Figure]:
    """The same on fewer sites, by how many crawls a process carries."""
    figures = []
    sites, stories = bench.of(3, 500), bench.of(2, 4)
    for room in _ROOMS[: bench.of(1, len(_ROOMS))]:
        seen = _run(bench, f"room-{room}", sites, {"crawls_at_once": room}, stories)
        figures.append(
            Figure(
                f"{room} crawls at once in a process: pages per second",
                seen.pages / seen.seconds,
                "pages/s",
                how=f"{sites} sites of {stories} small pages; {seen.most_at_once} were at once at the most,"
                f" the crawl worker {seen.most_crawl_memory / _MB:.0f} MB,"
                f" {1000 * seen.crawl_cpu / seen.pages:.1f} ms of it a page",
            )
        )
    return figures


def _pages(bench: Bench) -> int:
    return bench.of(2, _PAGES)


def _run(
    bench: Bench, name: str, sites: int, settings: dict[str, object], stories: int | None = None
) -> _Seen:
    corpus = None if stories else bench.corpus
    plan = Plan(sites, stories or _pages(bench), corpus=corpus)
    with served(plan) as farm:
        sources = [
            {**farm.source(site, schedule="every 1d", delay=_DELAY), "sitemaps": []}
            for site in range(sites)
        ]
        with running(bench.folder / name, sources, **settings) as service:
            return _watched(service, farm)


def _watched(service: Running, farm: Farm) -> _Seen:
    watch = _Watch(service)
    parts = ("workers.run crawl", "workers.run ingest", "valkey-server")
    before = [processor_seconds(service.pids(part)) for part in parts]
    farm_before, began = processor_seconds([farm.pid]), time.monotonic()
    with watch:
        service.crawl_all()
    took = time.monotonic() - began
    spent = [
        processor_seconds(service.pids(part)) - b for part, b in zip(parts, before, strict=True)
    ]
    return _Seen(
        seconds=took,
        pages=farm.requests()["page"],
        crawl_cpu=spent[0],
        ingest_cpu=spent[1],
        server_cpu=spent[2],
        farm_cpu=processor_seconds([farm.pid]) - farm_before,
        most_memory=watch.most,
        most_crawl_memory=watch.most_crawl,
        most_at_once=watch.most_at_once,
    )


class _Watch:
    """The most that was seen of some things, looked at now and then while it is entered."""

    def __init__(self, service: Running) -> None:
        self._service = service
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = self.most_crawl = self.most_at_once = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.most = max(self.most, memory(self._service.pids()))
            crawl = memory(self._service.pids("workers.run crawl"))
            self.most_crawl = max(self.most_crawl, crawl)
            leases = self._service.state.client.hvals(key("leases"))
            begun = sum(token.startswith(_BEGUN) for token in leases)
            self.most_at_once = max(self.most_at_once, begun)

"""What a tick costs, and how late a due crawl is sent off, by the number of sources."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.farm import sources_text
from benchmarks.figure import Bench, Figure, Size, at_most, median_figure
from benchmarks.running import Running, running
from cli.embedded import server
from config.settings import Settings
from crawler.authorities import authorities_of
from workers.dispatch import dispatch_due
from workers.housekeeping import keep_house
from workers.service import Service, open_service
from workers.state.connection import key

_BUDGET = 2.0
_COUNTS = (100, 10_000, 100_000)
_FEW = (50, 100)
_DUE = 20
_LATER = 1e9
_LOOK_SECONDS = 0.01


def measure(bench: Bench) -> list[Figure]:
    """A tick of the largest number against one of the smallest, on a server each, by turns."""
    counts = _COUNTS if bench.size is Size.FULL else _FEW
    with ExitStack() as stack:
        desks = [stack.enter_context(_ticking(bench.folder / str(c), c)) for c in counts]
        first = [_first(desk) for desk in desks]
        rounds = [[_round(bench, desk) for desk in desks] for _ in range(bench.of(1, 7))]
    ticks = bench.of(10, 200)
    how = f"{len(rounds)} rounds of {ticks} ticks, CPU of process and server, housekeeping included"
    figures = first
    for what, pick in (("none due", _idle), (f"{_DUE} due", _busy)):
        for place, count in enumerate(counts):
            spent = [1000 * pick(r[place]) for r in rounds]
            figures.append(
                median_figure(f"a tick with {count:,} sources, {what}", spent, "ms", how=how)
            )
        against = [pick(r[-1]) / pick(r[0]) for r in rounds]
        named = f"a tick with {counts[-1]:,} sources against {counts[0]:,}, {what}"
        figures.append(median_figure(named, against, "", at_most(_BUDGET), how))
    return [*figures, *(_delay(bench, count) for count in (counts[0], counts[-1]))]


def _idle(spent: tuple[float, float]) -> float:
    return spent[0]


def _busy(spent: tuple[float, float]) -> float:
    return spent[1]


@dataclass
class _Ticking:
    service: Service
    count: int
    chance: random.Random

    def due(self, names: Sequence[str], at: float) -> None:
        self.service.state.client.zadd(key("schedule"), dict.fromkeys(names, at), xx=True)


@contextmanager
def _ticking(folder: Path, count: int) -> Iterator[_Ticking]:
    folder.mkdir()
    sources = folder / "sources.toml"
    sources.write_text(sources_text([_source(number) for number in range(count)]))
    with server(folder / "home", None) as (url, _):
        settings = Settings(home=folder / "home", sources=sources, redis_url=url)
        service = open_service(settings)
        yield _Ticking(service, count, random.Random(count))
        service.state.client.close()


def _source(number: int) -> dict[str, object]:
    name = f"site-{number}"
    return {
        "name": name,
        "start": f"http://127.0.0.1:{number % 60_000 + 1}/",
        "schedule": "every 1d",
    }


def _first(desk: _Ticking) -> Figure:
    """The tick that reads the file and enters all of it in the schedule."""
    spent = _spent(desk, lambda: _tick(desk))
    desk.due(list(desk.service.sources.enabled()), time.time() + _LATER)
    return Figure(
        f"reading {desk.count:,} sources and entering them in the schedule",
        spent,
        "s",
        how="at a start, and when the file was edited; CPU of process and server",
    )


def _round(bench: Bench, desk: _Ticking) -> tuple[float, float]:
    """Seconds of a tick with nothing due, and of one with some due."""
    ticks = bench.of(10, 200)
    idle = _spent(desk, lambda: _tick(desk, ticks)) / ticks
    busy = []
    for _ in range(ticks // 10):
        names = desk.chance.sample(list(desk.service.sources.enabled()), _DUE)
        now = time.time()
        desk.due(names, now - 1)
        busy.append(_spent(desk, lambda: _tick(desk)))
        _take_back(desk, names)
    return idle, statistics.mean(busy)


def _tick(desk: _Ticking, times: int = 1) -> None:
    sent: list[object] = []
    for _ in range(times):
        now = time.time()
        dispatch_due(desk.service, now, sent.append)
        keep_house(desk.service, now, lambda *_, **__: None)


def _take_back(desk: _Ticking, names: Sequence[str]) -> None:
    schedule, sources = desk.service.state.schedule, desk.service.sources.enabled()
    for name in names:
        schedule.recall(name, authorities_of(sources[name]), time.time(), time.time() + _LATER)
    desk.due(names, time.time() + _LATER)


def _spent(desk: _Ticking, work: Callable[[], object]) -> float:
    """Seconds of a core that this process and the server take for it."""
    before, server_before = time.process_time(), _server_seconds(desk)
    work()
    return time.process_time() - before + _server_seconds(desk) - server_before


def _server_seconds(desk: _Ticking) -> float:
    facts = desk.service.state.client.info("cpu")
    return float(facts["used_cpu_user"] + facts["used_cpu_sys"])


def _delay(bench: Bench, count: int) -> Figure:
    """How long after it was due a crawl is sent off by the service as it runs."""
    sources = [_source(number) for number in range(count)]
    folder = bench.folder / f"up-{count}"
    folder.mkdir()
    with server(folder / "home", None) as (url, _):
        settings = Settings(home=folder / "home", redis_url=url)
        state = open_service(settings).state
        state.schedule.add({str(s["name"]): time.time() + _LATER for s in sources})
        state.client.close()
    with running(folder, sources) as service:
        _until_followed(service, count)
        chance = random.Random(count)
        waited = [_waited(service, chance) for _ in range(bench.of(1, 15))]
    return median_figure(
        f"from due to sent off, {count:,} sources",
        waited,
        "s",
        how=f"{len(waited)} crawls through the whole service, which ticks every 3 s",
    )


def _until_followed(service: Running, count: int) -> None:
    while service.state.client.hlen(key("timings")) < count:
        time.sleep(1)
    time.sleep(3)


def _waited(service: Running, chance: random.Random) -> float:
    time.sleep(chance.uniform(0, 3))
    name = chance.choice(service.names)
    due = time.time()
    service.state.client.zadd(key("schedule"), {name: due}, xx=True)
    while float(service.state.schedule.next_due(name) or 0) <= due:
        time.sleep(_LOOK_SECONDS)
    return time.time() - due

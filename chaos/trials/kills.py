"""Promise 1: worker trees are killed at random moments, and processes at every step of a page's way."""

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.load import Load, Revised
from chaos.processes import kill, tree
from chaos.promise import Finding, Size
from chaos.running import SETTINGS, Running, holds_within
from chaos.verdict import what_is_wrong
from rig.desk import Desk
from workers.fault import CRAWL_STEPS, INGEST_STEPS, STEPS, counter

_GONE_WITHIN = 5.0
"""Seconds in which all of a service has ended whose `up` was killed."""
_STRUCK_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class _Scale:
    sites: int
    pages: int
    """Of one site."""
    delay: float
    groups: int
    """Of five kills each."""
    rounds: int
    """In which every step is struck once."""
    patience: float
    """Seconds for what is owed after the last kill."""
    batch_sources: int
    revised: int
    """Pages that are visited twice, and have another text then."""
    again_after: int
    """Seconds."""


_SCALES = {
    Size.SMALL: _Scale(
        sites=3, pages=20, delay=0.3, groups=1, rounds=1, patience=90,
        batch_sources=1, revised=4, again_after=8,
    ),
    Size.FULL: _Scale(
        sites=12, pages=834, delay=0.0, groups=20, rounds=5, patience=900,
        batch_sources=3, revised=100, again_after=60,
    ),
}  # fmt: skip


def trial(folder: Path, size: Size) -> list[Finding]:
    """Try both; see `chaos.promise.Trial`."""
    scale = _SCALES[size]
    return [*random_kills(folder / "random", scale), every_step(folder / "steps", scale)]


def random_kills(folder: Path, scale: _Scale) -> list[Finding]:
    """Kill worker trees, and now and then all, while pages are on their way."""
    folder.mkdir(parents=True)
    with (
        Load(sites=scale.sites, pages=scale.pages, delay=scale.delay) as load,
        Revised(scale.revised, again_after=scale.again_after) as revised,
        Desk(folder) as desk,
    ):
        expected = load.expected + revised.expected
        pages = expected.pages.total()
        running = Running(desk, crawl_processes=2, batch_sources=scale.batch_sources)
        killer = _Killer(running, load)
        desk.write_sources(*revised.sources)
        killer.starts.append(running.start())
        running.finish(scale.revised, scale.patience)
        revised.revise()
        desk.write_sources(*load.sources, *revised.sources)
        killer.run(list(_victims(scale.groups)), load.expected.pages.total())
        finished = running.finish(pages, scale.patience)
        ended = running.ended()
        kill(*tree(running.up.pid))
        wrong = what_is_wrong(desk, expected)
    unfinished = [] if finished else [f"{ended} of {pages} pages had ended when patience did"]
    return [
        Finding(
            "no page is lost or doubled by a kill",
            f"{killer.kills} kills of worker trees at random moments over {pages:,} pages",
            f"{ended or 0:,} outcomes; {len(wrong)} wrong",
            (*unfinished, *wrong),
        ),
        Finding(
            "nothing outlives an `up` that was killed, and the next one starts",
            f"{len(killer.deaths)} kills of `up` or of all its processes",
            f"all had ended after {max(killer.deaths):.1f} s at the latest; "
            f"up again after {max(killer.starts):.1f} s",
            tuple(killer.orphans),
        ),
    ]


def _victims(groups: int) -> Iterator[str]:
    """Two crawl trees, two ingest trees; then all goes, by itself or with its command."""
    order = random.Random(1)
    for group in range(groups):
        workers = ["crawl", "crawl", "ingest", "ingest"]
        order.shuffle(workers)
        yield from workers
        yield "up" if group % 2 == 0 else "all"


class _Killer:
    """Kills while pages are fetched, and starts again what does not start itself."""

    def __init__(self, running: Running, load: Load) -> None:
        self.running = running
        self.kills = 0
        self.deaths: list[float] = []
        self.starts: list[float] = []
        self.orphans: list[str] = []
        self._load = load
        self._moments = random.Random(2)

    def run(self, victims: list[str], pages: int) -> None:
        """Kill each in turn, all of them before the pages are through."""
        stretch = pages / (len(victims) + 1)
        for victim in victims:
            self._await_work(stretch * self._moments.uniform(0.3, 1.3))
            self._strike(victim)

    def _await_work(self, requests: float) -> None:
        goal = self._load.requests + requests
        # A crawl whose worker died begins again when its lease has run out, or all is started anew.
        holds_within(lambda: self._load.requests >= goal, 6)
        time.sleep(self._moments.uniform(0, 0.3))

    def _strike(self, victim: str) -> None:
        up = self.running.up.pid
        if victim in ("crawl", "ingest"):
            holds_within(lambda: self.running.part(victim), 60)
            if worker := self.running.part(victim):
                kill(*tree(worker))
                self.kills += 1
            return
        kill(*(tree(up) if victim == "all" else [up]))
        self.kills += 1
        began = time.monotonic()
        self.running.up.wait()
        if not holds_within(lambda: not self.running.desk.processes(), _GONE_WITHIN):
            self.orphans += self.running.desk.processes().values()
        self.deaths.append(time.monotonic() - began)
        self.starts.append(self.running.start())


def every_step(folder: Path, scale: _Scale) -> Finding:
    """Kill the process that comes to a step, for every step of a page's way, then go on."""
    folder.mkdir(parents=True)
    problems: list[str] = []
    sites = len(CRAWL_STEPS) + 1
    with Load(sites=scale.rounds * sites, pages=12, broken=1) as load, Desk(folder) as desk:
        for number in range(scale.rounds):
            desk.write_sources(*load.sources[: (number + 1) * sites])
            # A crawl comes to some of its steps but once, a page's ingest is one of many.
            missed = _strike(desk, dict.fromkeys(CRAWL_STEPS, 1))
            missed += _strike(desk, dict.fromkeys(INGEST_STEPS, 1 + number))
            problems += [f"{step}: not reached in round {number + 1}" for step in missed]
        struck = scale.rounds * len(STEPS) - len(problems)
        last = desk.run("once", "--json", timeout=scale.patience)
        if last.code:
            problems.append(f"the last run ended with {last.code}: {last.err[-500:]}")
        problems += what_is_wrong(desk, load.expected)
        pages = load.expected.pages.total()
    return Finding(
        "a kill at any step leads to the same end",
        f"{struck} kills at {len(STEPS)} steps, over {pages:,} pages",
        f"{len(problems)} wrong",
        tuple(problems),
    )


def _strike(desk: Desk, after: Mapping[str, int]) -> list[str]:
    """A run in which each step is deadly to who comes to it so many times later; those not come to."""
    times = {step: _count(desk.home, step) + later for step, later in after.items()}
    fault = ",".join(f"{step}:{time}" for step, time in times.items())
    run = desk.start("once", "--json", **SETTINGS, fault=fault, batch_sources=1, batch_pages=2)

    def missed() -> list[str]:
        return [step for step, time in times.items() if _count(desk.home, step) < time]

    holds_within(lambda: not missed(), _STRUCK_WITHIN)
    kill(*tree(run.pid))
    run.wait()
    return missed()


def _count(home: Path, step: str) -> int:
    path = counter(home, step)
    return path.stat().st_size if path.exists() else 0

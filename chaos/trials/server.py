"""Promise 2: the server is killed under load, again and again; what it had accepted is not lost."""

import json
import random
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos.agreement import entries
from chaos.load import Load
from chaos.processes import kill
from chaos.promise import Finding, Size
from chaos.running import Running, at_rest, holds_within
from chaos.verdict import what_is_wrong
from crawler.spiders.news import AT_ONCE
from rig.desk import Desk, until

_BACK_WITHIN = 60.0
_STOPS_WITHIN = 60.0
_ON_THEIR_WAY = 2 * AT_ONCE
"""Requests that two crawls have made, and not brought home, at any one time."""


@dataclass(frozen=True, slots=True)
class _Scale:
    kills: int
    sites: int
    pages: int
    """Of one site."""
    delay: float
    patience: float


_SCALES = {
    Size.SMALL: _Scale(kills=2, sites=3, pages=20, delay=0.3, patience=90),
    Size.FULL: _Scale(kills=20, sites=12, pages=250, delay=0.0, patience=600),
}


@dataclass
class _Pauses:
    """Seconds after each kill."""

    ingest: list[float] = field(default_factory=list)
    crawl: list[float] = field(default_factory=list)


@dataclass
class _Consumer:
    """`copydesk consume --follow`, and what it has printed."""

    process: "subprocess.Popen[str]"
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.ids.append(json.loads(line)["id"])

    def end(self) -> int:
        """Stop it as a person does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(_STOPS_WITHIN)
        self._reader.join()
        return code


def trial(folder: Path, size: Size) -> list[Finding]:
    """Try it; see `chaos.promise.Trial`."""
    scale = _SCALES[size]
    with (
        Load(sites=scale.sites, pages=scale.pages, delay=scale.delay) as load,
        Desk(folder) as desk,
    ):
        desk.write_sources(*load.sources)
        running = Running(desk, batch_sources=1, crawl_processes=2)
        running.start()
        consumer = _Consumer(desk.start("consume", "--group", "trial", "--follow"))
        pages = load.expected.pages.total()
        pauses, problems = _kill_again_and_again(running, load, scale.kills)
        if not running.finish(pages, scale.patience):
            problems.append(f"{running.ended()} of {pages} pages had ended when patience did")
        queued = _queued(running)
        holds_within(lambda: len(set(consumer.ids)) >= len(queued), 30)
        problems += _end(running, consumer)
        problems += what_is_wrong(desk, load.expected)
        with at_rest(desk) as state:
            queued = [entry["id"] for entry in entries(state)]
    missed = set(queued) - set(consumer.ids)
    problems += [f"never consumed: {text_id}" for text_id in sorted(missed)]
    return [
        Finding(
            "no accepted document is lost with the server, and work goes on by itself",
            f"{scale.kills} kills of the server under load, over {pages:,} pages, one consumer",
            f"pages ended again after {max(pauses.ingest):.1f} s at the latest, and were fetched "
            f"again after {max(pauses.crawl):.1f} s; {len(queued):,} documents, "
            f"{len(queued) - len(missed):,} consumed; {len(problems)} wrong",
            tuple(problems),
        )
    ]


def _kill_again_and_again(running: Running, load: Load, kills: int) -> tuple[_Pauses, list[str]]:
    """How long it took after each kill until work went on, and what went wrong."""
    moments = random.Random(3)
    pauses, problems = _Pauses(), []
    pages = load.expected.pages.total()
    for number in range(kills):
        _await_ended(running, int(pages * (number + moments.uniform(0.3, 0.9)) / (kills + 1)))
        before, requests = running.ended() or 0, load.requests
        began = time.monotonic()
        kill(_server(running))
        holds_within(lambda: running.ended() is None, 1)
        _await_ended(running, min(before + 1, pages))
        pauses.ingest.append(time.monotonic() - began)
        _await_crawl(running, load, requests)
        pauses.crawl.append(time.monotonic() - began)
        if pauses.crawl[-1] > _BACK_WITHIN:
            problems.append(
                f"kill {number + 1}: no page ended for {pauses.ingest[-1]:.0f} s, "
                f"none was fetched for {pauses.crawl[-1]:.0f} s"
            )
    return pauses, problems


def _server(running: Running) -> int:
    until(running.server, _BACK_WITHIN, "a server runs")
    found = running.server()
    assert found
    return found


def _await_ended(running: Running, pages: int) -> None:
    holds_within(lambda: (running.ended() or 0) >= pages, 2 * _BACK_WITHIN)


def _await_crawl(running: Running, load: Load, requests: int) -> None:
    """Wait until pages are fetched again, beyond those on their way at the kill, or all have ended."""
    pages = load.expected.pages.total()
    holds_within(
        lambda: load.requests > requests + _ON_THEIR_WAY or (running.ended() or 0) >= pages,
        2 * _BACK_WITHIN,
    )


def _queued(running: Running) -> list[str]:
    return [entry["id"] for entry in entries(running.state())]


def _end(running: Running, consumer: _Consumer) -> list[str]:
    problems = []
    if consumer.process.poll() is not None:
        problems.append("the consumer ended before it was told to")
    elif code := consumer.end():
        problems.append(f"the consumer ended with {code}")
    running.up.send_signal(signal.SIGINT)
    if code := running.up.wait(_STOPS_WITHIN):
        problems.append(f"`up` ended with {code}")
    return problems

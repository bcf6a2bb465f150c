"""Promise 5: the service, and its parts as containers run them, are stopped under load."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from chaos.agreement import stuck_messages
from chaos.load import Load
from chaos.promise import Finding, Size
from chaos.running import SETTINGS, Running, at_rest, holds_within
from chaos.verdict import what_is_wrong
from cli.embedded import server
from rig.desk import Desk
from workers.queue.broker import KEY_PREFIX
from workers.run import PARTS

UP_WITHIN, PART_WITHIN = 30.0, 60.0
"""Seconds in which a stop has ended all."""
_KILLED = "part.killed"
_STARTING_SECONDS = 4.0
_SECRET = f"whsec_{'c2VjcmV0' * 4}"


@dataclass(frozen=True, slots=True)
class _Scale:
    ups: int
    parts: int
    early: int
    """Stops in the first seconds of `up`."""
    sites: int
    pages: int
    """Of one site."""
    delay: float
    patience: float


_SCALES = {
    Size.SMALL: _Scale(ups=1, parts=1, early=2, sites=3, pages=20, delay=0.3, patience=90),
    Size.FULL: _Scale(ups=40, parts=10, early=40, sites=12, pages=700, delay=1.0, patience=900),
}


@dataclass
class _Stops:
    """What stops came to."""

    seconds: list[float] = field(default_factory=list)
    under_load: int = 0
    problems: list[str] = field(default_factory=list)

    def end(
        self,
        processes: "dict[str, subprocess.Popen[str]]",
        signum: int,
        limit: float,
        codes: Collection[int] = (0,),
    ) -> None:
        """Stop these processes, and note how long that took and how they ended."""
        began = time.monotonic()
        for process in processes.values():
            process.send_signal(signum)
        for name, process in processes.items():
            try:
                code = process.wait(max(0.0, began + limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.problems.append(f"{name} had not ended after {limit:.0f} s")
                process.kill()
                code = process.wait()
            if code not in codes:
                self.problems.append(f"{name} ended with {code}")
        self.seconds.append(time.monotonic() - began)


def trial(folder: Path, size: Size) -> list[Finding]:
    """Try it; see `chaos.promise.Trial`."""
    scale = _SCALES[size]
    ups, parts, early = _Stops(), _Stops(), _Stops()
    with (
        Load(sites=scale.sites, pages=scale.pages, delay=scale.delay) as load,
        Desk(folder, **SETTINGS, crawl_processes=2, batch_sources=2) as desk,
    ):
        desk.write_sources(*load.sources)
        pages = load.expected.pages.total()
        await_work = _paced(load, pages / (scale.ups + scale.parts + 1))
        for number in range(scale.ups):
            _stop_up(desk, await_work, number, ups)
        for _ in range(scale.parts):
            _stop_parts(desk, await_work, parts)
        for number in range(scale.early):
            _stop_early(desk, number, early)
        done = desk.run("once", "--json", timeout=scale.patience)
        wrong = [f"the last run ended with {done.code}: {done.err[-500:]}"] if done.code else []
        wrong += what_is_wrong(desk, load.expected)
    return [
        _finding("a stop of `up`", ups, UP_WITHIN),
        _finding("a stop of a part by itself", parts, PART_WITHIN),
        _finding("a stop of `up` that is starting", early, UP_WITHIN),
        Finding(
            "what a stop leaves undone is finished afterwards",
            f"{scale.ups + scale.parts + scale.early} stops over {pages:,} pages, then one run to the end",
            f"{len(wrong)} wrong",
            tuple(wrong),
        ),
    ]


def _finding(what: str, stops: _Stops, limit: float) -> Finding:
    return Finding(
        f"{what} ends within {limit:.0f} s, kills nothing, leaves no message and no process",
        f"{len(stops.seconds)} stops, {stops.under_load} of them amid pages on their way",
        f"{median(stops.seconds):.1f} s in the middle, {max(stops.seconds):.1f} s at the most; "
        f"{len(stops.problems)} wrong",
        tuple(stops.problems),
    )


def _paced(load: Load, requests: float) -> Callable[[], bool]:
    """Waits until sites were asked for so many pages more, and then for a moment; whether they were."""
    moments = random.Random(4)

    def wait() -> bool:
        goal = load.requests + requests
        is_busy = holds_within(lambda: load.requests >= goal, 60)
        time.sleep(moments.uniform(0, 0.5))
        return is_busy

    return wait


def _stop_up(desk: Desk, await_work: Callable[[], bool], number: int, stops: _Stops) -> None:
    running = Running(desk)
    running.start()
    stops.under_load += await_work()
    said = len(desk.err)
    signum = signal.SIGINT if number % 2 else signal.SIGTERM
    stops.end({"`up`": running.up}, signum, UP_WITHIN)
    if _KILLED in desk.err[said:]:
        stops.problems.append(f"stop {number + 1}: a part was killed")
    _look_for_remains(desk, stops)


def _stop_early(desk: Desk, number: int, stops: _Stops) -> None:
    said = len(desk.err)
    up = desk.start("up", **SETTINGS)
    time.sleep(random.Random(number).uniform(0.2, _STARTING_SECONDS))
    signum = signal.SIGINT if number % 2 else signal.SIGTERM
    # Before it listens to them, the system does.
    stops.end({"`up`": up}, signum, UP_WITHIN, (0, 130, -signum))
    if _KILLED in desk.err[said:] or "Traceback" in desk.err[said:]:
        stops.problems.append(f"early stop {number + 1}: a part was killed, or left a traceback")
    _look_for_remains(desk, stops)


def _stop_parts(desk: Desk, await_work: Callable[[], bool], stops: _Stops) -> None:
    with server(desk.home, None) as (url, _), _parts(desk, url) as parts:
        stops.under_load += await_work()
        stops.end(parts, signal.SIGTERM, PART_WITHIN)
    _look_for_remains(desk, stops)


@contextmanager
def _parts(desk: Desk, url: str) -> Iterator["dict[str, subprocess.Popen[str]]"]:
    """Each part in a process, as the containers run them."""
    secret = desk.folder / "secret"
    secret.write_text(_SECRET)
    environment = desk.environment | {
        "COPYDESK_REDIS_URL": url,
        # At the end of a part Celery hands back what it holds: set in docker-compose.yml too.
        "REMAP_SIGTERM": "SIGQUIT",
        # Nobody is there: it has documents in hand, and waits, when it is stopped.
        "COPYDESK_WEBHOOK_URL": "http://127.0.0.1:9/",
        "COPYDESK_WEBHOOK_SECRET_FILE": str(secret),
    }
    with (desk.folder / "err").open("a") as err:
        processes = {
            part: subprocess.Popen(  # noqa: S603 - our own part
                [sys.executable, "-m", "workers.run", part],
                cwd=desk.folder, env=environment, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
            )
            for part in PARTS
        }  # fmt: skip
    try:
        yield processes
    finally:
        for process in processes.values():
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()


def _look_for_remains(desk: Desk, stops: _Stops) -> None:
    if not holds_within(lambda: not desk.processes(), 1):
        stops.problems += [f"still there: {line}" for line in desk.processes().values()]
    with at_rest(desk) as state:
        stops.problems += stuck_messages(state, KEY_PREFIX)

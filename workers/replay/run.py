"""One replay: plans, has many processes read, and notes how far it has come."""

import hashlib
import json
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from config.logging import set_up_logging
from config.parsers import version_of
from config.settings import Settings
from config.sources import Source
from crawler.extraction.extract import EXTRACTOR
from workers import fault
from workers.queue.process import die_with_parent
from workers.recovery.ownership import watch_store
from workers.replay.again import Rereader
from workers.replay.heads import heads_in_store
from workers.replay.plan import Item, plan, with_heads
from workers.replay.position import Position
from workers.replay.tally import Tally
from workers.service import Service, open_service

_A_BATCH = 16
# Batches that are given out ahead of those that are done, for each process.
_AHEAD = 2

Progress = Callable[[str, int, int], None]
"""What is counted, how many are done, and of how many."""
_Given = deque[tuple[list[Item], Future[Tally]]]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it."""

    tally: Tally
    is_whole: bool
    """Whether every page was read; else the next run goes on where this one ended."""
    went_on: bool
    """Whether an earlier run had begun it."""


class Replay:
    """One run over the archive of a service, for sources that are known."""

    def __init__(
        self,
        service: Service,
        folder: Path,
        names: Sequence[str],
        since: datetime | None = None,
        *,
        processes: int = 0,
        progress: Progress = lambda _what, _done, _all: None,
    ) -> None:
        self._service = service
        self._folder = folder
        self._names = names
        self._since = since
        self._processes = processes or _cores()
        self._progress = progress
        self._run = self._name()
        self._began = datetime.fromtimestamp(service.clock(), UTC)

    def run(self, stopped: threading.Event) -> Replayed:
        """Read all pages again, or until someone asks to stop; two at once do each other no harm."""
        items = self._plan()
        before = Position.load(self._folder, self._run)
        tally = before.tally if before else Tally()
        self._began = before.began if before else self._began
        left = [item for item in items if not (before and before.covers(item))]
        total, done = len(items), len(items) - len(left)
        is_whole = True
        for batch, counted in self._read(left, stopped):
            watch_store(self._service)
            tally.add(counted)
            done += len(batch)
            self._progress("pages", done, total)
            fault.reached("before-noting")
            if counted.is_stuck:
                is_whole = False
                break
            Position(self._run, self._began, batch[-1].order, tally).save(self._folder)
        is_whole &= done == total
        if is_whole:
            Position.forget(self._folder)
        return Replayed(tally, is_whole, before is not None)

    def _name(self) -> str:
        sources = [source for n in self._names if (source := self._service.source(n))]
        rules = [self._service.rules.number(name) for name in self._names]
        return run_name(sources, self._service.settings.sources.parent, rules, self._since)

    def _plan(self) -> list[Item]:
        looked = partial(self._progress, "files")
        items = plan(self._folder, frozenset(self._names), self._since, looked)
        window_start = self._service.state.adoption.window_start(self._service.clock())
        limit = datetime.fromtimestamp(window_start, UTC)
        heads: dict[str, str] = {}
        old = [item for item in items if item.fetched < limit]
        for source in {item.source for item in old}:
            since = min(item.fetched for item in old if item.source == source).date()
            heads |= heads_in_store(self._service.store, source, since)
        return with_heads(items, heads, window_start) if old else items

    def _read(
        self, items: Sequence[Item], stopped: threading.Event
    ) -> Iterator[tuple[list[Item], Tally]]:
        """Batches in order, each with what came of it; the second ones when all first ones are done."""
        for is_second in (False, True):
            some = [item for item in items if item.is_second is is_second]
            batches = deque(some[i : i + _A_BATCH] for i in range(0, len(some), _A_BATCH))
            yield from self._read_batches(batches, stopped)

    def _read_batches(
        self, batches: deque[list[Item]], stopped: threading.Event
    ) -> Iterator[tuple[list[Item], Tally]]:
        while batches and not stopped.is_set():
            given: _Given = deque()
            try:
                yield from self._read_together(batches, given, stopped)
            except BrokenProcessPool:
                # A page ended its process, and with it all that were at work.
                for batch, _ in given:
                    yield batch, self._one_by_one(batch)

    def _read_together(
        self, batches: deque[list[Item]], given: _Given, stopped: threading.Event
    ) -> Iterator[tuple[list[Item], Tally]]:
        most = self._processes * _AHEAD
        with self._readers(self._processes) as readers:
            while given or (batches and not stopped.is_set()):
                while batches and len(given) < most and not stopped.is_set():
                    given.append((batches[0], readers.submit(_read_batch, batches[0])))
                    batches.popleft()
                batch, future = given[0]
                counted = future.result()
                given.popleft()
                yield batch, counted

    def _one_by_one(self, batch: Sequence[Item]) -> Tally:
        """A batch in which a page may end its process, each page in one of its own."""
        tally = Tally()
        for item in batch:
            with self._readers(1) as reader:
                try:
                    tally.add(reader.submit(_read_batch, [item]).result())
                except BrokenProcessPool:
                    tally.failed.append(
                        f"{item.path}: at byte {item.start}: its extraction does not end"
                    )
        return tally

    @contextmanager
    def _readers(self, count: int) -> Iterator[ProcessPoolExecutor]:
        # Not forked: this process has threads.
        with ProcessPoolExecutor(
            count,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(self._service.settings, os.getpid()),
        ) as pool:
            yield pool


def run_name(
    sources: Sequence[Source], folder: Path, rules: Sequence[int], since: datetime | None
) -> str:
    """Names what is asked for: with other settings, rules, parsers or another extractor, nothing counts as done.

    A source's own parser is a file in the folder of the sources file.
    """
    told = [source.model_dump_json() for source in sources]
    parsers = [version_of(folder, source.parser) for source in sources if source.parser]
    moment = since.isoformat() if since else None
    asked = json.dumps([told, moment, dict(EXTRACTOR), rules, parsers])
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _cores() -> int:
    """Those that this process may use, where the system can tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_rereader: list[Rereader] = []


def _begin(settings: Settings, parent: int) -> None:
    """A process of its own for reading: it ends with its parent, which alone hears of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    set_up_logging(settings)
    fault.arm(settings)
    _rereader.append(Rereader(open_service(settings, at_first=60.0)))


def _read_batch(items: Sequence[Item]) -> Tally:
    return _rereader[0].run(items)

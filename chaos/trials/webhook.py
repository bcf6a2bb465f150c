"""A webhook whose part is killed, whose receiver is away, and refuses some: each document is posted, in order."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.load import Load
from chaos.promise import Finding, Size
from cli.embedded import server
from config.settings import Settings
from rig.desk import Desk, until
from rig.inbox import SECRET, Inbox, Say
from workers.delivered import WEBHOOK
from workers.state.outbox import STREAM
from workers.state.state import State, open_state

_SEED = 20261128
_PATIENCE = 300.0


@dataclass(frozen=True)
class _Extent:
    sites: int
    pages: int
    """A site."""
    kills: int
    away_seconds: float
    """Of each kind of being away."""
    refused: int
    deliveries: int
    """After so many a document is put aside."""


_EXTENT = {Size.SMALL: _Extent(2, 12, 1, 1.2, 1, 2), Size.FULL: _Extent(8, 120, 40, 10.0, 7, 5)}
_AWAY: Mapping[str, Say | None] = {
    "answers 503": Say(503),
    "answers 500": Say(500),
    "never answers": Say(hangs=True),
    "is not there": None,
}


def trial(folder: Path, size: Size) -> list[Finding]:
    """One outbox, filled by the real service, posted again and again to a receiver on loopback."""
    extent = _EXTENT[size]
    with Load(sites=extent.sites, pages=extent.pages) as load, Inbox() as inbox:
        secret = folder / "secret"
        secret.write_text(SECRET)
        named = {"webhook_url": inbox.url(), "webhook_secret_file": secret, "webhook_seconds": 1}
        with Desk(folder, max_deliveries=extent.deliveries, **named) as desk:
            desk.write_sources(*load.sources)
            filled = desk.run("once", timeout=900)
            assert filled.code == 0, filled.err
            with server(desk.home, None) as (url, _):
                bench = _Bench(desk, url, inbox, extent)
                return [bench.killed(), bench.away(size), bench.refused()]


class _Bench:
    """A home whose outbox is full, and a receiver."""

    def __init__(self, desk: Desk, url: str, inbox: Inbox, extent: _Extent) -> None:
        self._environment = desk.environment | {"COPYDESK_REDIS_URL": url}
        self._folder = desk.folder
        self._state: State = open_state(url, Settings(), patience=5)
        self._inbox = inbox
        self._extent = extent
        self._chance = random.Random(_SEED)
        rows = self._state.client.xrange(STREAM)
        self._source_of = {f[b"id"].decode(): f[b"source"].decode() for _, f in rows}
        """Of each document, in the order of the stream."""

    def killed(self) -> Finding:
        """The part is killed while answers are on their way."""
        self._begin()
        gate = threading.Semaphore(0)

        def answer(_: Mapping[str, Any]) -> Say:
            gate.acquire(timeout=_PATIENCE)
            return Say()

        self._inbox.answer = answer
        each = len(self._source_of) // (self._extent.kills + 1)
        for _ in range(self._extent.kills):
            with self._part() as part:
                wanted = len(self._inbox.taken) + self._chance.randint(1, max(1, each))
                gate.release(wanted - len(self._inbox.taken))
                self._await_taken(wanted)
                part.kill()
        gate.release(10 * len(self._source_of))
        self._to_the_end()
        again = len(self._inbox.taken) - len(set(self._inbox.taken))
        most = 2 * self._extent.kills * self._extent.sites
        broken = self._wrong()
        if again > most:
            broken += (f"{again} came again, by {self._extent.kills} kills",)
        return Finding(
            "a webhook that is killed loses nothing, and keeps the order",
            f"{self._extent.kills} kills of the part, {len(self._source_of):,} documents of {self._extent.sites} sources",
            f"{len(self._missing())} missing, {again} again",
            broken,
        )

    def away(self, size: Size) -> Finding:
        """The receiver takes nothing for a while, in one way after the other."""
        self._begin()
        ways = _AWAY if size is Size.FULL else dict([*_AWAY.items()][:1])
        with self._part():
            for say in ways.values():
                self._take_some(len(self._source_of) // (len(ways) + 1))
                self._go_away(say)
            self._inbox.answer = lambda _: Say()
            self._until(self._is_done, "all that waits")
        return Finding(
            "a receiver that takes nothing is waited for, and no document is blamed",
            f"{self._extent.away_seconds:g} s each of a receiver that {', '.join(ways)}",
            f"{len(self._missing())} missing, {self._state.outbox.dead()} put aside",
            self._wrong() + (("documents were put aside",) if self._state.outbox.dead() else ()),
        )

    def _take_some(self, count: int) -> None:
        gate = threading.Semaphore(count)
        self._inbox.answer = lambda _: Say() if gate.acquire(blocking=False) else Say(503)
        wanted = min(len(self._source_of), len(self._inbox.taken) + count)
        self._await_taken(wanted)

    def _go_away(self, say: Say | None) -> None:
        if say:
            self._inbox.answer = lambda _: say
        else:
            self._inbox.stop()
        time.sleep(self._extent.away_seconds)
        if say is None:
            self._inbox.start()

    def refused(self) -> Finding:
        """Some documents are never taken: the others of their sources come, and these end aside."""
        self._begin()
        # With none behind it, there is nothing that it holds up, and nothing to tell by.
        last = {source: name for name, source in self._source_of.items()}
        some = sorted(self._source_of.keys() - set(last.values()))
        bad = set(self._chance.sample(some, self._extent.refused))
        self._inbox.answer = lambda document: Say(400 if document["id"] in bad else 204)
        self._to_the_end()
        aside = Counter(one.document["id"] for one in self._state.groups.put_aside(WEBHOOK))
        broken = self._wrong(besides=bad)
        if aside != Counter(bad):
            broken += (f"{sorted(aside)} were put aside instead of {sorted(bad)}",)
        return Finding(
            "what is refused again and again is put aside, and its source goes on",
            f"{len(bad)} of {len(self._source_of):,} documents are always answered 400",
            f"{aside.total()} put aside, {len(self._missing() - bad)} others missing",
            broken,
        )

    def _begin(self) -> None:
        """Nothing was posted yet."""
        if WEBHOOK in self._state.outbox.names():
            self._state.groups.drop(WEBHOOK)
        self._inbox.answer = lambda _: Say()
        self._inbox.taken.clear()

    @contextmanager
    def _part(self) -> Iterator["subprocess.Popen[bytes]"]:
        command = [sys.executable, "-m", "workers.run", "webhook"]
        with (self._folder / "err").open("ab") as err:
            part = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=self._folder, env=self._environment, stderr=err
            )
        try:
            yield part
        finally:
            part.terminate()
            part.wait()

    def _to_the_end(self) -> None:
        with self._part():
            self._until(self._is_done, "all that waits")

    def _is_done(self) -> bool:
        groups = {one.name: one for one in self._state.groups.all(time.time())}
        return WEBHOOK in groups and not groups[WEBHOOK].owed

    def _until(self, holds: Callable[[], object], what: str) -> None:
        until(holds, _PATIENCE, what)

    def _await_taken(self, count: int) -> None:
        self._until(lambda: len(self._inbox.taken) >= count, f"{count} documents")

    def _missing(self) -> set[str]:
        return self._source_of.keys() - set(self._inbox.taken)

    def _wrong(self, besides: frozenset[str] | set[str] = frozenset()) -> tuple[str, ...]:
        broken = [f"{name} never came" for name in sorted(self._missing() - besides)]
        order = {name: number for number, name in enumerate(self._source_of)}
        last: dict[str, int] = {}
        for name in dict.fromkeys(self._inbox.taken):
            source = self._source_of[name]
            if order[name] < last.get(source, -1):
                broken.append(f"{name} came after a later one of {source}")
            last[source] = order[name]
        return tuple(broken)

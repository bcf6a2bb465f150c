"""Consumers that stop, die, fail and dawdle: each document reaches each group, and none blocks the rest."""

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chaos.load import Load
from chaos.promise import Finding, Size
from cli.embedded import server
from config.settings import Settings
from rig.desk import Desk
from workers.state.outbox import DEAD, STREAM
from workers.state.state import State, open_state

Seen = TypeVar("Seen")
_DAY = 86400.0
_RETENTION_DAYS = 7
_SEED = 20261122


@dataclass(frozen=True)
class _Extent:
    pages: int
    kills: int
    consumers: int
    poisoned: int
    deliveries: int
    """After so many an entry is put aside."""


_EXTENT = {Size.SMALL: _Extent(40, 2, 2, 2, 2), Size.FULL: _Extent(1000, 60, 8, 7, 5)}


def trial(folder: Path, size: Size) -> list[Finding]:
    """One outbox, filled by the real service, and a group for each thing that goes wrong."""
    extent = _EXTENT[size]
    with Load(sites=1, pages=extent.pages) as load, Desk(folder) as desk:
        desk.write_sources(*load.sources)
        filled = desk.run("once", timeout=900)
        assert filled.code == 0, filled.err
        with server(desk.home, None) as (url, _):
            bench = _Bench(desk, open_state(url, Settings(), patience=5), extent)
            return [bench.killed(), bench.many(), bench.poisoned(), bench.stopped()]


class _Bench:
    """A home whose outbox is full, and what is tried on it."""

    def __init__(self, desk: Desk, state: State, extent: _Extent) -> None:
        self._desk = desk
        self._state = state
        self._extent = extent
        self._chance = random.Random(_SEED)
        self._wanted = {document.id for document in desk.documents().values()}

    def killed(self) -> Finding:
        """Consumers are killed at any moment, between printing and acknowledging too."""
        received: Counter[str] = Counter()
        each = max(1, len(self._wanted) // (self._extent.kills + 1))
        for _ in range(self._extent.kills):
            received.update(self._cut_short("killed", self._chance.randint(1, each)))
        received.update(self._consume("killed"))
        again = received.total() - len(received)
        broken = self._missing(received)
        if again > self._extent.kills:
            broken += (f"{again} delivered again by {self._extent.kills} kills",)
        return Finding(
            "a consumer that is killed loses nothing",
            f"{self._extent.kills} kills of a consumer of {len(self._wanted):,} documents",
            f"{len(self._wanted - received.keys())} missing, {again} again",
            broken,
        )

    def _cut_short(self, group: str, after: int) -> list[str]:
        """Kill a consumer once it has printed so many documents; the ids of all it printed whole."""
        process = self._desk.start("consume", "--group", group)
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(after)]
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
        return [json.loads(line)["id"] for line in lines if line.endswith("\n")]

    def many(self) -> Finding:
        """Many consumers of one group at once."""
        consume = ("consume", "--group", "many")
        each = [self._desk.start(*consume) for _ in range(self._extent.consumers)]
        shares = [[json.loads(line)["id"] for line in _output(one)] for one in each]
        received = Counter(i for share in shares for i in share)
        again = received.total() - len(received)
        return Finding(
            "consumers of a group share its documents",
            f"{self._extent.consumers} consumers at once, {len(self._wanted):,} documents",
            f"{len(self._wanted - received.keys())} missing, {again} twice; shares {sorted(map(len, shares))}",
            self._missing(received) + ((f"{again} documents came twice",) if again else ()),
        )

    def poisoned(self) -> Finding:
        """Some documents can never be read: the rest comes at once, and these end aside."""
        deliveries = self._extent.deliveries
        poison = self._chance.sample(sorted(self._desk.documents()), self._extent.poisoned)
        ids = {self._desk.documents()[path].id for path in poison}
        texts = {path: (self._desk.home / path).read_bytes() for path in poison}
        for path in poison:
            (self._desk.home / path).unlink()
        broken: list[str] = []
        first = Counter(self._consume("poisoned", code=1))
        broken += self._missing(first, besides=ids)
        for _ in range(deliveries - 1):
            broken += [f"{i} came again" for i in self._consume("poisoned", code=1)]
        aside = self._after(60.0 * deliveries, _put_aside)
        broken += [f"{i} is not put aside" for i in ids - aside.keys()]
        broken += [f"{i} is put aside, and can be read" for i in aside.keys() - ids]
        broken += [f"{i}: {told}" for i, told in aside.items() if not _is_told(told, deliveries)]
        broken += [f"{i} came again" for i in self._consume("poisoned")]
        for path, text in texts.items():
            (self._desk.home / path).write_bytes(text)
        return Finding(
            "an entry that a consumer fails on blocks no other, and is put aside",
            f"{len(ids)} of {len(self._wanted):,} documents cannot be read, {deliveries} deliveries",
            f"{len(first):,} others at the first try; {len(aside)} put aside with who, when, how often",
            tuple(broken),
        )

    def stopped(self) -> Finding:
        """A consumer stops for a week and more, another has never read, a third is quick."""
        some = len(self._wanted) // 3
        begun = Counter(self._consume("stopped", "--count", str(some)))
        self._after(0, lambda state: state.outbox.join("late"))
        self._consume("quick")
        alarms = self._alarms()
        trimmed = self._after(_DAY * (_RETENTION_DAYS + 1), lambda state: state.outbox.length())
        rest = Counter(self._consume("stopped"))
        late = Counter(self._consume("late"))
        broken = [*self._missing(begun + rest), *self._missing(late)]
        broken += [f"{i} came twice" for i, times in (begun + rest).items() if times > 1]
        broken += [f"no alarm for {g}" for g in ("stopped", "late") if g not in alarms]
        emptied = self._after(_DAY * (_RETENTION_DAYS + 1), lambda state: state.outbox.length())
        if emptied:
            broken.append(f"{emptied} entries stay that every group has acknowledged")
        return Finding(
            "a consumer that is stopped for a week loses nothing",
            f"{_RETENTION_DAYS + 1} days without the {len(self._wanted) - some:,} documents that one group, "
            f"and the {len(self._wanted):,} that another still needs",
            f"{trimmed:,} entries kept, none missing; alarms for {', '.join(sorted(alarms))}"
            if not broken
            else f"{len(broken)} faults",
            tuple(broken),
        )

    def _alarms(self) -> set[str]:
        """The groups that `status` raises an alarm for, where a third of the documents is a full outbox."""
        told = self._desk.run("status", "--json", outbox_max=len(self._wanted) // 3).json
        return {alarm["subject"] for alarm in told["alarms"] if alarm["kind"] == "outbox-full"}

    def _consume(self, group: str, *arguments: str, code: int = 0) -> list[str]:
        done = self._desk.run("consume", "--group", group, *arguments, timeout=300)
        assert done.code == code, done.err
        return [line["id"] for line in done.lines]

    def _missing(self, received: Counter[str], besides: set[str] | None = None) -> tuple[str, ...]:
        gone = self._wanted - received.keys() - (besides or set())
        return tuple(f"{i} never came" for i in sorted(gone))[:20]

    def _after(self, seconds: float, look: Callable[[State], Seen]) -> Seen:
        """Keep house at a later time, as the service does now and then, and look at what came of it."""
        state = self._state
        if seconds:
            _leave_alone(state, seconds)
            state.outbox.trim(time.time() + seconds, _RETENTION_DAYS)
            state.outbox.bury(self._extent.deliveries, time.time() + seconds)
        return look(state)


def _leave_alone(state: State, seconds: float) -> None:
    """Have all that was delivered stand untouched for so long."""
    for group in state.groups.all(time.time()):
        for row in state.client.xpending_range(STREAM, group.name, "-", "+", 100_000):
            state.client.xclaim(
                STREAM,
                group.name,
                row["consumer"],
                0,
                [row["message_id"]],
                idle=int(seconds * 1000),
                retrycount=row["times_delivered"],
                justid=True,
            )


def _put_aside(state: State) -> dict[str, dict[str, str]]:
    rows = (fields for _, fields in state.client.xrange(DEAD))
    told = [{name.decode(): value.decode() for name, value in fields.items()} for fields in rows]
    return {fields["id"]: fields for fields in told}


def _is_told(fields: dict[str, str], deliveries: int) -> bool:
    """Whether it says which group and consumer failed, how often, when, and on what."""
    said = fields["group"] == "poisoned" and int(fields["delivered"]) >= deliveries
    return said and all(fields[name] for name in ("consumer", "at", "entry", "path", "url"))


def _output(process: "subprocess.Popen[str]") -> list[str]:
    out, _ = process.communicate(timeout=300)
    return out.splitlines()

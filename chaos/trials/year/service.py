"""The whole simulated service: two beats, workers that crawl and ingest, and all that befalls them."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from chaos.trials.year.broker import Broker
from chaos.trials.year.clock import VirtualLoop
from chaos.trials.year.part import Killed, Luck, Part, wire
from chaos.trials.year.plan import Plan, sources_toml
from chaos.trials.year.traffic import Traffic
from chaos.trials.year.watch import Watch
from chaos.trials.year.web import DAY
from chaos.trials.year.workers import crawl_worker, ingest, ingest_worker
from config.settings import Settings
from workers.dispatch import dispatch_due
from workers.housekeeping import keep_house
from workers.queue.broker import INGEST
from workers.state.connection import Client
from workers.state.state import State
from workers.storage.store import Store

_KINDS = ("beat-1", "beat-2", "crawl-1", "crawl-2", "ingest-1", "ingest-2")
_AGAIN_SECONDS = (1.0, 5.0)
_HOUSE_SECONDS = 300.0
GROUP, CONSUMER = "readers", "reader"


class SimulatedService:
    """Starts the parts, starts again what died, and has beats tick whenever something may be due."""

    def __init__(
        self,
        loop: VirtualLoop,
        plan: Plan,
        settings: Settings,
        store: Store,
        client: Client,
        watch: Watch,
    ) -> None:
        self._loop = loop
        self._plan = plan
        self._settings = settings
        self._store = store
        self._client = client
        self._state = State(client, settings.window_days)
        self._watch = watch
        shape = plan.shape
        self.luck = Luck(
            Random(plan.seed + 1), shape.kill, shape.meanwhile, shape.lose, self._interrupt
        )
        self.broker = Broker(loop, self.luck, client)
        self.traffic = Traffic(plan.sites, watch)
        self._parts: dict[str, Part] = {}
        self._ticks: dict[str, asyncio.TimerHandle] = {}
        self._is_nested = False
        self._housed = 0.0
        self.is_up = False
        self.consumed: list[str] = []
        self.frozen: list[tuple[float, float]] = []
        self.killed: list[float] = []
        self.sent: list[tuple[float, int]] = []
        """How many sources a tick sent off, and when."""

    def start(self) -> None:
        """Start all parts on a server that nobody else uses."""
        now = self._loop.time()
        self._state.schedule.void_leases(now)
        self._state.frontier.void_leases()
        self._watch.voided()
        self.is_up = True
        for name in _KINDS:
            self._start(name)
        self._nudge()

    def stop(self) -> None:
        """Kill all parts at once."""
        self.is_up = False
        for part in self._parts.values():
            part.die()
        for timer in self._ticks.values():
            timer.cancel()
        self._parts.clear()
        self._ticks.clear()

    def _start(self, name: str) -> None:
        if not self.is_up or name in self._parts:
            return
        part = Part(name, self.luck, on_death=self._on_death)
        wire(part, self._settings, self._store, self._watch, self._loop.time)
        self._parts[name] = part
        if name.startswith("crawl"):
            part.begin(crawl_worker(part, self.broker, self.traffic, self._watch, self.nudge))
        elif name.startswith("ingest"):
            part.begin(ingest_worker(part, self.broker, self.nudge))

    def _on_death(self, part: Part) -> None:
        self._watch.counts["kills"] += 1
        self.killed.append(self._loop.time())
        if self._parts.get(part.name) is part and self.is_up:
            del self._parts[part.name]
            if timer := self._ticks.pop(part.name, None):
                timer.cancel()
            self._loop.call_later(self.luck.rng.uniform(*_AGAIN_SECONDS), self._revive, part)

    def _revive(self, dead: Part) -> None:
        """The supervisor starts a part again; the parent of ingest's children sees how one ended."""
        if not self.is_up:
            return
        if dead.last_run and self.luck.rng.random() < 0.7:
            run, tokens = dead.last_run
            broken = self._state.frontier.break_off(
                run, tokens, self._loop.time(), "extraction-died"
            )
            if broken.others:
                self.broker.ingest(list(broken.others))
        self._start(dead.name)
        self._nudge()

    def nudge(self) -> None:
        """Something changed: the next tick that matters may be sooner."""
        if self.is_up:
            self._nudge()

    def _nudge(self) -> None:
        due = self._due()
        if due is None:
            return
        for number, name in enumerate(_KINDS[:2]):
            if name not in self._parts:
                continue
            when = self._grid(max(due, self._loop.time()), number)
            timer = self._ticks.get(name)
            if timer and timer.when() <= when:
                continue
            if timer:
                timer.cancel()
            self._ticks[name] = self._loop.call_at(when, self._tick, name)

    def _due(self) -> float | None:
        queues = ("copydesk:schedule", "copydesk:waiting")
        first = [self._client.zrange(queue, 0, 0, withscores=True) for queue in queues]
        return min((rows[0][1] for rows in first if rows), default=None)

    def _grid(self, due: float, number: int) -> float:
        """A beat ticks at multiples of its interval, and comes late at times."""
        every = self._settings.tick_seconds
        phase = 0.4 + 1.3 * number
        after = (due - self._plan.start - phase) // every + 1
        return self._plan.start + phase + after * every + self.luck.rng.choice([0.0, 0.0, 0.8])

    def _tick(self, name: str, *, is_edited: bool = False) -> None:
        self._ticks.pop(name, None)
        part = self._parts.get(name)
        if part is None:
            return
        due = self._due()
        # One that would find nothing due is left out: the other beat may have been here.
        if is_edited or (due is not None and due <= self._loop.time()):
            try:
                self._work_of_a_tick(part)
            except Killed:
                return
        self._nudge()

    def _work_of_a_tick(self, part: Part) -> None:
        """See `workers.tasks.tick`."""
        now = self._loop.time()
        if now >= self._housed + _HOUSE_SECONDS:
            # What expires by the server's clock has expired by this one.
            self._client.delete("copydesk:housekeeping")
            self._housed = now
        part.service.state.alive("beat", now)
        sent = dispatch_due(part.service, now, self.broker.crawl)
        if sent:
            self.sent.append((now, sent))
        keep_house(part.service, now, self.broker.ingest)

    def _interrupt(self, part: Part) -> None:
        """Between two steps of one part another one does its work, and time may pass."""
        if self._is_nested:
            return
        self._is_nested = True
        self._watch.counts["interruptions"] += 1
        try:
            if self.luck.rng.random() < 0.2:
                self._loop.advance(self.luck.rng.uniform(0, 30))
            if self.luck.rng.random() < 0.5:
                self._other_tick(part)
            else:
                self._other_ingest(part)
        except Killed:
            pass
        finally:
            self._is_nested = False

    def _other_tick(self, part: Part) -> None:
        for name in _KINDS[:2]:
            other = self._parts.get(name)
            if other and other is not part:
                self._work_of_a_tick(other)
                return

    def _other_ingest(self, part: Part) -> None:
        for name in _KINDS[4:]:
            other = self._parts.get(name)
            if other and other is not part and (arguments := self.broker.take(INGEST)):
                ingest(other, self.broker, arguments[0], alone=arguments[1])
                return

    # What befalls all of it.

    async def live(self, sources: Path) -> None:
        """The whole time of the plan, from the first start to the last stop."""
        self._state.outbox.join(GROUP)
        self._write(sources)
        self.start()
        for moment, happens in self._moments(sources):
            await asyncio.sleep(max(0.0, moment - self._loop.time()))
            happens()

    def _moments(self, sources: Path) -> list[tuple[float, Callable[[], None]]]:
        plan, rng = self._plan, Random(self._plan.seed + 2)
        moments: list[tuple[float, Callable[[], None]]] = []
        moments += [(edit, partial(self._write, sources)) for edit in plan.edits]
        for begin, end in plan.stops:
            moments += [(begin, self.stop), (end, self.start)]
        now = plan.start
        while (now := now + rng.expovariate(1 / (plan.shape.freeze_days * DAY))) < plan.end:
            moments.append((now, self._freeze))
        moments += [(plan.start + n * DAY, self._daily) for n in range(1, plan.shape.days)]
        return sorted(moments, key=lambda one: one[0])

    def _write(self, sources: Path) -> None:
        part = sources.with_suffix(".part")
        part.write_text(sources_toml(self._plan.sources_at(self._loop.time() + 0.001)))
        part.rename(sources)
        # The next tick reads it, whatever is due.
        tick = partial(self._tick, _KINDS[0], is_edited=True)
        self._loop.call_later(self._settings.tick_seconds, tick)

    def _freeze(self) -> None:
        name = self.luck.rng.choice(_KINDS[2:])
        part = self._parts.get(name)
        if part:
            now, seconds = self._loop.time(), self.luck.rng.choice([10.0, 70.0, 400.0])
            part.frozen_until = now + seconds
            self.frozen.append((now, now + seconds))

    def _daily(self) -> None:
        """Consumers read, and the server drops what has expired."""
        self.consume()
        self._client.eval(_EXPIRE, 0, self._plan.start, self._loop.time())

    def consume(self) -> None:
        """Receive and acknowledge what is in the outbox."""
        while True:
            entries = self._state.outbox.read(GROUP, CONSUMER, 500, wait=False)
            for entry in entries:
                self._state.outbox.acknowledge(GROUP, entry)
                self.consumed.append(entry.fields["id"])
            if not entries:
                return


# What is to expire at a moment of this year; all other expiries are those of the wall's clock.
_EXPIRE = """
local cursor = '0'
repeat
  local reply = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = reply[1]
  for _, name in ipairs(reply[2]) do
    local at = redis.call('EXPIRETIME', name)
    if at > tonumber(ARGV[1]) and at <= tonumber(ARGV[2]) then redis.call('DEL', name) end
  end
until cursor == '0'
return 1
"""

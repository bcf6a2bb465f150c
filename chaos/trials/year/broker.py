"""Messages between the simulated parts: a hint, which is lost at times, or late, or comes twice."""

import asyncio
import json
from collections import Counter, defaultdict, deque
from typing import Any

from chaos.trials.year.part import Luck
from workers.queue.broker import CRAWL, INGEST, KEY_PREFIX
from workers.state.connection import Client

# As Celery's transport has it: what a worker took and did not acknowledge comes back after this.
_VISIBILITY_SECONDS = 1200.0
_LATEST_SECONDS = 400.0


class Broker:
    """Queues in memory; what is in them is text, as it is on the wire."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        luck: Luck,
        client: Client,
    ) -> None:
        self._loop = loop
        self._client = client
        self._luck = luck
        self._queues: defaultdict[str, deque[str]] = defaultdict(deque)
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self.counts: Counter[str] = Counter()
        self.lost_sources: list[tuple[float, str]] = []
        """When a message was lost that a source waited for."""

    def crawl(self, batch: list[dict[str, Any]]) -> None:
        """See `workers.queue.broker.Sender`."""
        self._send(CRAWL, json.dumps([list(batch)]))

    def ingest(self, tokens: Any, *, alone: bool = False) -> None:
        """See `workers.queue.broker.Sender`."""
        self._send(INGEST, json.dumps([list(tokens), alone]))

    def _send(self, queue: str, text: str) -> None:
        luck, rng = self._luck.lose, self._luck.rng
        fate = rng.random()
        if fate < luck:
            self.counts["lost"] += 1
            self._unseen(queue, text)
        elif fate < 2 * luck:
            self.counts["twice"] += 1
            self._put(queue, text)
            later = rng.uniform(0, _LATEST_SECONDS)
            self._loop.call_later(later, self._put, queue, text)
        elif fate < 3 * luck:
            self.counts["late"] += 1
            self._unseen(queue, text)
            later = rng.uniform(0, _LATEST_SECONDS)
            self._loop.call_later(later, self._put, queue, text)
        else:
            self._put(queue, text)

    def _unseen(self, queue: str, text: str) -> None:
        if queue == CRAWL:
            names = [message["source"]["name"] for message in json.loads(text)[0]]
            self.lost_sources += [(self._loop.time(), name) for name in names]

    def come_back(self, queue: str, arguments: list[Any]) -> None:
        """What a worker that died had not acknowledged comes again, or is lost."""
        if self._luck.rng.random() < 0.5:
            text = json.dumps(arguments)
            self._loop.call_later(_VISIBILITY_SECONDS, self._put, queue, text)

    def _put(self, queue: str, text: str) -> None:
        self._queues[queue].append(text)
        # Housekeeping looks how long the queues are.
        self._client.rpush(KEY_PREFIX + queue, "")
        waiting = self._waiting[queue]
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)
                return

    def take(self, queue: str) -> list[Any] | None:
        """The arguments of the next message, if there is one."""
        if not self._queues[queue]:
            return None
        text = self._queues[queue].popleft()
        self._client.lpop(KEY_PREFIX + queue)
        arguments: list[Any] = json.loads(text)
        return arguments

    async def next(self, queue: str) -> list[Any]:
        """The arguments of the next message, when it comes."""
        while (arguments := self.take(queue)) is None:
            future: asyncio.Future[None] = self._loop.create_future()
            self._waiting[queue].append(future)
            await future
        return arguments

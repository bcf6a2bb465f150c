"""A part of the simulated service: a process with a connection of its own, that may end at any step."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import Redis

from chaos.trials.year.watch import Watch, WatchedScripts
from config.settings import Settings
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.connection import Client
from workers.state.state import State
from workers.storage.store import Store


class Killed(BaseException):
    """This part has ended, as by `kill -9`: nothing that it does comes to anything any more."""


@dataclass
class Luck:
    """What goes wrong, drawn from a seed."""

    rng: random.Random
    kill: float
    meanwhile: float
    lose: float
    interrupt: Callable[["Part"], None] = lambda _: None
    """Lets another part do its work between two steps of this one."""

    def calm(self) -> None:
        """Nothing goes wrong from now on."""
        self.kill = self.meanwhile = self.lose = 0.0


@dataclass(eq=False)
class Part:
    """A process: its service, and the tasks that end with it."""

    name: str
    luck: Luck
    service: Service = field(init=False)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    is_dead: bool = False
    frozen_until: float = 0.0
    last_run: tuple[str, Sequence[str]] | None = None
    """Of an ingest that it died in: the run's name, and its pages."""
    on_death: Callable[["Part"], None] = lambda _: None

    def step(self) -> None:
        """Before each thing that is asked of the server: go on, be interrupted, or end."""
        if self.is_dead:
            raise Killed
        luck = self.luck.rng.random()
        if luck < self.luck.kill:
            self.die()
            raise Killed
        if luck < self.luck.kill + self.luck.meanwhile:
            self.luck.interrupt(self)

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that ends with this part."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks = [*(t for t in self.tasks if not t.done()), task]
        task.add_done_callback(_take_note)
        return task

    def die(self) -> None:
        """End at once, wherever it is."""
        if self.is_dead:
            return
        self.is_dead = True
        for task in self.tasks:
            task.cancel()
        self.on_death(self)

    async def thawed(self) -> None:
        """Return when this part is no longer stopped."""
        await asyncio.sleep(max(0.0, self.frozen_until - asyncio.get_running_loop().time()))


def _take_note(task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is not None and not isinstance(error, Killed):
        loop = task.get_loop()
        loop.call_exception_handler({"message": "a part broke", "exception": error})


class PlainClient(Redis):
    """A client that asks and reads, and nothing besides: the year is millions of commands long."""

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """See `Redis`; on a connection that it keeps, without retries."""
        connection: Any = self.connection
        connection.send_packed_command([_packed(arguments)], check_health=False)
        return self.parse_response(connection, arguments[0], **options)  # type: ignore[no-untyped-call]


def _packed(arguments: Sequence[Any]) -> bytes:
    command, *rest = arguments
    words = [*command.split(), *rest]
    parts = [b"*%d\r\n" % len(words)]
    for argument in words:
        raw = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)


class MortalClient(PlainClient):
    """A client whose part may end before any command."""

    part: Part

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """See `Redis`."""
        # How full the server is, is asked by the wall's clock, and so not by the seed.
        if arguments[0] != "INFO":
            self.part.step()
        return super().execute_command(*arguments, **options)

    def pipeline(self, *arguments: Any, **options: Any) -> Any:
        """See `Redis`."""
        self.part.step()
        return super().pipeline(*arguments, **options)


def wire(
    part: Part, settings: Settings, store: Store, watch: Watch, clock: Callable[[], float]
) -> None:
    """Give a part its service."""
    assert settings.redis_url
    client: Client = MortalClient.from_url(settings.redis_url, single_connection_client=True)
    client.part = part
    scripts = WatchedScripts(client, watch, settings.window_days)
    sources = SourcesFile(settings.sources, allow_private=False)
    state = State(client, settings.window_days, scripts)
    part.service = Service(settings, state, store, sources, clock)

"""The service of a trial: `copydesk up` in a home of its own, watched from outside and from its state."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from chaos.processes import parent_of
from cli.embedded import EmbeddedServer, server
from config.settings import Settings
from rig.desk import Desk, until
from workers.state.connection import StateUnavailable
from workers.state.state import State, open_state

STARTS_WITHIN = 60.0
SETTINGS = {"tick_seconds": 0.5, "log_level": "WARNING"}


class Running:
    """The service, once it is started; it may be killed and started again."""

    def __init__(self, desk: Desk, **settings: object) -> None:
        self.desk = desk
        self.settings = SETTINGS | settings
        self._up: subprocess.Popen[str] | None = None

    @property
    def up(self) -> "subprocess.Popen[str]":
        """The command, which has been started."""
        assert self._up
        return self._up

    def start(self) -> float:
        """Start it, and wait until it says that it is up; seconds that took."""
        began = time.monotonic()
        self._up = self.desk.start("up", "--json", **self.settings)
        assert self._up.stdout
        greeting = self._up.stdout.readline()
        assert greeting, self.desk.err[-2000:]
        json.loads(greeting)
        return time.monotonic() - began

    def part(self, name: str) -> int | None:
        """The worker of that name, or None while there is none."""
        pids = self._processes(f"workers.run {name}")
        return next((pid for pid in pids if parent_of(pid) not in pids), None)

    def server(self) -> int | None:
        """The embedded server, whichever command has started it, or None while there is none."""
        return next(iter(self._processes("-server unixsocket")), None)

    def _processes(self, words: str) -> list[int]:
        return [pid for pid, line in self.desk.processes().items() if words in line]

    def state(self) -> State:
        """Its state, over a connection that is not patient; raises `StateUnavailable`."""
        return open_state(EmbeddedServer(self.desk.home).url, Settings(), patience=0)

    def ended(self) -> int | None:
        """Pages that have their outcome; None where the server does not answer."""
        try:
            return sum(outcomes(self.state()).values())
        except (StateUnavailable, RedisError, OSError):
            return None

    def finish(self, pages: int, seconds: float) -> bool:
        """Wait until so many pages have their outcome; whether that came to be."""
        return holds_within(lambda: (self.ended() or 0) >= pages, seconds)


def outcomes(state: State, source: str = "*") -> Counter[str]:
    """Outcomes so far, of one source or of all."""
    names = [n.decode() for n in state.client.scan_iter(match=f"copydesk:totals:{source}")]
    totals = (state.ledger.totals(name.removeprefix("copydesk:totals:")) for name in names)
    return sum(totals, Counter[str]())


@contextmanager
def at_rest(desk: Desk) -> Iterator[State]:
    """The state of a home in which nothing runs, for as long as it is looked at."""
    until(lambda: not desk.processes(), 30, "nothing runs in the home")
    with server(desk.home, None) as (url, _):
        yield open_state(url, Settings(), patience=5)


def holds_within(holds: Callable[[], object], seconds: float) -> bool:
    """Whether something comes to hold within so many seconds."""
    limit = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True

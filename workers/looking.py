"""A command that looks at a site beside the service: for it too holds one crawl a host at a time, and the pause between.

Where the server goes away meanwhile, nobody crawls, and the look goes on without.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from redis.exceptions import RedisError

from crawler.fetching import Miss, MissKind
from workers.state.frontier import new_token
from workers.state.hosts import HostPaused, Hosts

HELD_SECONDS = 180.0
"""A host is held for so long after each request: longer than the longest pause, and an answer."""
WAIT_SECONDS = 330.0
"""Longer than a crawl goes on."""
_AGAIN_SECONDS = 0.5


class Looking:
    """One look, and the hosts that it holds."""

    def __init__(
        self,
        hosts: Hosts,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        here: Callable[[], float] | None = None,
    ) -> None:
        self._hosts: Hosts | None = hosts
        self._say = say
        self._clock = clock
        self._sleep = sleep
        self._here = here or clock
        self._token = new_token()
        self._held: set[str] = set()
        self.delay = 0.0
        """Seconds between two requests that the hosts were last asked for, as far as that is known."""

    def hold(self, *hosts: str) -> float:
        """Wait until no crawl is on any of these hosts, and hold them; from when on they may be asked, by the clock `here`.

        Raises `Miss` where a host asked to be left alone, or its crawl does not end.
        """
        limit, is_said = self._clock() + WAIT_SECONDS, False
        while self._hosts:
            now = self._clock()
            try:
                held = self._hosts.hold(hosts, self._token, now, now + HELD_SECONDS)
            except HostPaused as pause:
                raise _miss(
                    hosts, f"asked to be left alone until {_clock_of(pause.until)}"
                ) from None
            except RedisError:
                self._hosts = None
                break
            if held:
                self._held.update(hosts)
                self.delay = max(self.delay, held.delay)
                return self._here() + (held.free_at - now)
            if now > limit:
                raise _miss(hosts, f"is still being crawled after {WAIT_SECONDS / 60:.0f} minutes")
            if not is_said:
                is_said = True
                self._say(f"{' and '.join(hosts)} is being crawled; waiting for the end of that")
            self._sleep(_AGAIN_SECONDS)
        return -math.inf

    def free(self) -> None:
        """Let the hosts go."""
        hosts, self._hosts = self._hosts, None
        with suppress(RedisError):
            if hosts:
                hosts.free(self._held, self._token, self._clock())


@contextmanager
def looking(
    hosts: Hosts, clock: Callable[[], float], say: Callable[[str], None]
) -> Iterator[Looking]:
    """A look for the duration of the block, at hosts whose times are those of `clock`."""
    look = Looking(hosts, say, clock=clock, here=time.time)
    try:
        yield look
    finally:
        look.free()


def _miss(hosts: tuple[str, ...], why: str) -> Miss:
    return Miss(MissKind.NOT_ASKED, "host-held", f"{' and '.join(hosts)}: {why}")


def _clock_of(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"

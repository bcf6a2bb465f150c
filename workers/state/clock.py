"""The clock that a service goes by on all of its hosts: the server's.

When a lease ends, when a host was last asked and what is due are times that one host notes and another reads.
By their own clocks, which may be minutes apart, a host that is behind would hold nothing, and two would crawl a site at a time.
"""

import time
from collections.abc import Callable

from redis.exceptions import RedisError

from workers.state.connection import Client

_LOOK_SECONDS = 60.0
# What both of our own clocks say of the same while differs by more, once one of them was set.
_SET_SECONDS = 0.5


class ServerClock:
    """This host's clock, put forward or back by what it differs from the server's.

    That is looked at when `keep` is called, so that a call for the time never waits for the server.
    """

    def __init__(
        self,
        ask: Callable[[], float],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._wall = wall
        self._steady = steady
        self.ahead = 0.0
        """Seconds by which the server's clock is ahead of ours; 0 where no difference can be told."""
        self._looked: tuple[float, float] | None = None

    @classmethod
    def of(cls, client: Client) -> "ServerClock":
        """The clock of the server that a client speaks to."""

        def ask() -> float:
            seconds, microseconds = client.time()
            return float(seconds + microseconds / 1e6)

        return cls(ask)

    def __call__(self) -> float:
        """The present, in unix seconds."""
        return self._wall() + self.ahead

    def keep(self) -> None:
        """Look again, where the last look is a minute old, or this host's clock was set since.

        Where the server does not answer, the difference stays as it was.
        """
        if not self._is_time():
            return
        before, began = self._wall(), self._steady()
        try:
            theirs = self._ask()
        except RedisError:
            return
        took = self._steady() - began
        ahead = theirs - (before + took / 2)
        # The way there and back says no more than this.
        self.ahead = ahead if abs(ahead) > took / 2 else 0.0
        self._looked = (self._wall(), self._steady())

    def _is_time(self) -> bool:
        if self._looked is None:
            return True
        by_wall = self._wall() - self._looked[0]
        by_steady = self._steady() - self._looked[1]
        return by_steady >= _LOOK_SECONDS or abs(by_wall - by_steady) > _SET_SECONDS

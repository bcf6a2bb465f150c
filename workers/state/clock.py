"""The clock that a service goes by on all of its hosts: the server's.

When a lease ends, when a host was last asked and what is due are times that one host notes and another reads.
By their own clocks, which may be minutes apart, a host that is behind would hold nothing, and two would crawl a site at a time.
"""

import math
import time
from collections.abc import Callable

from redis.exceptions import RedisError

from workers.state.connection import Client

_LOOK_SECONDS = 60.0
# Where an answer took longer, which part of that was the way there is not known: a client may have waited for the server.
_SLOW_SECONDS, _MOST_LOOKS = 0.5, 3
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
        took, ahead = math.inf, self.ahead
        for _ in range(_MOST_LOOKS):
            try:
                took, ahead = min((took, ahead), self._look())
            except RedisError:
                return
            if took <= _SLOW_SECONDS:
                break
        # The way there and back says no more than this.
        self.ahead = ahead if abs(ahead) > took / 2 else 0.0
        self._looked = (self._wall(), self._steady())

    def _look(self) -> tuple[float, float]:
        """The seconds that asking took, and by how much the server's clock seems to be ahead."""
        before, began = self._wall(), self._steady()
        theirs = self._ask()
        took = self._steady() - began
        return took, theirs - (before + took / 2)

    def _is_time(self) -> bool:
        if self._looked is None:
            return True
        by_wall = self._wall() - self._looked[0]
        by_steady = self._steady() - self._looked[1]
        return by_steady >= _LOOK_SECONDS or abs(by_wall - by_steady) > _SET_SECONDS

"""A part of the service says on which host it runs, for as long as it does."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gethostname

import structlog
from redis.exceptions import RedisError

from config.settings import Settings
from workers.state.connection import StateUnavailable
from workers.state.state import State, open_state
from workers.state.version import OtherVersion

log = structlog.get_logger(__name__)

NOTED_SECONDS = 30.0
"""Between two notes."""


class Presence:
    """Notes a part; who has one for long calls `note` now and then, and `end` when the part has ended."""

    def __init__(self, part: str, settings: Settings) -> None:
        self._part = part
        self._settings = settings
        self._state: State | None = None

    def note(self) -> None:
        """Say that it runs; where the server is away, it is said again the next time."""
        try:
            state = self._opened()
            state.clock.keep()
            state.machines.note(self._part, gethostname(), state.clock())
        except OtherVersion as error:
            log.error("state.foreign", problem=str(error))
            self._close()
            # Where it has nothing to do it would not meet that by itself.
            os.kill(os.getpid(), signal.SIGTERM)
        except (RedisError, StateUnavailable):
            self._close()

    def end(self) -> None:
        """Take the note back: nobody is to miss what was stopped."""
        try:
            self._opened().machines.forget(self._part, gethostname())
        except (RedisError, StateUnavailable):
            pass  # then it is missed, until it is forgotten
        finally:
            self._close()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Note it for the time of the block, from a thread."""
        ended = threading.Event()

        def go_on() -> None:
            self.note()
            while not ended.wait(NOTED_SECONDS):
                self.note()

        thread = threading.Thread(target=go_on, name="presence", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.end()

    def _opened(self) -> State:
        assert self._settings.redis_url
        # The part has other things to do than to wait for the server.
        self._state = self._state or open_state(
            self._settings.redis_url, self._settings, patience=0
        )
        return self._state

    def _close(self) -> None:
        state, self._state = self._state, None
        if state:
            state.client.close()

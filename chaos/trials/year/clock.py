"""A clock that stands still while anyone works, and jumps to the next moment at which someone will."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any


class _NoWaiting(selectors.SelectSelector):
    """Lets time pass instead of waiting for sockets: there are none here."""

    def __init__(self) -> None:
        super().__init__()
        self.pass_time: Callable[[float | None], None] = lambda _: None

    def select(self, timeout: float | None = None) -> list[Any]:
        self.pass_time(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own; `time()` gives its unix seconds.

    What is sent to a thread is done at once, and its result comes one turn later, so that others get
    between any two steps; and all is in one thread, so that the same seed gives the same year.
    """

    def __init__(self, start: float) -> None:
        self._now = start
        selector = _NoWaiting()
        super().__init__(selector)
        selector.pass_time = self._pass
        # Unix seconds as a float are exact to a microsecond only.
        self._clock_resolution = 1e-5

    def time(self) -> float:
        """The present, in unix seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass while someone is in the middle of something: all others are late."""
        self._now += seconds

    def _pass(self, timeout: float | None) -> None:
        if timeout is None:
            raise RuntimeError("everyone waits, and for nothing that will come")
        if timeout > 0:
            self._now += timeout

    def _write_to_self(self) -> None:
        """Nobody waits who would have to be woken."""

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Do it now; whoever awaits it is told in the next turn."""
        future: asyncio.Future[Any] = self.create_future()
        try:
            result = func(*args)
        except BaseException as error:  # noqa: BLE001 - it is passed on, as a thread would
            self.call_soon(_tell, future, None, error)
        else:
            self.call_soon(_tell, future, result, None)
        return future


def _tell(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)

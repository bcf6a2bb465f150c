"""Processes that are looked after: started, started again when they die, and ended."""

import subprocess
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess

import structlog

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 30.0
# What ran for so long has started well: its next death is a new one.
_SETTLED_SECONDS = 60.0


class Child:
    """A child process, begun at once, in the words of `subprocess.Popen`."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        process.start()

    @property
    def pid(self) -> int:
        """Its id."""
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask for its end."""
        self._process.terminate()

    def kill(self) -> None:
        """Make its end."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, in the end. Raises `subprocess.TimeoutExpired` after so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return self._process.exitcode


class Supervised:
    """One process by its name; `begin` starts it, now and whenever it has died."""

    def __init__(self, name: str, begin: Callable[[], Child | subprocess.Popen[bytes]]) -> None:
        self.name = name
        self.deaths = 0
        self._begin = begin
        self._process: Child | subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._start_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process."""
        self._started = time.monotonic()
        self._process = self._begin()

    def look_after(self) -> None:
        """Start the process again if it has died: at once at first, then after growing pauses."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        settled = time.monotonic() - self._started >= _SETTLED_SECONDS
        self.deaths = 1 if settled else self.deaths + 1
        pause = min(_LONGEST_PAUSE, 0.5 * 2 ** (self.deaths - 1))
        log.error("part.died", part=self.name, code=code, pause=pause)
        self._process = None
        self._start_at = time.monotonic() + pause

    def ask_to_stop(self) -> None:
        """Ask for an orderly end."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def end(self, limit: float) -> None:
        """Wait for the end until `limit` (monotonic seconds), then make it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("part.killed", part=self.name)
            self._process.kill()
            self._process.wait()


def stop_all(processes: "list[Supervised]", seconds: float) -> None:
    """End all, in order as far as they let within so many seconds."""
    for one in processes:
        one.ask_to_stop()
    limit = time.monotonic() + seconds
    for one in processes:
        one.end(limit)

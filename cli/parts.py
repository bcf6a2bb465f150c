"""The parts of the service as processes: started, started again when they die, and ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import structlog

from workers.queue.process import die_with_parent

log = structlog.get_logger(__name__)

# A stop gives running tasks their time (`workers.app`), and must have ended all within 30 s.
_STOP_SECONDS = 25.0
_LONGEST_PAUSE = 30.0
# A part that ran for so long has started well: its next death is a new one.
_SETTLED_SECONDS = 60.0


class Part:
    """One process of the service."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self.deaths = 0
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._start_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C is for the command alone."""
        self._started = time.monotonic()
        parent = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-m", "workers.run", self.name],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            # Celery's banner and farewells; the logs are on standard error.
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one system call
        )

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
        log.error("part died; it is started again", part=self.name, code=code, pause=pause)
        self._process = None
        self._start_at = time.monotonic() + pause

    def ask_to_stop(self) -> None:
        """Ask for an orderly end."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, limit: float) -> None:
        """Wait for the end until `limit` (monotonic seconds), then make it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("part did not end in time; it is killed", part=self.name)
            self._process.kill()
            self._process.wait()


class Parts:
    """Several parts, looked after together."""

    def __init__(
        self, names: Sequence[str], redis_url: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self._environment = os.environ | {"COPYDESK_REDIS_URL": redis_url} | dict(settings or {})
        self.parts = [Part(name, self._environment) for name in names]

    def add(self, name: str) -> None:
        """One more; where the others have been started, it is with the next look."""
        self.parts.append(Part(name, self._environment))

    def start(self) -> None:
        """Start all."""
        for part in self.parts:
            part.start()

    def look_after(self) -> None:
        """Start again what died."""
        for part in self.parts:
            part.look_after()

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """End all, in order as far as they let within so many seconds."""
        for part in self.parts:
            part.ask_to_stop()
        limit = time.monotonic() + seconds
        for part in self.parts:
            part.end(limit)

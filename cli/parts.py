"""The parts of the service, as a command has them: started, looked after, and ended with it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

from workers.queue.process import children_die_too, die_with_parent
from workers.supervision import Supervised, stop_all

# A stop gives running tasks their time (`workers.app`), and must have ended all within 30 s.
_STOP_SECONDS = 25.0
# What Celery reads when it is loaded: a stop gives running tasks their time, and a process has the title that we give
# it; and that title leaves the environment alone, which stands beside it.
_ENVIRONMENT = {"REMAP_SIGTERM": "SIGQUIT", "NOSETPS": "1", "SPT_NOENV": "1"}


class Parts:
    """Several parts, in processes forked from one, which begins to load what they need at once.

    with Parts(["beat", "ingest", "crawl"]) as parts:
        parts.start({"COPYDESK_REDIS_URL": url})
        parts.look_after()
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._told: Mapping[str, str] = {}
        self._process = self._load()
        self._supervised = Supervised("service", self._begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(0.0 if kind else _STOP_SECONDS)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start all, with these variables beside those of this process."""
        self._told = environment
        self._supervised.start()

    def look_after(self) -> None:
        """Start again what died."""
        self._supervised.look_after()

    def pids(self) -> dict[str, int]:
        """The processes, by part, as they were started; waits for that. Empty where they could not be."""
        assert self._process.stdout
        told: dict[str, int] = json.loads(self._process.stdout.readline() or "{}")
        return told

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """End all within so many seconds."""
        if self._supervised.pid is None:
            # It loads still, or has died: there is nothing to end in order.
            self._process.kill()
        stop_all([self._supervised], seconds)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()

    def cut_off(self) -> None:
        """End all at once, where that is safe: nothing is under way that would have to be done again."""
        if children_die_too():
            self._process.kill()
        self.stop()

    def _begin(self) -> "subprocess.Popen[str]":
        if self._process.poll() is not None:
            self._process = self._load()
        assert self._process.stdin
        # Not in its environment: others who may see that have no business with a password.
        with suppress(BrokenPipeError), self._process.stdin as told:
            told.write(json.dumps(dict(self._told)) + "\n")
        return self._process

    def _load(self) -> "subprocess.Popen[str]":
        parent = os.getpid()
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-m", "workers.parts", *self._names],
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for the command alone.
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one system call
        )

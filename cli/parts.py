"""The parts of the service, as a command has them: started, looked after, and ended with it."""

import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.util import get_temp_dir
from typing import Any, Self

from workers import parts
from workers.queue.process import children_die_too
from workers.supervision import Child, Supervised, stop_all

# A stop gives running tasks their time (`workers.app`), and must have ended all within 30 s.
_STOP_SECONDS = 25.0


class Parts:
    """Several parts, in processes forked from one, which begins to load what they need at once.

    with Parts(["beat", "ingest", "crawl"]) as parts:
        parts.start({"COPYDESK_REDIS_URL": url})
        parts.look_after()

    It is forked from this process where this one runs no other threads, and else loads all by itself.
    Those that `guests` names are run by what it has for them.
    """

    def __init__(self, names: Sequence[str], guests: parts.Guests | None = None) -> None:
        self._loaded = tuple(names)
        self._names = [*names, *(guests or {})]
        self._guests = dict(guests or {})
        self._environment: Mapping[str, str] = {}
        self._child = self._load()
        self._supervised = Supervised("service", self._begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(0.0 if kind else _STOP_SECONDS)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start all, with these variables beside those of this process."""
        self._environment = environment
        self._supervised.start()

    def add(self, name: str) -> None:
        """One more; it is started with the others, or now."""
        self._names.append(name)
        if self._supervised.pid is not None:
            self._tell(name)

    def look_after(self) -> None:
        """Start again what died."""
        self._supervised.look_after()

    def pids(self) -> dict[str, int]:
        """The processes, by part, as they were started; waits for that. Empty where they could not be."""
        with suppress(EOFError, OSError):
            told: dict[str, int] = self._pipe.recv()
            return told
        return {}

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """End all within so many seconds."""
        if self._supervised.pid is None:
            # It loads still, or has died: there is nothing to end in order.
            self._child.kill()
        stop_all([self._supervised], seconds)
        self._child.wait()

    def cut_off(self) -> None:
        """End all at once, where that is safe: nothing is under way that would have to be done again."""
        if children_die_too():
            self._child.kill()
        self.stop()

    def _begin(self) -> Child:
        if self._child.poll() is not None:
            self._child = self._load()
        # Not in its environment: others who may see that have no business with a password.
        self._tell((self._names, dict(self._environment)))
        return self._child

    def _tell(self, what: object) -> None:
        # Where it has just died, that is seen at the next look.
        with suppress(OSError):
            self._pipe.send(what)

    def _load(self) -> Child:
        # What asks a bucket has threads that are none of Python's.
        is_alone = threading.active_count() == 1 and "obstore" not in sys.modules
        context: Any = multiprocessing.get_context("fork" if is_alone else "spawn")
        # Processes forked from this one share its folder for temporary files, which goes when this one ends:
        # those that are killed, as `once` does, would each leave one behind.
        get_temp_dir()
        self._pipe, theirs = context.Pipe()
        # What a collector that looks at it would write to is no longer shared.
        gc.freeze()
        run = context.Process(
            target=parts.main, args=(self._loaded, theirs, os.getpid(), self._guests)
        )
        child = Child(run)
        theirs.close()
        return child

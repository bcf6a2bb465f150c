"""What everything long shows of how far it is: the same bar on a terminal, and elsewhere a line now and then."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.output import harmless, say

_SAY_SECONDS = 5.0
_LONGEST = 40


class Progress:
    """What a person sees; where nobody looks at a terminal, plain lines."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._said = time.monotonic()

    def show(self, done: int, total: int | None, what: str = "", line: str = "") -> None:
        """So much is done of so much, if that is known; `line` is what is said without a terminal."""
        if time.monotonic() - self._said >= _SAY_SECONDS:
            self._said = time.monotonic()
            of = f" of {total}" if total else ""
            say(line or f"{what or self._what}: {done}{of}")


class _Bar(Progress):
    """What is counted, how far it is, and since when; gone at its end."""

    def __init__(self, what: str, bar: Any) -> None:
        super().__init__(what)
        self._bar = bar
        self._task = bar.add_task(what, total=None)

    def show(self, done: int, total: int | None, what: str = "", line: str = "") -> None:
        """See `Progress`."""
        shown = harmless(what or self._what)[:_LONGEST]
        self._bar.update(self._task, description=shown, completed=done, total=total)


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """For the time of the block; what is said meanwhile stands above the bar."""
    if not sys.stderr.isatty():
        yield Progress(what)
        return
    from rich.console import Console  # noqa: PLC0415 - takes a while to load
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True, highlight=False)
    with RichProgress(*columns, console=console, transient=True) as bar, _logged_above():
        yield _Bar(what, bar)


@contextmanager
def _logged_above() -> Iterator[None]:
    """Have the lines of the log, too, go where the bar makes room for them."""
    handlers = [h for h in logging.getLogger().handlers if isinstance(h, logging.StreamHandler)]
    before = [handler.setStream(sys.stderr) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            if stream is not None:
                handler.setStream(stream)

"""What processes of this machine cost: their memory and their time on a processor. Linux alone."""

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


def memory(pids: Iterable[int]) -> int:
    """Bytes that processes hold together: a page that several share counts once among them (PSS)."""
    return sum(map(_proportional, pids))


def processor_seconds(pids: Iterable[int]) -> float:
    """Seconds that processes, and what they started and has ended, have had of a processor."""
    return sum(map(_seconds, pids))


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def _seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        # Ticks of 10 ms would not show what a service at rest takes in a few seconds.
        own = time.clock_gettime(_processor_clock(pid))
        # The name, in brackets, may hold anything; user and system time of ended children follow it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return own + sum(map(int, fields[13:15])) / _TICKS
    return 0.0


def _processor_clock(pid: int) -> int:
    """The clock of a process's time on processors, as `clock_getcpuclockid(3)` gives it."""
    return (~pid << 3) | 2


def descendants(pid: int) -> set[int]:
    """A process and all that it started, and what those started, as far as they are still there."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(folder.name))
    found, open_ends = set(), [pid]
    while open_ends:
        found.add(one := open_ends.pop())
        open_ends += children.get(one, [])
    return found


class Peak:
    """The most memory that some processes held together while a block ran, looked at four times a second.

    with Peak(lambda: descendants(process.pid)) as peak:
        process.wait()
    peak.bytes
    """

    _PAUSE = 0.25

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self.bytes = 0
        self._pids = pids
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        # At once for the first time: a command may be over before the first pause is.
        self.bytes = memory(self._pids())
        while not self._is_over.wait(self._PAUSE):
            self.bytes = max(self.bytes, memory(self._pids()))

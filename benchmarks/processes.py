"""What processes of this machine cost: their memory and their time on a processor. Linux alone."""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

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
        # The name, in brackets, may hold anything; user, system, and both of ended children follow it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0

"""The processes of a service while it runs: which there were, and the most memory that each had."""

import re
import threading
from pathlib import Path
from typing import Self

from rig.desk import Desk

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_PART = re.compile(r"workers\.run (\w+)")


class Watch:
    """Looks at a desk's processes again and again, until its block ends."""

    def __init__(self, desk: Desk, seconds: float) -> None:
        self._desk = desk
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peaks: dict[str, dict[int, float]] = {}
        """By part and process: MiB."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def highest(self, part: str) -> float:
        """The most memory that one process of a part had, in MiB; 0 where there was none."""
        return max(self.peaks.get(part, {}).values(), default=0.0)

    def _look(self) -> None:
        while not self._ended.wait(self._seconds):
            for pid, line in self._desk.processes().items():
                part, peak = _PART.search(line), _peak(pid)
                if part and peak:
                    self.peaks.setdefault(part[1], {})[pid] = peak


def _peak(pid: int) -> float | None:
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None

"""What the processes of a session hold in memory."""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20


def megabytes(proc: Path = Path("/proc")) -> Mapping[int, float]:
    """By session: what its processes hold, less what they share. Empty on systems without /proc."""
    held: dict[int, float] = defaultdict(float)
    for folder in proc.glob("[0-9]*"):
        try:
            # The name of the program, in brackets, may hold anything.
            status = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            resident, shared = (folder / "statm").read_text().split()[1:3]
        except (OSError, ValueError):
            continue  # it has ended
        held[int(status[3])] += (int(resident) - int(shared)) * _PAGE
    return held

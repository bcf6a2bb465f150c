"""Trees of processes, as `/proc` shows them."""

import contextlib
import os
import signal
from pathlib import Path


def parent_of(pid: int) -> int | None:
    """The parent of a process, or None where there is no such process, or only its remains."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, parent = status.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def tree(root: int) -> list[int]:
    """A process and all that descend from it, parents first."""
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    parents = {pid: parent_of(pid) for pid in pids}
    found = [root] if parent_of(root) is not None else []
    for member in found:  # grows while it is walked
        found += [pid for pid, parent in parents.items() if parent == member]
    return found


def kill(*pids: int) -> None:
    """`kill -9`, those that have ended already apart."""
    assert all(pid > 0 for pid in pids), "0 would be our own process group"
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

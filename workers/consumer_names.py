"""What a consumer of ours is called in its group, and whether one of that name can still be at work."""

import os
import socket
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path


def own_name() -> str:
    """This process's: `HOST:START:PID`."""
    return f"{_here()}:{os.getpid()}"


def has_ended(name: str) -> bool:
    """Whether it was a process of this machine, and of this container where it is in one, that has ended."""
    where, _, pid = name.rpartition(":")
    if where != _here() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@cache
def _here() -> str:
    """Where a process's number is its own: containers may share the name of their host, and count from 1 each."""
    marks = ""
    with suppress(OSError):
        start = Path("/proc/sys/kernel/random/boot_id").read_text()
        marks = f"{start}{Path('/proc/self/ns/pid').readlink()}"
    return f"{socket.gethostname()}:{sha256(marks.encode()).hexdigest()[:8]}"

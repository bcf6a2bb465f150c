"""What a consumer of ours is called in its group, and whether one of that name can still be at work."""

import os
import socket


def own_name() -> str:
    """This process's: `HOST:PID`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def has_ended(name: str) -> bool:
    """Whether it was a process of this machine that has ended."""
    host, _, pid = name.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False

"""What a process of the service does about its parent."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child that was just forked should do as little as can be.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: int = signal.SIGKILL) -> None:
    """Have the kernel send a signal to this process when its parent ends, however that happens.

    On systems without that (not Linux) nothing is done.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signum))

"""What pages leave behind in the C library's heap goes back to the system once a process has nothing to do.

Trees of pages are made of small pieces, and a few that stay keep large stretches: 60 MB a process after
some hundred pages. Giving them back costs the next page some milliseconds, so it waits for a pause.
"""

import ctypes
import gc
import sys
import threading

_IDLE_SECONDS = 10.0
# glibc's; others give back by themselves, or not at all.
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
_pending: threading.Timer | None = None


def busy() -> None:
    """Something to do has come."""
    if _pending:
        _pending.cancel()


def idle() -> None:
    """It is done; should nothing follow for a while, memory is given back."""
    global _pending  # noqa: PLW0603 - one a process
    busy()
    if _TRIM:
        _pending = threading.Timer(_IDLE_SECONDS, _give_back)
        _pending.daemon = True
        _pending.start()


def _give_back() -> None:
    gc.collect()
    if _TRIM:
        _TRIM(0)

"""What a process of the service does about its parent, and how it knows that it is to stop."""

import ctypes
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from setproctitle import setproctitle

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child that was just forked should do as little as can be.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel send a signal to this process when its parent, of that id, ends, however that happens.

    On systems without that (not Linux) nothing is done.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signum))
        # It may have ended before it was asked for, and nothing would ever be sent.
        if os.getppid() != parent:
            os._exit(1)


def children_die_too() -> bool:
    """Whether `die_with_parent` does what it says on this system."""
    return _LIBC is not None


def name_process(module: str) -> None:
    """Have lists of processes show this one as if it had been started by itself: `workers.run crawl`."""
    # The environment stands beside the name, and is left as it is.
    os.environ.setdefault("SPT_NOENV", "1")
    setproctitle(f"python -m {module}")


_ENDS = {signal.SIGTERM, signal.SIGINT}


def hold_back_ends() -> None:
    """Have SIGTERM and SIGINT wait, while nobody is there yet to act on them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)


def let_ends_through() -> None:
    """Have them come from now on, those that wait at once."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)


def stop_signal() -> threading.Event:
    """Set when someone asks for an end, instead of ending at once."""
    stopped = threading.Event()
    for signum in _ENDS:
        signal.signal(signum, lambda *_: stopped.set())
    return stopped


_HARD_SECONDS = 8.0

# One byte, which a process that winds down shares with those that it has forked since it can: made then.
_stopping: mmap.mmap | None = None


def on_stop(wind_down: Callable[[], None], seconds: float) -> None:
    """At SIGTERM or SIGINT this process winds down, and those it forked know; then it gets SIGQUIT.

    `wind_down` is called at once, in the main thread; what has not ended after so many seconds is left
    to whoever handles SIGQUIT, and ends hard, with exit code 1, where that comes to no end either.
    """
    global _stopping  # noqa: PLW0603 - of this process, as its handlers are
    process = os.getpid()
    stopping = _stopping = mmap.mmap(-1, 1)

    def stop(*_: object) -> None:
        if os.getpid() != process or is_stopping():
            return
        stopping[0] = 1
        wind_down()
        timer = threading.Timer(seconds, _cut_off, (process,))
        timer.daemon = True
        timer.start()

    for signum in _ENDS:
        signal.signal(signum, stop)
    let_ends_through()


def _cut_off(process: int) -> None:
    os.kill(process, signal.SIGQUIT)
    # Where the server went away at the same moment, Celery waits for it without end, to hand back
    # what it holds. That comes due again by itself, so nothing is lost with it.
    time.sleep(_HARD_SECONDS)
    os._exit(1)


def leave() -> None:
    """Have the part that this process was forked for end, as it does when it is told to; else nothing is done."""
    if _stopping is not None:
        os.kill(os.getppid(), signal.SIGTERM)


def is_stopping() -> bool:
    """Whether this process, or the one it was forked from, was told to stop."""
    return _stopping is not None and _stopping[0] == 1

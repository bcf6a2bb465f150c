"""What the extraction of a page may take: seconds, and memory beyond what its process has."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE_MEMORY = 1024**3
"""Bytes."""
BY_TIMER = (signal.SIGPROF, signal.SIGALRM)
"""What ends a process whose block took too long: of a processor, or by the clock."""

# A page that waits for a processor, on a machine with much to do, is not to blame for it; one that waits for
# ever is.
_BY_THE_CLOCK = 1.5

# In pages of memory; where there is none (not Linux), nothing is limited.
_MAPPED = Path("/proc/self/statm")


@contextmanager
def limits(seconds: float, memory: int = PAGE_MEMORY) -> Iterator[None]:
    """End this process if the block takes too long; let it fail with an error if it takes more memory.

    It may have so many seconds of a processor, and half as many again by the clock. Nothing gentler
    than the end stops a parser written in C. What the process has mapped before does not count.
    """
    with _memory(memory), _deadline(seconds):
        yield


def longest(seconds: float) -> float:
    """Seconds by the clock after which a block under such a limit has ended, or its process has."""
    return _BY_THE_CLOCK * seconds


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    timers = {signal.ITIMER_PROF: seconds, signal.ITIMER_REAL: longest(seconds)}
    for signum in BY_TIMER:
        signal.signal(signum, signal.SIG_DFL)
    for timer, limit in timers.items():
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)


@contextmanager
def _memory(most: int) -> Iterator[None]:
    mapped = _mapped()
    before = resource.getrlimit(resource.RLIMIT_AS)
    if mapped is None:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (_lower(mapped + most, *before), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _mapped() -> int | None:
    try:
        pages = int(_MAPPED.read_text().split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()


def _lower(wanted: int, *others: int) -> int:
    """The lowest of some limits; whoever started the service may have set lower ones."""
    return min([wanted, *(other for other in others if other != resource.RLIM_INFINITY)])

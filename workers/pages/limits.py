"""What the extraction of a page may take: seconds, and memory beyond what its process has."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE_MEMORY = 1024**3
"""Bytes."""

# In pages of memory; where there is none (not Linux), nothing is limited.
_MAPPED = Path("/proc/self/statm")


@contextmanager
def limits(seconds: float, memory: int = PAGE_MEMORY) -> Iterator[None]:
    """End this process if the block takes longer; let it fail with an error if it takes more memory.

    Nothing gentler than the end stops a parser written in C. What the process has mapped before
    does not count.
    """
    with _memory(memory), _deadline(seconds):
        yield


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


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

"""What a block may take of its process."""

import os
import resource
import signal
import time
from collections.abc import Callable

import pytest

from crawler.extraction.markup import parse
from crawler.extraction.memory import ran_out_of_memory
from workers.pages.limits import BY_TIMER, limits

MANY_PARAGRAPHS = "<html><body>" + "<p>one more</p>" * 15_000
_MIB = 1024**2


def test_a_block_that_takes_too_much_memory_fails_and_the_next_one_does_not() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), limits(60, 64 * _MIB):
        bytes(128 * _MIB)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
        assert signal.getitimer(timer) == (0.0, 0.0)
    with limits(60, 256 * _MIB):
        assert bytes(128 * _MIB)


def test_a_limit_that_was_lower_stays() -> None:
    assert _exit_code(_under_a_lower_limit) == 0


def _under_a_lower_limit() -> None:
    low = (1, resource.getrlimit(resource.RLIMIT_AS)[1])
    resource.setrlimit(resource.RLIMIT_AS, low)
    with limits(60):
        assert resource.getrlimit(resource.RLIMIT_AS) == low
    assert resource.getrlimit(resource.RLIMIT_AS) == low


def test_a_block_without_end_ends_its_process() -> None:
    # On a machine with much to do the clock may be first.
    assert -_exit_code(_without_end) in BY_TIMER
    assert _exit_code(_asleep) == -signal.SIGALRM


def _without_end() -> None:
    with limits(0.2):
        while True:
            pass


def _asleep() -> None:
    with limits(0.2):
        time.sleep(60)


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_a_page_that_the_parser_has_no_memory_for_is_not_one_without_text(spare: int) -> None:
    """A process of its own has no memory left over that the parser could take."""
    assert _exit_code(lambda: _parse_with(spare * _MIB)) == 0


def _parse_with(spare: int) -> None:
    with pytest.raises(Exception) as raised, limits(60, spare):  # noqa: PT011 - told apart below
        _parse_all(100)
    assert ran_out_of_memory(raised.value), raised.value


def _parse_all(count: int) -> None:
    kept = [parse(MANY_PARAGRAPHS) for _ in range(count)]
    assert len(kept) == count


def test_other_errors_say_nothing_of_memory() -> None:
    assert not ran_out_of_memory(ValueError("no"))


def _exit_code(block: Callable[[], None]) -> int:
    """How a process of its own ends that runs this: 0 where it came to the end of it."""
    child = os.fork()
    if not child:
        code = 1
        try:
            block()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

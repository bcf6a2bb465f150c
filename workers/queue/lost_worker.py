"""A process of an ingest worker ended in the middle of a batch: its parent sees it at once.

Without this the batch would come due again all the same, some time later.
"""

import logging
import re
from collections.abc import Callable, Sequence

import structlog
from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import WorkerLostError
from billiard.util import get_logger
from redis.exceptions import RedisError

from config.settings import Settings
from workers.pages.limits import BY_TIMER
from workers.state.connection import StateUnavailable
from workers.state.frontier import BrokenOff
from workers.state.state import open_state

log = structlog.get_logger(__name__)

_STATUS = re.compile(r"signal \d+( \(\w+\))?|exitcode -?\d+")
# How the end of a process by a timer of its page is told.
_BY_TIMER = tuple(f"({signum.name})" for signum in BY_TIMER)


def give_back(
    settings: Settings,
    send: Callable[[Sequence[str]], None],
    run: str,
    tokens: Sequence[str],
    error: WorkerLostError,
) -> None:
    """Count the end against the page whose extraction it was, and send the rest of the batch again, page by page."""
    status = _STATUS.search(str(error))
    how = status[0] if status else str(error)
    reason = "extraction-timeout" if any(name in how for name in _BY_TIMER) else "extraction-died"
    try:
        broken = _break_off(settings, run, tokens, reason)
    except (RedisError, StateUnavailable) as problem:
        log.warning("worker.lost", how=how, problem=str(problem))
        return
    if broken.blamed:
        log.warning("page.fatal", page=broken.blamed, url=broken.url, reason=reason, how=how)
    else:
        log.warning("worker.lost", how=how, problem="")
    # One by one: another of them may end its worker, and whoever stood behind it would wait once more.
    for token in broken.others:
        send([token])


def _break_off(settings: Settings, run: str, tokens: Sequence[str], reason: str) -> BrokenOff:
    # A connection for this alone: the parent of the workers has no other use for one.
    assert settings.redis_url
    state = open_state(settings.redis_url, settings, patience=0)
    try:
        return state.frontier.break_off(run, tokens, state.clock(), reason)
    finally:
        state.client.close()


def leave_it_to_us() -> None:
    """Have a line for each process that is lost, in the form of all others, and no traceback."""
    logging.getLogger("celery.worker.request").addFilter(_is_news)
    # It says how a process ended, but to nobody.
    get_logger().propagate = True


def _is_news(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ExceptionWithTraceback):
        error = error.exc
    return not isinstance(error, WorkerLostError)

"""A command whose work may end its process goes on in a child, and its parent lives to say so."""

import os
import signal

import typer

from cli.failure import Failure
from workers.pages.limits import BY_TIMER
from workers.queue.process import die_with_parent


def go_on_in_child(limit: str) -> None:
    """Return in a child process; the parent waits for it, and then ends as it did.

    Raises `Failure` in the parent where a signal ended the child; `limit` says what to do about the
    ones of the timers of `workers.pages.limits`. Nothing may run beside the calling thread.
    """
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        die_with_parent(parent)
        return
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if -code in BY_TIMER:
        raise Failure(limit)
    if code < 0:
        raise Failure(f"the extractor was ended by {signal.Signals(-code).name}")
    raise typer.Exit(code)

"""The parts of the service, forked from one process that has loaded what they need.

What is loaded once is shared by all, and a part that died is back at once.
"""

import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection

from config.logging import set_up_logging
from config.settings import SettingsError, load_settings
from workers.queue.process import (
    die_with_parent,
    hold_back_ends,
    let_ends_through,
    name_process,
    stop_signal,
)
from workers.run import NEEDS, READ_BY_CELERY
from workers.run import main as run_part
from workers.supervision import Child, Supervised, stop_all

_LOOK_SECONDS = 1.0
# Under what the command that started this gives it.
_STOP_SECONDS = 24.0
_FORK = multiprocessing.get_context("fork")

Guests = Mapping[str, Callable[[], int]]
"""Parts that are none of this room's, by their names: each runs until it is stopped, and gives its exit code."""


def main(names: Sequence[str], pipe: Connection, parent: int, guests: Guests) -> None:
    """Load what parts need, run them once told how, and end with them when told to, or with the parent.

    First received are the names of those that are to run, and variables of their environment,
    COPYDESK_REDIS_URL among them; then sent are the ids of their processes, by name; what is received
    later is the name of one more each time.
    """
    die_with_parent(parent)
    # Ctrl-C is for the command alone.
    os.setsid()
    os.environ.update(READ_BY_CELERY)
    name_process("workers.parts")
    stopped = stop_signal()
    _load(names)
    # Who is at the other end may go away at any time.
    with suppress(EOFError, ConnectionError):
        _run(pipe, stopped, guests)


def _run(pipe: Connection, stopped: threading.Event, guests: Guests) -> None:
    names, environment = pipe.recv()
    if stopped.is_set():
        return
    os.environ.update(environment)
    # What is wrong with them is said by each part.
    with suppress(SettingsError):
        set_up_logging(load_settings())
    parts = [_part(name, guests) for name in names]
    try:
        for part in parts:
            part.start()
        pipe.send({part.name: part.pid for part in parts})
        while not stopped.wait(_LOOK_SECONDS):
            while pipe.poll():
                parts.append(_part(pipe.recv(), guests))
            for part in parts:
                part.look_after()
    finally:
        stop_all(parts, _STOP_SECONDS)


def _part(name: str, guests: Guests) -> Supervised:
    run = guests.get(name) or partial(run_part, [name])
    return Supervised(name, partial(_forked, name, run))


def _forked(name: str, run: Callable[[], int]) -> Child:
    # It would take them for its own, and go on.
    hold_back_ends()
    try:
        return Child(_FORK.Process(target=_become, args=(name, run, os.getpid())))
    finally:
        let_ends_through()


def _load(names: Sequence[str]) -> None:
    """Load what those parts need, all but what reads the settings."""
    for module in dict.fromkeys(module for name in names for module in NEEDS.get(name, ())):
        importlib.import_module(module)
    # A collector that looks at it would write to it, and give each part its own.
    gc.collect()
    gc.freeze()


def _become(name: str, run: Callable[[], int], parent: int) -> None:
    die_with_parent(parent)
    name_process(f"workers.run {name}")
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    let_ends_through()
    os.setsid()
    # Celery's banner and farewells; the logs are on standard error.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    sys.exit(run())

"""Starts one part of the service: `python -m workers.run crawl|ingest|beat|browser|webhook`."""

import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from socket import gethostname
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from config.logging import set_up_logging
from config.settings import Settings, SettingsError, load_settings, misspelt
from crawler.settings import LOADED_BY_A_CRAWL
from workers import fault
from workers.queue.presence import NOTED_SECONDS, Presence
from workers.queue.process import hold_back_ends, stop_signal
from workers.state.connection import StateUnavailable
from workers.state.state import open_state
from workers.state.version import OtherVersion

if TYPE_CHECKING:
    from celery import Celery

    from workers.state.state import State

PARTS = ("crawl", "ingest", "beat", "browser", "webhook")
_USAGE = f"usage: python -m workers.run {'|'.join(PARTS)}, or health PART"


READ_BY_CELERY = {"REMAP_SIGTERM": "SIGQUIT", "NOSETPS": "1"}
"""Variables, when it is imported: a stop gives running tasks their time, and a process keeps its name."""
NEEDS = {
    "crawl": ("celery.apps.worker", "workers.crawl", *LOADED_BY_A_CRAWL),
    "ingest": (
        "celery.apps.worker",
        "workers.dispatch",
        "workers.housekeeping",
        "workers.ingest",
    ),
    "beat": ("celery.apps.beat", "workers.queue.beat"),
    "webhook": ("workers.webhook.part",),
}
"""What the processes of a part need, loaded once, before they are forked."""


def main(arguments: Sequence[str]) -> int:
    """Run a part until it is stopped, or tell its health: 0 done, 1 it is not well, 2 a wrong call."""
    asks_health = len(arguments) == 2 and arguments[0] == "health"
    part = arguments[-1] if arguments else ""
    if part not in PARTS or len(arguments) != 1 + asks_health:
        return _say(_USAGE, 2)
    for line in misspelt(os.environ):
        _say(line, 0)
    try:
        settings = load_settings()
        if not settings.redis_url:
            return _say("COPYDESK_REDIS_URL is not set", 2)
        fault.arm(settings)
        state = open_state(settings.redis_url, settings, patience=0, migrates=not asks_health)
        if asks_health:
            return _health(part, state)
    except SettingsError as error:
        return _say(str(error), 2)
    except (RedisError, StateUnavailable) as error:
        return _say(str(error), 1)
    return _start(part, settings, state)


def _health(part: str, state: "State") -> int:
    """Whether it is at work, and is there on this host: others may have one that does the work meanwhile."""
    now, here = state.clock(), gethostname()
    if part not in state.parts(now):
        return _say(f"{part} was not seen at work for a while", 1)
    there = [one for one in state.machines.placed(now) if one.is_alive(now)]
    if not any((one.host, one.part) == (here, part) for one in there):
        return _say(f"{part} was not seen on this host, {here}, for a while", 1)
    return 0


def _say(text: str, code: int) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return code


def _run(part: str, settings: Settings) -> int:
    os.environ.update(READ_BY_CELERY | os.environ)
    # Celery warns of root for the sake of pickle, which is not spoken here.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser")
    from workers.app import app  # noqa: PLC0415 - see the line above

    if part == "beat":
        # It sends tasks by their names: what they do is nothing to it, and takes memory.
        app.conf.include = ()
        with Presence(part, settings).kept():
            app.Beat(pidfile="", loglevel="WARNING", quiet=True).run()
        return 0
    return _work(app, part, settings)


def _start(part: str, settings: Settings, state: "State") -> int:
    if part not in {"browser", "webhook"}:
        return _run(part, settings)
    try:
        return _browse(settings, state) if part == "browser" else _deliver(settings)
    finally:
        # At work they say themselves that they are there; of one that was stopped nobody is to miss it.
        Presence(part, settings).end()


def _deliver(settings: Settings) -> int:
    from workers.service import open_service  # noqa: PLC0415 - the other parts do without
    from workers.webhook.part import Courier, receiver_of  # noqa: PLC0415

    set_up_logging(settings)
    stopped = stop_signal()
    try:
        Courier(open_service(settings), receiver_of(settings)).run(stopped.is_set, stopped.wait)
    except SettingsError as error:
        return _say(str(error), 2)
    except (RedisError, StateUnavailable, OtherVersion) as error:
        return _say(f"webhook: it ends: {error}", 1)
    return 0


def _browse(settings: Settings, state: "State") -> int:
    from workers.rendering.door import Door  # noqa: PLC0415 - the other parts do without

    set_up_logging(settings)
    stopped = stop_signal()

    def alive() -> None:
        try:
            state.clock.keep()
            state.alive("browser", state.clock())
        except OtherVersion as error:
            _say(f"browser: it ends: {error}", 0)
            stopped.set()
        except (RedisError, StateUnavailable) as error:
            _say(f"browser: not noted as alive: {error}", 0)

    try:
        Door(settings, alive).serve(stopped.is_set)
    except OSError as error:
        return _say(f"browser: {error}", 1)
    return 0


def _work(app: "Celery", part: str, settings: Settings) -> int:
    from workers.queue.broker import CRAWL, DESK, INGEST  # noqa: PLC0415 - as Celery itself

    queues, processes = {
        "crawl": ((CRAWL,), settings.crawl_processes),
        "ingest": ((DESK, INGEST), settings.ingest_processes),
    }[part]
    for module in ("workers.tasks", *NEEDS[part]):
        importlib.import_module(module)
    # As `celery worker` does, without what all of Celery's other commands need.
    worker = app.Worker(
        hostname=f"{part}-{os.getpid()}@{gethostname()}",
        loglevel="WARNING",
        queues=queues,
        concurrency=processes,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    # Celery has handlers of its own for a moment, which do nothing before it has begun (`workers.app`).
    hold_back_ends()
    presence = Presence(part, settings)
    presence.note()
    # Of the loop that watches the processes: a thread would be in the way of forks.
    worker.timer.call_repeatedly(NOTED_SECONDS, presence.note)
    try:
        worker.start()
    finally:
        presence.end()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Starts one part of the service: `python -m workers.run crawl|ingest|beat`."""

import importlib
import os
import sys
import time
import warnings
from collections.abc import Sequence

from config.settings import Settings, SettingsError, load_settings
from workers import fault
from workers.state.connection import StateUnavailable
from workers.state.state import open_state

PARTS = ("crawl", "ingest", "beat")
_USAGE = "usage: python -m workers.run crawl|ingest|beat, or health crawl|ingest|beat"


def main(arguments: Sequence[str]) -> int:
    """Run a part until it is stopped, or tell its health: 0 done, 1 it is not well, 2 a wrong call."""
    asks_health = len(arguments) == 2 and arguments[0] == "health"
    part = arguments[-1] if arguments else ""
    if part not in PARTS or len(arguments) != 1 + asks_health:
        return _say(_USAGE, 2)
    try:
        settings = load_settings()
        if not settings.redis_url:
            return _say("COPYDESK_REDIS_URL is not set", 2)
        fault.arm(settings)
        state = open_state(settings.redis_url, settings, patience=0)
    except SettingsError as error:
        return _say(str(error), 2)
    except StateUnavailable as error:
        return _say(str(error), 1)
    if not asks_health:
        return _run(part, settings)
    return 0 if part in state.parts(time.time()) else _say(f"{part} was not seen for a while", 1)


def _say(text: str, code: int) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return code


def _run(part: str, settings: Settings) -> int:
    # Read by Celery when it is imported: a stop gives running tasks their time.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    # Celery warns of root for the sake of pickle, which is not spoken here.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser")
    from workers.app import app  # noqa: PLC0415 - see the line above
    from workers.queue.broker import CRAWL, DESK, INGEST  # noqa: PLC0415

    if part == "beat":
        app.start(["--quiet", "beat", "--pidfile", "", "--loglevel", "WARNING"])
        return 0
    queues, needs, processes = {
        "crawl": (CRAWL, "workers.crawl", settings.crawl_processes),
        "ingest": (f"{DESK},{INGEST}", "workers.ingest", settings.ingest_processes),
    }[part]
    importlib.import_module(needs)
    app.worker_main(
        [
            # Celery's banner is no line of the log.
            *("--quiet", "worker", "--queues", queues, "--concurrency", str(processes)),
            *("--hostname", f"{part}-{os.getpid()}@%h", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

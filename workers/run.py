"""Starts one part of the service: `python -m workers.run crawl|ingest|beat|health`."""

import os
import sys
from collections.abc import Sequence

from config.settings import Settings, SettingsError, load_settings
from workers.state.connection import StateUnavailable, check, connect

PARTS = ("crawl", "ingest", "beat", "health")


def main(arguments: Sequence[str]) -> int:
    """Run a part until it is stopped; 0 done, 1 the server cannot be used, 2 a wrong call or setting."""
    if len(arguments) != 1 or arguments[0] not in PARTS:
        print(f"usage: python -m workers.run {'|'.join(PARTS)}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        settings = load_settings()
        url = settings.redis_url or ""
        check(connect(url, patience=0), url.rpartition("@")[2] or "COPYDESK_REDIS_URL")
    except (SettingsError, ValueError) as error:
        print(error or "COPYDESK_REDIS_URL is not set", file=sys.stderr)  # noqa: T201
        return 2
    except StateUnavailable as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0 if arguments[0] == "health" else _run(arguments[0], settings)


def _run(part: str, settings: Settings) -> int:
    # Read by Celery when it is imported: a stop gives running tasks their time.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    from workers.app import app  # noqa: PLC0415 - see the line above
    from workers.broker import CRAWL, DESK, INGEST  # noqa: PLC0415

    if part == "beat":
        app.start(["beat", "--pidfile", "", "--loglevel", "WARNING"])
        return 0
    queues, processes = {
        "crawl": (CRAWL, settings.crawl_processes),
        "ingest": (f"{DESK},{INGEST}", settings.ingest_processes),
    }[part]
    app.worker_main(
        [
            *("worker", "--queues", queues, "--concurrency", str(processes)),
            *("--hostname", f"{part}-{os.getpid()}@%h", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

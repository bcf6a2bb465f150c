"""Celery made from the settings, its queues, and who sends to them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from config.server_url import parse
from config.settings import Settings
from workers.queue import transport

log = structlog.get_logger(__name__)

# A stop gives running tasks this long, then they are left to their leases.
STOP_SECONDS = 10.0
# For so long a task of crawls takes on further ones; the last of them then has its time.
TAKES_SECONDS = 180
CRAWL, INGEST, DESK = "copydesk-crawl", "copydesk-ingest", "copydesk-desk"
KEY_PREFIX = "copydesk-celery:"
"""Before the names of all that Celery keeps in Redis."""
_MEMORY_KIB = 1024 * 1024


def broker_url(redis_url: str) -> str:
    """How Celery names the server in what it says; `server_url` tells the transport where it is."""
    server = parse(redis_url)
    if server.path:
        return f"redis+socket://{quote(server.path)}?virtual_host={server.database}"
    host, port = server.hosts[0]
    return f"redis://{f'[{host}]' if ':' in host else host}:{port}/{server.database}"


def make_app(settings: Settings) -> Celery:
    """An app made from the settings alone."""
    transport.register()
    app = Celery("copydesk", include=["workers.tasks"])
    app.conf.update(_configuration(settings))
    return app


def _configuration(settings: Settings) -> dict[str, Any]:
    redis_url = settings.redis_url or "redis://localhost:6379/0"
    return {
        "broker_url": broker_url(redis_url),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "server_url": redis_url,
            # Over the longest task, and tuned so that what was lost comes back soon after it.
            "visibility_timeout": 2 * settings.crawl_seconds + 600,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "global_keyprefix": KEY_PREFIX,
            "socket_timeout": 20,
            "socket_keepalive": True,
        },
        # The broker is only a hint: what a message loses comes due again in the frontier.
        "task_acks_late": True,
        "task_ignore_result": True,
        "result_backend": None,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        # Ours stands before it (`workers.app`): Celery's sleeps it out to the end, whatever ends meanwhile.
        "worker_soft_shutdown_timeout": 0,
        "worker_max_memory_per_child": _MEMORY_KIB,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        # Nobody gives workers orders by messages; so they hold no connection to wait for them, and need no such right.
        "worker_enable_remote_control": False,
        "task_default_queue": DESK,
        "task_routes": {
            "copydesk.crawl": {"queue": CRAWL},
            "copydesk.canary": {"queue": CRAWL},
            "copydesk.ingest": {"queue": INGEST},
        },
        "beat_scheduler": "workers.queue.beat:PatientScheduler",
        "beat_max_loop_interval": settings.tick_seconds,
        "beat_schedule": {
            "tick": _every(settings.tick_seconds, "copydesk.tick"),
            "canary": _every(15.0, "copydesk.canary"),
        },
        "timezone": "UTC",
    }


def _every(seconds: float, task: str) -> dict[str, Any]:
    # Without `expires`: a host whose clock is ahead would take all for too old. Those that nobody took do not pile
    # up (`workers.queue.beat`), and of several ticks in a row one is looked at.
    return {"task": task, "schedule": seconds}


class Sender:
    """Sends tasks by their names, so that who sends need not import what they do."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app

    def crawl(self, batch: Sequence[dict[str, Any]]) -> None:
        """Hand a batch of leased sources to a crawl worker; it begins those whose leases hold."""
        self._send("copydesk.crawl", CRAWL, (list(batch),))

    def next_crawl(self) -> list[dict[str, Any]] | None:
        """A batch that waits for a crawl worker, taken out of its queue; None where there is none.

        It counts as delivered from now on: what is not begun, since its taker ends, comes due again.
        """
        with self._app.pool.acquire(block=True) as connection:
            try:
                while message := connection.default_channel.basic_get(CRAWL, no_ack=True):
                    if message.headers["task"] == "copydesk.crawl":
                        (batch,), *_ = message.payload
                        return list(batch)
            except connection.recoverable_connection_errors as error:
                log.warning("crawl.untaken", problem=str(error))
        return None

    def ingest(self, tokens: Sequence[str], *, alone: bool = False) -> None:
        """Hand waiting pages to an ingest worker."""
        self._send("copydesk.ingest", INGEST, (list(tokens), alone))

    def _send(self, task: str, queue: str, arguments: tuple[Any, ...]) -> None:
        try:
            self._app.send_task(task, arguments, queue=queue, ignore_result=True)
        except OperationalError as error:
            # A message is only a hint: what was leased or waits comes due again by itself.
            log.warning("task.unsent", task=task, problem=str(error))

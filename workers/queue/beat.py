"""Celery's beat, which sends nothing on top of ticks that nobody takes, and ends when it is told to."""

import signal
from typing import Any

import structlog
from celery.beat import Scheduler, SchedulingError, Service
from celery.signals import beat_init

from workers.queue.process import name_process

log = structlog.get_logger(__name__)

# So many of each queue may wait: a worker that is late finds one in time, and the others have expired.
MOST_WAITING = 20


@beat_init.connect
def _end_when_told(sender: Service, **_: Any) -> None:
    """Celery's handler only raises: where that comes in the midst of a finaliser, it is lost, and beat goes on."""
    # It has just given itself another name.
    name_process("workers.run beat")

    def stop(*_: object) -> None:
        sender.stop()
        raise SystemExit

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, stop)


class PatientScheduler(Scheduler):
    """Without it, a week without workers would leave 200,000 messages behind, each of them expired."""

    def apply_async(
        self,
        entry: Any,
        producer: Any = None,
        advance: bool = True,  # noqa: FBT001, FBT002 - Celery's own signature
        **options: Any,
    ) -> Any:
        """Send a task that is due, unless too many wait in its queue already."""
        if _waiting(producer, self._queue_of(entry)) >= MOST_WAITING:
            return None
        try:
            return super().apply_async(entry, producer=producer, advance=advance, **options)
        except SchedulingError as error:
            # The server is away: Celery would show a hundred lines for each tick of that while.
            log.warning("task.unsent", task=entry.task, problem=str(error))
            return None

    def _queue_of(self, entry: Any) -> str:
        route = self.app.conf.task_routes.get(entry.task, {})
        return str(route.get("queue", self.app.conf.task_default_queue))


def _waiting(producer: Any, queue: str) -> int:
    """Messages in a queue, as far as that can be told: where it cannot, sending will say why."""
    try:
        return int(producer.channel.client.llen(queue))
    except Exception:  # noqa: BLE001 - a connection that is lost is sending's to mend
        return 0

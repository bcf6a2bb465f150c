"""Celery's tasks: each calls one plain function.

What a task needs is imported when it first runs. A part of the service imports its own needs before
it forks (`workers.run`), so that its children share them, and does without those of the others.
"""
# ruff: noqa: PLC0415

from typing import Any

import structlog
from billiard.exceptions import WorkerLostError
from celery import Task, shared_task
from celery.signals import task_failure, task_postrun, task_prerun

from config.settings import load_settings
from config.sources import SourcesError
from workers import fault
from workers.app import app
from workers.pages.limits import longest
from workers.queue import idle
from workers.queue.broker import TAKES_SECONDS, Sender
from workers.queue.process import leave
from workers.service import service
from workers.state.version import OtherVersion

log = structlog.get_logger(__name__)

_NOTIFY_SECONDS = 30
_NOTIFY_LIMIT = 120
_settings = load_settings()
_SAID_SECONDS = 60
_sender = Sender(app, _settings)
# A crawl that was begun beside others at the last moment has all of its time.
_CRAWL_LIMIT = _settings.crawl_seconds + 120 + TAKES_SECONDS
# A page ends its child by a timer of its own well before the whole batch is given up.
_INGEST_LIMIT = (longest(_settings.page_seconds) + 5) * _settings.batch_pages + 60


# It is told by the handler below, and has no traceback.
_EXPECTED = (OtherVersion,)

# A later release may tell a task of the same version of the state more than this one knows of: it is let through.


@shared_task(name="copydesk.tick", throws=_EXPECTED)
def tick(**_: Any) -> None:
    """Send off the sources that are due, and look after what waits."""
    from workers.dispatch import dispatch_due
    from workers.housekeeping import keep_house

    now = service().clock()
    if not service().state.is_time("ticked", _settings.tick_seconds / 2):
        return  # they waited for a worker, and this one has been at it just now
    # Only a beat that sends and a worker that takes bring these lines about.
    service().state.alive("beat", now, is_here=False)
    service().state.alive("ingest", now)
    try:
        dispatch_due(service(), now, _sender.crawl)
    except SourcesError as error:
        if service().state.is_time("said:sources", _SAID_SECONDS):
            log.error("sources.unusable", problem=str(error))
    keep_house(service(), now, _sender.ingest)
    if _settings.notify and service().state.is_time("notifying", _NOTIFY_SECONDS):
        from workers.alarms.notices import compose

        if compose(service(), now):
            notify.apply_async()


@shared_task(name="copydesk.notify", time_limit=_NOTIFY_LIMIT, throws=_EXPECTED)
def notify(**_: Any) -> None:
    """Tell of alarms; what cannot be sent now is tried again."""
    from workers.alarms.notices import send_notices

    send_notices(service(), service().clock())


@shared_task(name="copydesk.canary", throws=_EXPECTED)
def canary(**_: Any) -> None:
    """Show that a crawl worker takes tasks."""
    service().state.alive("crawl", service().clock())


@shared_task(name="copydesk.crawl", time_limit=_CRAWL_LIMIT, throws=_EXPECTED)
def crawl(batch: list[dict[str, Any]], **_: Any) -> None:
    """Crawl a batch of sources, no two of one host."""
    from workers.crawl import crawl_batch

    crawl_batch(service(), batch, _sender.ingest, _sender.next_crawl)


@shared_task(name="copydesk.ingest", time_limit=_INGEST_LIMIT, bind=True, throws=_EXPECTED)
def ingest(task: Task, tokens: list[str], alone: bool = False, **_: Any) -> None:  # noqa: FBT001, FBT002
    """Bring pages to their outcome."""
    from workers.ingest import Ingest

    Ingest(service(), _sender.ingest, task.request.id).run(tokens, alone=alone)
    fault.reached("before-acknowledgement")


@task_prerun.connect(sender=crawl)
@task_prerun.connect(sender=ingest)
def _begins(**_: Any) -> None:
    idle.busy()


@task_postrun.connect(sender=crawl)
@task_postrun.connect(sender=ingest)
def _has_ended(**_: Any) -> None:
    idle.idle()


@task_failure.connect
def _state_is_another_releases(exception: BaseException, **_: Any) -> None:
    """Called in the process that met it: no task can be done here any more, so its worker ends, warm."""
    if isinstance(exception, OtherVersion):
        log.error("state.foreign", problem=str(exception))
        leave()


@task_failure.connect
def _process_ended(
    sender: Task, task_id: str, exception: BaseException, args: list[Any], **_: Any
) -> None:
    """Called in the parent of the processes when one of them ended in the middle of a task."""
    from workers.queue.lost_worker import give_back

    if sender.name == ingest.name and isinstance(exception, WorkerLostError):
        give_back(_settings, _sender.ingest, task_id, args[0], exception)

"""The Celery app. It never imports the tasks; Celery does, by `include`."""

import gc
import os
from functools import cache, partial
from typing import Any

from billiard import pool
from celery.signals import setup_logging, worker_before_create_process, worker_process_init
from celery.worker import state

from config.logging import set_up_logging
from config.settings import load_settings
from workers.queue.broker import STOP_SECONDS, make_app
from workers.queue.lost_worker import leave_it_to_us
from workers.queue.process import die_with_parent, on_stop


@setup_logging.connect
def _log(**_: Any) -> None:
    set_up_logging(load_settings())
    leave_it_to_us()


_PARENT = os.getpid()
# A process that ends waits for its results to be taken, in tenths of a second; at a stop, and only then, it may wait
# in vain, and 30 s are longer than a stop has.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 50


@worker_process_init.connect
def _die_with_parent(**_: Any) -> None:
    """A child must not outlive its worker, however that ends: its lease would block others."""
    die_with_parent(_PARENT)


@worker_before_create_process.connect
def _prepare_for_children(**_: Any) -> None:
    _end_in_time()
    _share_what_is_loaded()


@cache
def _share_what_is_loaded() -> None:
    """A collector that looks at what was there before a fork would write to it, and give each process its own."""
    gc.collect()
    gc.freeze()


@cache
def _end_in_time() -> None:
    """At a stop nothing more is begun, a crawl ends itself soon, and what goes on is cut off in the end."""
    on_stop(partial(setattr, state, "should_stop", 0), STOP_SECONDS)


app = make_app(load_settings())

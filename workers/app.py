"""The Celery app. It never imports the tasks; Celery does, by `include`."""

from typing import Any

from celery.signals import setup_logging, worker_process_init

from config.logging import set_up_logging
from config.settings import load_settings
from workers.broker import make_app
from workers.process import die_with_parent


@setup_logging.connect
def _log(**_: Any) -> None:
    set_up_logging(load_settings())


@worker_process_init.connect
def _die_with_parent(**_: Any) -> None:
    """A child must not outlive its worker, however that ends: its lease would block others."""
    die_with_parent()


app = make_app(load_settings())

"""The dashboard as a process: a part of `copydesk up`, or a command by itself."""

import os
import signal
import sys
import threading

import structlog
from redis.exceptions import RedisError

from config.logging import set_up_logging
from config.settings import SettingsError, load_settings
from dashboard.listening import Listening
from workers.queue.presence import Presence
from workers.queue.process import let_ends_through, name_process, stop_signal
from workers.service import Service, open_service
from workers.state.connection import StateUnavailable
from workers.state.version import OtherVersion

log = structlog.get_logger(__name__)

PART = "dashboard"
_ALIVE_SECONDS = 30.0
PATIENCE_SECONDS = 2.0
"""Pages wait for the server of the state only as long as a person does."""


def run(listening: Listening, token: str | None) -> int:
    """Run as a part until it is stopped; 0 done, 1 it could not be."""
    name_process("cli dashboard")
    stopped = stop_signal()
    let_ends_through()
    try:
        settings = load_settings()
        set_up_logging(settings)
        service = open_service(settings, patience=PATIENCE_SECONDS, at_first=60.0)
    except (SettingsError, StateUnavailable) as error:
        print(f"dashboard: {error}", file=sys.stderr)  # noqa: T201
        return 1
    threading.Thread(target=_note_alive, args=(service, stopped), daemon=True).start()
    try:
        serve(service, listening, token)
    finally:
        # Nobody is to miss one that was stopped.
        Presence(PART, service.settings).end()
    return 0


def serve(service: Service, listening: Listening, token: str | None) -> None:
    """Answer until SIGINT or SIGTERM comes."""
    # What it takes to answer is loaded by whoever answers: no other part of the service needs it.
    from dashboard.app import make_app  # noqa: PLC0415
    from dashboard.board import open_board  # noqa: PLC0415
    from dashboard.seal import Seal  # noqa: PLC0415
    from dashboard.server import answer  # noqa: PLC0415

    board = open_board(service)
    board.follower.start()
    try:
        answer(make_app(board, Seal.of(token, listening.key)), listening.socket)
    finally:
        board.follower.stop()


def _note_alive(service: Service, stopped: threading.Event) -> None:
    while True:
        try:
            service.state.clock.keep()
            service.state.alive(PART, service.clock())
        except OtherVersion as error:
            # What it would show is another release's.
            log.error("state.foreign", problem=str(error))
            os.kill(os.getpid(), signal.SIGTERM)
            return
        except (RedisError, StateUnavailable):
            pass  # it is noted the next time
        if stopped.wait(_ALIVE_SECONDS):
            return

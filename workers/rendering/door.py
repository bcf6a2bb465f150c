"""Waits at a socket; each connection gets a Chromium of its own, which ends with it.

The connection itself is what Chromium reads and writes (`--remote-debugging-pipe`), so there is no
port that a page, or another user of the machine, could reach, and nothing in between.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from config.settings import Settings
from crawler.rendering.call import answer
from workers.queue.process import die_with_parent
from workers.rendering import chromium, place
from workers.rendering.memory import megabytes

log = structlog.get_logger(__name__)

_LOOPBACK = "127.0.0.1"
_LOOK_SECONDS = 0.2
_REST_SECONDS = 2.0
_WEIGH_SECONDS = 1.0
_ALIVE_SECONDS = 30.0
# What a browser gets to end by itself, when who asked for it has gone.
_END_SECONDS = 3.0
# What pages that are being rendered get at a stop.
_LAST_SECONDS = 12.0
# In a folder whose name is longer, Chromium cannot make its sockets, and ends.
_LONGEST_TEMPORARY = 55
_HUNG_UP = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


@dataclass
class _Caller:
    """A connection, and the browser that it has got, if it has asked for anything yet."""

    connection: socket.socket
    profile: Path | None = None
    temporary: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    hung_up: float | None = field(default=None)
    """Since when nobody is at the other end; monotonic seconds."""


class Door:
    """The part `browser`."""

    def __init__(self, settings: Settings, alive: Callable[[], None]) -> None:
        self._settings = settings
        self._alive = alive
        self._folder = place.folder(settings)
        self._outside = place.outside(settings)
        self._most = settings.browsers * settings.crawl_processes + 2
        self._callers: list[_Caller] = []
        self._weighed = 0.0

    def serve(self, is_stopping: Callable[[], bool]) -> None:
        """Until it is told to stop, and then for as long as pages are likely to be at work."""
        listener = self._listen()
        try:
            self._serve(listener, is_stopping)
            listener.close()
            limit = time.monotonic() + _LAST_SECONDS
            while self._callers and time.monotonic() < limit:
                self._look(None)
        finally:
            listener.close()
            place.socket_path(self._settings).unlink(missing_ok=True)
            for caller in list(self._callers):
                self._end(caller)
            with contextlib.suppress(OSError):
                self._outside.rmdir()

    def _serve(self, listener: socket.socket, is_stopping: Callable[[], bool]) -> None:
        noted = -_ALIVE_SECONDS
        while not is_stopping():
            if time.monotonic() - noted >= _ALIVE_SECONDS:
                noted = time.monotonic()
                self._alive()
            self._look(listener)

    def _listen(self) -> socket.socket:
        path = place.socket_path(self._settings)
        # What a browser that was killed has left.
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.rmtree(self._outside, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not place.is_own(path):
            raise PermissionError(f"{path.parent} is not for this user alone; remove it")
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        listener.settimeout(0)
        return listener

    def _look(self, listener: socket.socket | None) -> None:
        poll = select.poll()
        if listener:
            poll.register(listener, select.POLLIN)
        for caller in self._callers:
            asks = 0 if caller.process else select.POLLIN
            if caller.hung_up is None:
                poll.register(caller.connection, asks | _HUNG_UP)
        events = dict(poll.poll(1000 * (_LOOK_SECONDS if self._callers else _REST_SECONDS)))
        if listener and listener.fileno() in events:
            self._admit(listener)
        for caller in list(self._callers):
            self._look_after(caller, events.get(caller.connection.fileno(), 0))
        self._weigh()

    def _admit(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            if len(self._callers) >= self._most:
                connection.close()
                return
            connection.settimeout(None)
            with socket.create_server((_LOOPBACK, 0)) as way_out:
                answer(connection, way_out)
            self._callers.append(_Caller(connection))

    def _look_after(self, caller: _Caller, event: int) -> None:
        if event & _HUNG_UP and caller.hung_up is None:
            caller.hung_up = time.monotonic()
        if caller.process is None:
            if caller.hung_up is not None or (event & select.POLLIN and not self._start(caller)):
                self._end(caller)
            return
        has_ended = caller.process.poll() is not None
        if has_ended and caller.process.returncode:
            log.warning("browser.died", code=caller.process.returncode)
        is_late = caller.hung_up is not None and time.monotonic() - caller.hung_up > _END_SECONDS
        if has_ended or is_late:
            self._end(caller)

    def _start(self, caller: _Caller) -> bool:
        program = chromium.find(self._settings)
        if program is None:
            log.error("browser.missing", advice=chromium.INSTALL)
            return False
        parent = os.getpid()
        caller.profile = Path(tempfile.mkdtemp(prefix="profile-", dir=self._folder))
        caller.temporary = self._temporary(caller.profile)
        caller.process = subprocess.Popen(  # noqa: S603 - a program that the settings name
            [
                "/bin/sh",
                "-c",
                'exec "$@" 3<&0 4<&0 0</dev/null',
                "sh",
                program,
                *chromium.arguments(caller.profile, self._settings),
            ],
            stdin=caller.connection.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(chromium.environment(caller.profile, caller.temporary)),
            cwd=caller.profile,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one system call
        )
        return True

    def _temporary(self, profile: Path) -> Path:
        """Where a browser makes its sockets, and leaves them when it is killed."""
        if len(os.fsencode(profile)) <= _LONGEST_TEMPORARY:
            return profile
        self._outside.mkdir(mode=0o700, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix="", dir=self._outside))
        if not place.is_own(temporary):
            raise PermissionError(f"{self._outside} is not for this user alone; remove it")
        return temporary

    def _end(self, caller: _Caller) -> None:
        """Have no process, no file and no connection left of it."""
        if caller.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(caller.process.pid, signal.SIGKILL)
            caller.process.wait()
        with contextlib.suppress(OSError):
            caller.connection.shutdown(socket.SHUT_RDWR)
        caller.connection.close()
        for folder in filter(None, (caller.profile, caller.temporary)):
            shutil.rmtree(folder, ignore_errors=True)
        if caller in self._callers:
            self._callers.remove(caller)

    def _weigh(self) -> None:
        """End a browser whose page takes too much memory: the page has broken it."""
        running = [caller for caller in self._callers if caller.process]
        if not running or time.monotonic() - self._weighed < _WEIGH_SECONDS:
            return
        self._weighed = time.monotonic()
        taken = megabytes()
        for caller in running:
            assert caller.process
            if taken.get(caller.process.pid, 0.0) > self._settings.browser_mb:
                log.warning("browser.outgrown", megabytes=round(taken[caller.process.pid]))
                self._end(caller)

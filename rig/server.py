"""Servers of a test's own, as somebody else would run them: Valkey or Redis with lines of configuration.

with RunningServer(folder, "requirepass secret") as server:
    desk = Desk(folder, redis_url=server.url(password="secret"))
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from cli.embedded import binary

_START_SECONDS = 20.0


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def redis_with_tls() -> str | None:
    """A Redis that speaks TLS, which the embedded server does not; None where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        return None
    told = subprocess.run([program, "--version"], capture_output=True, check=False)  # noqa: S603
    return program if told.returncode == 0 else None


class RunningServer:
    """A server on a port of loopback; started by `start` or with the block, ended with it."""

    def __init__(
        self,
        folder: Path,
        *lines: str,
        port: int = 0,
        program: str | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._program = program or binary()
        self._arguments = arguments
        self._lines = (f"dir {folder}", "bind 127.0.0.1", 'save ""', *lines)
        if not any(line.startswith("port ") for line in lines):
            self._lines = (f"port {self.port}", *self._lines)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def url(self, *, scheme: str = "redis", user: str = "", password: str = "") -> str:
        """Where it is reached."""
        secrets = f"{user}:{password}@" if password else ""
        return f"{scheme}://{secrets}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it listens. A sentinel writes to its configuration, so that is left as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "server.conf"
        if not file.exists():
            file.write_text("\n".join(self._lines) + "\n")
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a server of the system, or the embedded one
                [self._program, str(file), *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        limit = time.monotonic() + _START_SECONDS
        while not self._listens():
            told = (self.folder / "server.log").read_text()
            assert self._process.poll() is None, told
            assert time.monotonic() < limit, told
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a failure of its machine would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

"""A TCP proxy before the server that loses replies: the request passed, and its answer never comes."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

_CHUNK = 1 << 16


class Proxy:
    """On a free port of loopback, before a server's socket.

    `loses` is asked of each piece of a request, and says whether its reply is to be lost. The
    connection then ends when the reply arrives: what was asked for has been done.
    """

    def __init__(self, server: Path, loses: Callable[[bytes], bool]) -> None:
        self._server = server
        self._loses = loses
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.lost = 0
        """Replies that were lost so far."""
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._admit, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        for end in tuple(self._ends):
            _hang_up(end)

    def _admit(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:  # the door was closed
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self._server))
            except OSError:  # the server is away: so is its door
                client.close()
                continue
            self._ends |= {client, server}
            line = _Line(client, server)
            for way in (self._requests, self._replies):
                threading.Thread(target=self._follow, args=(way, line), daemon=True).start()

    def _follow(self, way: Callable[["_Line"], None], line: "_Line") -> None:
        with contextlib.suppress(OSError):  # one of the ends hung up
            way(line)
        for end in (line.client, line.server):
            _hang_up(end)
            self._ends.discard(end)

    def _requests(self, line: "_Line") -> None:
        while piece := line.client.recv(_CHUNK):
            with self._lock:
                line.is_doomed |= self._loses(piece)
            line.server.sendall(piece)

    def _replies(self, line: "_Line") -> None:
        while piece := line.server.recv(_CHUNK):
            if line.is_doomed:
                with self._lock:
                    self.lost += 1
                return
            line.client.sendall(piece)


class _Line:
    """One connection from a client through to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.is_doomed = False


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

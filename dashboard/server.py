"""The web server: uvicorn, which here does nothing at all while nobody asks."""

import asyncio
import logging
import socket
from types import FrameType
from typing import cast

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_THREADS = 4
_LONGEST_HEAD = 16 * 1024
_MOST_AT_ONCE = 64
_STOP_SECONDS = 3
EXCHANGE_SECONDS = 30.0


def answer(
    app: ASGIApp, listening: socket.socket, exchange_seconds: float = EXCHANGE_SECONDS
) -> None:
    """Answer until SIGINT or SIGTERM comes; a request and its answer together get so many seconds."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        http=timed(exchange_seconds),
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # `Guard` sends it: here it is brought up to date by the second
        proxy_headers=False,
        limit_concurrency=_MOST_AT_ONCE,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    asyncio.run(_serve(_Server(config), listening))


async def _serve(server: "_Server", listening: socket.socket) -> None:
    # Threads ask the server of the state and read files; more of them would only hold more memory.
    current_default_thread_limiter().total_tokens = _THREADS
    await server.serve(sockets=[listening])


def timed(seconds: float, most: int = _MOST_AT_ONCE) -> type[H11Protocol]:
    """HTTP for so many connections, each exchange within so many seconds.

    uvicorn alone waits for ever for a client that says nothing, or half of what it has to say: some of
    them would keep everybody out. Here the one that has done so for longest makes room for who comes.
    """

    class Timed(H11Protocol):
        since = 0.0
        _limit: asyncio.TimerHandle | None = None

        @property
        def is_waiting(self) -> bool:
            if self.transport.is_closing():
                return False
            return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(cast("asyncio.Transport", transport))
            self._begin()
            others = self.connections - {self}
            waiting = [one for one in others if isinstance(one, Timed) and one.is_waiting]
            if len(others) >= most - 1 and waiting:
                min(waiting, key=lambda one: one.since).transport.abort()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._begin()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self._limit:
                self._limit.cancel()

        def _begin(self) -> None:
            if self._limit:
                self._limit.cancel()
            self.since = self.loop.time()
            self._limit = self.loop.call_later(seconds, self.transport.abort)

    return Timed


class _Server(uvicorn.Server):
    """Waits for its end, instead of looking ten times a second whether it has come."""

    async def main_loop(self) -> None:
        """See the base."""
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        if not self.should_exit:
            await self._ended.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See the base: a signal came, at any point of the program."""
        super().handle_exit(sig, frame)
        if loop := getattr(self, "_loop", None):
            loop.call_soon_threadsafe(self._ended.set)

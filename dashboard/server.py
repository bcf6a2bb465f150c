"""The web server: uvicorn, which here does nothing at all while nobody asks."""

import asyncio
import logging
import socket
from types import FrameType

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp

_THREADS = 4
_LONGEST_HEAD = 16 * 1024
_MOST_AT_ONCE = 64
_STOP_SECONDS = 3


def answer(app: ASGIApp, listening: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM comes."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        http="h11",
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

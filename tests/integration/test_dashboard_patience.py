"""How long the dashboard's server waits for a client: some who say nothing keep nobody out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from dashboard.server import timed

ASK = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@asynccontextmanager
async def listening(seconds: float, most: int = 64) -> AsyncIterator[int]:
    """The port of a server that gives each exchange so many seconds."""
    protocol, state = timed(seconds, most), ServerState()
    config = uvicorn.Config(
        PlainTextResponse("came"), log_config=None, ws="none", limit_concurrency=most
    )
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def end_of(port: int, *said: bytes) -> bytes:
    """All that comes, until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for some in said:
            writer.write(some)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_who_says_nothing_or_stops_halfway_is_sent_away() -> None:
    async def come() -> list[bytes]:
        async with listening(0.5) as port:
            return await asyncio.gather(
                end_of(port),
                end_of(port, ASK),
                end_of(port, ASK + b"Content-Length: 9\r\n\r\n", b"half"),
                # One byte after an answer stops the time that uvicorn itself has for a kept connection.
                end_of(port, ASK + b"\r\n", b"G"),
            )

    nothing, head, _, again = asyncio.run(come())
    assert (nothing, head) == (b"", b"")
    assert again.count(b"200 OK") == 1


def test_a_kept_connection_has_the_time_anew_for_each_request() -> None:
    async def come() -> bytes:
        async with listening(1.0) as port:
            return await end_of(port, *[ASK + b"\r\n"] * 30)

    assert asyncio.run(come()).count(b"200 OK") == 30


def test_those_who_say_nothing_make_room_for_who_asks() -> None:
    async def come() -> bytes:
        async with listening(300.0, most=4) as port:
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(9)]
            silent[-1][1].write(ASK + b"Content-Length: 9\r\n\r\nhalf")
            try:
                return await end_of(port, ASK + b"Connection: close\r\n\r\n")
            finally:
                for _, writer in silent:
                    writer.close()

    assert b"200 OK" in asyncio.run(come())

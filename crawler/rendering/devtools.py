"""A browser's DevTools protocol over a local socket: JSON messages, each ended by a zero byte."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

# A page of the greatest size, each of its characters written as six.
_LONGEST_MESSAGE = 40 * 2**20

Event = Mapping[str, Any]


class BrowserLost(Exception):
    """The browser has gone, or was never there."""


class DevtoolsRefused(Exception):
    """The browser would not do what it was asked."""


class Devtools:
    """One connection, which is one browser: it ends when the connection does."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_event: Callable[[Event], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_event = on_event
        self._count = 0
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.is_lost = False
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, connection: socket.socket, on_event: Callable[[Event], None]) -> "Devtools":
        """Have a browser started at the other end of a connection."""
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_LONGEST_MESSAGE)
        return cls(reader, writer, on_event)

    async def ask(
        self, method: str, params: Mapping[str, Any] | None = None, session: str = ""
    ) -> dict[str, Any]:
        """The browser's answer; raises `BrowserLost` or `DevtoolsRefused`."""
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        number = self.tell(method, params, session)
        self._asked[number] = answered
        try:
            answer = await answered
        finally:
            self._asked.pop(number, None)
        if "error" in answer:
            raise DevtoolsRefused(f"{method}: {answer['error'].get('message', '')}")
        result: dict[str, Any] = answer.get("result", {})
        return result

    def tell(self, method: str, params: Mapping[str, Any] | None = None, session: str = "") -> int:
        """Send without waiting for what comes of it; the message's number."""
        if self.is_lost:
            raise BrowserLost("the browser has gone")
        self._count += 1
        message = {"id": self._count, "method": method, "params": dict(params or {})}
        if session:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\0")
        return self._count

    def close(self) -> None:
        """End the browser."""
        self._lose()
        self._reading.cancel()
        self._writer.close()

    async def _read(self) -> None:
        try:
            with contextlib.suppress(
                asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError
            ):
                while True:
                    self._take(json.loads((await self._reader.readuntil(b"\0"))[:-1]))
        finally:
            self._lose()

    def _take(self, message: dict[str, Any]) -> None:
        if "id" not in message:
            self._on_event(message)
        elif (asked := self._asked.get(message["id"])) and not asked.done():
            asked.set_result(message)

    def _lose(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(BrowserLost("the browser has gone"))
        self._on_event({"method": "lost"})

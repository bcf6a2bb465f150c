"""The only way out for a browser: a proxy on its loopback that checks every address before it connects.

It resolves names itself and connects to the address that it has checked, so that no name, notation or
redirect leads elsewhere. What it may reach is what the crawl that it was opened for may reach; of that,
the hosts alone that the page in hand asks for, so that what the browser wants for itself goes nowhere.
"""

import asyncio
import base64
import contextlib
import secrets
import socket
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.address_guard import Authority, Permission, authority
from crawler.addresses import is_public

_HEAD_BYTES = 64 * 2**10
_PIECE = 64 * 2**10
_CONNECT_SECONDS = 15.0
_MOST_CONNECTIONS = 64
_MOST_REFUSALS = 20
# Between the browser and this proxy alone.
_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "upgrade"})


@dataclass(frozen=True)
class ProxyRequest:
    """The head of a request to the proxy."""

    method: str
    host: str
    """In lower case, without brackets."""
    port: int
    head: bytes
    """What is sent on: empty for CONNECT."""
    body_bytes: int
    credentials: str


class _NoRequest(ValueError):
    """What came is no request to a proxy."""


class Gate:
    """The proxy of one crawl; `received` counts the bytes that have come since `begin_page`."""

    user = "copydesk"

    def __init__(self, way_out: socket.socket, permission: Permission, most_bytes: int) -> None:
        self._way_out = way_out
        self._permission = permission
        self._most_bytes = most_bytes
        self.password = secrets.token_urlsafe(24)
        self._credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._admitted: set[Authority] = set()
        self.received = 0
        self.refused: Counter[str] = Counter()
        """Hosts and addresses that were refused, with how often; the first few."""

    async def open(self) -> None:
        """Listen where the browser is."""
        # The next gate of this browser listens there too.
        listener = self._way_out.dup()
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=_HEAD_BYTES)

    @property
    def address(self) -> str:
        """Host and port, as the browser has them."""
        host, port = self._way_out.getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        """End all connections."""
        if self._server:
            self._server.close()
        for task in self._serving:
            task.cancel()

    def begin_page(self) -> None:
        """Count anew, for another page."""
        self.received = 0
        self.refused.clear()
        self._admitted.clear()

    def admit(self, url: str) -> None:
        """Let the page's request through to that URL's host."""
        with contextlib.suppress(ValueError):
            self._admitted.add(authority(url))

    @property
    def is_spent(self) -> bool:
        """Whether the page has had all the bytes that it may have."""
        return self.received > self._most_bytes

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the gate was closed
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = parse_head(await reader.readuntil(b"\r\n\r\n"))
        except (ValueError, asyncio.LimitOverrunError):
            return _answer(writer, "400 Bad Request")
        if not secrets.compare_digest(request.credentials.encode(), self._credentials.encode()):
            return _answer(
                writer,
                "407 Proxy Authentication Required",
                'Proxy-Authenticate: Basic realm="gate"',
            )
        if self.is_spent or len(self._serving) > _MOST_CONNECTIONS:
            return _answer(writer, "429 Too Many Requests")
        address = await self._checked(request.host, request.port)
        if address is None:
            return _answer(writer, "403 Forbidden")
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                there = await asyncio.open_connection(address, request.port)
        except (OSError, TimeoutError):
            return _answer(writer, "502 Bad Gateway")
        try:
            await self._join((reader, writer), there, request)
        finally:
            there[1].close()

    async def _checked(self, host: str, port: int) -> str | None:
        """An address of the host that may be connected to; None where there is none."""
        if (host, port) not in self._admitted:
            self._refuse(f"{host}:{port}: the page does not ask for it")
            return None
        if not self._permission.admits_port(host, port):
            self._refuse(f"{host}:{port}: the port {port} is neither 80 nor 443")
            return None
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(
                    host, port, type=socket.SOCK_STREAM
                )
        except (OSError, TimeoutError, UnicodeError):
            return None
        addresses = [str(place[0]) for *_, place in found]
        if self._permission.admits_private(host, port):
            return addresses[0]
        for address in addresses:
            if is_public(address):
                return address
        self._refuse(f"{host}:{port}: the address {addresses[0]} is not public")
        return None

    def _refuse(self, why: str) -> None:
        if why in self.refused or len(self.refused) < _MOST_REFUSALS:
            self.refused[why] += 1

    async def _join(
        self,
        here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        request: ProxyRequest,
    ) -> None:
        """Carry what either side sends until one of them ends; a connection serves one request."""
        if request.method == "CONNECT":
            here[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            sent = asyncio.ensure_future(self._carry(here[0], there[1]))
        else:
            there[1].write(request.head)
            sent = asyncio.ensure_future(self._send_body(here[0], there[1], request.body_bytes))
        received = asyncio.ensure_future(self._carry(there[0], here[1]))
        try:
            await asyncio.wait({sent, received}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sent.cancel()
            received.cancel()
            await asyncio.gather(sent, received, return_exceptions=True)

    async def _send_body(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int
    ) -> None:
        await self._carry(reader, writer, length)
        # What comes now is the end, or another request, which may be to another host.
        await reader.read(1)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None = None
    ) -> None:
        left = most
        while left is None or left > 0:
            piece = await reader.read(_PIECE if left is None else min(left, _PIECE))
            if not piece:
                return
            self.received += len(piece)
            if self.is_spent:
                raise ConnectionAbortedError
            if left is not None:
                left -= len(piece)
            writer.write(piece)
            await writer.drain()


def parse_head(head: bytes) -> ProxyRequest:
    """What a proxy is asked for; a `ValueError` where the head is none of such a request."""
    line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = line.split(" ")
    headers = [(name, value.strip()) for name, _, value in (text.partition(":") for text in lines)]
    named = {name.lower(): value for name, value in headers}
    if "transfer-encoding" in named:
        raise _NoRequest("a body of unknown length")
    credentials = named.get("proxy-authorization", "").removeprefix("Basic ")
    url = urlsplit(f"//{target}" if method == "CONNECT" else target)
    port = url.port or (80 if url.scheme == "http" else None)
    if not url.hostname or port is None or url.scheme not in {"", "http"}:
        raise _NoRequest("not an address of the web")
    if method == "CONNECT":
        return ProxyRequest(method, url.hostname, port, b"", 0, credentials)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = [
        f"{name}: {value}"
        for name, value in headers
        if name.lower() not in _HOP and not name.lower().startswith("proxy-")
    ]
    sent = [f"{method} {path} {version}", *kept, "Connection: close", "", ""]
    length = int(named.get("content-length", "0"))
    if length < 0:
        raise _NoRequest("a body of less than nothing")
    return ProxyRequest(
        method, url.hostname, port, "\r\n".join(sent).encode("latin-1"), length, credentials
    )


def _answer(writer: asyncio.StreamWriter, status: str, *headers: str) -> None:
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))

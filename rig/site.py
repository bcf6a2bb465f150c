r"""A real web site on a free port of loopback, for tests: it does what it is told, and notes all.

with Site() as site:
    site.publish(Story.numbered(1), Story.numbered(2))
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n", content_type="text/plain")
    site.put("/busy", status=429, headers={"Retry-After": "2"})
    site.routes["/slow"] = Reply(b"late", delay=5)
"""

import contextlib
import itertools
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from rig.stories import Story, article_page, rss, section_page, sitemap

HTML, XML = "text/html; charset=utf-8", "application/xml; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request as the site saw it."""

    at: float
    """When it was read, on the monotonic clock, in seconds."""
    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int = 0
    """What it was answered with; 0 where the connection was reset instead."""
    client: str = ""
    """The address that it came from."""


@dataclass(frozen=True)
class Reply:
    """What a path answers. With an ETag or a Last-Modified it answers conditional requests."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds from the request to the first byte."""
    cut: int | None = None
    """So many bytes of the body are sent, of the whole length announced; then the line is cut."""
    reset: bool = False
    """No answer at all: the connection is reset."""

    def to(self, request: Request) -> "Reply":
        """This reply, or 304 where the request already has it."""
        validators = {"if-none-match": "ETag", "if-modified-since": "Last-Modified"}
        for asked, answered in validators.items():
            if asked in request.headers and answered in self.headers:
                known = request.headers[asked] == self.headers[answered]
                return replace(self, status=304, body=b"") if known else self
        return self


Answer = Reply | Callable[[Request], Reply]


class Site:
    """The site. `routes` may be changed at any time; `requests` is in the order of arrival."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = 0
        self.routes: dict[str, Answer] = {}
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self._server: _Server | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen: on a free port the first time, and on the same one ever after."""
        self.stopped.clear()
        self._server = _Server((self.host, self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on, and end those that are open."""
        self.stopped.set()
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()
            server.end_connections()

    def url(self, path: str = "/") -> str:
        """The address of a path; the site has been started."""
        return f"http://{self.host}:{self.port}{path}"

    def put(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        status: int = 200,
        content_type: str = HTML,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer *path* (with its query) so from now on."""
        body = body.encode() if isinstance(body, str) else body
        self.routes[path] = Reply(body, status, {"Content-Type": content_type, **(headers or {})})

    def publish(self, *stories: Story, validators: bool = True) -> None:
        """Put each story at its path, and all, in this order, in `/rss.xml`, `/sitemap.xml`, `/`."""
        for story in stories:
            self.put(story.path, article_page(story))
        listings = {"/rss.xml": rss, "/sitemap.xml": sitemap, "/": section_page}
        for path, build in listings.items():
            body = build(stories, self.url())
            headers = {"ETag": f'"{zlib.crc32(body.encode()):08x}"'} if validators else {}
            kind = HTML if path == "/" else XML
            self.put(path, body, content_type=kind, headers=headers)

    def paths(self) -> list[str]:
        """The paths that were asked for, in the order of arrival."""
        return [request.path for request in self.requests]

    def gaps(self) -> list[float]:
        """Seconds between one request and the next."""
        times = sorted(request.at for request in self.requests)
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def answer(self, request: Request) -> Reply:
        """The reply to a request, which is noted with it."""
        answer = self.routes.get(request.path, Reply(b"not here", 404, {"Content-Type": HTML}))
        reply = (answer if isinstance(answer, Reply) else answer(request)).to(request)
        with self._lock:
            self.requests.append(replace(request, status=0 if reply.reset else reply.status))
        return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        self.site = site
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def finish_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        self._open.add(request)
        with contextlib.suppress(OSError):  # the client has gone, or a reply cut the line
            super().finish_request(request, client_address)
        self._open.discard(request)

    def shutdown_request(self, request) -> None:  # type: ignore[no-untyped-def]
        self.close_request(request)  # a goodbye before it would spoil a reset

    def end_connections(self) -> None:
        for connection in tuple(self._open):
            _hang_up(connection)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        client = self.client_address[0]
        request = Request(time.monotonic(), self.command, self.path, headers, client=client)
        reply = self.server.site.answer(request)
        if reply.delay:
            self.server.site.stopped.wait(reply.delay)
        if reply.reset or self.server.site.stopped.is_set():
            no_linger = struct.pack("ii", 1, 0)  # closing sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self.close_connection = True
        else:
            self._send(reply)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut])
        self.close_connection |= reply.cut is not None

    def log_message(self, *_: object) -> None:
        """Nothing is printed: `Site.requests` is the log."""


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other end was quicker
        connection.shutdown(socket.SHUT_RDWR)

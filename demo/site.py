"""The sample sites, served on loopback by the standard library's server.

`python -m demo.site` serves both for a person to look at, `python -m demo.site 8700` on this port and the next.
"""

import contextlib
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

from demo import agency, broadcaster, templates
from demo.resource import Resource

LOOPBACK = "127.0.0.1"
_LOCAL_TIME = timezone(timedelta(hours=-5))
_PICTURE = re.compile(r"/media/(\d{1,3})\.svg")

Contents = Callable[[str, datetime, datetime | None], Mapping[str, Resource]]
"""A site's resources by path, from its root, when it opened, and when it moved on."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered."""

    path: str
    """With its query, as received."""
    status: int
    user_agent: str


class SampleSite:
    """One of the sample sites: `SampleSite(broadcaster.resources)`; a context manager too."""

    def __init__(self, contents: Contents, port: int = 0) -> None:
        self.requests: list[Request] = []
        self._contents = contents
        self._opened = _now()
        self._server = _Server((LOOPBACK, port), self)
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self._resources = contents(self.url, self._opened, None)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Answer requests, on a thread of its own, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End it for good; what is open ends too."""
        self._server.shutdown()
        self._server.end()
        self._thread.join()

    def move_on(self) -> None:
        """Some time has passed: the broadcaster corrects a story, the agency carries three of its.

        From now on the site is so.
        """
        self._resources = self._contents(self.url, self._opened, _now())

    def at(self, path: str) -> Resource:
        """What the site has at a path with its query, percent-encoded or not."""
        path = unquote(path)
        return self._resources.get(path) or self._asset(path)

    def _asset(self, path: str) -> Resource:
        if path == "/style.css":
            return Resource(templates.read("style.css").encode(), self._opened, "text/css")
        if picture := _PICTURE.fullmatch(path):
            svg = templates.filled("picture.svg", hue=picture[1])
            return Resource(svg.encode(), self._opened, "image/svg+xml")
        return Resource(b"<h1>404</h1>", self._opened, status=404)


def _now() -> datetime:
    return datetime.now(_LOCAL_TIME).replace(microsecond=0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], site: SampleSite) -> None:
        self.site = site
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        with contextlib.suppress(OSError):  # the reader has gone
            super().finish_request(request, client_address)
        self._open.discard(request)

    def end(self) -> None:
        self.server_close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):  # the other end was quicker
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        site = self.server.site
        resource = site.at(self.path)
        known = resource.known_by({name.title(): value for name, value in self.headers.items()})
        status = 304 if known else resource.status
        site.requests.append(Request(self.path, status, self.headers.get("User-Agent", "")))
        self.send_response(status)
        for name, value in resource.headers.items():
            if not (known and name.startswith("Content-")):
                self.send_header(name, value)
        self.end_headers()
        if self.command == "GET" and not known:
            self.wfile.write(resource.body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Nothing is printed: the site keeps its requests."""


def main(arguments: list[str]) -> int:
    """Serve both sites until Ctrl-C: on free ports, or on a port that is given and the next one."""
    if not all(map(str.isdecimal, arguments)) or len(arguments) > 1:
        print("python -m demo.site [PORT]", file=sys.stderr)
        return 2
    port = int(arguments[0]) if arguments else 0
    try:
        radio = SampleSite(broadcaster.resources, port)
        wire = SampleSite(agency.resources, port and port + 1)
    except (OSError, OverflowError) as error:
        print(f"ports {port} and {port + 1}: {error}; name others", file=sys.stderr)
        return 1
    with radio, wire:
        print("Radio Bahía Clara, in Spanish, French and English:")
        print(f"  {radio.url}/\n  {radio.url}/fr\n  {radio.url}/en")
        print(f"Agencia Litoral:\n  {wire.url}/")
        print(
            "Enter lets time pass: a story is corrected, three are carried on. Ctrl-C ends both.",
            flush=True,
        )
        with contextlib.suppress(KeyboardInterrupt):
            if sys.stdin.readline():
                radio.move_on()
                wire.move_on()
                print("Time has passed.", flush=True)
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A receiver of webhooks on loopback: it checks what it gets by itself, and answers as a test tells it."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass(frozen=True)
class Got:
    """One request."""

    document: Mapping[str, Any]
    headers: Mapping[str, str]
    """Names in lower case."""
    path: str
    connection: tuple[str, int]
    """Where it came from: one port, one connection."""


@dataclass(frozen=True)
class Say:
    """An answer."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hangs: bool = False
    """No byte of it comes, until the receiver is stopped."""
    is_endless: bool = False
    """The body is never over."""
    closes: bool = False
    """The connection ends after it, and nobody says so."""


class Inbox:
    """`answer` may be changed at any time; `got` is in the order of arrival, `taken` what was answered well.

    With the files of a certificate and its key it speaks TLS.
    """

    def __init__(
        self, certificate: tuple[Path, Path] | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.host = host
        self.answer: Callable[[Mapping[str, Any]], Say] = lambda _: Say()
        self.got: list[Got] = []
        self.taken: list[str] = []
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._certificate = certificate
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """At a free port, and from then on at the same."""
        self.stopped.clear()
        self._server = _server(self, self.port)
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens there any more."""
        self.stopped.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, path: str = "/hook") -> str:
        """Its address."""
        return f"{'https' if self._certificate else 'http'}://{self.host}:{self.port}{path}"

    def note(self, got: Got, body: bytes) -> Say:
        """Check a request, and say what it is answered."""
        signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + body
        right = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
        say = self.answer(got.document)
        if right not in got.headers["webhook-signature"].split():
            say = Say(401)
        with self._lock:
            self.got.append(got)
            if say.status < 300 and not say.hangs:
                self.taken.append(got.headers["webhook-id"])
        return say


def _server(inbox: Inbox, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            say = inbox.note(Got(json.loads(body), headers, self.path, self.client_address), body)
            if say.hangs:
                inbox.stopped.wait(60)
                self.close_connection = True
                return
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            if say.is_endless:
                self.send_header("Transfer-Encoding", "chunked")
            elif say.status != 204:
                self.send_header("Content-Length", str(len(say.body)))
            self.end_headers()
            self.wfile.write(say.body)
            while say.is_endless and not inbox.stopped.wait(0.05):
                try:
                    self.wfile.write(b"1\r\nx\r\n")
                except OSError:
                    break
            self.close_connection = say.closes or say.is_endless or inbox.stopped.is_set()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            pass

    return Server((inbox.host, port), Handler)

"""A bucket of S3 on loopback: moto's server in a process of its own, behind a door that counts, slows and refuses.

with Bucket() as bucket:
    store = open_bucket(bucket.url)  # under bucket.environment
    bucket.refuse(503, "SlowDown")
    bucket.lose_answers(every=3)
"""

import http.client
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

_NAME = "news-desk"
_RUNNING = re.compile(r"Running on http://127\.0\.0\.1:(\d+)")
_REFUSAL = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}
_OK = 200
_Answer = tuple[int, list[tuple[str, str]], bytes]


class Bucket:
    """An empty bucket, and what was asked of it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        """Method and path with its query of each, since they were last cleared."""
        self.made: Counter[str] = Counter()
        """How often an object was made, by its path."""
        self.seconds = 0.0
        """By which the door holds up each request."""
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._refusal: tuple[int, str] | None = None
        self._refused = range(0)
        """Which requests, counted since the refusal was set."""
        self._lost_every = 0
        self._port = 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        self._moto = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self._moto.stderr
        for line in self._moto.stderr:
            if match := _RUNNING.search(line):
                self._port = int(match[1])
                break
        threading.Thread(target=self._moto.stderr.read, daemon=True).start()
        assert self._port, "moto's server did not start"
        self._door = _Door(("127.0.0.1", 0), self)
        threading.Thread(target=self._door.serve_forever, args=(0.05,), daemon=True).start()
        self.empty()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.shutdown()
        self._door.server_close()
        self._moto.kill()
        self._moto.wait()

    @property
    def url(self) -> str:
        """As `COPYDESK_STORE` names it."""
        return f"s3://{_NAME}/desk"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which every tool of S3 finds a bucket."""
        return {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._door.server_port}",
            "AWS_ALLOW_HTTP": "true",
        }

    def empty(self) -> None:
        """Have a new bucket, without objects, whose door is open."""
        self.allow()
        self.seconds = 0.0
        self.ask("POST", "/moto-api/reset")
        self.ask("PUT", f"/{_NAME}")
        self.requests.clear()
        self.made.clear()
        self.most_at_once = 0

    def refuse(self, status: int, code: str, *, after: int = 0, times: int | None = None) -> None:
        """Answer everything so, after some requests that are let through, or so many times alone."""
        self._refused = range(after, sys.maxsize if times is None else after + times)
        self._refusal = status, code

    def lose_answers(self, *, every: int) -> None:
        """Do what is asked, and cut off the connection instead of every n-th answer."""
        self._lost_every = every

    def allow(self) -> None:
        """Let requests through again."""
        self._refusal = None
        self._lost_every = 0

    def counted(self) -> Counter[str]:
        """How often what was asked: `PUT`, `GET`, `DELETE`, `LIST`."""
        return Counter(_kind(method, path) for method, path in self.requests)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> _Answer:
        """Ask moto's server itself."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def answer(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> _Answer | None:
        """What the door answers; None for nothing."""
        with self._lock:
            self.requests.append((method, path))
            is_lost = self._lost_every and len(self.requests) % self._lost_every == 0
            refusal = self._next_refusal()
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(self.seconds)
            answered = refusal or self.ask(method, path, body, headers)
            if method == "PUT" and answered[0] == _OK:
                with self._lock:
                    self.made[path] += 1
            return None if is_lost else answered
        finally:
            with self._lock:
                self._at_once -= 1

    def _next_refusal(self) -> _Answer | None:
        if self._refusal is None:
            return None
        is_refused = 0 in self._refused
        self._refused = range(max(0, self._refused.start - 1), max(0, self._refused.stop - 1))
        if not is_refused:
            return None
        status, code = self._refusal
        return status, [("Content-Type", "application/xml")], _REFUSAL.format(code=code).encode()


def _kind(method: str, path: str) -> str:
    if method == "GET" and "list-type=" in path:
        return "LIST"
    return "DELETE" if method == "POST" and path.endswith("?delete") else method


class _Door(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], bucket: Bucket) -> None:
        super().__init__(address, _Handler)
        self.bucket = bucket

    def handle_error(self, *_: object) -> None:
        """Whoever asked was killed meanwhile."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Door

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answered = self.server.bucket.answer(self.command, self.path, body, dict(self.headers))
        if answered is None:
            self.close_connection = True
            return
        status, headers, said = answered
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815 - names that the library asks for

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

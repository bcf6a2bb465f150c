"""The address that documents are posted to, over connections that are kept."""

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from urllib.parse import unquote, urlsplit

from config.wording import shown
from workers.webhook.answers import Answer, answer_of, away, refused
from workers.webhook.signing import signature

_CONNECT_SECONDS = 10.0
# What an answer says is read for the sake of the connection alone, which is closed where that takes longer.
_BODY_SECONDS, _BODY_BYTES = 2.0, 65_536
_LONGEST_WORDS = 100
# A connection that was kept too long for the other side ends so; many end one of TLS without saying so.
_CLOSED = (
    http.client.RemoteDisconnected,
    BrokenPipeError,
    ConnectionResetError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)
_BROKEN = (OSError, http.client.HTTPException, ValueError)


class Receiver:
    """Where to, and signed by what; each thread that posts has a connection of its own."""

    def __init__(self, url: str, secrets: Sequence[bytes], seconds: float) -> None:
        self._url = urlsplit(url)
        self._secrets = secrets
        self._seconds = seconds
        self._own = threading.local()
        self._all: list[_Line] = []
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Copydesk/{version('copydesk')}",
        }
        if self._url.username is not None:
            named = f"{unquote(self._url.username)}:{unquote(self._url.password or '')}"
            basic = base64.b64encode(named.encode()).decode()
            self._headers["Authorization"] = f"Basic {basic}"

    @property
    def name(self) -> str:
        """Scheme, host and port: the rest may hold a secret."""
        return name_of(self._url.geturl())

    def post(self, message_id: str, body: bytes) -> Answer:
        """Post one message, signed as of now; what the receiver answers, within the seconds it has."""
        now = int(time.time())
        headers = {
            **self._headers,
            "webhook-id": message_id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(self._secrets, message_id, now, body),
        }
        line: _Line | None = getattr(self._own, "line", None)
        if line is None:
            line = self._own.line = _Line(self._url.geturl(), self._seconds)
            self._all.append(line)
        return line.post(headers, body)

    def abort(self) -> None:
        """Break off all that is under way."""
        for line in self._all:
            line.cut()


def name_of(url: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


class _Line:
    """One connection, and one request at a time."""

    def __init__(self, url: str, seconds: float) -> None:
        parts = urlsplit(url)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._seconds = seconds
        connect = min(_CONNECT_SECONDS, seconds)
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        # Without one the last group of an IPv6 address would be taken for it.
        port = parts.port or (http.client.HTTPS_PORT if is_tls else http.client.HTTP_PORT)
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(
                host, port, timeout=connect, context=ssl.create_default_context()
            )
            if is_tls
            else http.client.HTTPConnection(host, port, timeout=connect)
        )
        self._socket: socket.socket | None = None
        self._was_cut = False

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request, and a second one at once where the connection had been closed by the other side."""
        was_kept = self._connection.sock is not None
        try:
            return self._exchange(headers, body)
        except _CLOSED as error:
            self.close()
            if not was_kept or self._was_cut:
                return self._broken(error)
        except _BROKEN as error:
            self.close()
            return self._broken(error)
        try:
            return self._exchange(headers, body)
        except _BROKEN as error:
            self.close()
            return self._broken(error)

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._connection.sock is None:
            try:
                self._connection.connect()
            except _BROKEN as error:
                self.close()
                return away(f"no connection: {_words(error)}")
        self._was_cut = False
        self._socket = self._connection.sock
        self._socket.settimeout(self._seconds)
        # The socket's own time-out begins anew with each byte.
        with _Within(self._seconds, self.cut):
            self._connection.request("POST", self._target, body, dict(headers))
            response = self._connection.getresponse()
        answer = answer_of(response.status, response.headers.get("Retry-After"), time.time())
        try:
            with _Within(_BODY_SECONDS, self.cut):
                response.read(_BODY_BYTES)
        except _BROKEN:
            self.close()
        if not response.isclosed():
            self.close()
        return answer

    def _broken(self, error: Exception) -> Answer:
        if self._was_cut or isinstance(error, TimeoutError):
            return refused(f"no answer within {self._seconds:g} s")
        return refused(f"no answer: {_words(error)}")

    def cut(self) -> None:
        """Whatever waits for the other side, in whichever thread, waits no longer."""
        self._was_cut = True
        if self._socket is not None:
            # Not the one of TLS, which would say goodbye first.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """The next request has a new connection."""
        self._connection.close()


class _Within:
    """Calls something where a block has not ended after so many seconds."""

    def __init__(self, seconds: float, otherwise: "threading._TimerFunction") -> None:  # type: ignore[name-defined]
        self._timer = threading.Timer(seconds, otherwise)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # What came instead of an answer may be of any length, and hold anything.
    text = str(error) or type(error).__name__
    return text if text.isprintable() and len(text) <= _LONGEST_WORDS else shown(text)

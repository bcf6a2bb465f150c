"""A web of hostile sites, a port of loopback each: they say on the line what their kind says.

Sockets alone, since no web server would send what is sent here.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterable, Sequence
from html import escape
from typing import Self

from chaos.trials.hostile.kind import HTML, XML, Kind, Reply, Role, Talk
from chaos.trials.hostile.lists import HOSTILE
from rig.stories import Story, article_page

FEED = "/innocent.xml"
"""A good feed: the innocent pages, and the hostile one where the kind is a page."""
PAGE = "/news/{:07}-a-hostile-page-of-this-kind"
# Of what a hostile listing names.
_MORE_PAGES = 6
_LONGEST_REQUEST = 65_536
_PATIENCE = 60.0


class Stall:
    """One hostile site: a kind, or several of whose pages the same may come, and innocent pages beside it."""

    def __init__(self, kinds: Sequence[Kind], innocents: Sequence[Story]) -> None:
        self.kinds = kinds
        self.kind = kinds[0]
        self.innocents = innocents
        self.asked: list[str] = []
        """The paths that were asked for, in the order of arrival."""
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self._pages = {story.path: story for story in innocents}
        self._hostile = {PAGE.format(number): kind for number, kind in enumerate(kinds)}

    @property
    def name(self) -> str:
        """The name of its source."""
        return self.kind.name

    def source(self) -> dict[str, object]:
        """The fields of its source."""
        listings: dict[Role, dict[str, object]] = {
            Role.PAGE: {"feeds": [self.url + FEED]},
            Role.ROBOTS: {"feeds": [self.url + FEED]},
            Role.FEED: {"feeds": [self.url + FEED, self.url + HOSTILE]},
            Role.SITEMAP: {"feeds": [self.url + FEED], "sitemaps": [self.url + HOSTILE]},
            Role.SECTION: {"feeds": [self.url + FEED], "sections": [self.url + HOSTILE]},
            Role.START: {"start": self.url + "/"},
        }
        most = len(self.kinds) + len(self.innocents) + _MORE_PAGES
        return {"name": self.name, "max_pages": most} | listings[self.kind.role]

    def said(self, path: str) -> Talk:
        """What is answered to a request for this path."""
        self.asked.append(path)
        if path in self._pages:
            return Reply(article_page(self._pages[path]).encode(), HTML).sent()
        if path == FEED or (path == "/feed" and self.kind.role is Role.START):
            return Reply(self._feed().encode(), XML).sent()
        if path.startswith("/robots.txt") and self.kind.role is not Role.ROBOTS:
            return _missing()
        kind = self._hostile_at(path)
        return kind.said(path) if kind else _missing()

    def _hostile_at(self, path: str) -> Kind | None:
        if self.kind.role is Role.PAGE:
            # What talks may lead to any other path, and has its site for itself.
            return self.kind if self.kind.talk else self._hostile.get(path)
        own = {Role.START: path == "/", Role.ROBOTS: path.startswith("/robots.txt")}
        return self.kind if own.get(self.kind.role, path.startswith(HOSTILE)) else None

    def _feed(self) -> str:
        hostile = self._hostile if self.kind.role is Role.PAGE else ()
        items = "".join(
            f"<item><title>{escape(path)}</title><link>{self.url}{path}</link></item>"
            for path in (*hostile, *self._pages)
        )
        return f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def _missing() -> Talk:
    return Reply(b"<p>not here</p>", status="404 Not Found").sent()


class Web:
    """All stalls, served until the block ends."""

    def __init__(self, stalls: Iterable[Stall]) -> None:
        self.stalls = list(stalls)
        self._stopped = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        for stall in self.stalls:
            self._selector.register(stall.socket, selectors.EVENT_READ, stall)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._selector.close()
        for stall in self.stalls:
            stall.socket.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            for key, _ in self._selector.select(timeout=0.1):
                with contextlib.suppress(OSError):  # the client has gone already
                    line, _address = key.data.socket.accept()
                    threading.Thread(target=self._serve, args=(key.data, line), daemon=True).start()

    def _serve(self, stall: Stall, line: socket.socket) -> None:
        line.settimeout(_PATIENCE)
        with line, contextlib.suppress(OSError):
            if path := _path_of(line):
                self._speak(line, stall.said(path))

    def _speak(self, line: socket.socket, talk: Talk) -> None:
        for said in talk:
            if isinstance(said, float):
                self._stopped.wait(said)
            else:
                line.sendall(said)
            if self._stopped.is_set() or _has_hung_up(line):
                return
        # Unread bytes at a close would be answered with a reset, and what was sent be lost.
        line.shutdown(socket.SHUT_WR)
        while line.recv(_LONGEST_REQUEST):
            pass


def _path_of(line: socket.socket) -> str:
    """The path of one request, or nothing where none came."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _LONGEST_REQUEST:
        received = line.recv(_LONGEST_REQUEST)
        if not received:
            return ""
        head += received
    parts = head.partition(b"\r\n")[0].split(b" ")
    return parts[1].decode("latin-1") if len(parts) > 1 else ""


def _has_hung_up(line: socket.socket) -> bool:
    """Whether the client has closed the line; what else it may say is not listened to."""
    line.settimeout(0)
    try:
        return line.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        line.settimeout(_PATIENCE)

"""What is rendered, what comes of it, and what a page may ask for meanwhile: no browser is known here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from crawler.address_guard import Permission

MOST_REQUESTS = 200
"""That a page may send; what it asks for after that it does not get."""
MOST_ASKED = 1000
"""Requests of a page, answered or not, after which it is taken as it stands."""
MOST_BYTES = 20 * 2**20
"""Of all answers to a page together, as they come over the line."""
MOST_TEXT = 5 * 2**20
"""Characters, and bytes, of the page as it stands at the end."""

# What makes text. Pictures, films, fonts, frames and reports are left where they are.
_MAKES_TEXT = frozenset({"Script", "XHR", "Fetch", "Stylesheet", "Preflight"})


@dataclass(frozen=True)
class Task:
    """A page that was fetched and is now to be run."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """Unpacked."""
    permission: Permission
    """What its scripts may reach."""
    allows: Callable[[str], bool]
    """Whether robots.txt lets a URL be asked for."""
    follows: Callable[[str], bool]
    """Whether the crawl would go on to a URL that the page leads to by itself."""
    crawl: object
    """Pages of one crawl share a browser's memory; those of two never do."""


@dataclass(frozen=True)
class Rendered:
    """What came of a page: its text as it stood at the end, or where it led to."""

    html: str = ""
    moved: str = ""
    sent: int = 0
    """Requests that it sent."""
    refused: tuple[str, ...] = ()
    """Addresses that the guard kept it from."""


class PageBroke(Exception):
    """The page came to no end that can be read; it is the page's own doing."""

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        """Constant: `render-hung`, `render-crashed`, `render-too-large`."""
        super().__init__(words)


class Ruling(Enum):
    """What becomes of a request that a page makes."""

    FEED = "feed"
    """It is the page itself, which has been fetched already."""
    SEND = "send"
    REFUSE = "refuse"
    MOVE = "move"
    """The page leads elsewhere: the crawl goes there, as to where any redirect leads."""
    STAY = "stay"
    """The page leads elsewhere, where nobody follows it."""


class Requests:
    """Rules on a page's requests, one after the other."""

    def __init__(self, task: Task, frame: str) -> None:
        self._task = task
        self._frame = frame
        """The page's own; others are frames within it."""
        self._is_fed = False
        self.asked = 0
        self.sent = 0

    def rule(self, paused: Mapping[str, Any], *, is_spent: bool) -> Ruling:
        """What becomes of a request that `Fetch.requestPaused` tells of."""
        self.asked += 1
        request, kind = paused["request"], paused["resourceType"]
        if kind == "Document":
            return self._document(request, paused["frameId"])
        if kind not in _MAKES_TEXT or not _is_for_now(request):
            return Ruling.REFUSE
        if is_spent or self.sent >= MOST_REQUESTS or not self._task.allows(request["url"]):
            return Ruling.REFUSE
        self.sent += 1
        return Ruling.SEND

    def _document(self, request: Mapping[str, Any], frame: str) -> Ruling:
        if frame != self._frame:
            return Ruling.REFUSE
        if not self._is_fed:
            self._is_fed = True
            return Ruling.FEED
        url = request["url"]
        leads_on = request["method"] == "GET" and url != self._task.url.partition("#")[0]
        return Ruling.MOVE if leads_on and self._task.follows(url) else Ruling.STAY

    @property
    def is_too_much(self) -> bool:
        """Whether the page asks without end."""
        return self.asked >= MOST_ASKED


def _is_for_now(request: Mapping[str, Any]) -> bool:
    """Whether a request is for something that ends, and that this page has a use for."""
    headers = {name.lower(): value for name, value in request["headers"].items()}
    is_stream = "text/event-stream" in headers.get("accept", "")
    is_for_later = bool({"service-worker", "sec-purpose", "purpose"} & headers.keys())
    is_web: bool = request["url"].startswith(("http://", "https://"))
    return is_web and not is_stream and not is_for_later

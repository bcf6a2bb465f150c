"""What a hostile kind of reply is: its name, why it is hostile, what is sent, what must come of it."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from chaos.promise import Size
from rig.stories import Story

HTML, XML, TEXT = "text/html; charset=utf-8", "application/xml; charset=utf-8", "text/plain"
# Stories of the kinds have numbers of their own, above those of the innocent pages.
_FIRST_STORY = 1_000_000

Talk = Iterator[bytes | float]
"""What is sent on the line: bytes, and pauses in seconds between them."""


class Role(StrEnum):
    """As what a source meets the reply."""

    PAGE = "page"
    """A feed names it as an article."""
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    START = "start"
    """The page from which listings are looked for."""
    ROBOTS = "robots"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, as a well-meaning server would send these bytes."""

    body: bytes
    content_type: str = HTML
    coding: str = ""
    status: str = "200 OK"

    def sent(self) -> Talk:
        """Head and body."""
        yield head(
            self.status,
            ("Content-Type", self.content_type),
            *([("Content-Encoding", self.coding)] if self.coding else []),
            ("Content-Length", str(len(self.body))),
        )
        yield self.body


def head(status: str, *headers: tuple[str, str]) -> bytes:
    """Status line and headers, and that the connection ends with the reply."""
    lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in headers), "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. Either `reply` or `talk` says what is sent."""

    name: str
    """Also the name of its source: a-z, 0-9, -."""
    why: str
    ends: frozenset[str]
    """What may come of it: an outcome with its reason (`rejected too-large`), or of a listing `read`
    or `unread` with its reason."""
    role: Role = Role.PAGE
    reply: Callable[[], Reply] | None = None
    """Built when it is asked for: all bodies together would not fit."""
    talk: Callable[[str], Talk] | None = None
    """What is said to a request for this path."""

    def said(self, path: str) -> Talk:
        """What is sent to a request."""
        if self.talk:
            return self.talk(path)
        assert self.reply
        return self.reply().sent()


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the kinds are whose size is the point."""

    size: Size

    def of(self, full: int, small: int) -> int:
        """One figure for `make chaos`, one for the tests."""
        return full if self.size is Size.FULL else small


Build = Callable[[Story], str | bytes]


def page(
    name: str,
    why: str,
    ends: str,
    build: Build,
    *,
    content_type: str = HTML,
    coding: str = "",
    status: str = "200 OK",
) -> Kind:
    """A hostile page; `build` gets a story that no other kind tells. `ends` are parted by `|`."""

    def reply() -> Reply:
        return Reply(_bytes(build(story(name))), content_type, coding, status)

    return Kind(name, why, _ends(ends), reply=reply)


def listing(
    role: Role,
    name: str,
    why: str,
    ends: str,
    build: Callable[[], str | bytes],
    *,
    content_type: str = XML,
    coding: str = "",
) -> Kind:
    """A hostile listing."""
    return Kind(
        name, why, _ends(ends), role, reply=lambda: Reply(_bytes(build()), content_type, coding)
    )


def spoken(
    name: str, why: str, ends: str, talk: Callable[[str], Talk], role: Role = Role.PAGE
) -> Kind:
    """A hostile way to talk."""
    return Kind(name, why, _ends(ends), role, talk=talk)


def _ends(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split("|"))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def story(name: str) -> Story:
    """The story that a kind of this name tells."""
    return Story.numbered(_FIRST_STORY + zlib.crc32(name.encode()) % _FIRST_STORY)


def paragraphs(told: Story) -> str:
    """The text of a story, in elements."""
    return "\n".join(f"<p>{escape(text)}</p>" for text in told.paragraphs)


def article(
    told: Story,
    *,
    title: str | None = None,
    head: str = "",
    before: str = "",
    after: str = "",
    root: str = '<html lang="en">',
) -> str:
    """A page with a good article, and what is hostile beside it: markup in its places."""
    name = escape(told.title if title is None else title)
    return (
        f'<!DOCTYPE html>{root}<head><meta charset="utf-8"><title>{name}</title>'
        f'<meta property="og:type" content="article">{head}</head><body>{before}'
        f"<article><h1>{name}</h1>\n{paragraphs(told)}\n</article>{after}</body></html>"
    )

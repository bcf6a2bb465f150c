"""OPML, in which feed readers hand on what they subscribe to: read with care, and written."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from lxml import etree

from crawler.discovery.encoding import decoded, encoding_of, in_steps
from crawler.discovery.records import with_plain_references
from crawler.document import normal_line
from crawler.urls import printed_url

MAX_BYTES = 10 * 2**20
MOST_OUTLINES = 20_000
DEEPEST = 32

_NAME = "{urn:copydesk}name"
_DECLARES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_END = re.compile(r"</\s*opml\s*>|<opml[^<>]*/>", re.IGNORECASE)
_MOST_EVENTS = 1_000_000
_LONGEST = 200
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotOpml(ValueError):
    """What is no OPML that is read; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A subscription. Addresses are printed, or empty; texts are one line."""

    title: str = ""
    feed: str = ""
    site: str = ""
    folder: tuple[str, ...] = ()
    """The names of what it stands in, the outermost first."""
    name: str = ""
    """Of the source that it was written from, by `write_opml`."""
    is_off: bool = False
    problem: str = ""
    """Why it cannot be read, where it has an address that is none."""


def read_opml(body: bytes) -> list[Outline]:
    """The subscriptions of an OPML file, in its order; raises `NotOpml`.

    A DTD is refused, and so is what is cut off, too large, too long or too deep: it is better not to read a
    list than to read half of it without a word.
    """
    if len(body) > MAX_BYTES:
        raise NotOpml(f"it has over {MAX_BYTES >> 20} MiB")
    text = "".join(decoded(in_steps(body), encoding_of(body)))
    if _DECLARES.search(text):
        raise NotOpml("it has a document type declaration (DOCTYPE), which is not read")
    target = _Target()
    # See `records.RecordReader`; with a DTD nothing comes here.
    parser = etree.XMLParser(
        target=target, encoding="utf-8", recover=True, huge_tree=False,
        resolve_entities="internal", load_dtd=False, no_network=True,
    )  # fmt: skip
    opening = max(text.find("<"), 0)
    parser.feed(with_plain_references(text[opening:]).encode(errors="replace"))
    with suppress(etree.XMLSyntaxError):
        parser.close()
    if target.root.lower() != "opml":
        raise NotOpml(f"its outermost element is {target.root[:40]!r}, and not opml")
    if not _END.search(text):
        raise NotOpml("it is cut off: </opml> is missing")
    return target.outlines


@dataclass(slots=True)
class _Target:
    """What lxml's parser calls back."""

    root: str = ""
    outlines: list[Outline] = field(default_factory=list)
    _folders: list[str | None] = field(default_factory=list)
    """By depth of the open elements: a folder's name, None for what is none."""
    _events: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or tag
        self._events += 1
        if self._events > _MOST_EVENTS or len(self.outlines) > MOST_OUTLINES:
            raise NotOpml(f"it has over {MOST_OUTLINES} outlines")
        if len(self._folders) > DEEPEST:
            raise NotOpml(f"it is nested more than {DEEPEST} deep")
        self._folders.append(self._outline(attributes) if tag.lower() == "outline" else None)

    def _outline(self, attributes: Mapping[str, str]) -> str | None:
        """Keep a subscription; the name of what is none, and so a folder."""
        said = {name.lower(): value for name, value in attributes.items()}
        title = _line(said.get("title") or said.get("text") or "")
        feed, site = said.get("xmlurl", "").strip(), said.get("htmlurl", "").strip()
        link = said.get("url", "").strip() if not feed else ""
        if not (feed or link):
            return title
        address = printed_url(feed or link)
        folder = tuple(name for name in self._folders if name)
        self.outlines.append(
            Outline(
                title=title,
                feed=address or "" if feed else "",
                site=(printed_url(site) or "" if site else "") if feed else address or "",
                folder=folder,
                name=attributes.get(_NAME, ""),
                is_off=said.get("iscomment", "").lower() == "true",
                problem="" if address else f"{_line(feed or link)}: is no http or https address",
            )
        )
        return None

    def end(self, _tag: str) -> None:
        if self._folders:
            self._folders.pop()

    def close(self) -> None:
        """Wanted by lxml; there is nothing to give."""


def _line(text: str) -> str:
    return normal_line(text[:_LONGEST])


def write_opml(title: str, outlines: Iterable[Outline]) -> Iterator[str]:
    """The lines of an OPML file, every one of printable characters."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<opml version="2.0" xmlns:copydesk="urn:copydesk">'
    yield f"  <head><title>{_escaped(title)}</title></head>"
    yield "  <body>"
    for one in outlines:
        kind = {"type": "rss", "xmlUrl": one.feed, "htmlUrl": one.site}
        attributes = {
            "text": one.title,
            "title": one.title,
            **(kind if one.feed else {"type": "link", "url": one.site}),
            "isComment": "true" if one.is_off else "",
            "copydesk:name": one.name,
        }
        said = " ".join(f'{k}="{_escaped(v)}"' for k, v in attributes.items() if v)
        yield f"    <outline {said}/>"
    yield "  </body>"
    yield "</opml>"


def _escaped(text: str) -> str:
    text = _NOT_XML.sub("", text).replace("&", "&amp;").replace("<", "&lt;")
    text = text.replace(">", "&gt;").replace('"', "&quot;")
    return "".join(c if c.isprintable() else f"&#{ord(c)};" for c in text)

"""What a feed says of itself: its title, its site, its language. Pure."""

import json
from dataclasses import dataclass

from crawler.discovery.encoding import encoding_of, in_steps
from crawler.discovery.feeds import MAX_BYTES
from crawler.discovery.records import Record, RecordReader
from crawler.document import normal_line
from crawler.urls import printed_url

_LONGEST = 200
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class FeedHead:
    """Each empty where the feed does not say it."""

    title: str = ""
    site: str = ""
    """The address of the pages that it stands for, printed."""
    language: str = ""


def read_feed_head(body: bytes, url: str, content_type: str = "") -> FeedHead:
    """The head of a feed found at `url`; nothing is raised, whatever it is."""
    body = body[:MAX_BYTES]
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _of_json(body, url)
    reader = RecordReader(
        frozenset({"channel", "feed"}), frozenset({"title", "link", "language"}), 1
    )
    records = reader.read(in_steps(body), encoding_of(body, content_type))
    if not records:
        return FeedHead()
    head = records[0]
    language = head.first("language") or head.attributes.get(_XML_LANGUAGE, "")
    return FeedHead(
        _line(head.first("title")), printed_url(_link(head), url) or "", _code(language)
    )


def _link(head: Record) -> str:
    for link in head.named("link"):
        address = (link.attributes.get("href") or link.text).strip()
        if address and link.attributes.get("rel", "alternate").lower() == "alternate":
            return address
    return "about:blank"


def _of_json(body: bytes, url: str) -> FeedHead:
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return FeedHead()
    if not isinstance(feed, dict):
        return FeedHead()
    title, site, language = (str(feed.get(n) or "") for n in ("title", "home_page_url", "language"))
    return FeedHead(_line(title), printed_url(site, url) or "" if site else "", _code(language))


def _line(text: str) -> str:
    return normal_line(text[:_LONGEST])


def _code(language: str) -> str:
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    return code if code.isascii() and code.isalpha() and 2 <= len(code) <= 3 else ""

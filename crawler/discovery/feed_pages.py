"""Where a feed goes on: its next page, or its archive (RFC 5005), as it says or as its software has it."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from crawler.discovery.feeds import MAX_BYTES
from crawler.urls import authority, printed_url

_LINK = re.compile(rb"<(?:\w{1,20}:)?link\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""\b(rel|href)\s{0,9}=\s{0,9}(?:"([^"]{0,3000})"|'([^']{0,3000})')""")
_ENTRY = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)\b", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:\w{1,20}:)?(?:item|entry)\b", re.IGNORECASE)
_WORDPRESS = re.compile(rb"<generator[^<>]{0,500}>[^<]{0,100}wordpress", re.IGNORECASE)
_PAGED = re.compile(r"([?&]paged=)(\d{1,6})")
_WORDPRESS_PATH = re.compile(r"/feed/?(?:\?|$)|[?&]feed=(?:rss2?|atom)\b")
_OLDER = (b"next", b"prev-archive")


def older_page(body: bytes, url: str) -> str | None:
    """Where the older entries of the feed found at `url` are, on the same site; None where it does not say.

    WordPress says nothing, and counts its pages: there the next number is given, which may lead nowhere.
    """
    body = body[:MAX_BYTES]
    stated = _json_next(body) if body.lstrip().startswith(b"{") else next(_stated(body), None)
    older = stated or _next_of_wordpress(body, url)
    printed = printed_url(urljoin(url, older)) if older else None
    if printed is None or printed == url or authority(printed) != authority(url):
        return None
    return printed


def _json_next(body: bytes) -> str | None:
    try:
        stated = json.loads(body).get("next_url")
    except (ValueError, AttributeError, RecursionError):
        return None
    return stated if isinstance(stated, str) else None


def _stated(body: bytes) -> Iterator[str]:
    # What an entry links to is no page of the feed: only what stands before and after them counts.
    first = _ENTRY.search(body)
    head = body[: first.start()] if first else body
    tail = _ENTRY_END.split(body[first.start() :])[-1] if first else b""
    for link in _LINK.finditer(head + tail):
        attributes = {
            name: double or single for name, double, single in _ATTRIBUTE.findall(link[1])
        }
        if attributes.get(b"rel", b"").strip().lower() in _OLDER and b"href" in attributes:
            yield attributes[b"href"].decode(errors="replace").replace("&amp;", "&")


def _next_of_wordpress(body: bytes, url: str) -> str | None:
    if not (_WORDPRESS_PATH.search(url) or _WORDPRESS.search(body)):
        return None
    if numbered := _PAGED.search(url):
        return _PAGED.sub(rf"\g<1>{int(numbered[2]) + 1}", url)
    return f"{url}{'&' if '?' in url else '?'}paged=2"

"""Feeds: RSS of all versions, RDF, Atom and JSON Feed, broken ones included."""

import html
import json
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from typing import Any

from ada_url import join_url
from w3lib.html import remove_tags

from crawler.discovery.encoding import encoding_of, in_steps
from crawler.discovery.hints import ABOUT_FEED, hints_of_feed
from crawler.discovery.listing import Link, Listing, ListingKind, NotAListing, each_once
from crawler.discovery.records import Record, RecordReader
from crawler.discovery.times import timestamp
from crawler.document import normal_line
from crawler.urls import printed_url

MAX_BYTES = 5 * 2**20
MOST_ENTRIES = 5_000

_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_ENTRIES = frozenset({"item", "entry"})
_FIELDS = frozenset(
    {"link", "guid", "id", "title", "origLink"}
    | {"published", "issued", "pubDate", "date", "created", "updated", "modified"}
)
_LONGEST_TITLE = 1_000


def parse_feed(body: bytes, url: str, content_type: str = "") -> Listing:
    """The entries of a feed found at `url`; only the first 5 MiB and 5,000 entries are looked at.

    `content_type` is the header's value. Raises `NotAListing` where it is no feed.
    """
    dropped = Counter({"cut-off": 1} if len(body) > MAX_BYTES else {})
    start = body[:MAX_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    about: dict[str, list[str]] = {}
    if start.startswith(b"{"):
        entries = _json_entries(start, url, dropped)
    else:
        entries = _xml_entries(start, url, content_type, dropped, about)
    links = each_once(entries, MOST_ENTRIES, dropped)
    links.sort(key=lambda link: link.published or "", reverse=True)
    return Listing(ListingKind.FEED, tuple(links), dropped=+dropped, hints=hints_of_feed(about))


def is_feed(body: bytes, content_type: str = "") -> bool:
    """Whether this is a feed, of any kind."""
    try:
        parse_feed(body, "https://feed.invalid/", content_type)
    except NotAListing:
        return False
    return True


def _xml_entries(
    body: bytes,
    url: str,
    content_type: str,
    dropped: Counter[str],
    about: dict[str, list[str]],
) -> Iterator[Link | None]:
    reader = RecordReader(_ENTRIES, _FIELDS, MOST_ENTRIES, ABOUT_FEED)
    records = reader.read(in_steps(body), encoding_of(body, content_type))
    if reader.root.lower() not in _ROOTS and not records:
        raise NotAListing(reader.what_it_is())
    dropped["over-limit"] += reader.over_limit
    dropped["cut-off"] |= reader.cut_off
    about.update(reader.about)
    return (_entry(record, url) for record in records)


def _entry(record: Record, url: str) -> Link | None:
    base = reduce(_joined, record.base, url)
    address = printed_url(_address(record), base)
    if address is None:
        return None
    return Link(address, _published(record), _headline(record.first("title")))


def _joined(base: str, reference: str) -> str:
    try:
        return join_url(base, reference)
    except (ValueError, UnicodeError):
        return base


def _address(record: Record) -> str:
    """Where an entry is read: what it stood for before a feed service, its link, its id."""
    if original := record.first("origLink"):
        return _unescaped(original)
    for link in record.named("link"):
        address = link.attributes.get("href") or link.text
        if address.strip() and link.attributes.get("rel", "alternate").lower() == "alternate":
            return _unescaped(address.strip())
    names = (record.first("guid", "id"), _about(record))
    # An id is often a number or a tag, which must not be taken for a path.
    return next((name for name in names if name.startswith(("http://", "https://"))), "about:blank")


def _about(record: Record) -> str:
    return next((v for k, v in record.attributes.items() if k.rpartition("}")[2] == "about"), "")


def _unescaped(address: str) -> str:
    # All other references would be read into parameters: `&copy=1` is no sign.
    return address.replace("&amp;", "&")


def _published(record: Record) -> str | None:
    names = ("published", "issued", "pubDate", "date", "created", "updated", "modified")
    return next(filter(None, (timestamp(record.first(name)) for name in names)), None)


def _headline(title: str) -> str | None:
    """One line, less the markup and the references that many feeds escape into their titles."""
    text = html.unescape(title[:_LONGEST_TITLE])
    return normal_line(html.unescape(remove_tags(text))) or None


def _json_entries(body: bytes, url: str, dropped: Counter[str]) -> Iterator[Link | None]:
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAListing("no-feed") from None
    version, items = feed.get("version"), feed.get("items")
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(items, list):
        raise NotAListing("no-feed")
    dropped["over-limit"] += len(items[MOST_ENTRIES:])
    return (_json_entry(item, url) for item in items[:MOST_ENTRIES])


def _json_entry(item: Any, url: str) -> Link | None:
    if not isinstance(item, dict):
        return None
    named = (item.get(name) for name in ("url", "external_url", "id"))
    address = next((name for name in named if isinstance(name, str) and name), "about:blank")
    printed = printed_url(address, url)
    if printed is None:
        return None
    published = timestamp(str(item.get("date_published") or "")[:100])
    return Link(printed, published, _headline(str(item.get("title") or "")[:_LONGEST_TITLE]))

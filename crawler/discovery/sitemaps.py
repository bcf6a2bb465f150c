"""Sitemaps: sets of URLs, indexes of sitemaps, news sitemaps; XML or plain text, packed or not."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from gzip import GzipFile
from io import BytesIO, StringIO
from itertools import chain, islice

from crawler.discovery.days import Days, days_of_article, days_of_sitemaps
from crawler.discovery.encoding import STEP, decoded, encoding_of
from crawler.discovery.listing import (
    Child,
    Link,
    Listing,
    ListingKind,
    Named,
    NotAListing,
    each_once,
)
from crawler.discovery.records import Record, RecordReader
from crawler.discovery.times import timestamp
from crawler.document import normal_line
from crawler.urls import printed_url

MAX_BYTES = 50 * 2**20
"""Of a sitemap, unpacked; what follows is not read."""
MOST_LINKS = 50_000
MOST_CHILDREN = 1_000

_ROOTS = frozenset({"urlset", "sitemapindex"})
_ENTRIES = frozenset({"url", "sitemap"})
_NEWS_DATE, _NEWS_TITLE = "news/publication_date", "news/title"
_FIELDS = frozenset({"loc", "lastmod", _NEWS_DATE, _NEWS_TITLE, "publication_date", "title"})
_LONGEST_TITLE = 1_000


def parse_sitemap(body: bytes, url: str, most_children: int = MOST_CHILDREN) -> Listing:
    """What a sitemap found at `url` names: links, or as an index other sitemaps.

    At most 50,000 entries and 50 MiB are read. Of an index the `most_children` newest sitemaps are
    kept: by `lastmod`, else by the months that their names tell.
    Raises `NotAListing` where it is no sitemap.
    """
    chunks = _unpacked(body)
    head = next(chunks, b"")
    if not head.strip():
        raise NotAListing("empty")
    chunks = chain([head], chunks)
    if b"<" in head:
        return _read_xml(chunks, encoding_of(head), url, most_children)
    return _read_text(chunks, encoding_of(head))


def _unpacked(body: bytes) -> Iterator[bytes]:
    """The body in steps, unpacked where it is gzip, as far as it is whole and allowed."""
    stream = GzipFile(fileobj=BytesIO(body)) if body.startswith(b"\x1f\x8b") else BytesIO(body)
    left = MAX_BYTES
    with suppress(EOFError, OSError, zlib.error):
        while left and (chunk := stream.read1(min(STEP, left))):
            left -= len(chunk)
            yield chunk


def _read_xml(chunks: Iterable[bytes], encoding: str, url: str, most_children: int) -> Listing:
    reader = RecordReader(_ENTRIES, _FIELDS, MOST_LINKS)
    records = reader.read(chunks, encoding)
    if reader.root.lower() not in _ROOTS and not records:
        raise NotAListing(reader.what_it_is())
    dropped = Counter({"over-limit": reader.over_limit, "cut-off": int(reader.cut_off)})
    named = (_link(record, url) for record in records if record.name == "url")
    links = each_once(named, MOST_LINKS, dropped)
    if not any(link.published for link in links):
        links = _by_days(links, [days_of_article(link.url) for link in links])
    links.sort(key=lambda link: link.published or "", reverse=True)
    children = _children(records, url, dropped, most_children)
    return Listing(ListingKind.SITEMAP, tuple(links), children, dropped=+dropped)


def _link(record: Record, url: str) -> Link | None:
    address = printed_url(record.first("loc"), url) if record.first("loc") else None
    if address is None:
        return None
    date = record.first(_NEWS_DATE, "publication_date", "lastmod")
    title = record.first(_NEWS_TITLE, "title")[:_LONGEST_TITLE]
    return Link(address, timestamp(date), normal_line(title) or None)


def _children(
    records: Iterable[Record], url: str, dropped: Counter[str], most: int
) -> tuple[Child, ...]:
    named = (_child(record, url) for record in records if record.name == "sitemap")
    children = each_once(named, MOST_LINKS, dropped)
    children = _by_days(children, days_of_sitemaps([child.url for child in children]))
    # One that was made anew as a whole has one date for all of them: their names tell them apart.
    children.sort(key=lambda child: child.lastmod or "", reverse=True)
    dropped["over-limit"] += len(children[most:])
    return tuple(children[:most])


def _by_days(named: Sequence[Named], days: Sequence[Days | None]) -> list[Named]:
    """The newest first of those whose addresses tell their days; all others stay where they stand."""
    told = [(d.last, one) for one, d in zip(named, days, strict=True) if d]
    told.sort(key=lambda pair: pair[0], reverse=True)
    newest = iter(told)
    return [next(newest)[1] if d else one for one, d in zip(named, days, strict=True)]


def _child(record: Record, url: str) -> Child | None:
    address = printed_url(record.first("loc"), url) if record.first("loc") else None
    return Child(address, timestamp(record.first("lastmod"))) if address else None


def _read_text(chunks: Iterable[bytes], encoding: str) -> Listing:
    """A URL a line, without more."""
    lines = islice(StringIO("".join(decoded(chunks, encoding))), 2 * MOST_LINKS)
    addresses = (line.strip("\ufeff\0 \t\r\n") for line in lines)
    printed = (printed_url(address) for address in addresses if address)
    dropped: Counter[str] = Counter()
    links = each_once((Link(url) if url else None for url in printed), MOST_LINKS, dropped)
    if not links:
        raise NotAListing("no-links")
    return Listing(ListingKind.SITEMAP, tuple(links), dropped=+dropped)

"""One listing as it was answered: asked conditionally, decoded, parsed, remembered."""

import hashlib

from scrapy.http import Response

from crawler.decode import decompress
from crawler.discovery.feeds import parse_feed
from crawler.discovery.hints import CACHING
from crawler.discovery.listing import Listing, ListingKind
from crawler.discovery.sections import parse_section
from crawler.discovery.sitemaps import parse_sitemap
from crawler.walking.listing_state import ListingState


def conditions(before: ListingState | None) -> dict[str, str]:
    """The headers that ask only for what has changed since."""
    asked = {}
    if before and before.etag:
        asked["If-None-Match"] = before.etag
    if before and before.last_modified:
        asked["If-Modified-Since"] = before.last_modified
    return asked


def state_of(kind: ListingKind, page: Response, body: bytes, *, found: bool) -> ListingState:
    """What to remember of an answer, but for its links."""
    return ListingState(
        kind=kind,
        etag=_header(page, "ETag"),
        last_modified=_header(page, "Last-Modified"),
        sha256=hashlib.sha256(body).hexdigest(),
        found=found,
    )


def parse(kind: ListingKind, body: bytes, page: Response) -> Listing:
    """What it names; raises `NotAListing`."""
    if kind is ListingKind.FEED:
        return parse_feed(body, page.url, content_type(page))
    if kind is ListingKind.SITEMAP:
        return parse_sitemap(body, page.url)
    return parse_section(body, page.url, content_type(page))


def decoded(page: Response) -> bytes:
    """Its body, unpacked; raises `Undecodable`."""
    return decompress(page.body, _header(page, "Content-Encoding"))


def content_type(page: Response) -> str:
    """The header's value."""
    return _header(page, "Content-Type")


def caching_of(page: Response) -> dict[str, str]:
    """The headers that say for how long it will be the same."""
    return {name: _header(page, name) for name in CACHING}


def _header(page: Response, name: str) -> str:
    return (page.headers.get(name) or b"").decode("latin-1")

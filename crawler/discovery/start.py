"""From a source's start to its listings: declared, named in robots.txt, or in usual places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin

from crawler.discovery.feeds import is_feed
from crawler.discovery.hypertext import Hypertext, Reference, read_hypertext
from crawler.discovery.listing import NotAListing
from crawler.discovery.sitemaps import parse_sitemap
from crawler.urls import printed_url

USUAL_FEEDS = ("feed", "rss.xml", "rss", "feed.xml", "atom.xml", "index.xml")
"""Where feeds often are, relative to a start; the likeliest first."""
USUAL_SITEMAPS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_index.xml", "/sitemap.xml")
"""Where sitemaps often are, on any host; those of news first."""

_FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"}
)
_FEED_PATH = re.compile(
    r"/(?:rss|feed|atom)(?:[./]|$)|/[\w-]*(?:rss|feed|atom)[\w-]*\.xml$", re.IGNORECASE
)
_COMMENTS = re.compile(r"comment|coment[aá]rio|kommentar|commento|комментари", re.IGNORECASE)
_ROBOTS_LINE = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_ROBOTS_BYTES = 500 * 2**10
"""What crawlers read of a robots.txt (RFC 9309)."""
_MOST = 100
"""Feeds or sitemaps that are taken from one page."""


@dataclass(frozen=True, slots=True)
class StartPage:
    """What a start page declares, in its order and each once, and what it is itself."""

    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    is_feed: bool = False
    is_sitemap: bool = False


def read_start(body: bytes, url: str, content_type: str = "") -> StartPage:
    """What a page found at `url` declares; nothing is raised, whatever the page is.

    Feeds of comments are left out. A feed that is only linked to comes after the declared ones.
    """
    if is_feed(body, content_type):
        return StartPage(is_feed=True)
    if _is_sitemap(body):
        return StartPage(is_sitemap=True)
    page = read_hypertext(body, url, content_type)
    return StartPage(
        feeds=_addresses(page, _feeds(page)), sitemaps=_addresses(page, _sitemaps(page))
    )


def sitemaps_in_robots(body: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt found at `url` names, in its order."""
    lines = _ROBOTS_LINE.findall(body[:_ROBOTS_BYTES])[:_MOST]
    printed = (printed_url(line.decode(errors="replace"), url) for line in lines)
    return tuple(dict.fromkeys(filter(None, printed)))


def usual_feeds(start: str) -> tuple[str, ...]:
    """Where the feed of this start would be: below it, since a section has its own."""
    place = start.partition("?")[0].partition("#")[0].rstrip("/") + "/"
    return tuple(urljoin(place, name) for name in USUAL_FEEDS)


def usual_sitemaps(start: str) -> tuple[str, ...]:
    """Where the sitemaps of this start's host would be."""
    return tuple(urljoin(start, name) for name in USUAL_SITEMAPS)


def _is_sitemap(body: bytes) -> bool:
    try:
        return b"<" in body[:_ROBOTS_BYTES] and bool(
            parse_sitemap(body, "https://sitemap.invalid/")
        )
    except NotAListing:
        return False


def _feeds(page: Hypertext) -> Iterator[Reference]:
    for one in page.references:
        if one.tag == "link" and "alternate" in one.rel and one.type in _FEED_TYPES:
            yield one
    for one in page.anchors():
        if _FEED_PATH.search(one.href.partition("?")[0]):
            yield one


def _sitemaps(page: Hypertext) -> Iterator[Reference]:
    return (one for one in page.references if one.tag == "link" and "sitemap" in one.rel)


def _addresses(page: Hypertext, references: Iterator[Reference]) -> tuple[str, ...]:
    wanted = islice((r for r in references if not _COMMENTS.search(f"{r.href} {r.text}")), _MOST)
    return tuple(dict.fromkeys(filter(None, map(page.address, wanted))))

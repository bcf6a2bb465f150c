"""The feeds and sitemaps of a site: declared, named in robots.txt, or in the usual places."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from crawler.discovery.feeds import parse_feed
from crawler.discovery.links import looks_like_article
from crawler.discovery.listing import Link, Listing, ListingKind, NotAListing
from crawler.discovery.sitemaps import parse_sitemap
from crawler.discovery.start import usual_feeds, usual_sitemaps
from crawler.fetching import Miss, MissKind
from crawler.page import Page
from crawler.survey.feed_head import FeedHead, read_feed_head
from crawler.survey.findings import Found
from crawler.survey.front import Front
from crawler.survey.places import is_below, segments_of
from crawler.urls import authority, url_key

_MOST_FEEDS = 4
_MOST_SITEMAPS = 3
_MOST_CHILDREN = 2
_STALE = timedelta(days=31)
_NEWS = re.compile("news|noticia|actual|article|articulo|story|stories|post", re.IGNORECASE)
_NEARLY_ALL, _MOST_OF = 0.8, 0.6
_COMPARED = 10
"""Of a feed's newest articles, those that a section's page should name too."""


class Web(Protocol):
    """Where pages are asked for, one at a time, under robots.txt, delay and guard."""

    def ask(self, url: str) -> Page:
        """The page at an address, unpacked; raises `Miss`."""

    def admit(self, url: str) -> None:
        """Let the host of an address be asked, too."""

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """What the robots.txt of an address's host names, if that was read."""


class Listings:
    """Asks for them, as few as tell what there is, and keeps in mind what could not be read."""

    def __init__(self, web: Web, now: datetime) -> None:
        self._web = web
        self._now = now
        self.problems: list[str] = []
        """What could not be read, and why."""
        self.heads: list[FeedHead] = []
        """What the feeds say of themselves."""

    def ask(self, url: str, *, is_guess: bool = False) -> Page | None:
        """A page, or None and a problem; that nothing is where it was only guessed at is none."""
        try:
            return self._web.ask(url)
        except Miss as miss:
            if not (is_guess and miss.kind in {MissKind.GONE, MissKind.UNFIT}):
                self.problems.append(str(miss))
            return None

    def feeds(self, front: Front) -> Iterator[Found]:
        """Those that a front page declares; where none is of use, the first in the usual places."""
        found = [f for url in front.start.feeds[:_MOST_FEEDS] if (f := self._try_feed(url, front))]
        if not any(feed.links for feed in found):
            for url in usual_feeds(front.url):
                if feed := self._try_feed(url, front, is_guess=True):
                    found.append(feed)
                    break
        yield from found

    def _try_feed(self, url: str, front: Front, *, is_guess: bool = False) -> Found | None:
        self._web.admit(url)
        page = self.ask(url, is_guess=is_guess)
        found = self.feed(page, is_guess=is_guess) if page else None
        if found is None:
            return None
        for host, _ in Counter(authority(link.url) for link in found.links).most_common(1):
            self._web.admit(f"https://{host}/")
        return self._judged(found, front)

    def feed(self, page: Page, *, is_guess: bool = False) -> Found | None:
        """A page as a feed, or None where it is none."""
        try:
            listing = parse_feed(page.body, page.url, page.content_type)
        except NotAListing as error:
            if not is_guess:
                self.problems.append(f"{page.url}: {error}")
            return None
        head = read_feed_head(page.body, page.url, page.content_type)
        self.heads.append(head)
        return Found(ListingKind.FEED, page.url, _articles(listing), title=head.title)

    def sitemaps(self, front: Front) -> Iterator[Found]:
        """Those that a front page or robots.txt names; else the first in the usual places."""
        declared = dict.fromkeys((*front.start.sitemaps, *self._web.sitemaps(front.url)))
        likely = sorted(declared, key=lambda url: not _NEWS.search(url))[:_MOST_SITEMAPS]
        found = [f for url in likely if (f := self._try_sitemap(url, front))]
        if not declared:
            for url in usual_sitemaps(front.url):
                if sitemap := self._try_sitemap(url, front, is_guess=True):
                    found.append(sitemap)
                    break
        yield from found

    def _try_sitemap(self, url: str, front: Front, *, is_guess: bool = False) -> Found | None:
        self._web.admit(url)
        page = self.ask(url, is_guess=is_guess)
        found = self.sitemap(page, is_guess=is_guess) if page else None
        return self._judged(found, front) if found else None

    def sitemap(self, page: Page, *, is_guess: bool = False) -> Found | None:
        """A page as a sitemap, with the likeliest of an index; None where it is none."""
        try:
            listing = parse_sitemap(page.body, page.url)
        except NotAListing as error:
            if not is_guess:
                self.problems.append(f"{page.url}: {error}")
            return None
        links = list(_articles(listing))
        likely = sorted(listing.children, key=lambda child: not _NEWS.search(child.url))
        for child in likely[:_MOST_CHILDREN]:
            self._web.admit(child.url)
            if inner := self.ask(child.url):
                try:
                    links += _articles(parse_sitemap(inner.body, inner.url))
                except NotAListing as error:
                    self.problems.append(f"{child.url}: {error}")
        links.sort(key=lambda link: link.published or "", reverse=True)
        return Found(ListingKind.SITEMAP, page.url, tuple(links), len(listing.children))

    def _judged(self, found: Found, front: Front) -> Found:
        """The listing, and whether it is of the start, and alive."""
        stale = (self._now - _STALE).isoformat()
        return Found(
            found.kind,
            found.url,
            found.links,
            found.children,
            found.title,
            is_own=_is_of(found, front),
            is_stale=bool(found.newest) and found.newest < stale,
        )


def _articles(listing: Listing) -> tuple[Link, ...]:
    """The links that may be articles'; of a sitemap, only what is dated or looks like one."""
    is_feed = listing.kind is ListingKind.FEED
    return tuple(
        link
        for link in listing.links
        if looks_like_article(link.url, trusted=is_feed or bool(link.title))
    )


def _is_of(found: Found, front: Front) -> bool:
    """Whether a listing names the articles of a start, and not of the whole site around it."""
    if not segments_of(front.url) or not found.links:
        return True
    below = [link for link in found.links if is_below(link.url, front.url)]
    if sum(1 for url in front.articles if is_below(url, front.url)) > 1:
        return len(below) >= _NEARLY_ALL * len(found.links)
    named = {url_key(url) for url in front.articles}
    newest = found.links[:_COMPARED]
    return sum(1 for link in newest if url_key(link.url) in named) >= _MOST_OF * len(newest)

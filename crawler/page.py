"""What is fetched, and what is read from it: visit, page, article or rejection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A lease on one URL of a source: the right to end it, until the token goes stale."""

    token: str
    """Names this lease alone; a new lease of the same URL has another."""
    source: str
    key: str
    """The URL in the form under which it is known (`crawler.urls.url_key`); never printed."""
    url: str
    """The address to fetch."""
    attempts: int = 0
    """Failures reported so far; a lease that ran out is none."""
    validator: str = ""
    """Of the page as it was last found here, so that it is asked for only if it has changed."""


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched response, as it was received."""

    url: str
    """Where it was found at last, after redirects."""
    requested: str
    """What was asked for."""
    status: int
    fetched: datetime
    """When the response was complete; aware, UTC."""
    content_type: str
    """The header's value as received, or empty."""
    content_encoding: str
    """The header's value: gzip, br, ... or empty when the body is plain."""
    body: bytes
    """The bytes as received: still compressed where `content_encoding` says so."""
    validator: str = ""
    """Its ETag, or else its Last-Modified: see `crawler.validators`."""
    seconds: float = 0.0
    """What it took to fetch it, from the request to the last byte, every redirect included; 0 where nobody knows."""


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says, before anyone decides whether it is known already.

    `title` and `site_name` are one line each, `body` is in the normal form of
    `crawler.document.normal_body` and not empty.
    """

    body: str
    title: str | None = None
    site_name: str | None = None
    """The page's own name for its site (`og:site_name`), if it has one."""
    language: str | None = None
    """Primary subtag, lower case: `fr`."""
    authors: tuple[str, ...] = ()
    published: str | None = None
    """RFC 3339 with offset where the page says so, else the day alone (`2021-12-16`)."""
    modified: str | None = None
    partial: bool = False
    """A teaser before a paywall, or the first pages of an article of which not all could be had."""
    rights: Mapping[str, str] = field(default_factory=dict)
    """What the page says of its use: licence, copyright, robots directives."""
    addresses: tuple[str, ...] = ()
    """Other addresses of this article, printed, that the page names and that may be believed."""
    whole: str = ""
    """The body with what recurs on the source's pages; empty where nobody asked."""
    rules: int = 0
    """The number of the source's rules by which that was taken out; 0 for none."""
    misses_body: bool = False
    """The source's selector for the body found no text here."""
    extractor: Mapping[str, str] = field(default_factory=dict)
    """Name and version of the source's own parser, where that read the page."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A page that holds no article."""

    reason: str
    """One of a few constant words, counted: `listing`, `too-short`, `not-html`, ..."""
    detail: str = ""
    """What was seen, for a person."""

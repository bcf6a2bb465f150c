"""What a listing says, whatever kind of listing it is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from crawler.discovery.hints import SAYS_NOTHING, Hints


class ListingKind(StrEnum):
    """Kinds of pages that name articles, the most telling first."""

    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"


class NotAListing(ValueError):
    """A body that is no listing of the kind asked for.

    `reason` is one of a few constant words: `empty`, `html`, `other-xml`, `no-xml`, `no-feed`,
    `no-links`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Link:
    """One article as a listing names it."""

    url: str
    """In printed form."""
    published: str | None = None
    """RFC 3339 in UTC (`2021-12-16T14:12:00Z`), or the day alone: sorts as text."""
    title: str | None = None
    """One line: a headline, or the text of an anchor."""


@dataclass(frozen=True, slots=True)
class Child:
    """One sitemap as an index names it."""

    url: str
    lastmod: str | None = None
    """As `Link.published`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was read from one listing."""

    kind: ListingKind
    links: tuple[Link, ...] = ()
    """Each URL once; newest first where there are dates, else as they stand."""
    children: tuple[Child, ...] = ()
    """Only of a sitemap index, newest first where it gives dates, or their names tell them."""
    next_page: str | None = None
    """Only of a section: where its older links are."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """What was left out, by reason: `not-http`, `duplicate`, `over-limit`, `cut-off`."""
    hints: Hints = SAYS_NOTHING
    """What it says of when to ask again."""


Named = TypeVar("Named", Link, Child)


def each_once(named: Iterable[Named | None], most: int, dropped: Counter[str]) -> list[Named]:
    """The first `most` that have an address, each once; the others are counted in `dropped`."""
    kept: dict[str, Named] = {}
    for one in named:
        if one is None:
            dropped["not-http"] += 1
        elif one.url in kept:
            dropped["duplicate"] += 1
        elif len(kept) == most:
            dropped["over-limit"] += 1
        else:
            kept[one.url] = one
    return list(kept.values())

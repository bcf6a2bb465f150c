"""A source's older articles: where a crawl gets the way to them, and leaves how far it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from crawler.discovery.days import Span
from crawler.discovery.listing import Link
from crawler.page import Visit
from crawler.walking.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Leg:
    """Where a backfill stands, when its walk is to go on."""

    cursor: Cursor | None
    """None: it has not begun."""
    span: Span
    old_in_a_row: Mapping[int, int] = field(default_factory=dict)
    """By the road's number: articles in a row that proved to be older than asked."""
    at: Mapping[int, str] = field(default_factory=dict)
    """By the road's number: when its last article was published."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of the walk came to."""

    cursor: Cursor
    links: tuple[Link, ...] = ()
    """To articles of the time asked for, newest first."""
    waiting: str = ""
    """What becomes of the links that still wait from before: `drop`, `turn`, or nothing."""
    is_over: bool = False
    """There is nothing more to walk."""
    pause: float = 0.0
    """Seconds after which the walk is to be tried again."""


class Older(Protocol):
    """The way to a source's older articles, for one crawl."""

    async def take(self, count: int) -> list[Visit]:
        """Lease older URLs to visit, newest first; an empty list where there is none, or others wait."""

    async def leg(self) -> Leg | None:
        """Where the walk is to go on, now that nothing is left to visit; None: it is not."""

    async def note(self, step: Step) -> None:
        """Keep what a step came to."""

"""Where a crawl gets its work and brings what it found: the crawler's only door to the service."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from config.sources import Source
from crawler.challenge import REFUSALS
from crawler.discovery.hints import SAYS_NOTHING, Hints
from crawler.discovery.listing import Link
from crawler.outcome import Outcome
from crawler.page import Page, Visit
from crawler.walking.continuity import Gap
from crawler.walking.listing_state import ListingState
from crawler.walking.older import Older


@dataclass(frozen=True, slots=True)
class Fallen:
    """A listing that no longer does its work."""

    listing: str
    kind: str
    """A `ListingKind`."""
    fall: str
    """A `crawler.walking.health.Fall`."""
    why: str
    """What was seen, for a person."""
    since: float
    """Unix seconds."""
    instead: tuple[str, ...] = ()
    """The listings that its articles are found from now."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one walk over a source's listings brought."""

    links: tuple[Link, ...] = ()
    """Links to articles, newest first, each once."""
    listings: Mapping[str, ListingState] = field(default_factory=dict)
    """The listings that were read to their end, by URL."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Links that no rule wanted, counted by reason."""
    problems: tuple[str, ...] = ()
    """Listings that could not be read, and why."""
    error: str = ""
    """Why no listing could be read; empty where one was."""
    covered_until: float | None = None
    """Unix seconds: what the source named up to here has been met, but for the gaps."""
    gaps: tuple[Gap, ...] = ()
    """Whiles of which its listings named nothing any more; those that could be closed too."""
    fallen: tuple[Fallen, ...] = ()
    """Listings that no longer do their work."""
    hints: Hints = SAYS_NOTHING
    """What its listings agree on of when to ask again."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One crawl of one source."""

    source: Source
    authorities: tuple[str, ...] = ()
    """The hosts that are locked for it, those that the site has moved to among them; where empty, those it names."""
    walk: bool = True
    """Whether its listings are due; else only the URLs that it owes are visited."""
    not_before: float = 0.0
    """Unix seconds: when politeness allows the first request."""
    deadline: float = float("inf")
    """Unix seconds after which nothing more is begun."""
    clock: Callable[[], float] = time.time
    """Whose unix seconds all of these are, and those of the report."""


@dataclass(slots=True)
class CrawlReport:
    """How a crawl went, filled while it runs."""

    error: str = ""
    """Why the source failed as a whole: no page is blamed for it."""
    problems: tuple[str, ...] = ()
    """Listings that could not be read, while others were."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Links of the listings that no rule wanted, counted by reason."""
    moves: Mapping[str, str] = field(default_factory=dict)
    """Where its listings, or its start, have moved for good: another host."""
    moved_hosts: tuple[str, ...] = ()
    """The hosts on the way there, as `crawler.urls.authority` writes them."""
    links: int = 0
    new_links: int = 0
    pages: int = 0
    answered: int = 0
    """Requests that the host answered."""
    refused: dict[str, int] = field(default_factory=dict)
    """Requests that it refused, by reason."""
    delay: float = 0.0
    """Seconds between requests as robots.txt and settings had it."""
    last_request: float = 0.0
    """Unix seconds."""
    not_before: float = 0.0
    """Unix seconds before which the host does not want to be asked (Retry-After)."""
    held_until: float = float("inf")
    """Unix seconds: whose crawl the host is; after that it may be another's, and nothing is asked."""

    @property
    def is_refused(self) -> bool | None:
        """Whether the host refused half of what was asked for, or more; None where it was asked for nothing."""
        refused = sum(self.refused.get(reason, 0) for reason in REFUSALS)
        asked = refused + self.answered
        return 2 * refused >= asked if asked else None


class Desk(Protocol):
    """Work for one crawl. All times are aware UTC or unix seconds as named."""

    report: CrawlReport
    """How the crawl goes; the spider fills it while it runs."""

    @property
    def older(self) -> Older | None:
        """The way to older articles, for a crawl that goes there when it has nothing else to do."""

    async def listings(self) -> Mapping[str, ListingState]:
        """What the last whole walk remembered; under other settings, no more than what it named."""

    async def unknown(self, links: tuple[Link, ...]) -> set[str]:
        """The URLs of those links that are neither owed nor known."""

    async def offer(self, reading: Reading) -> int:
        """Put a walk's links on the frontier; how many of them were unknown."""

    async def take(self, count: int) -> list[Visit]:
        """Lease URLs to visit, newest first; an empty list ends the crawl."""

    async def hand_in(self, visit: Visit, page: Page) -> None:
        """Bring a fetched page: from here on it needs no second fetch."""

    async def settle(self, visit: Visit, outcome: Outcome, reason: str, detail: str) -> None:
        """End a visit that brought no page: gone, rejected, or unchanged; `detail` is for a person."""

    async def give_up(
        self, visit: Visit, reason: str, *, failed: bool, not_before: datetime | None
    ) -> None:
        """End a visit that came to nothing: a failure of the page, or (not `failed`) of its host."""

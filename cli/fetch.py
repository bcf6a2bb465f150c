"""Fetches one page as the service would: same guard, same robots.txt, same limits."""

from collections.abc import Mapping
from datetime import datetime

from cli.beside import beside_service
from cli.failure import Failure
from config.settings import load_settings
from config.sources import Source
from crawler.authorities import authorities_of
from crawler.desk import Assignment, CrawlReport, Reading
from crawler.discovery.listing import Link
from crawler.fetching import Miss
from crawler.outcome import Outcome
from crawler.page import Page, Visit
from crawler.reactor import KeptReactor
from crawler.urls import url_key
from crawler.walking.listing_state import ListingState
from workers.looking import Looking

_TIMEOUT = 120.0


class OnePageDesk:
    """Work for one visit."""

    def __init__(self, url: str) -> None:
        self._visits = [Visit("1", "page", url_key(url), url)]
        self.page: Page | None = None
        self.problem = ""
        self.older = None
        self.report = CrawlReport()

    async def listings(self) -> Mapping[str, ListingState]:
        """None."""
        return {}

    async def unknown(self, links: tuple[Link, ...]) -> set[str]:
        """None."""
        return set()

    async def offer(self, reading: Reading) -> int:
        """There is nothing to offer."""
        return 0

    async def take(self, count: int) -> list[Visit]:
        """The one visit."""
        visits, self._visits = self._visits, []
        return visits

    async def hand_in(self, visit: Visit, page: Page) -> None:
        """The page that was asked for."""
        self.page = page

    async def settle(self, visit: Visit, outcome: Outcome, reason: str, detail: str) -> None:
        """Why there is none."""
        self.problem = detail or reason

    async def give_up(
        self, visit: Visit, reason: str, *, failed: bool, not_before: datetime | None
    ) -> None:
        """Why it could not be had."""
        self.problem = reason


def fetch(url: str, of: Source | None = None) -> Page:
    """The page at an address, as one of a source; raises `Failure` with the reason where it cannot be had."""
    settings = load_settings()
    page = Source(name="page", start=url, delay=0.0, allow_private=settings.allow_private)
    source = of if of and of.allow_private else page
    desk = OnePageDesk(page.start)  # as it is written everywhere else
    with beside_service(settings) as beside:
        problem = _visit(source, desk, settings.user_agent, beside)
    if desk.page is None:
        why = (problem or desk.problem).removeprefix(url).lstrip(": ")
        raise Failure(f"{url} cannot be read: {why}")
    return desk.page


def _visit(source: Source, desk: OnePageDesk, user_agent: str, beside: Looking | None) -> str:
    """Make the one visit, at a service's pace where one knows the host; why it failed as a whole, or nothing."""
    try:
        free_at = beside.hold(*authorities_of(source)) if beside else 0.0
    except Miss as miss:
        return str(miss)
    delay = beside.delay if beside else 0.0
    source = source.model_copy(update={"delay": delay})
    assignment = Assignment(source, walk=False, not_before=free_at)
    ends: list[CrawlReport | Exception] = []
    # Before robots.txt, and before the page.
    KeptReactor(user_agent).crawl([(assignment, desk, ends.append)], _TIMEOUT + 2 * delay)
    return ends[0].error if isinstance(ends[0], CrawlReport) else repr(ends[0])

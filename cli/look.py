"""A look at a site: under its robots.txt and delay, each page within the limits of the service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.beside import beside_service
from cli.failure import Failure
from cli.progress import progress
from config.settings import Settings
from config.sources import Source

if TYPE_CHECKING:
    from crawler.survey.findings import Findings

# Scrapy and trafilatura take a second to import, which the other commands need not wait for.


def look(source: Source, settings: Settings) -> tuple["Findings", int]:
    """What there is at a source's start, and how many pages were asked for; raises `Failure`."""
    from crawler.asking import asking  # noqa: PLC0415
    from crawler.fetching import Miss  # noqa: PLC0415
    from crawler.questions import at_once  # noqa: PLC0415
    from crawler.survey.survey import survey  # noqa: PLC0415

    with (
        beside_service(settings) as beside,
        _progress() as tell,
        asking(
            source,
            settings.user_agent,
            tell,
            settings.download_seconds,
            beside.hold if beside else at_once,
        ) as questions,
    ):
        try:
            found = survey(
                questions, _extract(settings.page_seconds), source.start, datetime.now(UTC)
            )
        except Miss as miss:
            raise Failure(f"{source.start} cannot be read: {_why(miss, source)}") from None
        return found, questions.asked


def _why(miss: object, source: Source) -> str:
    """Without the address once more; and what to do where it may not be asked."""
    why = str(miss).removeprefix(source.start).lstrip(": ")
    needs_leave = "allow_private = true" in why and not source.allow_private
    return f"{why}; --allow-private does both here" if needs_leave else why


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Which page is being asked for."""
    with progress("pages") as shown:
        asked = 0

        def tell(url: str) -> None:
            nonlocal asked
            asked += 1
            shown.show(asked, None, url.partition("://")[2], f"page {asked}: {url}")

        yield tell


def _extract(seconds: float) -> Callable[..., Any]:
    from crawler.extraction.extract import extract  # noqa: PLC0415
    from crawler.extraction.memory import ran_out_of_memory  # noqa: PLC0415
    from crawler.page import Article, Page, Rejection  # noqa: PLC0415
    from workers.pages.limits import limits  # noqa: PLC0415

    def extracted(page: Page) -> Article | Rejection:
        try:
            with limits(seconds):
                return extract(page)
        except Exception as error:  # noqa: BLE001 - whatever a page does to it, it is no article
            reason = "out-of-memory" if ran_out_of_memory(error) else "extractor-failed"
            return Rejection(reason, repr(error)[:200])

    return extracted

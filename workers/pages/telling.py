"""What is logged of one page on its way: the same names and fields in whichever room, under its visit's token."""

import logging
from datetime import UTC, datetime

import structlog

from crawler.outcome import Outcome
from crawler.page import Page, Visit
from workers.state.index import Commit

log = structlog.get_logger(__name__)


def fetched(visit: Visit, page: Page) -> None:
    """It came, and waits for ingest."""
    log.info(
        "page.fetched",
        page=visit.token,
        source=visit.source,
        url=visit.url,
        status=page.status,
        bytes=len(page.body),
        seconds=round(page.seconds, 3),
    )


def deferred(visit: Visit, reason: str, due: float, *, failed: bool) -> None:
    """It did not come, and is asked for again later."""
    log.info(
        "page.deferred",
        page=visit.token,
        source=visit.source,
        url=visit.url,
        reason=reason,
        failed=failed,
        due=datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def ended(commit: Commit, detail: str = "") -> None:
    """It has its outcome; with a text, the document's id and its file."""
    visit, text, record = commit.visit, commit.text, commit.quarantine
    level = logging.ERROR if commit.outcome is Outcome.FAILED else logging.INFO
    log.log(
        level,
        "page.ended",
        outcome=commit.outcome.value,
        reason=commit.reason,
        page=visit.token,
        source=visit.source,
        url=visit.url,
        document=text.id if text else "",
        path=text.place.text_path if text and text.place else "",
        queued=commit.entry is not None,
        detail=detail or (record.reason if record and record.reason != commit.reason else ""),
    )

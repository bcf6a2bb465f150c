"""A page that waits is read, within limits; what its own extraction does to its process is counted.

Only an extraction that did not come to its end counts, and only against its own page: whoever was in
the batch of a page that killed its process is as innocent as before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from config.parsers import ParserError
from config.sources import Source
from crawler.extraction.memory import ran_out_of_memory
from crawler.extraction.recurring import Rules
from crawler.outcome import Outcome
from crawler.page import Rejection
from crawler.urls import printed_url, url_key
from workers import fault
from workers.pages.limits import limits, longest
from workers.pages.reading import Reading, read
from workers.service import Service
from workers.state.frontier import WaitingPage, new_token
from workers.state.index import Commit
from workers.state.quarantine import Quarantined
from workers.storage.store import StoreUnread

log = structlog.get_logger(__name__)

Read = Callable[[WaitingPage, Source, Rules], Reading | Rejection]
"""What a waiting page says: see `workers.pages.reading.read`."""

# The start of a page is its own for so much longer than its extraction may take.
_BUSY_MARGIN_SECONDS = 5.0
# Beginnings of a page that no extraction is to blame for, and that no hand-back took back.
_MOST_BEGUN = 10
_STORE_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Refused:
    """A page that was read and gives no text to keep, and how it ends."""

    waiting: WaitingPage
    commit: Commit
    detail: str = ""
    """What was seen, for a person."""


class Attempts:
    """The attempts of one run: of a batch of pages, or of one that travels alone."""

    def __init__(
        self, service: Service, send: Callable[..., None], run: str = "", reader: Read = read
    ) -> None:
        self._service = service
        self._frontier = service.state.frontier
        self._send = send
        self._run = run or new_token()
        self._reader = reader
        self._opened = ""
        # Of one run: its pages of a source are read under the same rules.
        self._rules: dict[str, Rules] = {}

    def read(self, token: str, *, alone: bool) -> Reading | Refused | Commit | None:
        """What a page says, or how it ends without that; None where it is not to be ended now.

        Raises `StoreUnread`.
        """
        waiting = self._begin(token, alone=alone)
        if waiting is None:
            return None
        fault.reached("after-start")
        if reason := self._given_up(waiting):
            return self._failed(waiting, reason, waiting.visit.attempts)
        source = self._source(waiting.visit.source)
        rules = self._rules_of(source.name)
        if rules is None:
            self._frontier.hand_back(token, self._service.clock() + _STORE_PAUSE_SECONDS)
            return None
        try:
            found = self._extracted(waiting, source, rules)
        except ParserError as error:
            # It would say the same again, until whoever wrote it has mended it.
            detail = f"parser-error: {error}"
            return self._failed(waiting, "parser-error", waiting.visit.attempts + 1, detail)
        except Exception as error:  # noqa: BLE001 - whatever it is, it counts, and is told
            return self._blamed(waiting, error)
        fault.reached("after-extract")
        return _refused(waiting, found) if isinstance(found, Rejection) else found

    def _extracted(self, waiting: WaitingPage, source: Source, rules: Rules) -> Reading | Rejection:
        token, times = waiting.visit.token, self._service.times
        # A page from the archive is read elsewhere.
        timed = () if waiting.again else (token,)
        # What libraries and a source's own parser log meanwhile is about this page.
        with (
            structlog.contextvars.bound_contextvars(page=token),
            limits(self._service.settings.page_seconds),
            times.step("extract", *timed),
        ):
            return self._reader(waiting, source, rules)

    def _rules_of(self, source: str) -> Rules | None:
        """What is taken out of its texts; None where they cannot be read, `StoreUnread` where nothing can."""
        if source not in self._rules:
            try:
                self._rules[source] = self._service.rules.present(source)
            except StoreUnread:
                raise
            except OSError as error:
                log.error("store.unread", problem=str(error))
                return None
        return self._rules[source]

    def close(self) -> None:
        """No extraction is under way any more: what ends this process now is no page's fault."""
        if self._opened:
            self._frontier.close(self._opened, self._run)
        self._opened = ""

    def _begin(self, token: str, *, alone: bool) -> WaitingPage | None:
        now = self._service.clock()
        busy_until = now + longest(self._service.settings.page_seconds) + _BUSY_MARGIN_SECONDS
        waiting = self._frontier.start(
            token, now, busy_until, alone=alone, run=self._run, closed=self._opened
        )
        self._opened = ""
        if waiting == "alone":
            self._send([token], alone=True)
        if isinstance(waiting, str):
            return None
        self._opened = token
        self._service.times.begin(token, waiting.page.seconds)
        return waiting

    def _given_up(self, waiting: WaitingPage) -> str:
        """Why a page is not begun once more; empty where it is."""
        if waiting.visit.attempts >= self._service.settings.attempts:
            return waiting.cause or "extraction-died"
        return "ingest-died" if waiting.begun >= _MOST_BEGUN else ""

    def _blamed(self, waiting: WaitingPage, error: Exception) -> Commit | None:
        """An extraction that raised counts as one that died."""
        visit, now = waiting.visit, self._service.clock()
        if ran_out_of_memory(error):
            reason = "extraction-memory"
            log.warning("page.outgrown", page=visit.token, source=visit.source, url=visit.url)
        else:
            # Our mistake, not the page's: it is no reason to say that there is no article.
            reason = "extraction-error"
            log.error(
                "page.broke",
                page=visit.token,
                source=visit.source,
                url=visit.url,
                exc_info=error,
            )
        if visit.attempts + 1 >= self._service.settings.attempts:
            return self._failed(waiting, reason, visit.attempts + 1)
        self._frontier.break_off(self._run, [visit.token], now, reason)
        return None

    def _failed(self, waiting: WaitingPage, reason: str, attempts: int, detail: str = "") -> Commit:
        now = self._service.clock()
        record = Quarantined.of(waiting.visit, detail or reason, attempts, now)
        return Commit(waiting.visit, Outcome.FAILED, reason, quarantine=record)

    def _source(self, name: str) -> Source:
        # A source may have left the file while its pages were on their way.
        return self._service.source(name) or Source(name=name, start="https://unknown.invalid/")


def _refused(waiting: WaitingPage, rejection: Rejection) -> Refused:
    final = printed_url(waiting.page.url)
    # A page that led to the front page must not make the front page known.
    keys = (url_key(final),) if final and rejection.reason != "front-page" else ()
    commit = Commit(waiting.visit, Outcome.REJECTED, rejection.reason, url_keys=keys)
    return Refused(waiting, commit, rejection.detail)

"""Archived pages are extracted again; one with another text takes the way of every page to its outcome."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from config.parsers import ParserError
from config.sources import Source
from crawler.extraction.recurring import Rules
from crawler.page import Rejection, Visit
from crawler.urls import printed_url, url_key
from workers import fault
from workers.archive.members import Torn, member_at
from workers.archive.records import Fetched, NotOurs, fetched_of
from workers.dedup.counters import same_but_for_counters
from workers.ingest import Ingest
from workers.pages.attempts import Read
from workers.pages.limits import limits, longest
from workers.pages.reading import Reading, read
from workers.recovery.settle import settle_soon
from workers.replay.plan import Item
from workers.replay.tally import Tally
from workers.service import Service
from workers.state.frontier import Again, WaitingPage, new_token
from workers.state.index import Known
from workers.state.readmission import MOVED, OWED
from workers.state.settlement import Unsettled

log = structlog.get_logger(__name__)

_MOST_LOOKS = 5
_MOST_ROUNDS = 8
# Beyond what a page may take that another process has begun: a page that is put off for longer waits for a disk.
_REST_MARGIN_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class _Changed:
    """A page whose text is another one now."""

    item: Item
    fetched: Fetched
    reading: Reading


class Rereader:
    """Reads batches of archived pages, with one service."""

    def __init__(self, service: Service, reader: Read = read) -> None:
        self._service = service
        self._state = service.state
        self._reader = reader
        self._present: dict[str, Rules] = {}

    def run(self, items: Sequence[Item]) -> Tally:
        """Extract each again, and end those whose text has changed."""
        tally = Tally()
        self._present.clear()
        changed = [c for item in items if (c := self._read(item, tally))]
        tokens: dict[str, Reading | None] = {}
        for one in changed:
            try:
                self._readmit(one, tokens, tally)
            except Unsettled:
                settle_soon(self._service)
                tally.failed.append(f"{one.fetched.page.url}: the state is not settled yet")
            except OSError as error:
                tally.failed.append(f"{one.fetched.page.url}: {error}")
        if tokens:
            self._end(tokens, tally)
        return tally

    def _read(self, item: Item, tally: Tally) -> _Changed | None:
        try:
            fetched = _fetched(item)
        except FileNotFoundError:
            tally.vanished += 1
            return None
        except (Torn, NotOurs, OSError) as error:
            tally.failed.append(f"{item.path}: at byte {item.start}: {error or 'damaged'}")
            return None
        source = self._service.source(fetched.source)
        assert source  # a plan names those that are known
        try:
            rules = self._rules(source.name)
        except OSError as error:
            tally.failed.append(f"{fetched.page.url}: {error}")
            return None
        try:
            with limits(self._service.settings.page_seconds):
                found = self._reader(_waiting(fetched), source, rules)
        except ParserError as error:
            tally.failed.append(f"{fetched.page.url}: {error}")
            return None
        except Exception as error:
            log.error(
                "page.broke", page="", source=source.name, url=fetched.page.url, exc_info=error
            )
            tally.failed.append(f"{fetched.page.url}: {error!r}")
            return None
        if isinstance(found, Rejection):
            tally.no_article += 1
        elif found.document.id == fetched.text:
            tally.same += 1
        else:
            return _Changed(item, fetched, found)
        return None

    def _rules(self, source: str) -> Rules:
        """The rules of a batch: those that are present when its first page of a source is read."""
        if source not in self._present:
            self._present[source] = self._service.rules.present(source)
        return self._present[source]

    def _readmit(self, one: _Changed, tokens: dict[str, Reading | None], tally: Tally) -> None:
        """Have a changed page wait, unless nothing is to come of it."""
        visit, page = one.reading.waiting.visit, one.fetched.page
        for _ in range(_MOST_LOOKS):
            now = self._service.clock()
            known = self._state.index.look_up(
                one.reading.document.id, one.reading.url_keys, (), now
            )
            if known.place:
                tally.known += 1
                return
            again = self._former(one, known)
            if again is None:
                tally.superseded += 1
                return
            if again.head and self._is_but_for_counters(again.head, one.reading):
                tally.same += 1
                return
            fault.reached("before-readmit")
            token = self._state.readmission.readmit(visit, page, again, known.heads, now)
            if token == OWED:
                tally.owed += 1
                return
            if token != MOVED:
                fault.reached("after-readmit")
                tokens[token] = one.reading if token == visit.token else None
                return
        tally.owed += 1

    def _former(self, one: _Changed, known: Known) -> Again | None:
        """What a changed text follows; None where its page is not that of the URL's present text."""
        former = next((h for h in known.heads if h), None) or one.item.head or one.fetched.text
        place = (
            self._state.index.places([former], self._service.clock()).get(former)
            if former
            else None
        )
        if former is None or place is None:
            return Again(None, None)
        sidecar = self._service.store.sidecar(place.text_path)
        is_of_this_page = former == one.fetched.text or (
            sidecar is not None and sidecar.page_sha256 == one.reading.page_sha256
        )
        if sidecar is None or not is_of_this_page:
            return None
        if place.number is None:
            return Again(None, sidecar.duplicate_of or former)
        is_own = url_key(sidecar.url) in one.reading.url_keys
        return Again(former, None) if is_own else Again(None, former)

    def _is_but_for_counters(self, head: str, reading: Reading) -> bool:
        place = self._state.index.places([head], self._service.clock()).get(head)
        body = self._service.store.body(place) if place else None
        return body is not None and same_but_for_counters(body, reading.document.body)

    def _end(self, tokens: dict[str, Reading | None], tally: Tally) -> None:
        single: list[str] = []

        def send(sent: Sequence[str], **_: bool) -> None:
            single.extend(sent)

        ingest = Ingest(self._service, send, reader=self._remembering(tokens))
        left = list(tokens)
        for _ in range(_MOST_ROUNDS):
            ingest.run(left)
            while single:
                ingest.run([single.pop()], alone=True)
            waiting = self._state.readmission.still_waiting(left)
            left = list(waiting)
            if not left:
                break
            rest = min(waiting.values()) - self._service.clock()
            if rest > longest(self._service.settings.page_seconds) + _REST_MARGIN_SECONDS:
                break
            time.sleep(max(0.0, rest))
        tally.outcomes.update({outcome.value: n for outcome, n in ingest.outcomes.items()})
        # Someone else may have ended some of them meanwhile.
        tally.owed += len(tokens) - ingest.outcomes.total()
        tally.is_stuck = len(left) == len(tokens)

    def _remembering(self, tokens: dict[str, Reading | None]) -> Read:
        """A reader that does not extract a second time what was extracted just now."""

        def reader(waiting: WaitingPage, source: Source, rules: Rules) -> Reading | Rejection:
            reading = tokens.get(waiting.visit.token)
            if reading is None:
                return self._reader(waiting, source, rules)
            return replace(reading, waiting=waiting)

        return reader


def _fetched(item: Item) -> Fetched:
    try:
        member = member_at(item.path, item.start)
    except FileNotFoundError:
        # It may have been closed since it was looked through.
        member = member_at(item.path.with_name(item.path.name.removesuffix(".open")), item.start)
    return fetched_of(member.record)


def _waiting(fetched: Fetched) -> WaitingPage:
    """An archived page as ingest knows pages."""
    url = printed_url(fetched.page.requested) or fetched.page.requested
    visit = Visit(new_token(), fetched.source, url_key(url), url)
    return WaitingPage(visit, fetched.page, head=None, reserved=None)

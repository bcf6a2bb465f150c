"""Fetched pages are brought to their outcome: extract, decide, reserve, write, commit.

A batch shares its flushes to the disk. A kill between any two steps leads to the same end: the page
waits again, gets the same place, and its file is found there with the same bytes.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from crawler.document import Sidecar, render
from crawler.outcome import Outcome
from workers import fault
from workers.archive.archive import ArchiveFull
from workers.archive.kept import Original
from workers.dedup.compare import Comparison, compare
from workers.dedup.counters import same_but_for_counters
from workers.filing import Filing
from workers.metrics.times import latency_counts
from workers.pages import telling
from workers.pages.ages import age_of
from workers.pages.attempts import Attempts, Read, Refused
from workers.pages.begun import Decided, fetched_of, head_of, own_past, with_record
from workers.pages.decide import Decision, Facts, decide
from workers.pages.fuller import withheld
from workers.pages.reading import Reading, read, revisits
from workers.pages.records import duplicate_record, entry_of
from workers.pages.sidecars import sidecar_of
from workers.recovery.settle import settle_soon
from workers.rules.texts import as_it_stands, unknown_blocks
from workers.service import Service
from workers.state.index import Commit, Known, TextMark
from workers.state.settlement import Unsettled
from workers.storage.places import Place
from workers.storage.store import StoreFull, StoreUnread

log = structlog.get_logger(__name__)

_FULL_PAUSE_SECONDS = 30.0
_UNSETTLED_PAUSE_SECONDS = 5.0
_MOST_COMPARED = 20
# Each round meets texts that were published since the last look-up; they cannot come without end.
_MOST_ROUNDS = 20
# The source's selector for the body is counted where it misses; the heuristic has found the text.
_BODY_MISSED = "body-selector-missed"
# The page, or the place of its text, is another worker's by now.
_NOT_OURS = (("stale",), ("unreserved",))


class Ingest:
    """Brings batches of waiting pages to their outcome, with one service."""

    def __init__(
        self, service: Service, send: Callable[..., None], run: str = "", reader: Read = read
    ) -> None:
        self._service = service
        self._frontier = service.state.frontier
        self._index = service.state.index
        self._store = service.store
        self._filing = Filing(service)
        self._times = service.times
        self._attempts = Attempts(service, send, run, reader)
        self.outcomes: Counter[Outcome] = Counter()
        """How pages ended so far."""

    def run(self, tokens: Sequence[str], *, alone: bool = False) -> None:
        """End each page once; what cannot be ended now waits again."""
        begun = self._begun(tokens, alone=alone)
        self._attempts.close()
        for one in self._archive(self._written(begun)):
            try:
                if isinstance(one, Decided):
                    self._commit(one)
                else:
                    self._end(one.commit, one.detail)
            except (StoreFull, OSError) as error:
                self._put_off([one.waiting.visit.token], error)
        self._times.forget()

    def _begun(self, tokens: Sequence[str], *, alone: bool) -> list[Decided | Refused]:
        """What came of those that could be begun."""
        begun: list[Decided | Refused] = []
        for position, token in enumerate(tokens, start=1):
            try:
                one = self._begin(token, alone=alone)
            except StoreUnread as error:
                self._put_off([token], error)
                # Each of the others would wait for the same answer, and a batch has but so much time.
                later = self._service.clock() + _FULL_PAUSE_SECONDS
                self._frontier.postpone(tokens[position:], later)
                break
            if one:
                begun.append(one)
        return begun

    def _written(self, begun: Sequence[Decided | Refused]) -> list[Decided | Refused]:
        """Those of a batch that can be ended; where the store is full, what it was to hold waits."""
        decided = [one for one in begun if isinstance(one, Decided)]
        refused = [one for one in begun if isinstance(one, Refused)]
        try:
            written = self._filing.write(decided)
        except (StoreFull, OSError) as error:
            self._put_off([one.waiting.visit.token for one in decided], error)
            return list(refused)
        fault.reached("after-write")
        return [*refused, *written]

    def _put_off(self, tokens: Sequence[str], error: Exception) -> None:
        """The store cannot be written or read now: pages wait for it as if they had not been begun."""
        if isinstance(error, StoreFull):
            log.error("store.full", problem=str(error), pages=len(tokens))
        else:
            log.error("store.unread", problem=str(error))
        for token in tokens:
            self._frontier.hand_back(token, self._service.clock() + _FULL_PAUSE_SECONDS)

    def _archive(self, begun: Sequence[Decided | Refused]) -> list[Decided | Refused]:
        """A batch with what the archive has of each page: a body leaves the server only when it is kept."""
        archive = self._service.archive
        new = [one for one in begun if not one.waiting.again]
        if archive is None or not new:
            return list(begun)
        pages = [(fetched_of(one), Original.of(one.waiting.archived)) for one in new]
        try:
            with self._times.step("archive", *(one.waiting.visit.token for one in new)):
                kept = archive.keep(pages, self._service.clock())
        except ArchiveFull as error:
            log.error("archive.full", problem=str(error), pages=len(new))
            for one in new:
                self._hand_back(one, _FULL_PAUSE_SECONDS)
            return [one for one in begun if one.waiting.again]
        fault.reached("after-archive")
        records = dict(zip([one.waiting.visit.token for one in new], kept, strict=True))
        return [with_record(one, records.get(one.waiting.visit.token)) for one in begun]

    def _begin(self, token: str, *, alone: bool) -> Decided | Refused | None:
        """A page that is to be ended; raises `StoreUnread`."""
        found = self._attempts.read(token, alone=alone)
        try:
            if isinstance(found, Commit):
                self._end(found)
            elif isinstance(found, Reading):
                return withheld(self._service, found) or self._settled(found)
            else:
                return found
        except StoreUnread:
            raise
        except (StoreFull, OSError) as error:
            self._put_off([token], error)
        return None

    def _settled(self, reading: Reading) -> Decided | None:
        """Decide once the state is that of the store; until then the page waits."""
        for _ in range(2):
            try:
                with self._times.step("look-up", reading.waiting.visit.token):
                    return self._decide(reading)
            except Unsettled:
                self._attempts.close()
                if not settle_soon(self._service):
                    break
        self._hand_back(reading, _UNSETTLED_PAUSE_SECONDS)
        return None

    def _decide(self, reading: Reading) -> Decided | None:
        """Decide on a text and get its place; None where another page brings the same one just now."""
        known = self._look_up(reading)
        head = reading.waiting.head or next((h for h in known.heads if h), None)
        # A page from the archive is read again for the sake of the present rules.
        is_again = reading.waiting.again is not None
        if head and not is_again and (same := as_it_stands(self._service, reading, head)):
            reading, known = same, self._look_up(same)
        if head and known.place is None and (former := self._but_for_counters(reading, head)):
            # The archive is to say of this page, too, that it holds the text that stands.
            reading = reading.with_body(former)
            known = self._look_up(reading)
        known = self._with_former(known, reading)
        before = head_of(reading, known)
        # A text that is known, or another at its URL, is what it is, whatever it resembles.
        comparisons = {} if known.place or before else self._compare(reading, known)
        facts = Facts(
            id=reading.document.id,
            is_known=known.place is not None,
            head=before,
            own_past=own_past(reading, known),
            comparisons=comparisons,
        )
        decision = decide(facts, keep_near_duplicates=reading.source.near_duplicates == "keep")
        fault.reached("after-decide")
        compared = frozenset((*known.candidates, *comparisons))
        if not decision.is_kept:
            original = self._to_original(decision, known)
            return Decided(reading, original, compared, known.seen, known.place)
        decided = Decided(reading, decision, compared, known.seen)
        return self._filing.reserve(decided, reserved=known.reserved)

    def _look_up(self, reading: Reading) -> Known:
        """What is known of a text; a new one at a URL that had none has its place then, too."""
        waiting, now = reading.waiting, self._service.clock()
        asked = (reading.document.id, reading.url_keys, reading.bands, now)
        if waiting.head or waiting.again:
            return self._index.look_up(*asked)
        return self._index.place_new(waiting.visit, *asked, waiting.page.fetched)

    def _with_former(self, known: Known, reading: Reading) -> Known:
        """A page from the archive is compared with what was read from it before, however long ago."""
        again = reading.waiting.again
        if not again or not again.beside:
            return known
        former = self._index.places([again.beside], self._service.clock())
        return replace(known, candidates={**former, **known.candidates})

    def _compare(self, reading: Reading, known: Known) -> dict[str, Comparison]:
        near = list(known.candidates.items())[:_MOST_COMPARED]
        bodies = self._store.side_by_side(self._store.body, [place for _, place in near])
        kept = ((kept_id, body) for (kept_id, _), body in zip(near, bodies, strict=True))
        return {i: compare(reading.document.body, body) for i, body in kept if body}

    def _but_for_counters(self, reading: Reading, head: str) -> str | None:
        """The body that this URL had before, where the page's differs from it in counters alone."""
        place = self._index.places([head], self._service.clock()).get(head)
        former = self._store.body(place) if place else None
        same = former is not None and same_but_for_counters(former, reading.document.body)
        return former if same else None

    def _to_original(self, decision: Decision, known: Known) -> Decision:
        """A copy of a near-duplicate that was dropped is traced to the text that was published."""
        if (
            decision.outcome is not Outcome.DUPLICATE
            or not known.place
            or known.place.number is not None
        ):
            return decision
        sidecar = self._store.sidecar(known.place.text_path)
        if sidecar is None or not sidecar.duplicate_of:
            return decision
        return replace(
            decision,
            duplicate_of=sidecar.duplicate_of,
            similarity=sidecar.similarity,
            reason=f"the same text as {sidecar.url}, itself dropped as a near-duplicate",
        )

    def _hand_back(self, one: Reading | Decided | Refused, pause: float) -> None:
        self._frontier.hand_back(one.waiting.visit.token, self._service.clock() + pause)

    def _commit(self, decided: Decided) -> None:
        """Commit, looking again as long as texts turn up that this one was not compared with."""
        for _ in range(_MOST_ROUNDS):
            ids = self._end(self._commit_of(decided))
            if ids == ("done",):
                return
            if ids in _NOT_OURS:
                self._filing.take_away(decided)
            if ids == ("stale",):
                return
            again = self._look_again(decided, () if ids in _NOT_OURS else ids)
            if again is None:
                return
            decided = again
        self._filing.wait(decided)

    def _look_again(self, decided: Decided, ids: Sequence[str]) -> Decided | None:
        again = self._settled(decided.reading)
        if again is None:
            self._filing.take_away(decided)
            return None
        # Candidates whose text is nowhere to be found cannot be compared, now or later.
        compared = again.compared | frozenset(ids)
        again = replace(again, compared=compared, archived=decided.archived)
        return next(iter(self._filing.write([again])), None)

    def _end(self, commit: Commit, detail: str = "") -> tuple[str, ...]:
        token = commit.visit.token
        commit = replace(commit, counts={**commit.counts, **self._times.counts(token)})
        fault.reached("before-commit")
        began = time.perf_counter()
        ended = self._index.commit(commit, self._service.clock())
        while isinstance(ended, Place):
            # A page that ends otherwise than an earlier try had it leaves nothing behind.
            self._store.remove(ended)
            ended = self._index.commit(replace(commit, removed=ended), self._service.clock())
        fault.reached("after-commit")
        if ended == ("done",):
            self._times.committed(token, time.perf_counter() - began)
            self.outcomes[commit.outcome] += 1
            telling.ended(commit, detail)
        elif ended == ("stale",):
            self._times.committed(token, None)
        return ended

    def _commit_of(self, decided: Decided) -> Commit:
        reading, decision = decided.reading, decided.decision
        visit = reading.waiting.visit
        is_duplicate = decision.outcome in {Outcome.DUPLICATE, Outcome.NEAR_DUPLICATE}
        is_new = decision.outcome is Outcome.NEW
        waiting, published = reading.waiting, reading.article.published
        age, at = age_of(published, *waiting.span) if waiting.span else ("", "")
        return Commit(
            visit=visit,
            outcome=decision.outcome,
            reason=_BODY_MISSED if reading.article.misses_body else "",
            url_keys=reading.known_keys,
            text=self._mark(decided),
            entry=self._entry(decided),
            record=self._record(decided) if is_duplicate else None,
            revisits=revisits(reading, self._service.clock())
            if decision.is_kept and not waiting.head and not (waiting.span and not published)
            else None,
            # No copy, and no later state of a text, says that something recurs.
            blocks=unknown_blocks(self._service, reading) if is_new else {},
            archived=decided.archived,
            validator=reading.waiting.page.validator,
            age=age,
            published=at,
            counts=latency_counts(published, self._service.clock())
            if is_new and not waiting.span and not waiting.again
            else {},
        )

    def _entry(self, decided: Decided) -> Mapping[str, str] | None:
        if not decided.decision.queued:
            return None
        assert decided.place  # what is queued has been written
        sidecar = sidecar_of(decided.reading, decided.decision)
        is_sent_along = self._service.settings.outbox_text
        text = render(decided.reading.document) if is_sent_along else None
        return entry_of(sidecar, decided.place, text)

    def _mark(self, decided: Decided) -> TextMark | None:
        reading, decision = decided.reading, decided.decision
        if decision.outcome is Outcome.UNCHANGED:
            return None
        return TextMark(
            id=reading.document.id,
            place=decided.place if decided.is_written else None,
            url_keys=reading.url_keys,
            bands=reading.bands if decision.queued else (),
            verified=decided.compared,
            seen=decided.seen,
        )

    def _record(self, decided: Decided) -> str:
        reading, decision = decided.reading, decided.decision
        original = self._original(decision.duplicate_of)
        return duplicate_record(
            reading.document_url,
            reading.source.name,
            reading.document.id,
            decision,
            original.url if original else None,
        )

    def _original(self, text_id: str | None) -> Sidecar | None:
        if text_id is None:
            return None
        place = self._index.places([text_id], self._service.clock()).get(text_id)
        return self._store.sidecar(place.text_path) if place else None

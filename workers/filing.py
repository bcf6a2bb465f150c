"""A text that was decided on gets its place and its files, and loses them where another has its page.

Files are created and never changed, and a place that was let go is never given again. So whoever was
stopped for long before a write or a removal, and goes on, changes nothing that another has committed:
`docs/decisions/files-never-change.md`.
"""

from collections.abc import Sequence
from dataclasses import replace

from workers import fault
from workers.dedup.compare import compare
from workers.pages.begun import Decided
from workers.pages.sidecars import sidecar_of
from workers.service import Service
from workers.state.index import Reservation
from workers.state.settlement import Unsettled
from workers.storage.places import Place

_TWIN_PAUSE_SECONDS = 1.0
# Each place at which something else stands was another try's; there are a few of them at the most.
_MOST_PLACES = 20


class Filing:
    """Reserves places, and writes and removes what stands there."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._index = service.state.index
        self._store = service.store
        self._times = service.times

    def reserve(
        self,
        decided: Decided,
        *,
        spent: Place | None = None,
        reserved: Reservation | None = None,
    ) -> Decided | None:
        """With its place; None where the page is another's, or waits for one that brings the same text.

        `spent`: where something else stands. `reserved`: what its look-up has reserved already. Raises
        `StoreFull` and `Unsettled`.
        """
        reserved = reserved or self._bind(decided, spent=spent)
        if reserved.former:
            # What an earlier try wrote goes before its place is forgotten: a text has one place.
            self._store.remove(reserved.former)
            reserved = self._bind(decided, removed=reserved.former)
        if reserved.spent:
            # Where it would be dropped there is no place for it: it is kept with a number.
            return self.reserve(replace(decided, decision=replace(decided.decision, queued=True)))
        if reserved.stale:
            return None
        if reserved.place is None or reserved.known:
            # Another page with this text is on its way, or has just arrived: this one is its duplicate.
            self.wait(decided)
            return None
        fault.reached("after-reserve")
        return replace(decided, place=reserved.place, is_written=True)

    def wait(self, decided: Decided) -> None:
        """Have a page wait for a moment."""
        due = self._service.clock() + _TWIN_PAUSE_SECONDS
        self._service.state.frontier.hand_back(decided.waiting.visit.token, due)

    def write(self, decided: Sequence[Decided]) -> list[Decided]:
        """Write the files of those that have any, side by side; what can be ended, in order.

        At a place where something else stands nothing is written: the text gets another one. Raises
        `StoreFull`, and an `OSError` where the store cannot be read.
        """
        pending = [one for one in decided if one.is_written]
        ended = {_token(one): one for one in decided if not one.is_written}
        for _ in range(_MOST_PLACES if pending else 0):
            taken = self._put(pending)
            ended |= {_token(one): one for one in pending if one.place not in taken}
            found = [self._elsewhere(one) for one in pending if one.place in taken]
            pending = [one for one in found if one]
            if not pending:
                break
        for one in pending:
            self.wait(one)
        return [ended[token] for token in map(_token, decided) if token in ended]

    def take_away(self, decided: Decided) -> None:
        """Another worker had the page: what was written here goes, unless that one published it."""
        if decided.is_written and decided.place and self._index.disown(decided.place):
            self._store.remove(decided.place)

    def _bind(
        self, decided: Decided, *, removed: Place | None = None, spent: Place | None = None
    ) -> Reservation:
        waiting = decided.waiting
        return self._index.reserve(
            waiting.visit,
            decided.reading.document.id,
            waiting.page.fetched,
            dropped=not decided.decision.queued,
            removed=removed,
            spent=spent,
        )

    def _put(self, decided: Sequence[Decided]) -> frozenset[Place]:
        """The places where something else stands."""
        files = [
            (one.place, one.reading.document, sidecar_of(one.reading, one.decision))
            for one in decided
            if one.place
        ]
        with self._times.step("write", *map(_token, decided)):
            return frozenset(self._store.write(files))

    def _elsewhere(self, decided: Decided) -> Decided | None:
        """A text at whose place another try of its page has written something else."""
        try:
            return self._as_it_stands(decided) or self.reserve(decided, spent=decided.place)
        except Unsettled:
            self.wait(decided)
            return None

    def _as_it_stands(self, decided: Decided) -> Decided | None:
        """A dropped text as another try of its page has dropped it, which had another original; else None."""
        place, decision = decided.place, decided.decision
        if place is None or place.number is not None:
            return None
        standing = self._store.sidecar(place.text_path)
        if standing is None or standing.duplicate_of in (None, decision.duplicate_of):
            return None
        found = self._index.places([standing.duplicate_of], self._service.clock())
        original = found.get(standing.duplicate_of)
        kept = self._store.body(original) if original else None
        if not kept:
            return None
        reason = compare(decided.reading.document.body, kept).reason
        followed = replace(
            decision,
            duplicate_of=standing.duplicate_of,
            similarity=standing.similarity,
            reason=reason,
        )
        return replace(decided, decision=followed)


def _token(decided: Decided) -> str:
    return decided.waiting.visit.token

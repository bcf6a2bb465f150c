"""Documents once more, for one group alone: taken from the files, into a stream of the group's own.

A plan (`workers.state.again`) says from which day on, and how far it has come. Whoever sees the store fills the
group's stream, piece by piece, and no further than it is read: the service at each tick, the command that asks for
it, a consumer that has come to its end. A kill between two pieces changes nothing, since a piece and the note of
it are one step. Texts are taken by day, and within a day by their number, which is the order in which each source
had them.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, islice

import structlog

from config.settings import Settings
from workers.pages.records import entry_of
from workers.state.adoption import Adoption
from workers.state.again import Held, Plan, Reached
from workers.state.settlement import REBUILD_ADVICE
from workers.state.state import State
from workers.storage.places import DOCUMENTS, Place, day_of, is_source
from workers.storage.store import Store

log = structlog.get_logger(__name__)

MOST_WAITING = 500
"""Entries in a group's own stream, at which it is filled no further."""
_A_PIECE = 100
_SECONDS = 2.0
_PROOFS = 1000


class WrongStore(Exception):
    """The store is not the one that the state knows, or the state does not know it yet; the message says what to do."""


class Redelivery:
    """Fills the streams of groups, for one process."""

    def __init__(
        self, state: State, store: Store, settings: Settings, clock: Callable[[], float]
    ) -> None:
        self._state = state
        self._store = store
        self._with_text = settings.outbox_text
        self._clock = clock
        self._walks: dict[str, _Walk] = {}
        self._ended: dict[str, int] = {}

    def ask(self, group: str, since: date | None) -> tuple[Plan, bool]:
        """Begin to give a group all documents since a day (None: all there are); it is made where there is none.

        False, and the plan, where another one is under way. Raises `WrongStore`, with nothing changed.
        """
        self._refuse_other()
        # No last day: a clock may have been ahead, and what is yet to come comes by the outbox.
        return self._state.again.ask(group, since or date.min, date.max)

    def fill_all(self) -> Iterator[tuple[str, int]]:
        """Fill the streams of all groups that have a plan; those that have all by now, and how many documents."""
        for group in self._state.again.held():
            self.fill(group)
            if given := self._ended.pop(group, None):
                yield group, given

    def fill(self, group: str) -> int:
        """Fill a group's stream for two seconds at the most; how many documents.

        Raises `WrongStore`, an `OSError` where the store cannot be read, `Full` where the server is.
        """
        given, limit = 0, time.monotonic() + _SECONDS
        while (held := self._state.again.of(group)) and self._has_room(group):
            given += self._piece(group, held)
            if time.monotonic() > limit:
                break
        return given

    def _has_room(self, group: str) -> bool:
        if self._state.again.waiting(group) >= MOST_WAITING:
            # Those that were acknowledged make room.
            self._state.outbox.again(group).trim_read(group)
        return self._state.again.waiting(group) < MOST_WAITING

    def _piece(self, group: str, held: Held) -> int:
        walk = self._walks.get(group)
        if walk is None or walk.plan != held.plan.name:
            self._refuse_other()
            walk = self._walks[group] = _Walk(self._store, held.plan)
        places = list(islice(walk.places(held.plan), _A_PIECE))
        if not places:
            self._walks.pop(group)
            # It may have gone away meanwhile.
            self._refuse_other()
            if self._state.again.fill(group, held, None, ()):
                self._ended[group] = held.plan.given
            return 0
        entries = self._entries(walk, places)
        plan = held.plan.behind(Reached.of(places[-1]), len(entries))
        return len(entries) if self._state.again.fill(group, held, plan, entries) else 0

    def _refuse_other(self) -> None:
        """Raises `WrongStore` where this is another store, or a copy that has fallen behind; or the state is lost."""
        is_empty = not self._store.shelf(DOCUMENTS).folders
        if not is_empty and self._state.settlement.is_lost():
            raise WrongStore(
                f"the server knows nothing of the documents in {self._store.name}: {REBUILD_ADVICE}"
            )
        path = self._state.outbox.newest_path()
        is_behind = path and self._store.read(path) is None
        if is_behind or (is_empty and self._state.counted.texts()):
            raise WrongStore(_advice(self._store.name))

    def _entries(self, walk: "_Walk", places: Sequence[Place]) -> list[Mapping[str, str]]:
        own = self._own(places)
        walk.is_ours = walk.is_ours or bool(own) or self._is_ours(walk)
        if not walk.is_ours:
            raise WrongStore(_advice(self._store.name))
        later = walk.later(self._state.adoption)
        wanted = [place for place in own if place.id not in later]
        entries = [entry for entry in self._store.side_by_side(self._entry, wanted) if entry]
        if wanted and not entries:
            self._refuse_other()
        return entries

    def _own(self, places: Sequence[Place]) -> list[Place]:
        """Those of which the state says that they are there."""
        known = self._state.index.places([place.id for place in places], self._clock())
        return [place for place in places if known.get(place.id) == place]

    def _is_ours(self, walk: "_Walk") -> bool:
        """Whether the state knows any of the newest texts of this store, or none at all."""
        if not self._state.counted.texts():
            return True
        newest = walk.newest()
        some = iter(lambda: list(islice(newest, _A_PIECE)), [])
        return any(self._own(places) for places in some)

    def _entry(self, place: Place) -> Mapping[str, str] | None:
        sidecar = self._store.sidecar(place.text_path)
        if sidecar is None:
            log.warning("redelivery.unread", path=place.text_path)
            return None
        text = self._store.text(place.text_path) if self._with_text else None
        return entry_of(sidecar, place, text)


def _advice(store: str) -> str:
    return (
        f"{store} does not hold the documents that the server knows, or not the latest of them:"
        " COPYDESK_STORE, or COPYDESK_HOME, names the store"
    )


class _Walk:
    """One plan's way through the store: what this process has looked at, and need not look at again."""

    def __init__(self, store: Store, plan: Plan) -> None:
        self.plan = plan.name
        self._store = store
        # What comes into the store after a plan was made is published after it, too.
        self._days = _sources_by_day(store)
        self._day: date | None = None
        self._places: list[Place] = []
        self._tail = plan.cut
        self._later: set[str] = set()
        self.is_ours = False
        """Whether a document was met that the state knows at its place."""

    def newest(self) -> Iterator[Place]:
        """The documents of the last days; not more of them than tell whose store it is."""
        days = (self._of(day) for day in sorted(self._days, reverse=True))
        return islice(chain.from_iterable(days), _PROOFS)

    def places(self, plan: Plan) -> Iterator[Place]:
        """The documents that are still to be taken, by day, number and source."""
        first = date.fromisoformat(plan.reached.day if plan.reached else plan.since)
        last = date.fromisoformat(plan.until)
        for day in sorted(day for day in self._days if first <= day <= last):
            for place in self._of(day):
                if plan.reached is None or Reached.of(place) > plan.reached:
                    yield place

    def _of(self, day: date) -> list[Place]:
        if day != self._day:
            shelves = (f"{DOCUMENTS}/{source}/{day}" for source in self._days[day])
            places = (place for shelf in shelves for place in self._store.places(shelf))
            self._places, self._day = sorted(places, key=Reached.of), day
        return self._places

    def later(self, adoption: Adoption) -> set[str]:
        """Ids of documents that the group is given by the outbox anyway: what it had not been given then."""
        last = adoption.last_published()
        if last and last != self._tail:
            self._later.update(adoption.published(self._tail, last))
            self._tail = last
        return self._later


def _sources_by_day(store: Store) -> dict[date, list[str]]:
    days: dict[date, list[str]] = {}
    for source in filter(is_source, store.shelf(DOCUMENTS).folders):
        for name in store.shelf(f"{DOCUMENTS}/{source}").folders:
            if day := day_of(name):
                days.setdefault(day, []).append(source)
    return days

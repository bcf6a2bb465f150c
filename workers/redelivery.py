"""Documents once more, for one group alone: taken from the files, into a stream of the group's own.

A plan (`workers.state.again`) says from which day on, and how far it has come. Whoever sees the store fills the
group's stream, piece by piece, and no further than it is read: the service at each tick, the command that asks for
it, a consumer that has come to its end. A kill between two pieces changes nothing, since a piece and the note of
it are one step. Texts are taken by day, and within a day by their number, which is the order in which each source
had them.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import structlog

from config.settings import Settings
from workers.pages.records import entry_of
from workers.state.adoption import Adoption
from workers.state.again import Held, Plan, Reached
from workers.state.state import State
from workers.storage.places import DOCUMENTS, Place, day_of, is_source
from workers.storage.store import Store

log = structlog.get_logger(__name__)

MOST_WAITING = 500
"""Entries in a group's own stream, at which it is filled no further."""
_A_PIECE = 100
_SECONDS = 2.0
_FEW = 10


class WrongStore(Exception):
    """The store is not the one that the state knows; the message says what to do."""


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
        self._refuse_empty()
        # A clock may be ahead; what comes later comes by the outbox.
        until = datetime.fromtimestamp(self._clock(), UTC).date() + timedelta(days=1)
        return self._state.again.ask(group, since or date.min, until)

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
            self._state.outbox.again(group).trim_read()
        return self._state.again.waiting(group) < MOST_WAITING

    def _piece(self, group: str, held: Held) -> int:
        walk = self._walks.get(group)
        if walk is None or walk.plan != held.plan.name:
            walk = self._walks[group] = _Walk(self._store, held.plan)
        places = list(islice(walk.places(held.plan), _A_PIECE))
        if not places:
            if walk.is_of_nothing:
                self._refuse_empty()
            self._walks.pop(group)
            if self._state.again.fill(group, held, None, ()):
                self._ended[group] = held.plan.given
            return 0
        entries = self._entries(walk, places)
        plan = held.plan.behind(Reached.of(places[-1]), len(entries))
        return len(entries) if self._state.again.fill(group, held, plan, entries) else 0

    def _refuse_empty(self) -> None:
        if self._state.counted.texts() and not self._store.shelf(DOCUMENTS).folders:
            raise WrongStore(_advice(self._store.name))

    def _entries(self, walk: "_Walk", places: Sequence[Place]) -> list[Mapping[str, str]]:
        known = self._state.index.places([place.id for place in places], self._clock())
        own = [place for place in places if known.get(place.id) == place]
        if not own and len(places) >= _FEW:
            raise WrongStore(_advice(self._store.name))
        later = walk.later(self._state.adoption)
        wanted = (place for place in own if place.id not in later)
        return [entry for place in wanted if (entry := self._entry(place))]

    def _entry(self, place: Place) -> Mapping[str, str] | None:
        sidecar = self._store.sidecar(place.text_path)
        if sidecar is None:
            log.warning("redelivery.unread", path=place.text_path)
            return None
        text = self._store.text(place.text_path) if self._with_text else None
        return entry_of(sidecar, place, text)


def _advice(store: str) -> str:
    return (
        f"{store} does not hold the documents that the server knows: COPYDESK_STORE, or COPYDESK_HOME,"
        " names the store"
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

    @property
    def is_of_nothing(self) -> bool:
        """Whether there was no document at all."""
        return not self._days

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

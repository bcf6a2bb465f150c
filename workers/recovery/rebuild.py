"""The state is made anew from the files alone, and every file is proven on the way.

Texts are taken day by day, in the order in which they were fetched, and entered in batches by scripts
that leave alone what is known and what is on its way. So it does no harm to a state that is whole, to
a service that runs, or a second time. Nothing in the store is changed; it is this state's from then on.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from multiprocessing import get_context

from crawler.document import render
from workers.dedup.signature import signature
from workers.recovery.adopt import Adopted, Adopter, Found, Nearby
from workers.recovery.ownership import take_over
from workers.recovery.settle import settle
from workers.service import Service
from workers.state.adoption import Adoption, Answer, Moved
from workers.storage.damage import Damaged, read_sound
from workers.storage.folder import FolderStore
from workers.storage.places import TOPS, Place, day_of, is_source
from workers.storage.store import Store

_A_BATCH = 50
# Batches that are read ahead of the one that is entered.
_AHEAD = 32
_FEW = 1000
_BUCKET_THREADS = 16


@dataclass(frozen=True, slots=True)
class Problem:
    """A path of the store, and what is wrong there."""

    path: str
    problem: str


@dataclass
class Rebuilt:
    """What came of it."""

    documents: int = 0
    """Sound texts under `documents/`."""
    duplicates: int = 0
    """Sound texts under `duplicates/`."""
    entered: int = 0
    """Texts that the state did not know of."""
    owed: int = 0
    """Texts whose page is on its way, and which it will commit."""
    published: int = 0
    taken_over: bool = False
    """Whether the store was another service's, or of this one before its state was lost."""
    problems: list[Problem] = field(default_factory=list)


_Batch = tuple[list[Place], Nearby]


@dataclass(frozen=True, slots=True)
class _Shelf:
    path: str
    day: date
    texts: int


class Rebuild:
    """One run over the whole store."""

    def __init__(
        self,
        service: Service,
        *,
        outbox: bool = False,
        spare: int = 0,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        self._service = service
        self._store = service.store
        self._adoption = service.state.adoption
        self._spare = spare
        self._progress = progress
        self._adopter = Adopter(service)
        self._outbox = _Outbox(self._adoption) if outbox else None
        self._is_lost = service.state.settlement.is_lost()
        self._refused: set[str] = set()
        self.told = Rebuilt()

    def run(self) -> Rebuilt:
        """Make the state anew, and the store its own; what is wrong with single files is told in the end.

        Raises `StoreFull` and an `OSError`.
        """
        settlement = self._service.state.settlement
        self._service.state.ledger.forget_sources()
        # Before anything is read: the former owner, if it is still at work, stops meanwhile.
        self.told.taken_over = take_over(self._service)
        if self._is_lost:
            settlement.begin_rebuild()
        else:
            committed = settle(self._service, spare=self._spare)
            self.told.entered += len(committed)
            self.told.published += sum(one.place.number is not None for one in committed)
        run = settlement.server_run()
        shelves = list(self._shelves())
        total, done = sum(shelf.texts for shelf in shelves), 0
        with _readers(self._store, total) as readers:
            for batch, nearby in self._read(readers, self._batches(shelves)):
                self._enter(batch, nearby)
                done += len(batch)
                self._progress(done, total)
        if self._is_lost:
            settlement.settle(run, self._service.clock())
        self.told.problems.sort(key=lambda problem: problem.path)
        return self.told

    def _problem(self, path: str, problem: str) -> None:
        self.told.problems.append(Problem(path, problem))

    def _shelves(self) -> Iterator[_Shelf]:
        """Every folder of texts, those of one day together, the oldest first."""
        found: Counter[tuple[date, str]] = Counter()
        for top in TOPS:
            for folder, names in self._store.walk(top):
                if day := self._day_of_shelf(folder, names):
                    found[day, folder] += len(names)
        in_order = sorted(found.items(), key=lambda one: one[0][0])
        return iter(_Shelf(path, day, files // 2) for (day, path), files in in_order)

    def _day_of_shelf(self, folder: str, names: Sequence[str]) -> date | None:
        """The day of a folder of texts; None where it is none."""
        top, source, day, *deeper = (*folder.split("/"), "", "")[:4]
        if not source:
            self._refuse(top, names)
        elif not is_source(source):
            self._refuse(top, [source])
        elif not day:
            self._refuse(folder, names)
        elif day_of(day) is None:
            self._refuse(f"{top}/{source}", [day])
        elif any(deeper):
            self._refuse(f"{top}/{source}/{day}", deeper)
        else:
            return day_of(day)
        return None

    def _refuse(self, folder: str, names: Iterable[str]) -> None:
        paths = dict.fromkeys(f"{folder}/{name}" for name in names)
        for path in paths.keys() - self._refused:
            self._problem(path, "not a name of the store")
        self._refused |= paths.keys()

    def _batches(self, shelves: Sequence[_Shelf]) -> Iterator[_Batch]:
        """The places of a day in the order in which their texts were fetched, with all of that day."""
        days: dict[date, list[str]] = {}
        for shelf in shelves:
            days.setdefault(shelf.day, []).append(shelf.path)
        for paths in days.values():
            places = [place for path in paths for place in self._places(path)]
            orders = self._store.side_by_side(partial(_order, self._store), places)
            ordered = sorted(places, key=dict(zip(places, orders, strict=True)).__getitem__)
            nearby = {place.id: place for place in places}
            for start in range(0, len(ordered), _A_BATCH):
                yield ordered[start : start + _A_BATCH], nearby

    def _places(self, path: str) -> list[Place]:
        shelf = self._store.shelf(path)
        self._refuse(path, shelf.folders)
        stems: dict[str, None] = {}
        for name in shelf.files:
            stem, _, ending = name.rpartition(".")
            if ending in ("txt", "json") and Place.of(f"{path}/{stem}"):
                stems[stem] = None
            else:
                self._refuse(path, [name])
        places = [place for stem in stems if (place := Place.of(f"{path}/{stem}"))]
        if places:
            highest = max(places, key=lambda place: place.number or 0)
            self._adoption.raise_number(highest, self._spare, self._service.clock())
        return places

    def _read(
        self, readers: Executor | None, batches: Iterator[_Batch]
    ) -> Iterator[tuple[list[Found | Damaged], Nearby]]:
        """Both files of each place, proven; read ahead by others where there are many."""
        window_start = self._adoption.window_start(self._service.clock())
        with_text = self._service.settings.outbox_text
        read = partial(_read_batch, self._store, window_start, with_text)
        if readers is None:
            yield from ((read(places), nearby) for places, nearby in batches)
            return
        ahead: deque[tuple[Future[list[Found | Damaged]], Nearby]] = deque()
        for places, nearby in batches:
            ahead.append((readers.submit(read, places), nearby))
            if len(ahead) > _AHEAD:
                future, beside = ahead.popleft()
                yield future.result(), beside
        yield from ((future.result(), nearby) for future, nearby in ahead)

    def _enter(self, batch: Sequence[Found | Damaged], nearby: Nearby) -> None:
        found = [one for one in batch if isinstance(one, Found)]
        for one in batch:
            if isinstance(one, Damaged):
                self._damaged(one)
        if self._outbox:
            adopted, published = self._outbox.publish(self._adopter, found, nearby)
        elif self._is_lost:
            adopted, published = self._adopter.enter(found, nearby), 0
        else:
            adopted = self._adopter.commit(found, nearby)
            published = sum(_is_entered(one) and one.place.number is not None for one in adopted)
        self.told.published += published
        for done in adopted:
            self._count(done)

    def _damaged(self, damaged: Damaged) -> None:
        place = Place.of(damaged.path.rpartition(".")[0])
        if place and self._adoption.is_owed(place.id):
            self.told.owed += 1
        else:
            self._problem(damaged.path, damaged.problem)

    def _count(self, done: Adopted) -> None:
        if done.twin:
            self._problem(
                done.place.text_path, f"the same text stands in {done.twin.text_path} too"
            )
            return
        self.told.documents += done.place.number is not None
        self.told.duplicates += done.place.number is None
        self.told.entered += _is_entered(done)
        self.told.owed += done.answer in {Answer.OWED, Answer.LEFT}


def _is_entered(done: Adopted) -> bool:
    return done.answer is Answer.COMMITTED


class _Outbox:
    """What the outbox holds, followed to its end, so that nothing enters it a second time."""

    def __init__(self, adoption: Adoption) -> None:
        self._adoption = adoption
        self._held: set[bytes] = set()
        self._tail = ""

    def publish(
        self, adopter: Adopter, found: Sequence[Found], nearby: Nearby
    ) -> tuple[list[Adopted], int]:
        """Enter texts, and publish those that are not held; how many."""
        self._follow()
        numbered = {bytes.fromhex(t.place.id) for t in found if t.place.number is not None}
        unheld = numbered - self._held
        while True:
            missing = {raw.hex() for raw in unheld - self._held}
            try:
                adopted, self._tail = adopter.publish(found, nearby, missing, self._tail)
            except Moved:
                self._follow()
                continue
            self._held |= {
                bytes.fromhex(one.place.id)
                for one in adopted
                if one.answer in {Answer.COMMITTED, Answer.KNOWN} and one.place.id in missing
            }
            return adopted, len(unheld & self._held)

    def _follow(self) -> None:
        last = self._adoption.last_published()
        if last != self._tail:
            ids = self._adoption.published(self._tail, last)
            self._held.update(map(bytes.fromhex, ids))
        self._tail = last


@contextmanager
def _readers(store: Store, texts: int) -> Iterator[Executor | None]:
    """Who reads: many at once where that is worth the start of them."""
    if texts < _FEW:
        yield None
    elif isinstance(store, FolderStore):
        # Not forked: this process has threads.
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            yield pool
    else:
        with ThreadPoolExecutor(_BUCKET_THREADS) as threads:
            yield threads


def _order(store: Store, place: Place) -> tuple[str, bool, str, int]:
    """By the time of the fetch; what has no sidecar to tell it comes first, to be reported."""
    sidecar = store.sidecar(place.text_path)
    fetched = sidecar.fetched if sidecar and isinstance(sidecar.fetched, str) else ""
    is_linked = sidecar is not None and sidecar.duplicate_of is not None
    return fetched, is_linked, place.source, place.number or 0


def _read_batch(
    store: Store,
    window_start: float,
    with_text: bool,  # noqa: FBT001 - bound by `partial`
    places: Sequence[Place],
) -> list[Found | Damaged]:
    return [_read_one(store, window_start, place, with_text=with_text) for place in places]


def _read_one(
    store: Store, window_start: float, place: Place, *, with_text: bool
) -> Found | Damaged:
    try:
        sound = read_sound(store, place)
    except Damaged as damaged:
        return damaged
    is_compared = place.number is not None and sound.fetched >= window_start
    bands = signature(sound.document.body) if is_compared else ()
    text = render(sound.document) if with_text else None
    return Found(place, sound.sidecar, sound.fetched, bands, text)

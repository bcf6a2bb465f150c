"""The state is settled with the store: what the server does not know of is committed, no number given twice.

A server that was started again may have lost the last of what it was told, or, set back to an older
copy of its files, much more. What it told consumers and what stands in the store is then later than
its marks. A place is given to a text only when the folders of that time have been looked through
(see `reserve.lua`), so that one text has one path.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import structlog

from crawler.document import render
from workers.dedup.signature import signature
from workers.recovery.adopt import Adopted, Adopter, Found
from workers.recovery.ownership import refusal_of
from workers.service import Service
from workers.state.adoption import Answer
from workers.storage.damage import Damaged, read_sound
from workers.storage.places import TOPS, Place, is_source, places_in
from workers.storage.store import StoreFull

log = structlog.get_logger(__name__)

_A_BATCH = 50
# A text and its sidecar each.
_NAMES_A_LOOK = 1000
_SOURCES_A_LOOK = 64
_LOCK_SECONDS = 20
_SAY_SECONDS = 60
_LOOKED_BACK = timedelta(days=1)
# A state of a version that noted neither: its server lost seconds, not days.
_UNTOLD = timedelta(days=2)


class StateLost(Exception):
    """The server knows nothing of what stands in the store, or that is another's; the message says what to do."""


def settle(service: Service, *, spare: int = 0) -> list[Adopted]:
    """Settle the state with the store, unless that was done since the server was started.

    `spare` numbers are left out in each folder: those that workers at work may have been given
    and the server no longer knows of. A store that is nobody's is this state's from now on. Returns the texts that
    were committed. Raises `StateLost`, `StoreFull`, and an `OSError`.
    """
    settlement = service.state.settlement
    service.state.ledger.forget_sources()
    if (refusal := refusal_of(service, claims=True)) is not None:
        raise StateLost(str(refusal))
    if settlement.refresh():
        return []
    run, now = settlement.server_run(), service.clock()
    if is_anothers(service):
        log.warning("store.strange", store=service.store.name)
    adopted = adopt_recent(service, _lost_since(service, now), spare=spare)
    settlement.settle(run, now)
    return adopted


def is_anothers(service: Service) -> bool:
    """Whether the server knows of texts, and there is none in the store: it may be the wrong one."""
    return service.state.counted.texts() > 0 and not service.store.holds_texts()


def settle_soon(service: Service) -> bool:
    """Settle, unless another process is at it; whether the state is settled."""
    state, settings = service.state, service.settings
    before = state.settlement.epoch
    if state.settlement.refresh():
        if state.settlement.epoch != before:
            # Another process settled a state that may have been lost, and made again.
            state.ledger.forget_sources()
        return True
    if not state.is_time("settling", _LOCK_SECONDS):
        return False
    try:
        # Workers that were started by themselves have not tried it before.
        service.store.try_out()
        settle(service, spare=settings.ingest_processes * settings.batch_pages)
    except StateLost as error:
        if state.is_time("loss-told", _SAY_SECONDS):
            log.error("state.lost", problem=str(error))
        return False
    except StoreFull as error:
        log.error("store.full", problem=str(error), pages=0)
        return False
    except OSError as error:
        log.error("store.unread", problem=str(error))
        return False
    finally:
        state.is_time_again("settling")
    return True


def _lost_since(service: Service, now: float) -> date:
    """The first day whose folders may hold what the server does not know of."""
    latest = service.state.settlement.latest()
    since = _day(latest) - _LOOKED_BACK if latest else _day(now) - _UNTOLD
    waiting = service.state.frontier.oldest_waiting()
    return min(since, _day(waiting)) if waiting else since


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def adopt_recent(service: Service, since: date | None = None, *, spare: int = 0) -> list[Adopted]:
    """Commit what stands in the folders of recent days and no one committed, and tell it.

    Numbers are raised above those that are taken. A second file of a known text is removed.
    """
    now = service.clock()
    since = since or _day(now) - _LOOKED_BACK
    adopter = Adopter(service)
    # By day, so that a text comes before its revisions.
    by_day: dict[date, list[Found]] = {}
    for highest, unknown in _looks(service, since, _day(now)):
        for place in highest:
            service.state.adoption.raise_number(place, spare, now)
        for place in unknown:
            if found := _found(service, place):
                by_day.setdefault(place.day, []).append(found)
    adopted = [
        one
        for day in sorted(by_day)
        for one in _adopt(service, adopter, sorted(by_day[day], key=_order))
    ]
    if adopted:
        log.warning("texts.adopted", count=len(adopted))
    return adopted


def _order(found: Found) -> tuple[float, bool, int]:
    # A near-duplicate may have been fetched in the same second as its original.
    is_linked = found.sidecar.duplicate_of is not None
    return found.fetched, is_linked, found.place.number or 0


_Look = tuple[list[Place], list[Place]]
"""Of a source: the last place of each folder, and the places that the state does not know of."""


def _looks(service: Service, since: date, today: date) -> Iterator[_Look]:
    # A clock may have been set back.
    first, last = min(since, today), max(since, today) + timedelta(days=1)
    store = service.store
    sources = [
        f"{top}/{source}" for top in TOPS for source in filter(is_source, store.shelf(top).folders)
    ]
    for start in range(0, len(sources), _SOURCES_A_LOOK):
        some = sources[start : start + _SOURCES_A_LOOK]
        yield from store.side_by_side(partial(_look, service, first, last), some)


def _look(service: Service, first: date, last: date, source: str) -> _Look:
    """Names of a busy source's days are many: no more is kept of them than is asked for."""
    highest: list[Place] = []
    unknown: list[Place] = []
    for folder, names in service.store.walk(source, since=str(first)):
        found = [p for p in _unknown_of(service, folder, names, highest) if p.day <= last]
        unknown += found
    return [place for place in highest if place.day <= last], unknown


def _unknown_of(
    service: Service, folder: str, names: Sequence[str], highest: list[Place]
) -> Iterator[Place]:
    for start in range(0, len(names), _NAMES_A_LOOK):
        places = places_in(folder, names[start : start + _NAMES_A_LOOK])
        if not places:
            continue
        highest.append(max(places, key=lambda place: place.number or 0))
        known = service.state.index.places([place.id for place in places], service.clock())
        yield from (place for place in places if known.get(place.id) != place)


def _found(service: Service, place: Place) -> Found | None:
    try:
        sound = read_sound(service.store, place)
    except Damaged as error:
        log.warning("store.damaged", path=error.path, problem=error.problem)
        return None
    text = render(sound.document) if service.settings.outbox_text else None
    return Found(place, sound.sidecar, sound.fetched, signature(sound.document.body), text)


def _adopt(service: Service, adopter: Adopter, found: Sequence[Found]) -> Iterator[Adopted]:
    nearby = {one.place.id: one.place for one in found}
    for start in range(0, len(found), _A_BATCH):
        for one in adopter.commit(found[start : start + _A_BATCH], nearby):
            if one.twin:
                _remove_copy(service, one.place, one.twin)
            elif one.answer is Answer.LEFT:
                # Its writer had lost the page, and died before it could take this away again.
                service.store.remove(one.place)
                log.info("text.left", path=one.place.text_path)
            elif one.answer is Answer.COMMITTED:
                log.info("text.adopted", path=one.place.text_path)
                yield one


def _remove_copy(service: Service, copy: Place, kept: Place) -> None:
    """One text has one path: a kill may leave another file of it, which nobody was told of."""
    try:
        read_sound(service.store, kept)
    except Damaged as error:
        log.warning("store.damaged", path=error.path, problem=error.problem)
        return
    if service.state.index.disown_copy(copy):
        service.store.remove(copy)
        log.warning("text.doubled", path=copy.text_path, kept=kept.text_path)

"""A store belongs to one state in Redis, and says to which.

Two services with a server each would take each other's documents for leftovers of their own, and remove some.
So a state leaves its name in the store that it is settled with, and is not settled with one that has another's.
Whoever means to have that store runs `copydesk rebuild`, and the former owner gives no places any more as soon as it has looked.
"""

from datetime import UTC, datetime
from socket import gethostname

from workers.service import Service
from workers.state.settlement import REBUILD_ADVICE, TAKE_OVER_ADVICE, Refusal
from workers.storage.owners import Owner, owner_of
from workers.storage.store import StoreAway, StoreFull

_MOST_RACES = 5
_LOOK_SECONDS = 60


def refusal_of(service: Service, *, claims: bool = False) -> Refusal | None:
    """Why the state cannot be settled with the store; None where it can.

    A store that is nobody's is this state's from now on where it `claims` that, and else left as it is. Raises an
    `OSError` where the store cannot be read, and `StoreFull`: neither says whose it is.
    """
    store, settlement = service.store, service.state.settlement
    if settlement.is_lost() and store.holds_texts():
        told = f"the server knows nothing of the documents in {store.name}"
        return Refusal(told, REBUILD_ADVICE, is_lost=True)
    owner = _claimed(service) if claims else owner_of(store)
    # A file that does not say whose it is names nobody, be it that the state has no name yet either.
    if owner is None or (owner.service and owner.service == settlement.service()):
        return None
    begun = f", since {owner.since}, from {owner.host}" if owner.since and owner.host else ""
    told = f"{store.name} belongs to another service ({owner.path}{begun})"
    return Refusal(told, TAKE_OVER_ADVICE)


def keeps_store(service: Service) -> bool:
    """Whether the store is still that of a settled state, as far as can be told now; else it is settled no more."""
    settlement = service.state.settlement
    if not settlement.is_settled():
        return False
    try:
        is_kept = refusal_of(service, claims=True) is None
    except (StoreFull, OSError):
        return True
    if not is_kept:
        settlement.undo()
    return is_kept


def watch_store(service: Service) -> None:
    """Look once a minute whether the store is still the state's: for whatever has texts written, time and again."""
    if service.state.is_time("owning", _LOOK_SECONDS):
        keeps_store(service)


def take_over(service: Service) -> bool:
    """Have the store be this state's from now on; whether it was another's. Raises `StoreFull` and an `OSError`."""
    own = service.state.settlement.named_service()
    was_anothers = False
    for _ in range(_MOST_RACES):
        owner = owner_of(service.store)
        if owner and owner.service == own:
            return was_anothers
        was_anothers = was_anothers or owner is not None
        if _enters(service, owner.number + 1 if owner else 1):
            return was_anothers
    raise _raced(service)


def _claimed(service: Service) -> Owner:
    """The owner of the store, which is this state from now on where there is none."""
    for _ in range(_MOST_RACES):
        if owner := owner_of(service.store):
            return owner
        _enters(service, 1)
    raise _raced(service)


def _enters(service: Service, number: int) -> bool:
    """Whether this state is the owner with a number, and nobody else."""
    since = datetime.fromtimestamp(service.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    own = Owner(number, service.state.settlement.named_service(), since, gethostname())
    return service.store.create(own.path, own.to_json())


def _raced(service: Service) -> StoreAway:
    return StoreAway(f"{service.store.name}: others take it just now; try again")

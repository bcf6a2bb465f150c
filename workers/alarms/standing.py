"""The alarms as they stand at this moment, for those who show them."""

from collections.abc import Sequence

from workers.alarms import kinds, watch
from workers.alarms.sources import OF_THE_USUAL, roots
from workers.service import Service
from workers.state.alarms import Alarm


def standing_alarms(service: Service, names: Sequence[str], now: float) -> list[Alarm]:
    """Those of the service, and then those of these sources."""
    own = [a for a in service.state.alarms.standing() if not kinds.is_of_source(a)]
    seen = watch.of_service(service, now)
    return [*kinds.with_since(seen, own, now), *alarms_of(service, names, now)]


def kept_alarms(service: Service) -> list[Alarm]:
    """All of them as they were last looked at, some minutes ago at the most: however many sources there are."""
    return roots(service.state.alarms.standing())


def alarms_of(service: Service, names: Sequence[str], now: float) -> list[Alarm]:
    """What stands of these sources, with crawls that fail as they are now; of two with one cause, the cause."""
    facts = service.state.schedule.facts_of_all(names)
    standing = [a for a in service.state.alarms.standing() if kinds.is_of_source(a)]
    present = kinds.of_facts(facts, service.state.coverage.open_gaps(names), now)
    kept = [a for a in standing if a.kind in OF_THE_USUAL and a.subject in facts]
    return roots([*kinds.with_since(present, standing, now), *kept])

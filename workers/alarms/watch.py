"""Looks at sources after their crawls, and at the service: which alarms are raised, which are cleared."""

from collections.abc import Iterable, Mapping, Sequence

import structlog

from workers.alarms import kinds
from workers.alarms.sources import judge, limit_of_silence
from workers.alarms.usual import DAY, Look, Usual, after
from workers.delivered import WEBHOOK
from workers.recovery.ownership import refusal_of
from workers.service import Service
from workers.state.alarms import Alarm, Seen
from workers.state.settlement import Refusal
from workers.state.version import ALIVE_SECONDS

log = structlog.get_logger(__name__)

# A crawl's last pages are still to be ingested when it ends.
SETTLED_SECONDS = 60.0
_MOST_LOOKED_AT = 500
# What is usual for a source is kept for so long after it was disabled, or left the file.
_KEPT_SECONDS = 40 * DAY
_SWEPT_AT_ONCE = 500


def watch_sources(service: Service, now: float, settled: float = SETTLED_SECONDS) -> int:
    """Look at the sources of which a crawl ended `settled` seconds ago; how many they were.

    What this takes follows the crawls that end, not the sources that there are.
    """
    state = service.state.alarms
    names = state.to_look_at(now - settled, _MOST_LOOKED_AT)
    if not names:
        return 0
    standing = state.standing()
    seen = state.seen(names)
    facts = {name: one.crawl for name, one in seen.items()}
    of_facts = kinds.of_facts(facts, service.state.coverage.open_gaps(names), now)
    present = _by_source(kinds.with_since(of_facts, standing, now))
    before = _by_source(standing)
    for name, one in seen.items():
        if one.is_scheduled:
            _look(service, name, one, before.get(name, {}), present.get(name, {}))
        else:
            state.forget([name])
    return len(names)


def watch_service(service: Service, now: float) -> None:
    """Look at the service as a whole, and let go the alarms of sources that are no longer there."""
    service.state.groups.note(now)
    standing = service.state.alarms.standing()
    own = [alarm for alarm in standing if not kinds.is_of_source(alarm)]
    seen = kinds.with_since(of_service(service, now), own, now)
    raised = {alarm.name for alarm in seen}
    gone = [alarm for alarm in own if alarm.name not in raised]
    of_sources = [alarm for alarm in standing if kinds.is_of_source(alarm)]
    strangers = service.state.alarms.unscheduled({alarm.subject for alarm in of_sources})
    gone += [alarm for alarm in of_sources if alarm.subject in strangers]
    service.state.alarms.change(seen, gone)
    _tell(seen, own, gone)


def sweep_usual(service: Service, now: float) -> None:
    """Let go of what is usual for sources that have not been crawled for long."""
    state, cursor = service.state.alarms, 0
    while True:
        cursor, some = state.some_usual(cursor, _SWEPT_AT_ONCE)
        old = [name for name, raw in some.items() if _is_old(raw, now)]
        state.forget(state.unscheduled(old))
        if not cursor:
            return


def of_service(service: Service, now: float) -> list[Alarm]:
    """What is wrong with the service as a whole at present."""
    state, settings = service.state, service.settings
    parts = state.seen()
    limits = {"outbox_max": settings.outbox_max, "retention_days": settings.retention_days}
    return [
        *kinds.of_memory(state.memory()),
        *kinds.of_store(_refusal(service)),
        *kinds.of_parts(parts, alive_seconds=ALIVE_SECONDS, now=now),
        *kinds.of_machines(state.machines.placed(now), parts, now),
        *kinds.of_sources_files(state.machines.behind(now), now),
        *kinds.of_groups(state.groups.all(now), **limits, now=now),
        *kinds.of_dead(state.outbox.dead()),
        # Of a part that was ended in order nothing is said.
        *kinds.of_webhook(state.webhook_trouble() if WEBHOOK in parts else {}, now),
        *kinds.of_notices(list(state.alarms.notices().values())),
    ]


def _refusal(service: Service) -> Refusal | None:
    """Why no text is given a place; a settled state needs no look at the store."""
    if service.state.settlement.is_settled():
        return None
    try:
        return refusal_of(service)
    except OSError:
        return None  # it is told where it is needed


def _look(
    service: Service,
    name: str,
    seen: Seen,
    standing: Mapping[str, Alarm],
    present: Mapping[str, Alarm],
) -> None:
    usual = Usual.from_json(seen.usual)
    crawl, now = seen.crawl, service.clock()
    look = Look(crawl.ended or now, crawl.walked, seen.outcomes, seen.reasons)
    limit = limit_of_silence(crawl, usual) if usual else None
    usual = after(usual, look, limit=limit, is_broken="broken" in standing)
    is_owed = bool(seen.owed and crawl.new_links)
    raised = {**present, **judge(name, crawl, usual, standing, is_owed=is_owed)}
    cleared = {kind: None for kind in standing if kind not in raised}
    again = now if seen.waiting else None
    changes = {**{k: a for k, a in raised.items() if standing.get(k) != a}, **cleared}
    if service.state.alarms.keep(name, seen, usual.to_json(), changes, again):
        gone = [standing[kind] for kind in cleared]
        _tell(raised.values(), standing.values(), gone)


def _by_source(standing: Sequence[Alarm]) -> dict[str, dict[str, Alarm]]:
    found: dict[str, dict[str, Alarm]] = {}
    for alarm in standing:
        if kinds.is_of_source(alarm):
            found.setdefault(alarm.subject, {})[alarm.kind] = alarm
    return found


def _tell(seen: Iterable[Alarm], before: Iterable[Alarm], gone: Iterable[Alarm]) -> None:
    known = {alarm.name for alarm in before}
    for alarm in seen:
        if alarm.name not in known:
            log.warning(
                "alarm.raised", kind=alarm.kind, subject=alarm.subject, evidence=alarm.evidence
            )
    for alarm in gone:
        log.info("alarm.cleared", kind=alarm.kind, subject=alarm.subject)


def _is_old(raw: bytes, now: float) -> bool:
    usual = Usual.from_json(raw)
    return usual is None or now - usual.at > _KEPT_SECONDS

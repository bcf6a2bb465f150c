"""The schedule follows the sources file: what is new is added, what is gone let go, what is edited timed anew."""

import hashlib
import math
import random
from collections.abc import Collection, Iterator, Mapping
from socket import gethostname

import structlog

from config.sources import Source
from workers.pacing.pace import next_walk
from workers.service import Service
from workers.state.schedule import CrawlFacts, Standing

log = structlog.get_logger(__name__)

SPREAD_SECONDS = 300.0
"""Many sources that are new, or late, are begun over so long."""
# A process may be given leave for private addresses that another of this service is not.
_OF_THE_PROCESS = {"allow_private"}
_DEFAULTS = {name: field.get_default() for name, field in Source.model_fields.items()}
_MOST_NAMED = 20
_SAID_SECONDS = 60
_PART = 12


def follows_file(service: Service, now: float) -> bool:
    """Whether this host's sources file is the one to follow; said now and then where another's was changed later.

    Two that differ would undo each other's work at each tick: what one schedules, the other lets go.
    """
    file, state = service.sources.edition, service.state
    changed = file.changed + state.clock.ahead
    followed = state.machines.takes_sources(gethostname(), file.digest, changed, now)
    if followed not in ("", gethostname()) and state.is_time(
        f"said:behind:{gethostname()}", _SAID_SECONDS
    ):
        log.warning("sources.behind", host=gethostname(), followed=followed)
    return not followed


def follow_file(service: Service, sources: Mapping[str, Source], now: float) -> None:
    """Schedule what is new in the sources file, and let go what is no longer there."""
    schedule, digest = service.state.schedule, service.sources.edition.digest
    # Another host's file may have been followed meanwhile, which has as many.
    is_in_line = schedule.count() == len(sources) and schedule.followed() == digest
    if service.sources.is_followed and is_in_line:
        return
    scheduled = schedule.names()
    fresh = [source for name, source in sources.items() if name not in scheduled]
    schedule.add(first_times(fresh, now))
    schedule.remove(gone := scheduled - sources.keys())
    follow_edits(service, sources, now)
    schedule.note_followed(digest)
    service.sources.is_followed = True
    _tell_gone(service, gone)


def _tell_gone(service: Service, gone: Collection[str]) -> None:
    if gone:
        some = sorted(gone)[:_MOST_NAMED]
        owed = sum(service.state.frontier.owed(name) for name in some)
        log.info("sources.left", count=len(gone), some=some, owed=owed)


def follow_edits(service: Service, sources: Mapping[str, Source], now: float) -> None:
    """Where a source was edited, its next walk follows what it says now, and a crawl under way ends early.

    With another schedule it is due by that one, not at the old one's distant time; with other listings, at
    once. A walk that the old one still owes, since it was missed or failed, is not put off.
    """
    schedule = service.state.schedule
    before, editions = schedule.timings(list(sources)), schedule.editions(list(sources))
    timings = {name: timing_of(source) for name, source in sources.items()}
    schedule.note_timings({n: timing for n, timing in timings.items() if n not in before})
    for name, timing in timings.items():
        found_elsewhere = editions.get(name, "")[:_PART] not in ("", where_of(sources[name]))
        if before.get(name, timing) != timing or found_elsewhere:
            owed = owed_walk(schedule.facts(name), now)
            due = now if found_elsewhere else next_walk(sources[name], CrawlFacts(), now)[0]
            schedule.retime(name, timing, min(due, owed))
    new = {name: edition_of(source) for name, source in sources.items()}
    schedule.note_editions({n: edition for n, edition in new.items() if editions.get(n) != edition})


def owed_walk(facts: CrawlFacts, now: float) -> float:
    """When a walk is to be made up that was missed or failed; infinite where none is."""
    is_owed = facts.walk_due is not None and (facts.walk_due <= now or facts.error)
    return facts.walk_due if is_owed and facts.walk_due is not None else math.inf


def timing_of(source: Source) -> str:
    """Names a source's schedule: with another, its next walk is counted anew."""
    return f"{source.schedule} {source.timezone} {source.every_min} {source.every_max}"


def is_retimed(source: Source, standing: Standing) -> bool:
    """Whether the source has another schedule, or other listings, in the file by now than here."""
    has_other_timing = standing.timing not in ("", timing_of(source))
    return has_other_timing or standing.edition[:_PART] not in ("", where_of(source))


def edition_of(source: Source) -> str:
    """Names all settings of a source, those that say where its articles are found in the first half.

    What stands as it does by default is left out: a release that knows of more settings names it the same.
    """
    fields = {
        n: v for n, v in source.__dict__.items() if n not in _OF_THE_PROCESS and v != _DEFAULTS[n]
    }
    return where_of(source) + _hash(fields)


def where_of(source: Source) -> str:
    """Names the settings that decide where a source's articles are found."""
    found_by = (source.start, source.feeds, source.sitemaps, source.sections)
    return _hash((*found_by, source.article_urls, source.hosts))


def _hash(settings: object) -> str:
    # A hundred thousand sources are named so whenever the file changes: JSON would take seconds.
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:_PART]


def first_times(sources: Collection[Source], now: float) -> dict[str, float]:
    """A source by itself is due at once; many are spread out, so that they do not start as a herd."""
    spread = min(SPREAD_SECONDS, float(len(sources) - 1)) if len(sources) > 1 else 0.0
    times = _spread(len(sources), spread)
    return {source.name: now + later for source, later in zip(sources, times, strict=True)}


def _spread(count: int, over: float) -> Iterator[float]:
    offsets = [over * i / max(1, count - 1) for i in range(count)]
    random.Random(count).shuffle(offsets)  # noqa: S311 - no secret, and the same at every start
    return iter(offsets)

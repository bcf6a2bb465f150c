"""What recurs on a source's pages becomes a file of rules, between two crawls.

All pages of a crawl are read under the same rules, so that what comes of them depends neither on
their order nor on who was killed on the way. A kill before the file is there changes nothing; after
it, the next run finds the file and goes on from it. Two at once make one file: it is created, never
written over.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from workers.rules.file import Rule, RuleFile, rules_path
from workers.service import Service
from workers.state.recurring import Ripe
from workers.storage.store import StoreFull

log = structlog.get_logger(__name__)

_MOST_SOURCES = 1000
# One that always has pages on their way is not waited for any longer.
_LONGEST_WAIT = 86400.0
# The n-th file comes so long after the one before, times n less one: files do not come without end.
_PAUSE_SECONDS = 3600.0


def freeze_ripe(service: Service, now: float) -> int:
    """Freeze what is ripe in sources that have no page on its way; how many files that made."""
    sources = service.state.recurring.sources(now, _MOST_SOURCES)
    if not sources:
        return 0
    crawling = service.state.schedule.crawling()
    made = 0
    for name, since in sources.items():
        at_rest = name not in crawling and service.state.frontier.owed(name) == 0
        if at_rest or now - since > _LONGEST_WAIT:
            made += _freeze_one(service, name, now)
    return made


def _freeze_one(service: Service, source: str, now: float) -> int:
    try:
        return int(freeze(service, source, now) is not None)
    except (StoreFull, OSError) as error:
        log.error("rules.unfrozen", source=source, problem=str(error))
        return 0


def freeze(service: Service, source: str, now: float) -> RuleFile | None:
    """Make the next file of a source; None where nothing in it would be new, or it is not yet time."""
    recurring = service.state.recurring
    ripe = recurring.ripe(source)
    while True:
        # Looked for once: a file that came after `newest` was read must not be passed by with the next number.
        numbers = service.rules.numbers(source)
        newest = service.rules.newest_of(source, numbers)
        known = newest.active.blocks if newest else {}
        added = [one for one in ripe if one.key not in known]
        if added and newest and (until := _not_before(newest, now)) > now:
            recurring.postpone(source, until)
            return None
        # A file that cannot be read keeps its number.
        number = max(numbers, default=0) + 1
        file = _next(source, number, newest, added, now) if added else None
        if file and not service.store.create(rules_path(source, file.number), file.to_json()):
            continue  # another process was faster: what it froze is looked at first
        last = file or newest
        recurring.frozen(source, last.number if last else 0, [one.key for one in ripe])
        if file:
            log.info("rules.frozen", source=source, number=file.number, added=len(added))
        return file


def _next(
    source: str, number: int, newest: RuleFile | None, ripe: Sequence[Ripe], now: float
) -> RuleFile:
    frozen = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    added = [Rule(one.text, one.seen, one.pages, number, frozen) for one in ripe]
    file = newest or RuleFile(source, 0, frozen)
    return RuleFile(source, number, frozen, file.grown(added))


def _not_before(newest: RuleFile, now: float) -> float:
    """When the next file may be made (unix seconds); a file of the future was made by a wrong clock."""
    try:
        made = datetime.fromisoformat(newest.frozen).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return now
    return made + (newest.number - 1) * _PAUSE_SECONDS if made <= now else now

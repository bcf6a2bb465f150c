"""What recurs on a source's pages becomes a file of rules, between two crawls.

All pages of a crawl are read under the same rules, so that what comes of them depends neither on
their order nor on who was killed on the way. A kill before the file is there changes nothing; after
it, the next run finds the file and goes on from it. Two at once make one file: it is created, never
written over.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from workers.rules.book import RuleBook
from workers.rules.file import Rule, RuleFile, rules_path
from workers.service import Service
from workers.state.recurring import Ripe
from workers.storage.store import StoreFull

log = structlog.get_logger(__name__)

_MOST_SOURCES = 100
# One that always has pages on their way is not waited for any longer.
_LONGEST_WAIT = 86400.0
# The n-th file comes so long after the one before, times n less one: files do not come without end.
_PAUSE = timedelta(hours=1)


def freeze_ripe(service: Service, now: float) -> int:
    """Freeze what is ripe in sources that have no page on its way; how many files that made."""
    sources = service.state.recurring.sources(_MOST_SOURCES)
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
        log.error("rules could not be frozen", source=source, problem=str(error))
        return 0


def freeze(service: Service, source: str, now: float) -> RuleFile | None:
    """Make the next file of a source; None where nothing in it would be new, or it is not yet time."""
    recurring = service.state.recurring
    ripe = recurring.ripe(source)
    while True:
        newest = service.rules.newest(source)
        known = newest.active.blocks if newest else {}
        added = [one for one in ripe if one.key not in known]
        if added and newest and _is_early(newest, now):
            return None
        file = _next(service.rules, source, newest, added, now) if added else None
        if file and not service.store.create(rules_path(source, file.number), file.to_json()):
            continue  # another process was faster: what it froze is looked at first
        last = file or newest
        recurring.frozen(source, last.number if last else 0, [one.key for one in ripe])
        if file:
            log.info("rules frozen", source=source, number=file.number, added=len(added))
        return file


def _next(
    book: RuleBook, source: str, newest: RuleFile | None, ripe: Sequence[Ripe], now: float
) -> RuleFile:
    # A file that cannot be read keeps its number.
    number = max(book.numbers(source), default=0) + 1
    frozen = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    added = [Rule(one.text, one.seen, one.pages, number, frozen) for one in ripe]
    file = newest or RuleFile(source, 0, frozen)
    return RuleFile(source, number, frozen, file.grown(added))


def _is_early(newest: RuleFile, now: float) -> bool:
    try:
        made = datetime.fromisoformat(newest.frozen)
    except ValueError:
        return False
    waited = datetime.fromtimestamp(now, UTC) - made.replace(tzinfo=UTC)
    return timedelta(0) <= waited < (newest.number - 1) * _PAUSE

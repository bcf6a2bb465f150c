"""What a person should know of and do something about: pure, with the facts and the present passed in.

Each kind of alarm is a function from facts to the alarms that they give. Those of a single source, which
take what is usual for it, are in `workers.alarms.sources`; `workers.alarms.watch` gathers and keeps them all.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from shlex import quote
from typing import Any

from workers.alarms.sources import FALLEN, GAP, KINDS, MOVED, of_failure
from workers.coverage.days import span
from workers.coverage.intervals import united
from workers.delivered import WEBHOOK
from workers.state.alarms import Alarm
from workers.state.coverage import SourceGap
from workers.state.groups import GroupLag
from workers.state.machines import Behind, Placed
from workers.state.memory import ADVICE, Memory
from workers.state.outbox import DEAD
from workers.state.schedule import CrawlFacts
from workers.state.settlement import Refusal
from workers.state.version import ALIVE_SECONDS

_DAY = 86400.0
_GAP_DAYS = 7
_MOST_WHILES = 3
_TROUBLE_SECONDS = 300.0
_FORGOTTEN_DAYS = 3
UNSENT = "unsent"
_OF_FACTS = (FALLEN, MOVED, GAP)


def of_memory(memory: Memory) -> Iterator[Alarm]:
    """The server is so full that crawls wait."""
    if memory.is_short:
        yield Alarm("memory", "server", f"{memory}, crawls wait: {ADVICE}")


def of_store(refusal: Refusal | None) -> Iterator[Alarm]:
    """The server knows nothing of the documents that stand in the store, or that is another's: nothing is kept."""
    if refusal and refusal.is_lost:
        yield Alarm("state-lost", "server", str(refusal))
    elif refusal:
        yield Alarm("store-taken", "server", str(refusal))


def of_groups(
    groups: Iterable[GroupLag], *, outbox_max: int, retention_days: int, now: float
) -> Iterator[Alarm]:
    """More waits for a group than `outbox_max`, or its oldest entry is beyond the retention.

    One that nobody has read for days, and for whose sake entries are kept beyond the retention, was forgotten;
    that says it all.
    """
    for group in groups:
        owed = (group.lag or 0) + group.pending
        let_go = f"read it, or let it go: copydesk groups drop {quote(group.name)}"
        age = 0.0 if group.oldest is None else now - group.oldest
        idle = 0.0 if group.seen is None else now - group.seen
        is_late = age > retention_days * _DAY
        if is_late and idle > _FORGOTTEN_DAYS * _DAY:
            told = f"nobody has read this group for {_days(idle)}, and {owed:,} documents are kept for it"
            yield Alarm("group-forgotten", group.name, f"{told}: {let_go}", group.seen)
        elif owed > outbox_max:
            told = f"{owed:,} documents wait for this group, none is lost: {let_go}"
            yield Alarm("outbox-full", group.name, told, group.oldest)
        elif is_late:
            told = f"this group has not acknowledged for {_days(age)} what waits for it: {let_go}"
            yield Alarm("group-behind", group.name, told, group.oldest)


def _days(seconds: float) -> str:
    return f"{int(seconds / _DAY)} days"


def of_dead(count: int) -> Iterator[Alarm]:
    """Consumers failed on entries so often that these were put aside."""
    if count:
        told = f"entries that consumers failed on, put aside with who and when: {count:,}"
        advice = "copydesk groups dead shows them, copydesk groups retry gives them again"
        yield Alarm("put-aside", DEAD, f"{told}; {advice}")


def of_webhook(trouble: Mapping[str, str], now: float) -> Iterator[Alarm]:
    """The receiver of the webhook has taken nothing for a while."""
    since = float(trouble.get("since", now))
    if now - since > _TROUBLE_SECONDS:
        told = f"its receiver has taken nothing for {(now - since) / 60:,.0f} minutes: {trouble['problem']}"
        yield Alarm("webhook-failing", WEBHOOK, f"{told}; documents wait, and none is lost", since)


def of_parts(seen: Mapping[str, float], *, alive_seconds: float, now: float) -> Iterator[Alarm]:
    """Tasks are sent, but one of the parts has not been seen at work for a while."""
    if now - seen.get("beat", 0.0) >= alive_seconds:
        # The service is down as a whole, or only `once` runs.
        return
    for part, at in sorted(seen.items()):
        if now - at >= alive_seconds:
            told = f"not seen at work for {now - at:,.0f} s: is it running?"
            yield Alarm("part-silent", part, told, at)


def of_machines(placed: Iterable[Placed], seen: Mapping[str, float], now: float) -> Iterator[Alarm]:
    """A part is at work elsewhere, but on one of its hosts it is not there any more."""
    if now - seen.get("beat", 0.0) >= ALIVE_SECONDS:
        return
    for one in placed:
        if not one.is_alive(now) and now - seen.get(one.part, 0.0) < ALIVE_SECONDS:
            told = f"not there for {now - one.seen:,.0f} s: is its host up, and does it reach the server?"
            yield Alarm("part-silent", f"{one.part}@{one.host}", told, one.seen)


def of_sources_files(behind: Iterable[Behind], now: float) -> Iterator[Alarm]:
    """A host has had another sources file than the one that is followed for longer than copying it takes."""
    for one in behind:
        if now - one.since < ALIVE_SECONDS:
            continue
        told = f"its sources file is not that of {one.followed}, which was changed later and is followed: copy it"
        yield Alarm("sources-differ", one.host, told, one.since)


def of_notices(notices: Sequence[Mapping[str, Any]]) -> Iterator[Alarm]:
    """Notifications that could not be sent."""
    tried = [notice for notice in notices if notice["tries"]]
    if not tried:
        return
    told = f"{len(tried)} could not be sent, and are tried again: {tried[-1]['problem']}"
    yield Alarm(UNSENT, "notifications", told, min(n["made"] for n in tried))


def of_sources(facts: Mapping[str, CrawlFacts]) -> Iterator[Alarm]:
    """The last crawl of a source failed as a whole."""
    for name, crawl in facts.items():
        if alarm := of_failure(name, crawl):
            yield alarm


def of_facts(
    facts: Mapping[str, CrawlFacts], gaps: Mapping[str, Sequence[SourceGap]], now: float
) -> list[Alarm]:
    """All that can be told of sources by how their last crawls went alone; one of a kind for each."""
    told: dict[str, Alarm] = {}
    found = (of_sources(facts), of_fallen(facts), of_moved(facts), of_gaps(gaps, now))
    for alarm in chain.from_iterable(found):
        before = told.get(alarm.name)
        told[alarm.name] = _with(before, alarm) if before else alarm
    return list(told.values())


def _with(one: Alarm, other: Alarm) -> Alarm:
    since = [alarm.since for alarm in (one, other) if alarm.since]
    evidence = f"{one.evidence}; {other.evidence}"
    return replace(one, evidence=evidence, since=min(since, default=None))


def of_fallen(facts: Mapping[str, CrawlFacts]) -> Iterator[Alarm]:
    """A listing of a source is dead, has gone stale, or was cut; it ends when the listing is well again."""
    for name, crawl in facts.items():
        for one in json.loads(crawl.fallen):
            instead = ", ".join(one["instead"])
            found = f"articles are found from {instead}" if instead else "nothing stands in for it"
            what = f"the {one['kind']} {one['listing']} is {one['fall']}: {one['why']}"
            advice = "if it stays so, name another in the sources file"
            yield Alarm(FALLEN, name, f"{what}; {found}; {advice}", one["since"])


def of_moved(facts: Mapping[str, CrawlFacts]) -> Iterator[Alarm]:
    """A site has moved to another host for good; it ends when the sources file says so, or the site is back."""
    for name, crawl in facts.items():
        for one in json.loads(crawl.moved):
            what = f"{one['from']} has moved for good to {one['to']}"
            advice = f"write {one['value']} into its {one['field']} in the sources file"
            yield Alarm(MOVED, name, f"{what}: {advice}")


def of_gaps(gaps: Mapping[str, Sequence[SourceGap]], now: float) -> Iterator[Alarm]:
    """Hours of which a source's listings named nothing any more, and that could not be walked back to.

    `gaps` are the open ones by source. An alarm ends when they are closed, or after a week: `copydesk
    coverage` shows them for longer.
    """
    for name, all_of_it in gaps.items():
        recent = [gap for gap in all_of_it if now - gap.found < _GAP_DAYS * _DAY]
        if not recent:
            continue
        whiles = united(gap.interval for gap in recent)
        told = ", ".join(span(one) for one in whiles[-_MOST_WHILES:])
        more = f" and {len(whiles) - _MOST_WHILES} more" if len(whiles) > _MOST_WHILES else ""
        day = datetime.fromtimestamp(whiles[0].start, UTC).date()
        advice = f"copydesk backfill {name} --since {day} may close it"
        since = min(gap.found for gap in recent)
        yield Alarm(GAP, name, f"not covered: {told}{more} (UTC); {advice}", since)


def with_since(seen: Iterable[Alarm], standing: Iterable[Alarm], now: float) -> list[Alarm]:
    """Alarms as they are seen now, each since it was raised; `now` for one that is new."""
    raised = {alarm.name: alarm.since for alarm in standing}
    return [replace(alarm, since=raised.get(alarm.name) or alarm.since or now) for alarm in seen]


def is_of_source(alarm: Alarm) -> bool:
    """Whether its subject is a source."""
    return alarm.kind in {*KINDS, *_OF_FACTS}


def samples(alarms: Iterable[Alarm]) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each, as a metric `copydesk_alarm` has them: the time since when it stands."""
    return [({"kind": a.kind, "subject": a.subject}, a.since or 0.0) for a in alarms]

"""Alarms: from facts alone, and silent where all is well."""

import json

import pytest

from workers.alarms import kinds
from workers.state.coverage import SourceGap
from workers.state.groups import GroupLag
from workers.state.memory import Memory
from workers.state.schedule import CrawlFacts

NOW = 1_790_000_000.0
DAY = 86400.0


@pytest.mark.parametrize(
    ("memory", "raised"),
    [
        (Memory(used=10**12, limit=0), False),
        (Memory(used=84, limit=100), False),
        (Memory(used=85, limit=100), True),
        (Memory(used=120, limit=100), True),
    ],
)
def test_a_server_that_is_nearly_full(memory: Memory, raised: bool) -> None:
    told = list(kinds.of_memory(memory))
    assert [alarm.kind for alarm in told] == ["memory"] * raised
    assert all("maxmemory" in alarm.evidence for alarm in told)


def _group(name: str = "g", *, lag: int | None = 0, pending: int = 0, days: float | None = None):
    return GroupLag(name, 1, pending, lag, None if days is None else NOW - days * DAY)


@pytest.mark.parametrize(
    ("group", "what"),
    [
        (_group(), None),
        (_group(lag=60, pending=40, days=1), None),
        (_group(lag=61, pending=40, days=1), "outbox-full"),
        (_group(lag=1, days=6.9), None),
        (_group(lag=1, days=7.1), "group-behind"),
        (_group(lag=None, pending=1, days=30), "group-behind"),
        (_group(lag=500, days=30), "outbox-full"),
    ],
)
def test_a_group_that_is_behind(group: GroupLag, what: str | None) -> None:
    told = list(kinds.of_groups([group], outbox_max=100, retention_days=7, now=NOW))
    assert [(a.kind, a.subject, a.since) for a in told] == (
        [(what, "g", group.oldest)] if what else []
    )


@pytest.mark.parametrize(
    ("days", "idle", "lag", "what"),
    [
        (7.1, 3.1, 1, "group-forgotten"),
        (7.1, 3.1, 500, "group-forgotten"),
        (7.1, 2.9, 1, "group-behind"),
        (7.1, 2.9, 500, "outbox-full"),
        (6.9, 30, 1, None),
        (7.1, None, 1, "group-behind"),
    ],
)
def test_a_group_that_was_forgotten_is_told_once(
    days: float, idle: float | None, lag: int, what: str | None
) -> None:
    seen = None if idle is None else NOW - idle * DAY
    group = GroupLag("my group", 0, 0, lag, NOW - days * DAY, seen)
    told = list(kinds.of_groups([group], outbox_max=100, retention_days=7, now=NOW))
    assert [alarm.kind for alarm in told] == [what] * bool(what)
    assert all("copydesk groups drop 'my group'" in alarm.evidence for alarm in told)


def test_entries_that_were_put_aside() -> None:
    assert list(kinds.of_dead(0)) == []
    (alarm,) = kinds.of_dead(1234)
    assert "1,234" in alarm.evidence


@pytest.mark.parametrize(
    ("seen", "silent"),
    [
        ({}, []),
        ({"beat": NOW, "ingest": NOW, "crawl": NOW - 119}, []),
        ({"beat": NOW, "ingest": NOW, "crawl": NOW - 121}, ["crawl"]),
        ({"beat": NOW - 3600, "ingest": NOW - 3600, "crawl": NOW}, []),
        ({"beat": NOW, "ingest": NOW}, []),
    ],
)
def test_a_part_that_is_not_seen_while_others_are(
    seen: dict[str, float], silent: list[str]
) -> None:
    told = list(kinds.of_parts(seen, alive_seconds=120, now=NOW))
    assert [(a.subject, a.since) for a in told] == [(part, seen[part]) for part in silent]


def test_a_source_that_fails() -> None:
    facts = {
        "well": CrawlFacts(),
        "once": CrawlFacts(error="refused", failures=1, next=NOW),
        "often": CrawlFacts(error="no such host", failures=7),
    }
    assert [(a.subject, a.evidence) for a in kinds.of_sources(facts)] == [
        ("once", "refused (tried once; next 2026-09-21T14:13:20Z)"),
        ("often", "no such host (tried 7 times)"),
    ]


def test_hours_that_are_not_covered() -> None:
    gaps = {
        "once": (SourceGap(NOW - 3600, NOW - 1800, found=NOW - 60),),
        "often": tuple(
            SourceGap(NOW - h * 3600, NOW - h * 3600 + 60, found=NOW) for h in (9, 7, 5, 3)
        ),
        "long-ago": (SourceGap(NOW - 9 * DAY, NOW - 8.5 * DAY, found=NOW - 7.1 * DAY),),
    }
    once, often = kinds.of_gaps(gaps, NOW)
    assert (once.kind, once.subject, once.since) == ("gap", "once", NOW - 60)
    assert once.evidence == (
        "not covered: 2026-09-21 13:13-13:44 (UTC); "
        "copydesk backfill once --since 2026-09-21 may close it"
    )
    assert "and 1 more" in often.evidence
    assert list(kinds.of_gaps({}, NOW)) == []


def test_a_listing_that_no_longer_does_its_work_and_a_site_that_moved() -> None:
    fallen = {
        "listing": "https://a.example/feed", "kind": "feed", "fall": "dead", "why": "404",
        "since": NOW, "instead": ["https://a.example/"],
    }  # fmt: skip
    moved = {"from": "https://a.example/f", "to": "https://b.example/f", "field": "feeds"}
    facts = {
        "well": CrawlFacts(),
        "news": CrawlFacts(
            fallen=json.dumps([fallen, fallen | {"instead": []}]),
            moved=json.dumps([moved | {"value": "https://b.example/f"}]),
        ),
    }
    one, other = kinds.of_fallen(facts)
    assert (one.kind, one.subject, one.since) == ("fallen", "news", NOW)
    assert "feed https://a.example/feed is dead: 404" in one.evidence
    assert "found from https://a.example/;" in one.evidence
    assert "nothing stands in" in other.evidence
    (move,) = kinds.of_moved(facts)
    assert (move.kind, move.subject) == ("moved", "news")
    assert "write https://b.example/f into its feeds" in move.evidence

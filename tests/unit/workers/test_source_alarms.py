"""Alarms of a source over weeks of its looks: who publishes as usual has none, and who does not is told of."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from workers.alarms.sources import (
    BLOCKED,
    BROKEN,
    FAILING,
    SILENT,
    THIN,
    judge,
    limit_of_silence,
    roots,
)
from workers.alarms.usual import DAY, Look, Usual, active, after, weekday
from workers.state.alarms import Alarm
from workers.state.schedule import CrawlFacts

HOUR = 3600.0
MONDAY = 20_003 * DAY
assert weekday(int(MONDAY // DAY)) == 0


@dataclass
class Watched:
    """A source that is crawled time and again."""

    every: float = 2 * HOUR
    now: float = MONDAY
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    usual: Usual | None = None
    standing: dict[str, Alarm] = field(default_factory=dict)
    history: list[tuple[float, str]] = field(default_factory=list)
    crawl: CrawlFacts = field(default_factory=CrawlFacts)

    def look(self, *outcomes: str, is_owed: bool = False, **facts: Any) -> dict[str, Alarm]:
        """A crawl, after which so many pages ended so: `new`, `rejected too-short`."""
        self.now += self.every
        for outcome in outcomes:
            name, _, reason = outcome.partition(" ")
            self.outcomes[name] += 1
            if reason:
                self.reasons[outcome] += 1
        told = {"walked": self.now, "ended": self.now, "every": self.every, "error": ""} | facts
        self.crawl = replace(self.crawl, **told)
        limit = limit_of_silence(self.crawl, self.usual) if self.usual else None
        look = Look(self.now, self.crawl.walked, dict(self.outcomes), dict(self.reasons))
        self.usual = after(self.usual, look, limit=limit, is_broken=BROKEN in self.standing)
        raised = judge("a", self.crawl, self.usual, self.standing, is_owed=is_owed)
        self.history += [(self.now, kind) for kind in raised if kind not in self.standing]
        self.standing = raised
        return raised

    def live(self, days: float, count: Callable[[float], int]) -> None:
        """Days of crawls, each of which finds as many documents as are told of its time."""
        for _ in range(int(days * DAY / self.every)):
            self.look(*["new"] * count(self.now))


def _day(now: float) -> int:
    return weekday(int(now // DAY))


def _hour(now: float) -> float:
    return now % DAY / HOUR


def poisson(rng: random.Random, mean: float) -> int:
    count, product = 0, rng.random()
    limit = 2.718281828**-mean
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def fast(rng: random.Random) -> Callable[[float], int]:
    """Forty a day, few of them at night."""
    return lambda now: poisson(rng, 4.8 if 6 <= _hour(now) < 21 else 0.4)


def weekdays(rng: random.Random) -> Callable[[float], int]:
    """Twelve a day from Monday to Friday, in office hours."""
    return lambda now: poisson(rng, 2.8) if _day(now) < 5 and 8 <= _hour(now) < 17 else 0


def weekly(rng: random.Random) -> Callable[[float], int]:
    """A few on Wednesdays."""
    return lambda now: 3 if _day(now) == 2 and 10 <= _hour(now) < 12 else 0


def bursty(rng: random.Random) -> Callable[[float], int]:
    """Thirty at once, every third day or so."""
    return lambda now: 30 if rng.random() < 1 / 36 else 0


def steady(rng: random.Random) -> Callable[[float], int]:
    """One at each crawl."""
    return lambda now: 1


KINDS = [fast, weekdays, weekly, bursty, steady]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_who_publishes_as_usual_raises_nothing(kind: Any, seed: int) -> None:
    source = Watched()
    source.live(70, kind(random.Random(seed)))
    assert source.history == []


@pytest.mark.parametrize(
    ("kind", "days"), [(fast, 2.0), (weekdays, 4.0), (weekly, 22.0), (bursty, 40.0), (steady, 0.5)]
)
def test_who_stops_is_silent(kind: Any, days: float) -> None:
    source = Watched()
    source.live(70, kind(random.Random(1)))
    stopped = source.usual.last_new if source.usual else 0.0
    source.live(days, lambda _: 0)
    assert [k for _, k in source.history if k == SILENT] == [SILENT]
    alarm = source.standing[SILENT]
    assert alarm.since == stopped
    assert "no new document for" in alarm.evidence
    assert roots(source.standing.values())[0].kind == SILENT
    source.look("new")
    assert SILENT not in source.standing


def test_weekends_do_not_count_for_who_rests_on_them() -> None:
    source = Watched()
    source.live(4 * 7 + 4.8, weekdays(random.Random(3)))
    source.live(2.0, lambda _: 0)
    assert source.standing == {}
    source.live(2.0, lambda _: 0)
    assert "Sat, Sun not counted" in source.standing[SILENT].evidence


@pytest.mark.parametrize("days", [1, 5, 12])
def test_who_is_new_is_neither_silent_nor_thin(days: int) -> None:
    source = Watched()
    source.live(days, fast(random.Random(4)))
    source.live(60, lambda _: 0)
    assert source.history == []


def test_no_time_counts_in_which_listings_told_nothing() -> None:
    source = Watched()
    source.live(40, fast(random.Random(5)))
    walked = source.now
    for _ in range(500):
        source.look(walked=walked, error="it refuses connections", failures=1)
    assert SILENT not in source.standing
    assert FAILING in source.standing
    # What came meanwhile is found, and the time in which nobody looked is no gap of the source's.
    source.look(*["new"] * 9)
    source.live(2.0, lambda _: 0)
    assert SILENT in source.standing


def test_what_was_found_and_has_no_outcome_yet_may_be_new() -> None:
    source = Watched()
    source.live(40, fast(random.Random(6)))
    for _ in range(200):
        source.look(is_owed=True)
    assert SILENT not in source.standing


def test_who_slows_down_for_good_is_usual_in_the_end() -> None:
    source = Watched()
    rng = random.Random(7)
    source.live(40, fast(rng))
    source.live(200, lambda _: int(rng.random() < 1 / 60))
    alarms = [at for at, kind in source.history if kind == SILENT]
    assert 1 <= len(alarms) <= 8
    assert source.now - alarms[-1] > 60 * DAY


@pytest.mark.parametrize(("kind", "days"), [(fast, 3.1), (weekdays, 7.1)])
def test_who_brings_a_quarter_of_it_is_thin(kind: Any, days: float) -> None:
    source = Watched()
    rng = random.Random(8)
    usual = kind(rng)
    source.live(42, usual)
    source.live(days, lambda now: sum(rng.random() < 0.2 for _ in range(usual(now))))
    assert THIN in source.standing
    assert "usual are" in source.standing[THIN].evidence
    source.live(8, usual)
    assert THIN not in source.standing
    assert [kind for _, kind in source.history] == [THIN]


def test_a_day_without_crawls_is_no_thin_day() -> None:
    source = Watched()
    rng = random.Random(9)
    source.live(42, fast(rng))
    source.now += 3 * DAY
    source.look(*["new"] * 80)
    source.live(3, fast(rng))
    assert source.history == []


def read(source: Watched, crawls: int, *outcomes: str) -> None:
    for _ in range(crawls):
        source.look(*outcomes)


def test_pages_that_are_suddenly_not_read_are_broken() -> None:
    source = Watched()
    read(source, 30, "new", "new", "rejected listing")
    before = source.now
    read(source, 3, *["rejected too-short"] * 3)
    assert source.standing == {}
    read(source, 4, *["rejected too-short"] * 4)
    alarm = source.standing[BROKEN]
    assert "of the last" in alarm.evidence
    assert "too-short" in alarm.evidence
    assert "usual is 33%" in alarm.evidence
    assert alarm.since is not None
    assert alarm.since > before - 10 * source.every
    # However long it lasts, it does not become usual.
    read(source, 300, *["rejected too-short"] * 4)
    assert "usual is 33%" in source.standing[BROKEN].evidence
    read(source, 8, "new", "new", "new")
    assert source.standing == {}


@pytest.mark.parametrize(
    ("outcomes", "is_broken"),
    [
        (["rejected too-short"] * 8, True),
        (["failed extraction-error"] * 8, True),
        (["failed parser-error"] * 8, True),
        (["new body-selector-missed"] * 8, True),
        (["failed http-503"] * 8, False),
        (["failed timed-out"] * 8, False),
        (["gone http-404"] * 8, False),
        (["duplicate"] * 8, False),
        (["unchanged"] * 8, False),
        (["new", "rejected listing"] * 4, False),
    ],
)
def test_what_is_of_the_extraction(outcomes: list[str], is_broken: bool) -> None:
    source = Watched()
    read(source, 40, "new", "unchanged")
    read(source, 6, *outcomes)
    assert (BROKEN in source.standing) == is_broken


def test_what_was_never_read_is_broken_from_the_start() -> None:
    source = Watched()
    source.look(*["rejected listing"] * 19)
    assert source.standing == {}
    source.look(*["rejected listing"] * 19)
    assert BROKEN in source.standing
    other = Watched()
    other.look(*["rejected listing"] * 30, *["new"] * 20)
    assert other.standing == {}


def refused(reason: str, count: int, answered: int, **facts: Any) -> dict[str, Any]:
    return {"refused": json.dumps({reason: count}), "answered": answered, **facts}


@pytest.mark.parametrize(
    ("facts", "is_blocked"),
    [
        (refused("http-429", 1, 0, refusals=1), False),
        (refused("http-429", 1, 0, refusals=2), True),
        (refused("http-403", 9, 1, refusals=2), True),
        (refused("http-403", 1, 9, refusals=0), False),
        (refused("challenge", 3, 1, refusals=1), True),
        (refused("http-503", 5, 0, refusals=0), False),
        (refused("http-429", 1, 0, refusals=1, paused_until=MONDAY + 5 * HOUR), True),
    ],
)
def test_who_refuses_most_is_blocked(facts: dict[str, Any], is_blocked: bool) -> None:
    source = Watched()
    source.look("new", answered=3)
    source.look(**facts)
    assert (BLOCKED in source.standing) == is_blocked


def test_blocked_ends_with_answers_and_not_with_silence() -> None:
    source = Watched()
    source.look(**refused("http-403", 4, 0, refusals=2, refused_since=MONDAY, error="answers 403"))
    assert source.standing[BLOCKED].since == MONDAY
    assert "4 of 4 requests" in source.standing[BLOCKED].evidence
    assert [alarm.kind for alarm in roots(source.standing.values())] == [BLOCKED]
    source.look(refused="{}", answered=0, error="it did not answer in time")
    assert BLOCKED in source.standing
    source.look(**refused("http-403", 3, 7))
    assert BLOCKED in source.standing
    source.look(**refused("http-403", 1, 9))
    assert BLOCKED not in source.standing


def test_only_the_cause_is_told() -> None:
    def made(*names: str) -> list[Alarm]:
        return [Alarm(*name.split(), "why") for name in names]  # type: ignore[call-arg]

    alarms = made("silent a", "blocked a", "thin b", "silent c", "failing b", "memory server")
    assert [alarm.name for alarm in roots(alarms)] == [
        "blocked a", "silent c", "failing b", "memory server"
    ]  # fmt: skip


def test_a_state_that_was_lost_begins_anew() -> None:
    source = Watched()
    source.live(30, steady(random.Random(1)))
    source.outcomes.clear()
    source.reasons.clear()
    read(source, 3, "new", "rejected listing")
    assert source.standing == {}
    assert source.usual is not None
    assert all(count >= -1 for count in source.usual.days)


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b"[1]", b'{"weeks": 3}', b"\xff", b'"text"'])
def test_what_nobody_can_read_is_nothing(raw: bytes) -> None:
    assert Usual.from_json(raw) is None


def test_what_is_kept_stays_small() -> None:
    source = Watched()
    rng = random.Random(2)
    reasons = [f"rejected reason-{n}" for n in range(30)]
    for _ in range(900):
        source.look(*rng.choices(["new", "unchanged", *reasons], k=rng.randrange(9)))
    assert source.usual is not None
    assert len(source.usual.to_json()) < 4000
    assert Usual.from_json(source.usual.to_json()) == source.usual


def test_active_time() -> None:
    weekend = frozenset({5, 6})
    friday = MONDAY + 4 * DAY
    assert active(friday + 20 * HOUR, friday + 3 * DAY + 8 * HOUR, weekend) == 12 * HOUR
    assert active(friday, friday + 3 * DAY, frozenset()) == 3 * DAY
    assert active(friday, friday - 1, weekend) == 0
    assert active(0.0, MONDAY, weekend) < 400 * DAY

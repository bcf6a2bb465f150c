"""What is wrong with a source, from what was seen of it and what is usual for it: pure.

An alarm is harder to raise than to keep, so that what wavers does not come and go.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, sqrt
from statistics import median

from crawler.challenge import CHALLENGE, REFUSALS
from workers.alarms.usual import DAY, RECENT_PAGES, Usual, active, quiet_weekdays, weekday
from workers.state.alarms import Alarm
from workers.state.schedule import CrawlFacts

SILENT, THIN, BROKEN, BLOCKED, FAILING = "silent", "thin", "broken", "blocked", "failing"
KINDS = (BLOCKED, FAILING, BROKEN, SILENT, THIN)
"""Of a source. Of two with one cause the first is the cause: a site that refuses all is silent, too."""
OF_THE_USUAL = (BLOCKED, BROKEN, SILENT, THIN)
"""Those that take more than how the last crawl went."""
FALLEN, MOVED, GAP = "fallen", "moved", "gap"
"""Of a source, too, and no other one's effect."""

_HOUR = 3600.0
# Silent: so many times the longest time without anything new, and the mean one; so long at the least.
_TIMES_LONGEST, _TIMES_MEAN, _LEAST_SILENCE = 2.0, 3.0, 3 * _HOUR
# History that is needed to say what is usual.
_LEAST_WEEKS, _LEAST_ARRIVALS, _LEAST_KNOWN = 3, 6, 14 * DAY
# Thin: within so many days under such a share of what is usual, and so many deviations below it; to raise, to keep.
_WINDOWS = (1, 3, 7)
_THIN, _STILL_THIN = (0.4, 4.0), (0.6, 2.0)
_LEAST_SUCH_DAYS = 4
_NOT_OUTSTANDING = 0.9
# Broken: a share of the last pages, and how much more than before.
_LEAST_READ, _BROKEN, _STILL_BROKEN, _RISEN = 10, 0.6, 0.5, 0.4
_LEAST_BEFORE, _NEVER_READ = 20, 0.9
# Blocked: such a share of a crawl's requests was refused.
_REFUSED, _STILL_REFUSED = 0.5, 0.2
_LONG_PAUSE = _HOUR
_DAYS_ALONE = 10
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def judge(
    name: str, crawl: CrawlFacts, usual: Usual, standing: Mapping[str, Alarm], *, is_owed: bool
) -> dict[str, Alarm]:
    """The alarms of a source after a crawl, by their kind; `standing` are those of before.

    `is_owed`: what the last walk found has no outcome yet, so that nobody can say that nothing came.
    """
    found = {
        BLOCKED: _blocked(name, crawl, standing.get(BLOCKED)),
        FAILING: of_failure(name, crawl, standing.get(FAILING)),
        BROKEN: _broken(name, usual, standing.get(BROKEN)),
        SILENT: standing.get(SILENT) if is_owed else _silent(name, crawl, usual),
        THIN: _thin(name, usual, standing.get(THIN)),
    }
    return {kind: alarm for kind, alarm in found.items() if alarm}


def roots(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Those alarms that are not explained by another one of the same source."""
    told = list(alarms)
    kinds: dict[str, set[str]] = {}
    for alarm in told:
        kinds.setdefault(alarm.subject, set()).add(alarm.kind)
    return [a for a in told if not _causes(a.kind) & kinds[a.subject]]


def _causes(kind: str) -> set[str]:
    return set(KINDS[: KINDS.index(kind)]) if kind in KINDS else set()


def limit_of_silence(crawl: CrawlFacts, usual: Usual) -> float | None:
    """Seconds without anything new from which a source is silent; None where that is not known."""
    quiet = quiet_weekdays(usual)
    gaps = _gaps(usual, quiet)
    if gaps is None:
        return None
    limit = max(_TIMES_LONGEST * gaps.longest, _TIMES_MEAN * gaps.mean, _LEAST_SILENCE)
    return limit + 2 * (crawl.every or 0.0)


@dataclass(frozen=True, slots=True)
class _Gaps:
    longest: float
    mean: float


def _gaps(usual: Usual, quiet: frozenset[int]) -> _Gaps | None:
    arrivals = sum(week.arrivals for week in usual.weeks)
    known = usual.last_new - usual.since
    if len(usual.weeks) < _LEAST_WEEKS or arrivals < _LEAST_ARRIVALS or known < _LEAST_KNOWN:
        return None
    longest = max(active(week.start, week.end, quiet) for week in usual.weeks)
    begun = max(usual.since, usual.weeks[0].start)
    return _Gaps(longest, active(begun, usual.last_new, quiet) / arrivals)


def _silent(name: str, crawl: CrawlFacts, usual: Usual) -> Alarm | None:
    """Nothing new in several times the usual gap. Only what its listings told counts: see `Usual.watched`."""
    limit, quiet = limit_of_silence(crawl, usual), quiet_weekdays(usual)
    gaps = _gaps(usual, quiet)
    silence = active(usual.last_new, usual.watched, quiet)
    if limit is None or gaps is None or silence <= limit:
        return None
    days = f", {', '.join(_DAYS[day] for day in sorted(quiet))} not counted" if quiet else ""
    told = (
        f"no new document for {_span(silence)}{days}; usual is one every {_span(gaps.mean)}, "
        f"the longest wait was {_span(gaps.longest)}"
    )
    return Alarm(SILENT, name, told, usual.last_new)


def _thin(name: str, usual: Usual, standing: Alarm | None) -> Alarm | None:
    """Far fewer documents than on such weekdays before; what was thin already is not what is usual."""
    since = int(standing.since // DAY) if standing and standing.since else None
    share, deviations = _STILL_THIN if standing else _THIN
    for length in _WINDOWS:
        window = _window(usual, length, since)
        if window is None:
            continue
        limit = min(share * window.expected, window.expected - deviations * window.deviation)
        if limit >= 1 and window.came < limit:
            days = "whole day" if length == 1 else f"{length} whole days"
            told = (
                f"{window.came:,} documents in the last {days}; usual are "
                f"{window.expected:,.0f}, give or take {window.deviation:,.0f}"
            )
            return Alarm(THIN, name, told, standing.since if standing else window.first_day * DAY)
    return None


@dataclass(frozen=True, slots=True)
class _Window:
    first_day: int
    came: int
    expected: float
    deviation: float
    """Of the number of documents in as many such days, as they were before."""


def _window(usual: Usual, length: int, since: int | None) -> _Window | None:
    """The last whole days against the same weekdays before; None where too little is known."""
    days = {usual.first_day + place: count for place, count in enumerate(usual.days)}
    last = usual.first_day + len(usual.days) - 1
    present = range(last - length, last)
    first = present.start if since is None else min(since, present.start)
    before = {day: count for day, count in days.items() if day < first and count >= 0}
    by_weekday: dict[int, list[int]] = {}
    for day, count in before.items():
        by_weekday.setdefault(weekday(day), []).append(count)
    usual_on = {
        day: median(counts) for day, counts in by_weekday.items() if len(counts) >= _LEAST_SUCH_DAYS
    }
    seen = [day for day in present if days.get(day, -1) >= 0]
    if not seen or any(weekday(day) not in usual_on for day in seen):
        return None
    expected = sum(usual_on[weekday(day)] for day in seen)
    known = [(count, usual_on[weekday(d)]) for d, count in before.items() if weekday(d) in usual_on]
    deviation = sqrt(_spread(known) * expected)
    return _Window(present.start, sum(days[day] for day in seen), expected, deviation)


def _spread(known: Sequence[tuple[int, float]]) -> float:
    """How far counts are from what is usual: 1 for a source whose documents know nothing of each other.

    A few days that stand out, as when old articles are fetched, say nothing of all others.
    """
    squares = sorted((count - usual) ** 2 for count, usual in known)
    squares = squares[: ceil(_NOT_OUTSTANDING * len(squares))]
    hoped = sum(usual for _, usual in known)
    return max(1.0, sum(squares) / hoped) if hoped else 1.0


def _broken(name: str, usual: Usual, standing: Alarm | None) -> Alarm | None:
    """Most of the last pages are not read as articles, where most were before."""
    pages = sum(read.pages for read in usual.reads)
    bad = sum(read.bad for read in usual.reads)
    share = bad / pages if pages else 0.0
    before = usual.before
    if standing:
        is_broken = share >= _STILL_BROKEN
    elif before.pages < _LEAST_BEFORE:
        is_broken = pages >= RECENT_PAGES and share >= _NEVER_READ
    else:
        is_risen = share >= before.bad / before.pages + _RISEN
        is_broken = pages >= _LEAST_READ and share >= _BROKEN and is_risen
    if not is_broken:
        return None
    reasons: Counter[str] = Counter()
    for read in usual.reads:
        reasons.update(read.reasons)
    told = ", ".join(f"{n} {reason.partition(' ')[2]}" for reason, n in reasons.most_common(4))
    usually = f"; usual is {before.bad / before.pages:.0%}" if before.pages else ""
    evidence = (
        f"{bad} of the last {pages} pages were not read ({told}){usually}: has the site changed?"
    )
    first = next((read.at for read in usual.reads if read.bad), None)
    return Alarm(BROKEN, name, evidence, standing.since if standing else first)


def of_failure(name: str, crawl: CrawlFacts, standing: Alarm | None = None) -> Alarm | None:
    """Its last crawl failed as a whole."""
    if not crawl.error:
        return None
    times = "once" if crawl.failures == 1 else f"{crawl.failures} times"
    told = f"tried {times}; next {_stamp(crawl.next)}" if crawl.next else f"tried {times}"
    since = standing.since if standing else crawl.started
    return Alarm(FAILING, name, f"{crawl.error} ({told})", since)


def _blocked(name: str, crawl: CrawlFacts, standing: Alarm | None) -> Alarm | None:
    """Its site refuses most of what is asked for: in two crawls, or for long, or with a challenge."""
    counted: dict[str, int] = json.loads(crawl.refused)
    refused = {reason: n for reason, n in counted.items() if reason in REFUSALS}
    asked = sum(refused.values()) + crawl.answered
    if not asked:
        # A host that could not be reached has neither answered nor refused.
        return standing
    if sum(refused.values()) < (_STILL_REFUSED if standing else _REFUSED) * asked:
        return None
    pause = crawl.paused_until - (crawl.ended or 0.0)
    is_sure = standing or crawl.refusals > 1 or pause >= _LONG_PAUSE or CHALLENGE in refused
    if not is_sure:
        return None
    told = ", ".join(f"{n} {reason.replace('http-', '')}" for reason, n in refused.items())
    until = f"; it asks to be left alone until {_stamp(crawl.paused_until)}" if pause > 0 else ""
    evidence = (
        f"the site refused {sum(refused.values())} of {asked} requests in the last crawl ({told})"
        f"{until}"
    )
    return Alarm(BLOCKED, name, evidence, standing.since if standing else crawl.refused_since)


def _span(seconds: float) -> str:
    """A time in two units at the most: `3 d 4 h`, `20 min`."""
    minutes = round(seconds / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours and days < _DAYS_ALONE else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""What has to be true of a year that is over: no crawl missed or doubled, every page with its one outcome."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from chaos.trials.year.plan import Plan, Term
from chaos.trials.year.service import SimulatedService
from chaos.trials.year.slots import slots
from chaos.trials.year.watch import Crawl, Watch
from config.schedule import Crontab, Every
from crawler.authorities import authorities_of
from crawler.urls import url_key
from workers.dispatch import most_late
from workers.following import timing_of
from workers.state.state import State

GRACE = 900.0
"""Seconds: a crawl may wait so long for its tick, its host and a worker, when nothing goes wrong."""
_LEASE = 300.0
_LONGEST_PAUSE = 3600.0
# How long after a start it is looked at how many go at once; what is due within a minute is not late.
_HERD_SECONDS, _HERD_MINUTE = 300.0, 60.0
# A revisit, or an interval that is due just then.
_JITTER = 2


class Excuses:
    """The times during which a source could not be crawled, or was not to be, for a stated reason."""

    def __init__(self, plan: Plan, service: SimulatedService) -> None:
        self._plan = plan
        everywhere = [*plan.stops]
        everywhere += [(at, at + _LEASE) for at in service.killed]
        everywhere += [(begin, end + _LEASE) for begin, end in service.frozen]
        self._everywhere = sorted(everywhere)
        self._lost: dict[str, list[tuple[float, float]]] = {}
        for at, name in service.broker.lost_sources:
            self._lost.setdefault(name, []).append((at, at + 2 * _LEASE))

    def of(self, term: Term) -> "Deadlines":
        """Those of a source."""
        hosts = set(authorities_of(term.source))
        downs = [
            (begin, end + _LONGEST_PAUSE)
            for name, terms in self._plan.terms.items()
            if hosts & set(authorities_of(terms[0].source))
            for begin, end, _ in self._plan.sites[name].down
        ]
        return Deadlines([*self._everywhere, *downs, *self._lost.get(term.source.name, ())])


class Deadlines:
    """By when something that is due has to have begun."""

    def __init__(self, excuses: Sequence[tuple[float, float]]) -> None:
        merged: list[tuple[float, float]] = []
        for begin, end in sorted(excuses):
            # A pause that is too short for a crawl to get through is none.
            if merged and begin <= merged[-1][1] + GRACE:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        self._begins = [begin for begin, _ in merged]
        self._ends = [end for _, end in merged]

    def of(self, due: float) -> float:
        """For what is due at a moment."""
        nth = bisect_right(self._begins, due + GRACE) - 1
        if nth >= 0 and self._ends[nth] > due:
            return self._ends[nth] + GRACE
        return due + GRACE


def check_schedule(plan: Plan, service: SimulatedService, watch: Watch) -> None:
    """No walk too early or too late, none missed, none twice: tells the watch."""
    excuses = Excuses(plan, service)
    for name, terms in plan.terms.items():
        crawls = sorted(watch.crawls[name], key=lambda crawl: crawl.started)
        for term in terms:
            walks = [c for c in crawls if c.walks and term.begin <= c.started < term.end]
            deadlines = excuses.of(term)
            before = [c for c in crawls if c.started < term.begin]
            problems = (
                _by_the_clock(plan, term, walks, deadlines)
                if isinstance(term.source.timing, Crontab)
                else _by_interval(plan, term, walks, deadlines, before)
            )
            for problem in problems:
                watch.wrong(f"{name} ({term.source.schedule} {term.source.timezone}): {problem}")


def _by_the_clock(
    plan: Plan, term: Term, walks: Sequence[Crawl], deadlines: Deadlines
) -> Iterator[str]:
    source = term.source
    owed = [
        time.timestamp()
        for time in slots(source.schedule, source.timezone, _utc(term.begin), _utc(term.end))
    ]
    done = 0
    for number, walk in enumerate(w for w in walks if w.has_walked):
        upto = bisect_right(owed, walk.started)
        if upto == done and not (number == 0 and walk.started <= deadlines.of(term.begin)):
            yield f"a crawl at {_utc(walk.started)} that no time of its schedule asks for"
        elif upto > done and walk.started > deadlines.of(owed[done]):
            yield f"the crawl of {_utc(owed[done])} came at {_utc(walk.started)}"
        done = upto
    if done < len(owed) and deadlines.of(owed[done]) < min(term.end, plan.end):
        yield f"the crawl of {_utc(owed[done])} never came"


def _due_before(term: Term, plan: Plan, before: Sequence[Crawl]) -> float:
    """When a source was due before it left the file, if it came back with the schedule that it had."""
    former = [t for t in plan.terms[term.source.name] if t.end <= term.begin]
    ended = [float(c.facts["walk_due"]) for c in before if c.facts]
    if former and ended and timing_of(former[-1].source) == timing_of(term.source):
        return ended[-1]
    return 0.0


def _by_interval(
    plan: Plan, term: Term, walks: Sequence[Crawl], deadlines: Deadlines, before: Sequence[Crawl]
) -> Iterator[str]:
    timing = term.source.timing
    assert isinstance(timing, Every)
    # Edited, it is due its new interval after that was seen; added, at once; back again, when it was.
    seen = next((end for begin, end in plan.stops if begin <= term.begin < end), term.begin)
    due, earliest = max(seen + timing.seconds, _due_before(term, plan, before)), term.begin
    for walk in walks:
        if walk.started < earliest - 0.01:
            yield f"a crawl at {_utc(walk.started)}, due only at {_utc(earliest)}"
        if walk.started > deadlines.of(due):
            yield f"the crawl due at {_utc(due)} came at {_utc(walk.started)}"
        if walk.ended is not None:
            due = earliest = float(walk.facts["walk_due"])
    if deadlines.of(due) < min(term.end, plan.end):
        yield f"the crawl due at {_utc(due)} never came"


def check_pages(plan: Plan, service: SimulatedService, watch: Watch, state: State) -> None:
    """What a walk was shown has its outcome, once; the counts and the stream agree: tells the watch."""
    final = {terms[-1].source.name for terms in plan.terms.values() if terms[-1].end >= plan.end}
    for name, source in watch.offered.items():
        if name not in watch.outcomes and source in final:
            watch.wrong(f"{name} of {source} has no outcome")
    for missing in _not_known(plan, watch):
        watch.wrong(missing)
    for name in plan.sites:
        counted = state.ledger.totals(name)
        seen = {o: n for k, n in watch.counts.items() if (o := _outcome_of(k, name))}
        if dict(counted) != seen:
            watch.wrong(f"{name} counts {dict(counted)}, but {seen} were seen")
    if waiting := state.frontier.waiting():
        watch.wrong(f"{waiting} pages wait for ever")
    twice = [i for i, times in Counter(service.consumed).items() if times > 1]
    for text_id in twice:
        watch.wrong(f"{text_id} stands in the stream twice")


def _outcome_of(counter: str, source: str) -> str:
    return counter.removeprefix(f"outcome {source} ") if f"outcome {source} " in counter else ""


def _not_known(plan: Plan, watch: Watch) -> Iterator[str]:
    """Articles that stood in a feed from the begin to the end of a walk, and are not known."""
    for name, site in plan.sites.items():
        keys = {piece.url: url_key(piece.url) for piece in site.pieces}
        checked: set[str] = set()
        for crawl in watch.crawls[name]:
            if crawl.has_walked and crawl.ended:
                shown = {p.url for p in site.listed(crawl.started)}
                shown &= {p.url for p in site.listed(crawl.ended)}
                for url in shown - checked:
                    if keys[url] not in watch.offered:
                        yield f"{url} was shown to the crawl at {_utc(crawl.started)} and is not known"
                checked |= shown


def check_herd(plan: Plan, service: SimulatedService, watch: Watch, tick_seconds: float) -> int:
    """After a start and after the outage sources spread out: the most that one tick sent off.

    The bound: those that are late, or new, go at one a second, or all in five minutes; to them come those
    whose time is just then.
    """
    most = 0
    for begin in (plan.start, plan.outage[1]):
        # One in whose midst another came is noted after it.
        ticks = sorted(
            (at, sent) for at, sent in service.sent if begin <= at < begin + _HERD_SECONDS
        )
        before = begin
        for at, sent in ticks:
            due = sum(_is_due_within(term, at) for term in _terms_at(plan, at))
            waited, before = min(at - before, _HERD_MINUTE), at
            allowed = most_late(len(plan.terms), tick_seconds + waited) + due + _JITTER
            if sent > allowed:
                watch.wrong(f"{sent} crawls were sent off at once at {_utc(at)}, not {allowed}")
            most = max(most, sent)
    return most


def _terms_at(plan: Plan, at: float) -> Iterator[Term]:
    return (t for terms in plan.terms.values() for t in terms if t.begin <= at < t.end)


def _is_due_within(term: Term, at: float) -> bool:
    """Whether the clock asks for a source at this tick, or did within the last minute."""
    timing = term.source.timing
    before = _utc(at - _HERD_MINUTE)
    return isinstance(timing, Crontab) and timing.next_after(before) <= _utc(at)


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)

"""What every metric stands at, read from the state: the same answer on whichever machine it is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crawler.outcome import Outcome
from workers.alarms.kinds import samples
from workers.alarms.standing import standing_alarms
from workers.metrics import declared as the
from workers.metrics.declared import Metric
from workers.metrics.histograms import histogram
from workers.metrics.times import LATENCY_SERIES, step_series
from workers.queue.broker import CRAWL, DESK, INGEST, KEY_PREFIX
from workers.service import Service
from workers.state.counted import ARCHIVED_BYTES

_QUEUES = {"crawl": CRAWL, "ingest": INGEST, "desk": DESK}
# These are always asked of; a browser is told of where one was seen.
_PARTS = ("beat", "crawl", "ingest")


@dataclass(frozen=True, slots=True)
class Histogram:
    """The value of a histogram's sample."""

    buckets: Sequence[tuple[float, int]]
    """Upper bounds, ascending, with how many observations are no greater."""
    sum: float


Value = float | Histogram
Samples = list[tuple[Mapping[str, str], Value]]
"""Labels and value of each."""


def gathered(service: Service, now: float) -> dict[Metric, Samples]:
    """All metrics with their samples; one that nothing can be said of has none."""
    found: dict[Metric, Samples] = {metric: [] for metric in the.METRICS}
    for source in (_of_sources, _of_pages, _of_queues, _of_consumers, _of_service):
        for metric, labels, value in source(service, now):
            found[metric].append((labels, value))
    return found


_Told = Iterator[tuple[Metric, Mapping[str, str], Value]]


def _of_sources(service: Service, _: float) -> _Told:
    state = service.state
    names = state.counted.sources()
    for name, counts in state.counted.outcomes(names).items():
        for outcome in map(str, Outcome):
            labels = {"source": name, "outcome": outcome}
            yield the.OUTCOMES, labels, counts.get(outcome, 0)
    for name, owed in state.frontier.owed_of(names).items():
        yield the.OWED, {"source": name}, owed
    yield the.SOURCES, {}, state.schedule.count()
    yield the.CRAWLING, {}, len(state.schedule.crawling())


def _of_pages(service: Service, _: float) -> _Told:
    counted = service.state.counted.all()
    yield the.LATENCY, {}, _histogram(LATENCY_SERIES, counted, the.LATENCY)
    for step in the.STEPS:
        yield the.STEP, {"step": step}, _histogram(step_series(step), counted, the.STEP)
    yield the.ARCHIVED, {}, counted.get(ARCHIVED_BYTES, 0)
    yield the.TEXTS, {}, service.state.counted.texts()
    yield the.PUBLISHED, {}, service.state.counted.published()


def _histogram(series: str, counted: Mapping[str, int], metric: Metric) -> Histogram:
    return Histogram(*histogram(series, counted, metric.bounds))


def _of_queues(service: Service, _: float) -> _Told:
    state = service.state
    for name, queue in _QUEUES.items():
        yield the.QUEUE, {"queue": name}, state.client.llen(KEY_PREFIX + queue)
    yield the.WAITING, {}, state.frontier.waiting()
    yield the.QUARANTINE, {}, len(state.quarantine)


def _of_consumers(service: Service, now: float) -> _Told:
    outbox = service.state.outbox
    yield the.OUTBOX, {}, outbox.length()
    yield the.PUT_ASIDE, {}, outbox.dead()
    for group in service.state.groups.all(now):
        labels = {"group": group.name}
        if group.lag is not None:
            yield the.LAG, labels, group.lag
        yield the.PENDING, labels, group.pending
        yield the.BEHIND, labels, 0.0 if group.oldest is None else max(0.0, now - group.oldest)
        yield the.AGAIN, labels, group.again
        if group.seen is not None:
            yield the.IDLE, labels, max(0.0, now - group.seen)


def _of_service(service: Service, now: float) -> _Told:
    state = service.state
    for labels, since in samples(standing_alarms(service, sorted(state.schedule.names()), now)):
        yield the.ALARM, labels, since
    up = state.parts(now)
    for part in sorted({*_PARTS, *state.seen()}):
        yield the.PART, {"part": part}, float(part in up)
    memory = state.memory()
    yield the.MEMORY, {}, memory.used
    yield the.MEMORY_LIMIT, {}, memory.limit
    if service.archive:
        yield the.ARCHIVE, {}, service.archive.size()

"""Every metric: its name, kind, unit, labels and help. `make pages` makes their reference from here.

All that is counted is in Redis, so that any machine that is asked gives the same answer, and no restart, kill or
recycled process takes anything back. A label is a source, or one of a few words: strangers add no series.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """As Prometheus has it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, with all that its exposition says of it."""

    name: str
    """Whole, with `copydesk_`, its unit, and a counter's `_total`."""
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    bounds: tuple[float, ...] = ()
    """Of a histogram's buckets, ascending; there is one above the last."""

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its samples."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.name}_{end}" for end in ("bucket", "count", "sum"))
        return (self.name,)


_HOUR, _DAY = 3600.0, 86400.0
_STEP_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LATENCY_BOUNDS = (
    60.0, 300.0, 900.0, 1800.0, _HOUR, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY,
)  # fmt: skip

STEPS: Mapping[str, str] = {
    "fetch": "from the request to the last byte of its answer, of pages that came; not the wait for the host",
    "extract": "from the page to its text",
    "look-up": "whether the text is known: asking the index, comparing, reserving a place",
    "write": "document and sidecar, flushed; a batch's time in equal shares",
    "archive": "the page into the archive, flushed; a batch's time in equal shares",
    "commit": "marking and publishing",
}
"""The steps that are timed, and what of a page each takes."""

OUTCOMES = Metric(
    "copydesk_outcomes_total",
    Kind.COUNTER,
    "Pages that ended, by their outcome.",
    ("source", "outcome"),
)
PUBLISHED = Metric(
    "copydesk_published_documents_total",
    Kind.COUNTER,
    "Documents that were put in the outbox.",
    unit="documents",
)
LATENCY = Metric(
    "copydesk_publication_latency_seconds",
    Kind.HISTOGRAM,
    "From the time of publication that a new article states to its entry in the outbox; articles that state"
    " a day alone, and those of backfills, are left out.",
    unit="seconds",
    bounds=_LATENCY_BOUNDS,
)
STEP = Metric(
    "copydesk_step_seconds",
    Kind.HISTOGRAM,
    "What a step of a page took, counted with the page's end.",
    ("step",),
    unit="seconds",
    bounds=_STEP_BOUNDS,
)
TEXTS = Metric(
    "copydesk_texts",
    Kind.GAUGE,
    "Texts that are known: documents, and near-duplicates that were dropped.",
)
QUEUE = Metric(
    "copydesk_queue_tasks",
    Kind.GAUGE,
    "Tasks that wait for a worker.",
    ("queue",),
    unit="tasks",
)
WAITING = Metric(
    "copydesk_waiting_pages",
    Kind.GAUGE,
    "Pages that were fetched and wait for ingest.",
    unit="pages",
)
OWED = Metric(
    "copydesk_owed_pages",
    Kind.GAUGE,
    "The frontier: pages without their outcome.",
    ("source",),
    unit="pages",
)
SOURCES = Metric("copydesk_sources", Kind.GAUGE, "Sources that are scheduled.")
CRAWLING = Metric(
    "copydesk_crawling_sources",
    Kind.GAUGE,
    "Sources whose crawl is in progress.",
    unit="sources",
)
QUARANTINE = Metric(
    "copydesk_quarantine_pages",
    Kind.GAUGE,
    "Pages that failed for good.",
    unit="pages",
)
OUTBOX = Metric(
    "copydesk_outbox_entries",
    Kind.GAUGE,
    "Documents that stand in the outbox.",
    unit="entries",
)
PUT_ASIDE = Metric(
    "copydesk_outbox_dead_entries",
    Kind.GAUGE,
    "Entries that consumers failed on, put aside.",
    unit="entries",
)
LAG = Metric(
    "copydesk_group_lag_entries",
    Kind.GAUGE,
    "Documents that a consumer group has not read yet; absent where the server cannot tell.",
    ("group",),
    unit="entries",
)
PENDING = Metric(
    "copydesk_group_pending_entries",
    Kind.GAUGE,
    "Documents that a consumer group has read and not acknowledged.",
    ("group",),
    unit="entries",
)
BEHIND = Metric(
    "copydesk_group_behind_seconds",
    Kind.GAUGE,
    "Age of the oldest document that a consumer group has not acknowledged; 0 where there is none.",
    ("group",),
    unit="seconds",
)
IDLE = Metric(
    "copydesk_group_idle_seconds",
    Kind.GAUGE,
    "Since a consumer group was last seen to read; absent where that is not known.",
    ("group",),
    unit="seconds",
)
AGAIN = Metric(
    "copydesk_group_again_entries",
    Kind.GAUGE,
    "Documents in a consumer group's own stream, which it is given once more.",
    ("group",),
    unit="entries",
)
ALARM = Metric(
    "copydesk_alarm_since_timestamp_seconds",
    Kind.GAUGE,
    "An alarm that stands: since when, in unix seconds.",
    ("kind", "subject"),
    unit="seconds",
)
PART = Metric(
    "copydesk_part_up",
    Kind.GAUGE,
    "Whether a part was seen at work within the last two minutes, on any machine.",
    ("part",),
)
MEMORY = Metric(
    "copydesk_redis_memory_bytes",
    Kind.GAUGE,
    "Memory that the server uses, as it counts it against its limit.",
    unit="bytes",
)
MEMORY_LIMIT = Metric(
    "copydesk_redis_memory_limit_bytes",
    Kind.GAUGE,
    "Its `maxmemory`; 0 where it has none.",
    unit="bytes",
)
ARCHIVED = Metric(
    "copydesk_archived_bytes_total",
    Kind.COUNTER,
    "What all machines have written to the archive.",
    unit="bytes",
)
ARCHIVE = Metric(
    "copydesk_archive_bytes",
    Kind.GAUGE,
    "What the archive of the machine that is asked takes on its disk; absent where it is off.",
    unit="bytes",
)

METRICS: tuple[Metric, ...] = (
    *(OUTCOMES, PUBLISHED, LATENCY, STEP, TEXTS),
    *(QUEUE, WAITING, OWED, SOURCES, CRAWLING, QUARANTINE),
    *(OUTBOX, PUT_ASIDE, LAG, PENDING, BEHIND, IDLE, AGAIN),
    *(ALARM, PART, MEMORY, MEMORY_LIMIT, ARCHIVED, ARCHIVE),
)
"""All of them, in the order of the exposition."""

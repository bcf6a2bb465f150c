"""Every event that is logged: its name, its levels, what is said beside it, and its fields.

Names and fields are constant, so that programs can count on them; what differs from line to line is in the
fields' values alone. `make pages` makes the reference from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of line."""

    name: str
    level: str
    """Which it has; two with a comma between, the first the usual one."""
    words: str
    """What it means, as a person is told beside the name."""
    fields: tuple[str, ...] = ()
    """The names of its fields, all of them in each line; what there is nothing of is empty."""


LIBRARY = "library.said"
"""The name of whatever a library logs: its words are in the field `message`."""

_ALL = (
    # One page, from the crawl to the outbox: `page` is the same in all three.
    Event("page.fetched", "info", "", ("page", "source", "url", "status", "bytes", "seconds")),
    Event("page.deferred", "info", "", ("page", "source", "url", "reason", "failed", "due")),
    Event(
        "page.ended",
        "info, error",
        "",
        ("outcome", "reason", "page", "source", "url", "document", "path", "queued", "detail"),
    ),
    Event("page.outgrown", "warning", "extraction took too much memory", ("page", "source", "url")),
    Event("page.broke", "error", "extraction failed", ("page", "source", "url")),
    Event("page.fatal", "warning", "a page ended its worker", ("page", "url", "reason", "how")),
    # Crawls and their sources.
    Event("crawl.ended", "info", "", ("source", "new_links", "pages", "seconds")),
    Event(
        "crawl.broke", "error", "it broke off, and its source is due again", ("source", "problem")
    ),
    Event("crawl.unnoted", "error", "the end of a crawl could not be noted", ("problem",)),
    Event("crawl.untaken", "warning", "no crawl was taken from the queue", ("problem",)),
    Event("crawl.unheld", "warning", "leases are not renewed", ("problem",)),
    Event(
        "crawls.paused", "info", "crawls pause: too many pages wait for ingest", ("pages", "most")
    ),
    Event("crawls.held", "warning", "crawls wait: the server is nearly full", ("memory", "advice")),
    Event("source.fails", "warning", "", ("source", "reason", "next")),
    Event("source.moved", "warning", "for good", ("source", "to")),
    Event("source.parked", "info", "older articles left to backfill", ("source", "count")),
    Event("backfill.walked", "info", "backfill has walked all listings", ("source", "gaps_closed")),
    # The sources file.
    Event("sources.read", "info", "sources file read again", ("enabled",)),
    Event("sources.left", "info", "sources are visited no more", ("count", "some", "owed")),
    Event(
        "sources.wrong",
        "error",
        "sources file is wrong; the last good state stays",
        ("problem",),
    ),
    Event("sources.unusable", "error", "sources file is wrong; nothing is sent off", ("problem",)),
    Event(
        "sources.emptied",
        "warning",
        "sources file names no source any more; all stop unless it is written again",
        ("within",),
    ),
    Event(
        "sources.behind",
        "warning",
        "sources file is not that of another host, changed later, which is followed",
        ("host", "followed"),
    ),
    Event("sources.unkept", "warning", "the last good sources file is not kept", ("problem",)),
    # What stands in the store.
    Event("store.full", "error", "store cannot be written; pages wait", ("problem", "pages")),
    Event("store.unread", "error", "store cannot be read; pages wait", ("problem",)),
    Event(
        "store.strange",
        "warning",
        "it holds no document, and the server knows some: is it the wrong one?",
        ("store",),
    ),
    Event("store.damaged", "warning", "a file is not as it was written", ("path", "problem")),
    Event("text.adopted", "info", "no one had committed it", ("path",)),
    Event("text.left", "info", "files that no one will commit were removed", ("path",)),
    Event("text.doubled", "warning", "a second file of a text was removed", ("path", "kept")),
    Event("texts.adopted", "warning", "texts that no one had committed were found", ("count",)),
    Event("archive.full", "error", "archive cannot be written; pages wait", ("problem", "pages")),
    Event("archive.kept", "info", "", ("closed", "removed")),
    Event("archive.unkept", "error", "it cannot be looked after", ("problem",)),
    Event("archive.unclosed", "warning", "archive file cannot be closed", ("path", "problem")),
    Event("rules.frozen", "info", "", ("source", "number", "added")),
    Event("rules.unfrozen", "error", "rules could not be frozen", ("source", "problem")),
    Event("rules.missing", "error", "their file is gone", ("path",)),
    Event("rules.unread", "error", "rules cannot be read", ("path", "problem")),
    # The service and its parts.
    Event("service.up", "info", "", ("sources", "home", "documents", "dashboard")),
    Event("service.stopping", "info", "running pages are given their time, at most 30 s"),
    Event("service.stopped", "info", "what is owed is kept, and goes on at the next start"),
    Event("part.died", "error", "it is started again", ("part", "code", "pause")),
    Event("part.killed", "warning", "part did not end in time; it is killed", ("part",)),
    Event("worker.lost", "warning", "its pages wait for another", ("how", "problem")),
    Event("crawl.unread", "error", "message of a later release", ("source", "problem")),
    Event("task.unsent", "warning", "task not sent", ("task", "problem")),
    Event("server.restarted", "warning", "the embedded server had ended; it was started again"),
    Event("server.gone", "error", "the embedded server is gone", ("problem",)),
    Event(
        "state.lost", "error", "server and store do not belong together; pages wait", ("problem",)
    ),
    Event("redelivery.ended", "info", "a group has all that it asked for", ("group", "count")),
    Event("redelivery.unread", "warning", "not given once more: its JSON is damaged", ("path",)),
    Event("state.migrating", "warning", "", ("state", "becomes")),
    Event("state.migrated", "warning", "", ("state",)),
    Event("state.foreign", "error", "this part ends", ("problem",)),
    # Documents that are posted.
    Event("webhook.up", "info", "", ("to",)),
    Event(
        "webhook.untaken",
        "warning",
        "its receiver does not take them; they wait",
        ("to", "problem", "document"),
    ),
    Event(
        "webhook.aside",
        "error",
        "its receiver refused a document again and again; it was put aside",
        ("document", "url", "reason"),
    ),
    Event("webhook.unfilled", "warning", "nothing is given once more", ("problem",)),
    Event("house.kept", "info", "", ("trimmed", "buried", "swept")),
    Event("quarantine.full", "warning", "its oldest records went", ("pages",)),
    Event("browser.died", "warning", "", ("code",)),
    Event("browser.outgrown", "warning", "a browser took too much memory", ("megabytes",)),
    Event("browser.missing", "error", "no Chromium is installed", ("advice",)),
    # The dashboard.
    Event("dashboard.lost", "warning", "page without the server", ("path", "problem")),
    Event("dashboard.storeless", "warning", "page without the store", ("path", "problem")),
    Event("dashboard.forged", "warning", "a forged request was refused", ("path", "problem")),
    Event("search.waits", "warning", "search waits for the server", ("problem",)),
    Event("search.full", "error", "search index cannot be written", ("problem",)),
    Event("search.unread", "warning", "search index cannot be read", ("problem",)),
    Event("search.broken", "error", "search index is out of order", ("problem",)),
    # Alarms.
    Event("alarm.raised", "warning", "", ("kind", "subject", "evidence")),
    Event("alarm.cleared", "info", "", ("kind", "subject")),
    Event(
        "notice.unsent",
        "warning, error",
        "notification not sent",
        ("problem", "tries", "given_up"),
    ),
    Event(LIBRARY, "warning, error", "", ("message",)),
)

EVENTS: Mapping[str, Event] = {event.name: event for event in _ALL}
"""By their names."""

FIELDS: Mapping[str, str] = {
    "added": "Lines that are new in a file of rules.",
    "advice": "What to do.",
    "becomes": "The version that the state is given.",
    "buried": "Entries of the outbox that were put aside.",
    "bytes": "Of the page as it was received.",
    "closed": "Files of the archive that their processes had left open.",
    "code": "With which a process ended; negative for a signal.",
    "count": "How many.",
    "dashboard": "Where the dashboard is; empty where there is none.",
    "detail": "What was seen, for a person.",
    "document": "The id of the page's text, as in its file's name and in the outbox.",
    "documents": "Where documents go.",
    "due": "When the page is asked for again, RFC 3339.",
    "enabled": "Sources of the file that are enabled.",
    "evidence": "What was seen, with figures, and what to do.",
    "failed": "Whether that counts as an attempt of the page: else its host was to blame.",
    "followed": "The host whose file is followed.",
    "gaps_closed": "Gaps in what is covered that are none any more.",
    "given_up": "Whether it is not tried again.",
    "group": "A consumer group.",
    "home": "The folder of the service.",
    "host": "The host that says it.",
    "how": "How a process ended: a signal, or its exit code.",
    "kept": "The file that stays.",
    "kind": "Of alarm: `silent`, `broken`, `memory`, ...",
    "megabytes": "Of memory.",
    "memory": "How full the server is.",
    "message": "What a library says, in its own words.",
    "most": "How many may wait (`COPYDESK_WAITING_MAX`).",
    "new_links": "Addresses of articles that were not known.",
    "next": "When the source is due again, a time of the day in UTC.",
    "number": "Of a file of rules.",
    "outcome": "How the page ended, one of the eight.",
    "owed": "Pages that those sources still owe.",
    "page": "Names one visit of one page, from its crawl to its outcome. A later visit has another.",
    "pages": "How many pages it is about.",
    "part": "Of the service: `beat`, `crawl`, `ingest`, `browser`, ...",
    "path": "Of a file, in the store where it is a document's; or of the dashboard's page.",
    "pause": "Seconds until it is started again.",
    "problem": "What went wrong, in the words of whoever met it.",
    "queued": "Whether the document is in the outbox.",
    "reason": "Why, in one constant word where a page is concerned.",
    "removed": "Files of the archive that were older than it keeps them.",
    "seconds": "How long it took.",
    "some": "Some of their names.",
    "source": "The name of a source.",
    "sources": "How many sources are enabled.",
    "state": "The version of the state.",
    "status": "Of the answer.",
    "store": "The folder or the address of the documents.",
    "subject": "What an alarm is about: a source, a consumer group, a part, the server.",
    "swept": "Files that a kill had left half-written, removed.",
    "task": "Of Celery.",
    "to": "Where to.",
    "tries": "How often it was tried.",
    "trimmed": "Entries that have left the outbox.",
    "url": "An address.",
    "within": "For how long it is waited for.",
}
"""What each field holds, whichever event it belongs to."""

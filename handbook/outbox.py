"""The page of the outbox and of the JSON beside a document: what consumers build on."""

from dataclasses import fields
from datetime import date

from crawler.document import Document, Sidecar
from handbook.table import code, table
from workers.pages.records import entry_of
from workers.redelivery import MOST_WAITING
from workers.state.outbox import DEAD, STREAM, again_of
from workers.storage.places import Place

_TOLD = {
    "schema": "1, and more if a field ever changes its meaning",
    "id": "the first 16 hex digits of SHA-256 over the text in a normal form: equal texts have equal ids, on every machine",
    "outcome": "`new`, `revision`, or `near-duplicate`",
    "url": "where the page was found at last, without fragment and tracking parameters",
    "title": "one line",
    "site_name": "the source's, else the page's own name for its site, else the host",
    "source": "the source's name",
    "layout": "`titled` or `plain`",
    "language": "`fr`",
    "authors": "names",
    "published": "with offset where the page says so (`2021-12-16T09:12:00-05:00`), else the day alone",
    "modified": "the same",
    "fetched": "when its page was read, UTC (`2026-11-21T20:38:19Z`)",
    "path": "of the text, relative to the store",
    "supersedes": "the id of the former text, for a `revision`",
    "duplicate_of": "the id of the text that this one is like, for a `near-duplicate`",
    "similarity": "with that text: Jaccard similarity of their word triples, from 0 to 1, three decimals",
    "partial": "a teaser before a paywall, or an article of which further pages could not be read",
    "rights": "what the page says of its use: licence, copyright, robots directives",
    "extractor": "name and version of what read the page, and the number of the source's rules",
    "page_sha256": "over the page as it was received, unpacked",
    "text": "the document's file, with `COPYDESK_OUTBOX_TEXT=true` alone",
}
_DEAD_TOLD = {
    "group": "the group that failed on it",
    "consumer": "the one of the group that had it last",
    "delivered": "how often it was given out",
    "at": "when it was put aside, UTC (`2026-11-21T20:38:19Z`)",
    "entry": "its id in the stream",
    "reason": "why, where it was the webhook's; else empty",
}
_ABOVE = f"""# Documents and the outbox

A document is a text file, `documents/{{source}}/{{day}}/{{NNN}}_{{id}}.txt`, and a JSON file of the same name beside it. The day is the UTC day
on which the text was first fetched; NNN counts from 000 within the folder, and may have holes. A text that was dropped as a near-duplicate is kept as
`duplicates/{{source}}/{{day}}/{{id}}.txt`, with its JSON. Neither is ever written again: a changed text is another document.
Beside them stand `rules/` ([what recurs](../decisions/rules-change-between-crawls.md)) and `owners/` ([whose store it is](../how-to/many-machines.md#the-store)).

Each document that is queued is one entry of the Redis stream `{STREAM}`. [Write a consumer](../how-to/write-a-consumer.md) says
how it is read.

"""
_BELOW = f"""
In the JSON what is not known is null. In the stream all values are strings: null is empty, true is `1`, false is empty.

An entry goes when every consumer group has acknowledged it, and it is older than `COPYDESK_RETENTION_DAYS`; never earlier. Without any
group it goes by the retention alone. A new group starts at the beginning.

## Once more

What a group is given once more, by `copydesk redeliver` or `copydesk groups retry`, comes in a stream of its own, `{again_of("GROUP")}`: entries of
the same fields, read and acknowledged by the same group in the same way. It is filled as it is read, holds {MOST_WAITING} entries at the most
beside those that were put aside before, lets go of what was acknowledged, and goes with its group.

## Put aside

What was given out `COPYDESK_MAX_DELIVERIES` times and never acknowledged goes to the stream `{DEAD}`, with these beside its own fields:

"""
_END = "\nThis page is written from `crawler/document.py` and `workers/pages/records.py` by `make pages`.\n"


def page() -> str:
    """The page, in Markdown."""
    sidecar = _sample()
    in_file = [field.name for field in fields(Sidecar)]
    in_stream = entry_of(sidecar, Place(sidecar.source, date(2026, 11, 21), sidecar.id, 0), "")
    names = [*in_file, *(name for name in in_stream if name not in in_file)]
    rows = [
        (code(name), _tick(name in in_file), _tick(name in in_stream), _TOLD[name])
        for name in names
    ]
    dead = [(code(name), told) for name, told in _DEAD_TOLD.items()]
    return (
        _ABOVE
        + table(("field", "in the JSON", "in the stream", "what it says"), rows)
        + _BELOW
        + table(("field", "what it says"), dead)
        + _END
    )


def _tick(is_there: bool) -> str:  # noqa: FBT001 - it is all that there is to say
    return "yes" if is_there else ""


def _sample() -> Sidecar:
    document = Document("A text.")
    return Sidecar(
        id=document.id,
        outcome="new",
        url="",
        title=None,
        site_name="",
        source="example",
        layout=document.layout,
        language=None,
        published=None,
        modified=None,
        fetched="",
        extractor={},
        page_sha256="",
    )

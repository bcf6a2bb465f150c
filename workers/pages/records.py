"""What is told of a document: its entry in the outbox, and its record as a duplicate. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from crawler.document import Sidecar
from workers.pages.decide import Decision
from workers.storage.places import Place


def entry_of(sidecar: Sidecar, place: Place, text: str | None = None) -> Mapping[str, str]:
    """The outbox's fields: all strings, null is empty, true is `1`; `text` among them where it is given."""
    fields = {
        "id": sidecar.id,
        "outcome": sidecar.outcome,
        "url": sidecar.url,
        "title": sidecar.title or "",
        "site_name": sidecar.site_name,
        "source": sidecar.source,
        "language": sidecar.language or "",
        "published": sidecar.published or "",
        "fetched": sidecar.fetched,
        "path": place.text_path,
        "supersedes": sidecar.supersedes or "",
        "duplicate_of": sidecar.duplicate_of or "",
        "similarity": "" if sidecar.similarity is None else f"{sidecar.similarity:.3f}",
        "partial": "1" if sidecar.partial else "",
        "schema": str(sidecar.schema),
    }
    return fields if text is None else fields | {"text": text}


_MAY_BE_NULL = ("title", "language", "published", "supersedes", "duplicate_of", "similarity")


def told_by(entry: Mapping[str, str]) -> dict[str, Any]:
    """An entry's fields as the JSON beside the document has them: numbers, true and false, null; others as they are."""
    told: dict[str, Any] = dict(entry)
    told |= {name: None for name in _MAY_BE_NULL if entry.get(name) == ""}
    if entry.get("similarity"):
        told["similarity"] = float(entry["similarity"])
    if "partial" in entry:
        told["partial"] = entry["partial"] == "1"
    if entry.get("schema", "").isdecimal():
        told["schema"] = int(entry["schema"])
    return told


def duplicate_record(
    url: str, source: str, text_id: str, decision: Decision, original_url: str | None
) -> str:
    """What `duplicates` tells of a text that was dropped or linked, as JSON."""
    return json.dumps(
        {
            "url": url,
            "source": source,
            "outcome": decision.outcome.value,
            "id": text_id,
            "duplicate_of": decision.duplicate_of,
            "original_url": original_url,
            "similarity": decision.similarity,
            "queued": decision.queued,
            "reason": decision.reason,
        },
        ensure_ascii=False,
    )

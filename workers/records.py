"""What is written down of a document: its sidecar, and its entry in the outbox. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from crawler.document import Sidecar
from crawler.extraction.extract import EXTRACTOR
from workers.decide import Decision
from workers.reading import Reading
from workers.storage.places import Place


def sidecar_of(reading: Reading, decision: Decision) -> Sidecar:
    """The JSON file beside the document."""
    article, document = reading.article, reading.document
    return Sidecar(
        id=document.id,
        outcome=decision.outcome.value,
        url=document.url,
        title=document.title,
        site_name=document.site_name,
        source=reading.source.name,
        layout=document.layout.value,
        language=article.language,
        authors=article.authors,
        published=article.published,
        modified=article.modified,
        fetched=_timestamp(reading.waiting.page.fetched),
        supersedes=decision.supersedes,
        duplicate_of=decision.duplicate_of,
        similarity=decision.similarity,
        partial=article.partial,
        rights=article.rights,
        extractor=EXTRACTOR,
        page_sha256=reading.page_sha256,
    )


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry_of(sidecar: Sidecar, place: Place) -> Mapping[str, str]:
    """The outbox's fields: all strings, null is empty, true is `1`."""
    return {
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

"""What is written down beside a document. Pure."""

from datetime import UTC, datetime

from crawler.document import Sidecar
from crawler.extraction.extract import EXTRACTOR
from workers.pages.decide import Decision
from workers.pages.reading import Reading


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
        extractor={**EXTRACTOR, **article.extractor, "rules": article.rules},
        page_sha256=reading.page_sha256,
    )


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

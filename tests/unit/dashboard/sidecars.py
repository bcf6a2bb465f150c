"""Sidecars for tests."""

from crawler.document import Sidecar


def sidecar(published: str | None, fetched: str, **fields: object) -> Sidecar:
    """A sidecar with these fields, and others that do not matter."""
    given = {
        "id": "0" * 16, "outcome": "new", "url": "https://a.example/", "title": "T", "site_name": "A",
        "source": "a", "layout": "titled", "language": "en", "modified": None, "extractor": {},
        "page_sha256": "",
    } | fields  # fmt: skip
    return Sidecar(published=published, fetched=fetched, **given)  # type: ignore[arg-type]

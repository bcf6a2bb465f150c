"""Addresses of our own pages, and what stands in them. Pure."""

from urllib.parse import parse_qsl, urlencode


def with_changed(query: str, **changed: object) -> str:
    """The same page with some parameters changed; those that are empty or 0 are left out."""
    asked = dict(parse_qsl(query)) | {name: str(value or "") for name, value in changed.items()}
    kept = {name: value for name, value in asked.items() if value and name != "done"}
    return f"?{urlencode(kept)}"


def number_of(text: str | None, default: int) -> int:
    """A whole number that a person may have changed by hand."""
    if text and text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    return default

"""What the state notes of a page in the archive. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Original:
    """The record that holds a payload: what a `revisit` refers to."""

    digest: str
    """Of the body as received: `sha1:` and its value in base 32."""
    date: str
    """As its record has it."""
    url: str

    def to_text(self) -> str:
        """In a line."""
        return f"{self.digest} {self.date} {self.url}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The inverse; None where it is none."""
        parts = text.split(" ", 2)
        return cls(*parts) if len(parts) == len(("digest", "date", "url")) else None

    @property
    def moment(self) -> datetime:
        """When it was fetched."""
        return datetime.fromisoformat(self.date)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a page in the archive."""

    original: Original
    """The record that has its payload, for the next page of its URL to refer to."""
    size: int
    """Bytes that it takes."""
    is_revisit: bool

"""Where in the store a text is kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

DOCUMENTS, DUPLICATES = "documents", "duplicates"
TOPS = (DOCUMENTS, DUPLICATES)

_SOURCE = re.compile("[a-z0-9][a-z0-9-]{0,99}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STEM = {
    DOCUMENTS: re.compile(r"(\d{3}|[1-9]\d{3,8})_([0-9a-f]{16})"),
    DUPLICATES: re.compile("()([0-9a-f]{16})"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One id, one path."""

    source: str
    day: date
    """The UTC day on which this text was first fetched."""
    id: str
    number: int | None
    """Counts the texts of the folder; None for a near-duplicate that was dropped."""

    @classmethod
    def of(cls, stem: str) -> Self | None:
        """The inverse of `stem`; None where a path is no place."""
        parts = stem.split("/")
        if len(parts) != len(("top", "source", "day", "name")) or parts[0] not in TOPS:
            return None
        top, source, day, name = parts
        match = _STEM[top].fullmatch(name)
        moment = day_of(day)
        if not match or moment is None or not is_source(source):
            return None
        return cls(source, moment, match[2], int(match[1]) if match[1] else None)

    @property
    def stem(self) -> str:
        """The path without its ending, relative to the store."""
        if self.number is None:
            return f"{DUPLICATES}/{self.source}/{self.day}/{self.id}"
        return f"{DOCUMENTS}/{self.source}/{self.day}/{self.number:03}_{self.id}"

    @property
    def text_path(self) -> str:
        """The document's path, relative to the store."""
        return self.stem + ".txt"

    @property
    def sidecar_path(self) -> str:
        """The path of the JSON beside it."""
        return self.stem + ".json"


def places_in(folder: str, names: Sequence[str]) -> list[Place]:
    """The places of a folder of which there is a text; what is no place is left out."""
    stems = (f"{folder}/{name.removesuffix('.txt')}" for name in names if name.endswith(".txt"))
    return [place for stem in stems if (place := Place.of(stem))]


def is_source(name: str) -> bool:
    """Whether a folder's name is that of a source."""
    return _SOURCE.fullmatch(name) is not None


def day_of(name: str) -> date | None:
    """The day that a folder is named after; None where it is named otherwise."""
    try:
        return date.fromisoformat(name) if _DAY.fullmatch(name) else None
    except ValueError:
        return None

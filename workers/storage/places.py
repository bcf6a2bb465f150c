"""Where in the store a text is kept."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Place:
    """One id, one path."""

    source: str
    day: date
    """The UTC day on which this text was first fetched."""
    id: str
    number: int | None
    """Counts the texts of the folder; None for a near-duplicate that was dropped."""

    @property
    def stem(self) -> str:
        """The path without its ending, relative to the store."""
        if self.number is None:
            return f"duplicates/{self.source}/{self.day}/{self.id}"
        return f"documents/{self.source}/{self.day}/{self.number:03}_{self.id}"

    @property
    def text_path(self) -> str:
        """The document's path, relative to the store."""
        return self.stem + ".txt"

    @property
    def sidecar_path(self) -> str:
        """The path of the JSON beside it."""
        return self.stem + ".json"

"""What a replay came to so far. Pure."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass
class Tally:
    """Pages by what became of them: together they are all that were read."""

    same: int = 0
    """The text that was read before."""
    known: int = 0
    """Another text, which is kept already."""
    no_article: int = 0
    """None is found: what there was stays."""
    superseded: int = 0
    """The URL has a text from a later page, or its text was taken away."""
    owed: int = 0
    """On their way in the service, which ends them."""
    vanished: int = 0
    """Their file went meanwhile, as the retention has it."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Other texts, by the outcome that was counted."""
    failed: list[str] = field(default_factory=list)
    """Where a page could not be read or extracted, and why."""
    is_stuck: bool = False
    """The store cannot be written."""

    @property
    def pages(self) -> int:
        """All of them."""
        counts = (self.same, self.known, self.no_article, self.superseded, self.owed, self.vanished)
        return sum(counts) + self.outcomes.total() + len(self.failed)

    def add(self, other: Self) -> None:
        """Count what others have counted."""
        for name in ("same", "known", "no_article", "superseded", "owed", "vanished"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outcomes.update(other.outcomes)
        self.failed += other.failed
        self.is_stuck |= other.is_stuck

    def to_json(self) -> dict[str, Any]:
        """As a person's program, or the next run, reads it."""
        told = asdict(self) | {"outcomes": dict(self.outcomes)}
        del told["is_stuck"]
        return told

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """The inverse."""
        return cls(**{**told, "outcomes": Counter(told["outcomes"])})

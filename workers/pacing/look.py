"""What one walk has shown of a source's publishing. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from crawler.desk import Reading
from crawler.discovery.hints import Hints
from crawler.discovery.listing import Link
from workers.pacing.rhythm import Rhythm
from workers.pacing.watching import watched

_MOST_DATED = 500
_DAY_ALONE = len("2026-11-21")


@dataclass(frozen=True, slots=True)
class Look:
    """A walk, as far as it tells when to walk again."""

    at: float
    """Unix seconds."""
    dated: tuple[float, ...]
    """When its newest links were published, those of which the hour is known; unix seconds."""
    held: int
    """How many links it named; none where its listings were as they had been."""
    hints: Hints

    @classmethod
    def of(cls, reading: Reading, now: float) -> "Look":
        """The look of a walk that was read just now."""
        return cls(now, tuple(_times(reading.links)), len(reading.links), reading.hints)

    def after(self, before: Rhythm | None, new_links: int) -> Rhythm:
        """The source's rhythm with it."""
        return watched(before, self.at, new=new_links, dated=self.dated, held=self.held)


def _times(links: Iterable[Link]) -> Iterable[float]:
    # The dated links are the first of a reading, the newest of them foremost.
    for link in islice(links, _MOST_DATED):
        if link.published and len(link.published) > _DAY_ALONE:
            yield datetime.fromisoformat(link.published).timestamp()

"""What pages are made from, wired in one place."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.named import NamedSources
from dashboard.search.follower import Follower
from dashboard.search.index import SearchIndex
from workers.service import Service
from workers.state.ledger import Ledger


class Hours:
    """Outcomes by the hour; those of hours that are over are asked for once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._over: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()

    def of(self, hours: Sequence[str]) -> list[Counter[str]]:
        """Of UTC hours such as `2026112809`, the last of them not over yet, nor the one before it for sure."""
        with self._lock:
            unknown = [hour for hour in hours if hour not in self._over]
            found = self._ledger.by_hour(unknown)
            settled = {hour: found[hour] for hour in unknown if hour not in hours[-2:]}
            self._over = {h: c for h, c in self._over.items() if h in hours} | settled
            return [found.get(hour) or self._over.get(hour, Counter()) for hour in hours]


@dataclass(frozen=True, slots=True)
class Board:
    """The service, its sources, and the index of its documents."""

    service: Service
    named: NamedSources
    index: SearchIndex
    follower: Follower
    hours: Hours = field(init=False)

    def __post_init__(self) -> None:
        """Make the hours."""
        object.__setattr__(self, "hours", Hours(self.service.state.ledger))


def open_board(service: Service) -> Board:
    """A board on a service; what follows the outbox for it is not begun yet."""
    index = SearchIndex(service.settings.home / "dashboard" / "search.sqlite3")
    return Board(service, NamedSources(service.settings.sources), index, Follower(service, index))

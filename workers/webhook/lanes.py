"""Which document is posted next: in order within a source, sources side by side. Pure, with the present passed in.

A document that is refused is tried again, and its source waits with it. Whether that is its own fault shows only
beside others: a refusal counts where another document was taken since the last one. After so many that count it is
put aside. Where there is no other to tell by, one behind it is tried, and if that is taken, the one that was refused
has a last try. While nothing at all is taken, nothing is put aside, and one document at a time knocks.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass, field

from workers.state.outbox import Entry

_WINDOW, _OF_A_SOURCE, _MOST = 1000, 100, 10_000
"""Documents that are taken out of the streams and not acknowledged: of one source no more than so many count, so that
one that waits, or has much, leaves room for the others; and all there may be."""
_LONGEST_PAUSE = 300.0
_KNOCK_SECONDS = 5.0
_DEEPEST = 10


def pause_after(failures: int) -> float:
    """Seconds until the next try after so many in a row that failed: 1, 2, 4, ... five minutes."""
    return min(_LONGEST_PAUSE, 2.0 ** min(failures - 1, 20))


@dataclass(eq=False)
class Parcel:
    """A document on its way."""

    entry: Entry
    failures: int = 0
    """Refusals that count."""
    tries: int = 0
    """All of them, since this process has it."""
    failed: float = -math.inf
    """When it was refused last."""
    was_passed: bool = False
    """Whether a later one of its source was taken while this one was not."""
    reason: str = ""

    @property
    def source(self) -> str:
        """The source that it is of."""
        return self.entry.fields.get("source", "")

    def precedes(self, other: "Parcel") -> bool:
        """Whether it stands before another one in the same stream."""
        own, theirs = self.entry, other.entry
        return own.stream == theirs.stream and _order(own) < _order(theirs)


def _order(entry: Entry) -> tuple[int, int]:
    moment, _, number = entry.stream_id.partition("-")
    return int(moment), int(number)


@dataclass
class _Lane:
    """The documents of a source that wait, in order."""

    waiting: deque[Parcel] = field(default_factory=deque)
    at_work: Parcel | None = None
    due: float = 0.0
    failures: int = 0
    """In a row."""
    is_probing: bool = False
    """Whether a later one is tried, to see whether it is the first one's fault."""
    depth: int = 1
    """Which: the one behind, then the one behind that, since these may be at fault too."""

    def add(self, parcel: Parcel) -> None:
        at = len(self.waiting)
        while (
            at
            and parcel.precedes(self.waiting[at - 1])
            and self.waiting[at - 1] is not self.at_work
        ):
            at -= 1
        self.waiting.insert(at, parcel)

    def next(self) -> Parcel:
        return self.waiting[min(self.depth, len(self.waiting) - 1) if self.is_probing else 0]


class Lanes:
    """All that this process has taken out of the stream and not acknowledged."""

    def __init__(self, most_at_once: int, max_deliveries: int) -> None:
        self._most = most_at_once
        self._max_deliveries = max_deliveries
        self._lanes: dict[str, _Lane] = {}
        self._count = 0
        self._counted = 0
        self._at_work = 0
        self._failures = 0
        self._is_away = False
        self._opens = -math.inf
        self._taken = -math.inf
        self.failing_since: float | None = None
        """Since when nothing was taken though something was tried; None where all is well."""

    def __len__(self) -> int:
        return self._count

    @property
    def room(self) -> int:
        """How many more may be taken out of the streams."""
        return max(0, min(_WINDOW - self._counted, _MOST - self._count))

    def add(self, parcel: Parcel) -> None:
        """One more, behind the others of its source, or where it belongs among them."""
        lane = self._lanes.setdefault(parcel.source, _Lane())
        self._counted += len(lane.waiting) < _OF_A_SOURCE
        self._count += 1
        lane.add(parcel)

    def next_due(self) -> float:
        """When the next one may be tried; infinite where none waits for its time."""
        free = (lane.due for lane in self._lanes.values() if lane.at_work is None)
        return max(self._opens, min(free, default=math.inf))

    def due(self, now: float) -> list[Parcel]:
        """Those that are to be tried now, which are at work from then on; what waited longest first."""
        is_narrow = self._is_away or self._failures >= self._most
        room = (1 if is_narrow else self._most) - self._at_work
        if now < self._opens or room <= 0:
            return []
        free = (one for one in self._lanes.values() if one.at_work is None and one.due <= now)
        chosen = heapq.nsmallest(room, free, key=lambda lane: lane.due)
        for lane in chosen:
            lane.at_work = lane.next()
        self._at_work += len(chosen)
        return [lane.at_work for lane in chosen if lane.at_work]

    def taken(self, parcel: Parcel, now: float) -> None:
        """It is delivered."""
        lane = self._back(parcel)
        if parcel is not lane.waiting[0]:
            lane.waiting[0].was_passed = True
        self._failures, self._is_away, self.failing_since = 0, False, None
        self._taken = now
        self._let_go(lane, parcel, now)

    def refused(self, parcel: Parcel, reason: str, now: float) -> bool:
        """It was not taken; whether it is to be put aside, and is no longer here."""
        lane = self._back(parcel)
        is_probe = parcel is not lane.waiting[0]
        if not is_probe:
            parcel.tries += 1
            parcel.failures += self._taken > parcel.failed
            parcel.reason = reason
            if parcel.was_passed or parcel.failures >= self._max_deliveries:
                self._let_go(lane, parcel, now)
                return True
            parcel.failed = now
        self._failed(now)
        if is_probe:
            lane.depth = lane.depth % min(len(lane.waiting) - 1, _DEEPEST) + 1
        may_probe = parcel.tries >= self._max_deliveries and len(lane.waiting) > 1
        lane.is_probing = not is_probe and may_probe
        if lane.is_probing:
            lane.due = now
            return False
        lane.failures += 1
        lane.due = now + pause_after(lane.failures)
        if self._failures >= self._most:
            # Each lane has a pause of its own, so that this one may stay short: many that are refused
            # must come to their ends.
            self._opens = max(self._opens, now + _KNOCK_SECONDS)
        return False

    def away(self, parcel: Parcel, wait: float | None, now: float) -> None:
        """The receiver takes nothing just now, and asks to be left alone for so long, if it asks."""
        lane = self._back(parcel)
        lane.is_probing = lane.waiting[0].was_passed = False
        lane.failures += 1
        lane.due = now + pause_after(lane.failures)
        self._failed(now)
        self._is_away = True
        pause = pause_after(self._failures) if wait is None else wait
        self._opens = max(self._opens, now + pause)

    def _back(self, parcel: Parcel) -> _Lane:
        lane = self._lanes[parcel.source]
        lane.at_work = None
        self._at_work -= 1
        return lane

    def _failed(self, now: float) -> None:
        self._failures += 1
        if self.failing_since is None:
            self.failing_since = now

    def _let_go(self, lane: _Lane, parcel: Parcel, now: float) -> None:
        lane.waiting.remove(parcel)
        lane.failures, lane.due, lane.is_probing, lane.depth = 0, now, False, 1
        self._count -= 1
        self._counted -= len(lane.waiting) < _OF_A_SOURCE
        if not lane.waiting:
            del self._lanes[parcel.source]

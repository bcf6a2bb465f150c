"""Whether a listing still reaches back to what it named the last time, and from when to when it does not. Pure."""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.discovery.listing import Link
from crawler.urls import url_key

MOST_MARKS = 40
"""Links of a listing that are remembered at the most."""
_MARK = 10
# Of a listing that holds old links among its new ones, these few tell when it was read.
_FIRST = 3
# So few among new ones may be kept there: a report that is dated anew all day, an appeal at the top.
_MOST_KEPT = 2
_HOST = re.compile("^[^/?]*")


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a listing, so that its next reading shows whether anything was missed between."""

    marks: str = ""
    """Its newest links, each as `mark` writes it, one after the other; empty where it never named any."""
    read: float = 0.0
    """Unix seconds: what came up to here has been met."""
    tries: int = 0
    """How often it was not known whether it reaches back, since its host did not answer."""
    gave_up: float = 0.0
    """Unix seconds: when it was last walked back in vain."""

    def each(self) -> tuple[str, ...]:
        """The marks, the newest first where the listing had dates."""
        return tuple(self.marks[i : i + _MARK] for i in range(0, len(self.marks), _MARK))


NO_MEMORY = Memory()
"""Of a listing that was never read."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A while of which a listing names nothing any more."""

    listing: str
    start: float
    """Unix seconds: when it was last read."""
    end: float
    """Unix seconds: from when on it names what there is."""
    closed: str = ""
    """What was walked back to close it; empty where that could not be done."""


def mark(url: str) -> str:
    """Ten letters for a printed URL, the same after a site has moved to another host."""
    path = _HOST.sub("", url_key(url), count=1)
    return hashlib.blake2b(path.encode(), digest_size=_MARK // 2).hexdigest()


def memory_of(links: Sequence[Link], now: float, most: int = MOST_MARKS) -> Memory:
    """What to remember of a listing's links, in their order, read at `now`.

    Of dated ones the newer half: what is pinned to a listing for weeks sinks to its end, and says
    nothing of whether any was missed. Of others those at both ends, since either may be the newer one.
    """
    if any(link.published for link in links):
        kept: Sequence[Link] = links[: max(1, min(most, len(links) // 2))]
    elif len(links) > most:
        kept = [*links[: most // 2], *links[-(most // 2) :]]
    else:
        kept = links
    return Memory("".join(mark(link.url) for link in kept), now)


def reaches_back(memory: Memory, links: Sequence[Link]) -> bool:
    """Whether links name anything that is remembered, and not just for its being kept; true where nothing is."""
    places = {one: place for place, one in enumerate(memory.each())}
    here = [(place, link, places.get(mark(link.url))) for place, link in enumerate(links)]
    met = [(link, place, before) for place, link, before in here if before is not None]
    if not places or not met or len(met) > _MOST_KEPT or len(met) == len(places):
        return not places or bool(met)
    others = (seconds_of(link.published) for _, link, before in here if before is None)
    came = min((t for t in others if t is not None and t > memory.read), default=None)
    if any(link.published for _, link, _ in here):
        # What was named before what is new to us, and is dated later, was dated anew.
        times = (seconds_of(link.published) for link, _, _ in met)
        return came is None or any(t is None or t <= came for t in times)
    return 2 * len(met) >= len(places) or any(place != before for _, place, before in met)


def covers(
    memory: Memory, now_named: Sequence[Link], others: Collection[str], *, in_order: bool
) -> bool:
    """Whether another listing names what lies between what one named before, and what it names now.

    `others` are the marks of the other one's links: they hold a remembered link, and half of those that are
    named now, so that both are about the same. Where the other is not `in_order` of time, as a page with its
    most read articles is, what it holds must be among the very newest that are remembered.
    """
    remembered = memory.each() if in_order else memory.each()[:_FIRST]
    if not any(one in others for one in remembered):
        return False
    return 2 * sum(mark(link.url) in others for link in now_named) >= len(now_named)


def names_since(links: Iterable[Link], read: float, now: float) -> float:
    """Since when (unix seconds) links name all that there is, given that they do not reach back to `read`.

    It is the time of the oldest that is younger than `read`: older ones are pinned. Without times it is `now`.
    """
    times = (seconds_of(link.published) for link in links)
    return min((t for t in times if t is not None and read < t < now), default=now)


def is_before(published: str | None, moment: float) -> bool:
    """Whether `Link.published` lies before a moment (unix seconds), as far as it says: a day alone may not."""
    at = seconds_of(published)
    if at is not None:
        return at < moment
    return (published or "") < datetime.fromtimestamp(moment, UTC).date().isoformat()


def seconds_of(published: str | None) -> float | None:
    """Unix seconds of `Link.published`; None for no time, or a day alone."""
    if not published or "T" not in published:
        return None
    return datetime.fromisoformat(published).timestamp()

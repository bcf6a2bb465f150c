"""Whether a listing still reaches back to what it named the last time, and from when to when it does not. Pure."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.discovery.listing import Link
from crawler.urls import url_key

MOST_MARKS = 40
"""Links of a listing that are remembered at the most."""
_MARK = 10
# Of a listing that holds old links among its new ones, these few tell when it was read.
_FIRST = 3
_MOST_OF = 0.75
# What one that is kept in a listing has outlived there is counted up to here.
_OLDEST = 255
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
    is_unread: bool = False
    """It could not be read yet since `read`, when that was first tried."""
    newest: float = 0.0
    """Unix seconds: of all that it named, the latest time; 0 where it had none."""
    ages: str = ""
    """Where it had no times: how many links came after each of the marks, in two hex digits; empty for all 0."""

    @property
    def age_of_each(self) -> tuple[int, ...]:
        """How many links came after each of the marks."""
        ages = self.ages or "00" * len(self.each())
        return tuple(int(ages[i : i + 2], 16) for i in range(0, len(ages), 2))

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


def memory_of(
    links: Sequence[Link], now: float, most: int = MOST_MARKS, before: Memory = NO_MEMORY
) -> Memory:
    """What to remember of a listing's links, in their order, read at `now`; `before` is what was remembered of it.

    Of dated ones the newer half: what is pinned to a listing for weeks sinks to its end, and says
    nothing of whether any was missed. Of others those at both ends, since either may be the newer one.
    """
    times = [t for link in links if (t := seconds_of(link.published)) is not None]
    newest = max(times, default=0.0)
    if _are_dated(links):
        kept: Sequence[Link] = links[: max(1, min(most, len(links) // 2))]
        return Memory("".join(mark(link.url) for link in kept), now, newest=newest)
    kept = [*links[: most // 2], *links[-(most // 2) :]] if len(links) > most else links
    marks = [mark(link.url) for link in kept]
    known = dict(zip(before.each(), before.age_of_each, strict=True))
    came = _count_of_new(known, links)
    ages = [min(known[one] + came, _OLDEST) if one in known else 0 for one in marks]
    told = "".join(f"{age:02x}" for age in ages) if any(ages) else ""
    return Memory("".join(marks), now, ages=told)


def is_older_copy(memory: Memory, links: Iterable[Link]) -> bool:
    """Whether a listing is from before what is remembered of it: all of its times are older than the newest then.

    A network that delivers copies of a site may show an old one after a new one.
    """
    times = [t for link in links if (t := seconds_of(link.published)) is not None]
    return bool(times) and max(times) < memory.newest


def reaches_back(memory: Memory, links: Sequence[Link]) -> bool:
    """Whether links name anything that is remembered, and not just for its being kept; true where nothing is."""
    places = {one: place for place, one in enumerate(memory.each())}
    met = {
        place: places[one] for place, link in enumerate(links) if (one := mark(link.url)) in places
    }
    if not met or len(set(met.values())) == len(places):
        return bool(met) or not places
    if _are_dated(links):
        return _is_met_by_times(memory, links, met)
    return _is_met_in_order(memory, links, met)


def _is_met_by_times(memory: Memory, links: Sequence[Link], met: Mapping[int, int]) -> bool:
    """Whether any of those that are met, by their places, was there before what came since: else all are dated anew."""
    others = (seconds_of(link.published) for place, link in enumerate(links) if place not in met)
    came = min((t for t in others if t is not None and t > memory.read), default=None)
    times = (seconds_of(links[place].published) for place in met)
    return came is None or any(t is None or t <= came for t in times)


def _is_met_in_order(memory: Memory, links: Sequence[Link], met: Mapping[int, int]) -> bool:
    """Whether those that are met, by their places now and before, are on their way through the listing.

    What is kept there has outlived more than the listing holds. Where that is not known yet, it stays in
    its place while all else is new.
    """
    came, ages = _count_of_new(memory.each(), links), memory.age_of_each
    if not came:
        return True
    passing = {i for i, age in enumerate(ages) if age + came <= len(links)}
    places = {now: before for now, before in met.items() if before in passing}
    if not places:
        return False
    ends = len(links) - len(ages)
    has_moved = any(now not in (before, before + ends) for now, before in places.items())
    return has_moved or 2 * len(places) >= len(passing)


def _count_of_new(known: Collection[str], links: Sequence[Link]) -> int:
    """How many links came on top; of a long listing what is in its middle is not remembered."""
    top = links if len(links) <= MOST_MARKS else links[: MOST_MARKS // 2]
    return sum(mark(link.url) not in known for link in top) if known else 0


def _are_dated(links: Iterable[Link]) -> bool:
    return any(link.published for link in links)


def covers(
    memory: Memory, now_named: Sequence[Link], others: Collection[str], *, in_order: bool
) -> bool:
    """Whether another listing names what lies between what one named before, and what it names now.

    `others` are the marks of the other one's links: they hold a remembered link, and three quarters of those
    that are named now, so that both are about the same. Where the other is not `in_order` of time, as a page with its
    most read articles is, what it holds must be among the very newest that are remembered.
    """
    remembered = memory.each() if in_order else memory.each()[:_FIRST]
    if not any(one in others for one in remembered):
        return False
    return sum(mark(link.url) in others for link in now_named) >= _MOST_OF * len(now_named)


def gap_before_first(listing: str, memory: Memory, links: Sequence[Link], now: float) -> Gap | None:
    """What a listing named while it could not be read yet: none where it names anything from before that."""
    times = [t for link in links if (t := seconds_of(link.published)) is not None]
    end = names_since(links, memory.read, now)
    if any(t <= memory.read for t in times) or end <= memory.read:
        return None
    return Gap(listing, memory.read, end)


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

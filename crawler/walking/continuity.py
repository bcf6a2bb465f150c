"""Whether a listing still reaches back to what it named the last time, and from when to when it does not. Pure."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from crawler.discovery.listing import Link
from crawler.urls import url_key

MOST_MARKS = 40
"""Links of a listing that are remembered at the most."""
_MARK = 10
# Of a listing that holds old links among its new ones, these few tell when it was read.
_FIRST = 3
_MOST_OF = 0.75
# So many of those that pass through a listing are there still, and it has not turned over, in whatever order it is.
_MANY = 0.4
# An item that stands so many times farther apart than is usual is kept in a listing, and says nothing of the time after it.
_FAR, _FEWEST_STEPS, _MOST_PINNED = 8.0, 4, 2
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
    """Where it had no times: how many links came on top since each of the marks, in two hex digits; empty for all 0."""

    @property
    def age_of_each(self) -> tuple[int, ...]:
        """How many links came on top since each of the marks was there."""
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
    came = _came_on_top(_moves(before, links), len(before.each()))
    known = dict(zip(before.each(), before.age_of_each, strict=True))
    ages = [min(known[one] + came, _OLDEST) if one in known else 0 for one in marks]
    told = "".join(f"{age:02x}" for age in ages) if any(ages) else ""
    return Memory("".join(marks), now, ages=told)


def is_older_copy(memory: Memory, links: Iterable[Link]) -> bool:
    """Whether a listing is from before what is remembered of it: all of its times are older than the newest then.

    A network that delivers copies of a site may show an old one after a new one.
    """
    times = [t for link in links if (t := seconds_of(link.published)) is not None]
    return bool(times) and max(times) < memory.newest


def meets(memory: Memory, beyond: Iterable[Link]) -> bool:
    """Whether older pages of a listing name what is remembered; `beyond` is what its first page does not name."""
    remembered = set(memory.each())
    return any(mark(link.url) in remembered for link in beyond)


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
    return _is_passing(memory, links)


def _is_met_by_times(memory: Memory, links: Sequence[Link], met: Mapping[int, int]) -> bool:
    """Whether any of those that are met, by their places, was there before what came since: else all are dated anew."""
    others = (seconds_of(link.published) for place, link in enumerate(links) if place not in met)
    came = min((t for t in others if t is not None and t > memory.read), default=None)
    times = (seconds_of(links[place].published) for place in met)
    return came is None or any(t is None or t <= came for t in times)


def _is_passing(memory: Memory, links: Sequence[Link]) -> bool:
    """Whether those that are met are on their way through a listing without dates, and not kept there.

    Such a one has outlived more than the listing holds. Where that is not known yet, those that pass have
    moved on by as many as are new before them, or most of them are there still.
    """
    ages, moves = memory.age_of_each, _moves(memory, links)
    passing = {place for place, age in enumerate(ages) if age < len(links)}
    met = passing & moves.keys()
    if not met:
        return False
    # What is kept is there, and proves nothing.
    moves = {place: by if place in passing else 0 for place, by in moves.items()}
    return bool(_came_on_top(moves, len(ages))) or len(met) >= _MANY * len(passing)


def _moves(memory: Memory, links: Sequence[Link]) -> dict[int, int]:
    """By its place before, for each link that is met: how many new ones it has moved on by, down or (less than 0) up.

    It is 0 for one that has moved otherwise, or not.
    """
    places = {one: place for place, one in enumerate(memory.each())}
    befores = [places.get(mark(link.url)) for link in links] if places else []
    total, above = befores.count(None), 0
    moves: dict[int, int] = {}
    for now, before in enumerate(befores):
        if before is None:
            above += 1
            continue
        down, up = now - before, before + len(links) - len(places) - now
        if above and down == above:
            moves[before] = above
        else:
            moves[before] = above - total if up == total - above else 0
    return moves


def _came_on_top(moves: Mapping[int, int], count: int) -> int:
    """How many links have come at one end of a listing, of which `count` were remembered; 0 where that is not clear.

    Two of those that are met have moved on by them, or one that was next to what is gone.
    """
    gone = [place for place in range(count) if place not in moves]
    down = {place: by for place, by in moves.items() if by > 0}
    up = {place: -by for place, by in moves.items() if by < 0}
    if len(down) > 1 or any(place < min(gone, default=count) for place in down):
        return max(down.values())
    if len(up) > 1 or any(place > max(gone, default=-1) for place in up):
        return max(up.values())
    return 0


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
    """What a listing named while it could not be read yet: none where it names more from before that than may be pinned."""
    times = [t for link in links if (t := seconds_of(link.published)) is not None]
    end = names_since(links, memory.read, now)
    if sum(t <= memory.read for t in times) > _MOST_PINNED or end <= memory.read:
        return None
    return Gap(listing, memory.read, end)


def names_since(links: Iterable[Link], read: float, now: float) -> float:
    """Since when (unix seconds) links name all that there is, given that they do not reach back to `read`.

    It is the time of the oldest that is younger than `read`: older ones are pinned, and so may one or two be that
    stand far apart from all others. Without times it is `now`.
    """
    found = (seconds_of(link.published) for link in links)
    times = sorted(t for t in found if t is not None and read < t < now)
    return times[_apart(times)] if times else now


def _apart(times: Sequence[float]) -> int:
    """How many of the oldest, one or two, stand far apart from the others."""
    steps = [later - earlier for earlier, later in pairwise(times)]
    if len(steps) < _FEWEST_STEPS:
        return 0
    far = _FAR * median(steps)
    return next((place for place in range(_MOST_PINNED, 0, -1) if steps[place - 1] > far), 0)


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

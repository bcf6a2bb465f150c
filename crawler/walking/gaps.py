"""What each listing named the last time is a debt of the walk: it is met again, walked back to, or a gap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crawler.discovery.listing import Link, ListingKind
from crawler.walking.continuity import (
    NO_MEMORY,
    Gap,
    Memory,
    covers,
    gap_before_first,
    mark,
    memory_of,
    names_since,
    reaches_back,
)
from crawler.walking.listing_state import ListingState
from crawler.walking.walk_back import MOST_COMPARED, HostTrouble, Met, Reader, WalkBack, Ways

MOST_TRIES = 5
"""So often a gap waits for a host that does not answer when it is walked back, or for a copy that is not old."""
# News sitemaps name what is younger than this.
_LAST_DAYS_SECONDS = 2 * 86400.0
# A listing that turns over all the time is not looked for elsewhere each time.
_AGAIN_SECONDS = 6 * 3600.0


class Debts:
    """Of one walk."""

    def __init__(self, remembered: Mapping[str, ListingState], now: float) -> None:
        self.now = now
        self.gaps: list[Gap] = []
        self.carried: dict[str, Memory] = {}
        """What listings named that could not be read now."""
        self.in_vain: set[str] = set()
        """Listings that were walked back, and did not reach what they had named."""
        self.owing: dict[str, Memory] = {}
        """What listings named that were read, and could not be walked back now."""
        # The sitemaps of an index are looked at with it.
        children = {child for state in remembered.values() for child in state.children}
        self._owed = {
            url: state
            for url, state in remembered.items()
            if state.memory.marks and url not in children and not state.is_aside
        }
        self._unread = {
            url: state.memory
            for url, state in remembered.items()
            if state.memory.is_unread and url not in children
        }
        self._met: dict[str, Met] = {}
        self._marks: dict[str, frozenset[str]] = {}
        self._whole: set[str] = set()
        self._failed: set[str] = set()
        self._dead: set[str] = set()

    @property
    def covered_until(self) -> float:
        """Unix seconds up to which all that the source named has been met, but for the gaps."""
        waiting = [*self.carried.values(), *self.owing.values()]
        return min((memory.read for memory in waiting), default=self.now)

    @property
    def any_memory(self) -> Memory:
        """What all listings named the last time."""
        marks = "".join(state.memory.marks for state in self._owed.values())
        return Memory(marks, self.oldest_read)

    @property
    def oldest_read(self) -> float:
        """Unix seconds up to which all listings had been met before; now where none was."""
        return min((state.memory.read for state in self._owed.values()), default=self.now)

    def waits_for(self, url: str) -> bool:
        """Whether what a listing named is still waited for, where its next reading may show it again."""
        return bool(self.memory(url).marks) and self.memory(url).tries < MOST_TRIES

    def links_of(self, url: str) -> tuple[Link, ...]:
        """What a listing names, as far as it was read anew."""
        return self._met[url].links if url in self._met else ()

    def memory(self, url: str) -> Memory:
        """What a listing named the last time."""
        return self._owed[url].memory if url in self._owed else NO_MEMORY

    def unchanged(self, url: str, met: Met) -> Memory:
        """A listing is as it was; `met` is what came of the sitemaps of an index. What to remember of it."""
        if met.turned or met.is_older or met.gaps:
            return self.met(url, met, is_whole=None)
        self._whole.add(url)
        self._met[url] = met
        if met.links:
            return self._remember(url, met)
        return replace(self.memory(url), read=self.now, tries=0)

    def met(self, url: str, met: Met, *, is_whole: bool | None) -> Memory:
        """A listing was read; `is_whole` says whether it reaches back, where that is known. What to remember."""
        memory = before = self.memory(url)
        self._met[url] = met
        self.gaps += met.gaps
        if met.turned:
            memory = replace(memory, marks=met.turned, ages="")
            if url in self._owed:
                self._owed[url] = replace(self._owed[url], memory=memory)
        if is_whole is None:
            is_whole = (met.is_same and not met.turned) or reaches_back(memory, met.links)
        if not met.links and not (met.is_same or met.turned):
            return self._empty(url, met, memory)
        if is_whole and not met.is_older:
            self._whole.add(url)
        if met.links:
            return self._remember(url, met)
        left = [one for one in before.each() if one not in met.turned]
        return Memory("".join(left), self.now, gave_up=before.gave_up, newest=before.newest)

    def _remember(self, url: str, met: Met) -> Memory:
        before = self.memory(url)
        return replace(memory_of(met.links, self.now, before=before), gave_up=before.gave_up)

    def _empty(self, url: str, met: Met, memory: Memory) -> Memory:
        """A sitemap of the last days may well be empty when these are over; else it is out of order."""
        is_young = self.now - _LAST_DAYS_SECONDS < memory.newest <= memory.read
        if met.kind is ListingKind.SITEMAP and not is_young:
            self._whole.add(url)
            return Memory(read=self.now)
        self._failed.add(url)
        return memory

    def could_not_read(self, url: str, *, is_dead: bool, was_read: bool) -> None:
        """A listing that the source still has was not read; a dead one is not waited for any longer."""
        if is_dead:
            self._dead.add(url)
            return
        self._failed.add(url)
        if not was_read and url not in self._owed:
            self.carried[url] = self._unread.get(url, Memory(read=self.now, is_unread=True))

    def doubt(self, url: str, read: float) -> None:
        """A listing is as it should be, and yet names nothing of what came since `read` (unix seconds)."""
        if url in self._owed:
            memory = self._owed[url].memory
            doubted = replace(memory, read=min(read, memory.read))
            self._owed[url] = replace(self._owed[url], memory=doubted)
            self._whole.discard(url)

    async def settle(self, reader: Reader, ways: Ways, links: Iterable[Link]) -> None:
        """Walk back what is not met yet; what that does not reach is a gap. `links` are all of the walk."""
        met_by_others, back = tuple(links), WalkBack(reader, ways, self.now, self._met)
        for url, state in self._owed.items():
            if url in self._whole or self._is_covered(url, state.memory):
                continue
            if url in self._failed:
                self.carried[url] = state.memory
                continue
            if url in self._met and self._met[url].is_older:
                self._put_off(url, state.memory)
                continue
            met = self._met.get(url)
            if met is None or not met.links:
                met = Met(state.kind, met_by_others)
            await self._close(url, state.memory, met, back)
        self._settle_unread(met_by_others)

    def _settle_unread(self, met_by_others: Sequence[Link]) -> None:
        """What was named by listings that could not be read yet, from when that was first tried on."""
        for url, memory in self._unread.items():
            if url in self.carried:
                continue
            links = self._met[url].links if url in self._met else met_by_others
            if gap := gap_before_first(url, memory, () if url in self._dead else links, self.now):
                self.gaps.append(gap)

    def remembered(
        self, read: Mapping[str, ListingState], failed: Mapping[str, ListingState]
    ) -> dict[str, ListingState]:
        """What to remember of the listings that were read and of those that could not be, once all is settled."""
        states = dict(read)
        for url, memory in self.owing.items():
            # Asked without condition, it shows again that it does not reach back.
            asked = replace(states[url], etag="", last_modified="", sha256="")
            states[url] = replace(asked, memory=memory)
        for url in self.in_vain & states.keys():
            memory = replace(states[url].memory, gave_up=self.now)
            states[url] = replace(states[url], memory=memory)
        for url, state in failed.items():
            memory = self.carried.get(url, NO_MEMORY)
            states.setdefault(url, replace(state, memory=memory))
        return states

    def _is_covered(self, url: str, memory: Memory) -> bool:
        now_named = self._met[url].links if url in self._met else ()
        return any(
            covers(memory, now_named, self._marks_of(other), in_order=_is_in_order(met))
            for other, met in self._met.items()
            if other != url
        )

    def _marks_of(self, url: str) -> frozenset[str]:
        if url not in self._marks:
            links = self._met[url].links[:MOST_COMPARED]
            self._marks[url] = frozenset(mark(link.url) for link in links)
        return self._marks[url]

    async def _close(self, url: str, memory: Memory, met: Met, back: WalkBack) -> None:
        end = names_since(met.links, memory.read, self.now)
        try:
            is_early = abs(self.now - memory.gave_up) < _AGAIN_SECONDS
            closing = await back.close(memory, met, is_wide=not is_early)
        except HostTrouble:
            if url in self._met and memory.tries < MOST_TRIES:
                self._put_off(url, memory)
                return
            closing = back.so_far
        if not closing.how:
            if not is_early:
                self.in_vain.add(url)
            end = min(end, closing.since)
        if end > memory.read:
            self.gaps.append(Gap(url, memory.read, end, closing.how))

    def _put_off(self, url: str, memory: Memory) -> None:
        """Whether a listing reaches back cannot be known now: the next walk sees."""
        self.owing[url] = replace(memory, tries=memory.tries + 1)


def _is_in_order(met: Met) -> bool:
    return met.kind is not ListingKind.SECTION or any(link.published for link in met.links)

"""One process of a consumer group: which entries it is given, and which it is given again."""

import time
from collections.abc import Callable, Iterator
from itertools import chain

from workers.consumer_names import has_ended, own_name
from workers.state.outbox import Entry, Outbox

# How often it looks for what others of its group left behind.
_LOOK_BACK_SECONDS = 30.0
# How often a group's own stream, which is mostly empty, is looked at.
_LOOK_AGAIN_SECONDS = 1.0


class Consumer:
    """Asks for one entry at a time: the deliveries of an entry are its own, and none of its neighbours'.

    What the group is to have once more, in a stream of its own, goes before what is new; `fill` puts more
    of that into the stream, and says how much.
    """

    def __init__(self, outbox: Outbox, group: str, fill: Callable[[], int] = lambda: 0) -> None:
        self._outbox = outbox
        self._again = outbox.again(group)
        self._streams = {one.stream: one for one in (self._again, outbox)}
        self._group = group
        self._name = own_name()
        self._kept: set[tuple[str, str]] = set()
        self._fill = fill
        self._look_again = 0.0
        for stream in self._streams.values():
            stream.join(group)

    def entries(self, *, follow: bool) -> Iterator[Entry]:
        """What was left behind, then what is new; ends where there is no more, unless it is to follow."""
        while True:
            is_idle = True
            for entry in chain(self._left_behind(), self._unread(wait=follow)):
                is_idle = False
                yield entry
            if is_idle and not follow:
                return

    def acknowledge(self, entry: Entry) -> None:
        """Say that an entry is done with."""
        self._streams[entry.stream].acknowledge(self._group, entry)
        self._kept.discard((entry.stream, entry.stream_id))

    def keep(self, entry: Entry) -> None:
        """Leave an entry unacknowledged: it is delivered again later, and put aside in the end."""
        self._kept.add((entry.stream, entry.stream_id))

    def set_back(self, entries: list[Entry]) -> None:
        """These deliveries were in vain for no fault of the entries, and do not count."""
        for name, stream in self._streams.items():
            of_it = [entry for entry in entries if entry.stream == name]
            stream.set_back(self._group, self._name, of_it)

    def leave(self) -> None:
        """Take this consumer's name out of its group, unless it still owes acknowledgements."""
        for stream in self._streams.values():
            stream.leave(self._group, self._name)

    def _left_behind(self) -> Iterator[Entry]:
        for stream in self._streams.values():
            yield from self._left_in(stream)

    def _left_in(self, stream: Outbox) -> Iterator[Entry]:
        while entry := stream.unreceived(self._group, self._name, self._kept_of(stream)):
            yield entry
            # Whoever was given it has dealt with it by now, in one way or the other.
        for other in stream.consumers(self._group):
            while has_ended(other) and (entry := stream.take_over(self._group, self._name, other)):
                yield entry
        while entries := stream.abandoned(self._group, self._name, 1):
            yield from entries

    def _kept_of(self, stream: Outbox) -> set[str]:
        return {stream_id for name, stream_id in self._kept if name == stream.stream}

    def _unread(self, *, wait: bool) -> Iterator[Entry]:
        until = time.monotonic() + _LOOK_BACK_SECONDS
        while time.monotonic() < until:
            entries = self._once_more() or self._outbox.read(self._group, self._name, 1, wait=wait)
            if not entries:
                return
            yield from entries

    def _once_more(self) -> list[Entry]:
        if time.monotonic() < self._look_again:
            return []
        entries = self._again.read(self._group, self._name, 1, wait=False)
        if not entries:
            # Another may have filled it at the same moment, and then this one has not.
            self._fill()
            entries = self._again.read(self._group, self._name, 1, wait=False)
        if not entries:
            self._look_again = time.monotonic() + _LOOK_AGAIN_SECONDS
        return entries

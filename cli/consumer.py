"""One process of a consumer group: which entries it is given, and which it is given again."""

import os
import socket
import time
from collections.abc import Iterator
from itertools import chain

from workers.state.outbox import Entry, Outbox

# How often it looks for what others of its group left behind.
_LOOK_BACK_SECONDS = 30.0


class Consumer:
    """Asks for one entry at a time: the deliveries of an entry are its own, and none of its neighbours'."""

    def __init__(self, outbox: Outbox, group: str) -> None:
        self._outbox = outbox
        self._group = group
        self._host = socket.gethostname()
        self._name = f"{self._host}:{os.getpid()}"
        self._kept: set[str] = set()
        outbox.join(group)

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
        self._outbox.acknowledge(self._group, entry)
        self._kept.discard(entry.stream_id)

    def keep(self, entry: Entry) -> None:
        """Leave an entry unacknowledged: it is delivered again later, and put aside in the end."""
        self._kept.add(entry.stream_id)

    def set_back(self, entries: list[Entry]) -> None:
        """These deliveries were in vain for no fault of the entries, and do not count."""
        self._outbox.set_back(self._group, self._name, entries)

    def leave(self) -> None:
        """Take this consumer's name out of its group, unless it still owes acknowledgements."""
        self._outbox.leave(self._group, self._name)

    def _left_behind(self) -> Iterator[Entry]:
        while entry := self._outbox.unreceived(self._group, self._name, self._kept):
            yield entry
            # Whoever was given it has dealt with it by now, in one way or the other.
        for other in self._outbox.consumers(self._group):
            while self._is_dead(other) and (
                entry := self._outbox.take_over(self._group, self._name, other)
            ):
                yield entry
        while entries := self._outbox.abandoned(self._group, self._name, 1):
            yield from entries

    def _unread(self, *, wait: bool) -> Iterator[Entry]:
        until = time.monotonic() + _LOOK_BACK_SECONDS
        while time.monotonic() < until:
            entries = self._outbox.read(self._group, self._name, 1, wait=wait)
            if not entries:
                return
            yield from entries

    def _is_dead(self, consumer: str) -> bool:
        """Whether a consumer was a process of this machine that has ended."""
        host, _, pid = consumer.rpartition(":")
        if host != self._host or not pid.isdecimal():
            return False
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

"""Robots.txt files that this process has read, kept for a while, so that not every crawl asks for them anew."""

import zlib
from collections import OrderedDict
from dataclasses import dataclass, field

KEPT_SECONDS = 3600.0
"""RFC 9309 allows a day; whoever forbids something is not to wait for so long."""
_MOST_BYTES = 4 * 2**20
# What an entry takes beside its text.
_ENTRY_BYTES = 500


@dataclass(slots=True)
class KeptRobots:
    """Texts by their address, packed: the most recently asked for stay, as far as there is room."""

    seconds: float = KEPT_SECONDS
    most_bytes: int = _MOST_BYTES
    _texts: OrderedDict[str, tuple[float, bytes]] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def get(self, url: str, now: float) -> str | None:
        """The text that was read there not long ago; None where it is to be asked for. `now` in monotonic seconds."""
        kept = self._texts.get(url)
        if kept is None:
            return None
        read, text = kept
        if now - read >= self.seconds:
            self._forget(url)
            return None
        self._texts.move_to_end(url)
        return zlib.decompress(text).decode()

    def put(self, url: str, text: str, now: float) -> None:
        """Keep what was read; empty where all is allowed."""
        self._forget(url)
        packed = zlib.compress(text.encode(errors="replace"), 1)
        self._texts[url] = (now, packed)
        self._bytes += len(packed) + len(url) + _ENTRY_BYTES
        while self._bytes > self.most_bytes:
            self._forget(next(iter(self._texts)))

    def _forget(self, url: str) -> None:
        if kept := self._texts.pop(url, None):
            self._bytes -= len(kept[1]) + len(url) + _ENTRY_BYTES

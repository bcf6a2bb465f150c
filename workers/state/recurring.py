"""What recurs on a source's pages, until it is frozen; and the number of the file that froze it last."""

from collections.abc import Collection
from dataclasses import dataclass

import msgpack

from workers.state.connection import Client, key
from workers.state.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Ripe:
    """A block that was seen on enough pages."""

    key: bytes
    text: str
    seen: int
    """On so many pages,"""
    pages: int
    """of so many recent ones."""


class Recurring:
    """Counted by the commits of pages: see `recurring.lua`."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def sources(self, now: float, most: int) -> dict[str, float]:
        """Sources with something to freeze, and since when (unix seconds), the longest first."""
        rows = self._client.zrange(
            key("ripe"), "-inf", now, byscore=True, offset=0, num=most, withscores=True
        )
        return {name.decode(): float(since) for name, since in rows}

    def postpone(self, source: str, until: float) -> None:
        """Name this source only when so much time has come (unix seconds)."""
        self._scripts.write(("ZADD", key("ripe"), "XX", until, source))

    def ripe(self, source: str) -> list[Ripe]:
        """What is to be frozen, in the order of its keys."""
        raw = self._client.hgetall(key("recurring", source))
        return [Ripe(block, *msgpack.unpackb(packed)) for block, packed in sorted(raw.items())]

    def frozen(self, source: str, number: int, blocks: Collection[bytes]) -> None:
        """These blocks are in the files up to this number."""
        self._scripts.run("frozen", source, number, *blocks)

    def number(self, source: str) -> int | None:
        """The number of the source's rules; None where it must be looked up in the store."""
        number = self._client.hget(key("rules"), source)
        return None if number is None else int(number)

"""The short forms under which URLs and texts are known in the index."""

import hashlib
import struct
from dataclasses import dataclass


def url_field(url_key: str) -> bytes:
    """48 bits of a URL's key, as 6 raw bytes.

    With a million known URLs an unseen one is taken for known once in 280 million look-ups.
    """
    return hashlib.blake2b(url_key.encode(), digest_size=6).digest()


def url_number(url_key: str) -> int:
    """The same 48 bits as a number, which a script holds exactly."""
    return int.from_bytes(url_field(url_key), "big")


_PLACE = struct.Struct(">HIB")
_SHORT_SOURCE = 2  # bytes of a source's number; three from 65,536 sources on


@dataclass(frozen=True, slots=True)
class PackedPlace:
    """Where a text is kept: 9 bytes in the index, or 10."""

    source: int
    """The source's number (`Ledger.source_number`)."""
    day: int
    """Days since 1970-01-01."""
    number: int
    dropped: bool
    """Under `duplicates/`, without a number."""

    @classmethod
    def unpack(cls, raw: bytes) -> "PackedPlace":
        """Read the bytes that `reserve.lua` makes."""
        source, rest = raw[: -_PLACE.size], raw[-_PLACE.size :]
        day, number, dropped = _PLACE.unpack(rest)
        return cls(int.from_bytes(source, "big"), day, number, bool(dropped))

    def pack(self) -> bytes:
        """The same bytes."""
        length = _SHORT_SOURCE if self.source < 1 << 8 * _SHORT_SOURCE else _SHORT_SOURCE + 1
        return self.source.to_bytes(length, "big") + _PLACE.pack(
            self.day, self.number, self.dropped
        )

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


_PLACE = struct.Struct(">HHIB")


@dataclass(frozen=True, slots=True)
class PackedPlace:
    """Where a text is kept: 9 bytes in the index."""

    source: int
    """The source's number (`Ledger.source_number`)."""
    day: int
    """Days since 1970-01-01."""
    number: int
    dropped: bool
    """Under `duplicates/`, without a number."""

    @classmethod
    def unpack(cls, raw: bytes) -> "PackedPlace":
        """Read the 9 bytes that `reserve.lua` makes."""
        source, day, number, dropped = _PLACE.unpack(raw)
        return cls(source, day, number, bool(dropped))

    def pack(self) -> bytes:
        """The 9 bytes."""
        return _PLACE.pack(self.source, self.day, self.number, self.dropped)

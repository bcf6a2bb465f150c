"""A file of the archive, member by member: what a kill or a disk has damaged hides nothing else."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_STEP = 2**16
# A page has 5 MiB at the most: whatever grows beyond this is no record of ours.
_MOST = 2**26
_GZIP = zlib.MAX_WBITS | 16
# As every member begins: gzip, deflate, no extra fields.
_MAGIC = b"\x1f\x8b\x08\x00"


@dataclass(frozen=True, slots=True)
class Member:
    """One record, unpacked."""

    start: int
    end: int
    """Where in the file it begins, and where the next one does."""
    record: bytes


class Torn(Exception):
    """No whole member stands there."""


def members(path: Path) -> Iterator[Member]:
    """The whole members of a file in order; from what is no member, the next one is looked for."""
    with path.open("rb") as file:
        start: int | None = 0
        while start is not None:
            try:
                member = _read(file, start)
            except EOFError:
                return
            except Torn:
                start = _next_magic(file, start + 1)
                continue
            yield member
            start = member.end


def member_at(path: Path, start: int) -> Member:
    """The member that begins there. Raises `Torn`, and `OSError` where the file cannot be read."""
    with path.open("rb") as file:
        try:
            return _read(file, start)
        except EOFError:
            raise Torn from None


def whole_length(path: Path) -> tuple[int, int]:
    """Bytes up to where the last whole member ends, and how many members there are."""
    end = count = 0
    for member in members(path):
        end, count = member.end, count + 1
    return end, count


def _read(file: BinaryIO, start: int) -> Member:
    """A member; raises `EOFError` where the file ends before it."""
    file.seek(start)
    unpacker = zlib.decompressobj(_GZIP)
    parts: list[bytes] = []
    read = unpacked = 0
    try:
        while not unpacker.eof:
            chunk = file.read(_STEP)
            if not chunk:
                raise Torn if read else EOFError
            read += len(chunk)
            parts.append(unpacker.decompress(chunk))
            unpacked += len(parts[-1])
            if unpacked > _MOST:
                raise Torn
    except zlib.error:
        raise Torn from None
    return Member(start, start + read - len(unpacker.unused_data), b"".join(parts))


def _next_magic(file: BinaryIO, start: int) -> int | None:
    file.seek(start)
    kept = b""
    while chunk := file.read(_STEP):
        found = (kept + chunk).find(_MAGIC)
        if found >= 0:
            return start - len(kept) + found
        start += len(chunk)
        kept = (kept + chunk)[-len(_MAGIC) + 1 :]
    return None

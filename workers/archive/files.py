"""The files of an archive: their names, which are closed, and what goes in the end."""

import fcntl
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from workers.archive.members import whole_length

log = structlog.get_logger(__name__)

_CLOSED, _OPEN, _BEING_MADE = ".warc.gz", ".warc.gz.open", ".part"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STRANGE = re.compile("[^A-Za-z0-9-]+")
_STALE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What a look after the files came to."""

    closed: int = 0
    """Files whose process had ended."""
    removed: int = 0
    """Files older than the retention."""


def new_name(now: datetime, host: str = "", process: int = 0) -> str:
    """A name that no other process on any machine gives: `copydesk-20261127T225501-HOST-PID-RANDOM`."""
    place = _STRANGE.sub("-", (host or socket.gethostname()).partition(".")[0])[:40]
    return f"copydesk-{now:%Y%m%dT%H%M%S}-{place}-{process or os.getpid()}-{secrets.token_hex(4)}"


def is_full(day: date, size: int, now: datetime, most: int) -> bool:
    """Whether a file that was begun on a day and has so many bytes is to be closed."""
    return size >= most or now.date() != day


class OpenFile:
    """A file that this process alone writes; a lock tells others so for as long as it lives."""

    def __init__(self, folder: Path, now: datetime, opening: Callable[[str], bytes]) -> None:
        """Begin with what `opening` makes of the file's name; an `OSError` where that cannot be done."""
        self.day = now.date()
        self.name = new_name(now) + _CLOSED
        self._path = folder / str(self.day) / (self.name + ".open")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        made = self._path.with_name(f".{self.name}{_BEING_MADE}")
        self._descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self.size = self._opening = 0
        try:
            # Locked before it can be seen, or it would be taken for one whose process has ended.
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self.append(opening(self.name))
            self._opening = self.size
            made.rename(self._path)
        except OSError:
            os.close(self._descriptor)
            made.unlink(missing_ok=True)
            raise

    def append(self, data: bytes) -> None:
        """Add to the end; an `OSError` where that cannot be done, with nothing half-written left."""
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            self.cut(self.size)
            raise
        self.size += len(data)

    def cut(self, size: int) -> None:
        """Take back what stands behind so many bytes."""
        os.ftruncate(self._descriptor, size)
        self.size = size

    def flush(self) -> None:
        """Have it outlive a crash of the machine."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Nothing more is written; a file that holds no page goes."""
        with suppress(OSError):
            if self.size > self._opening:
                self._path.rename(self._path.with_name(self.name))
            else:
                self._path.unlink()
        os.close(self._descriptor)


def files(folder: Path) -> list[Path]:
    """Every file with pages, by day and name; those that are being written among them."""
    found = (p for day in _days(folder) for p in day.iterdir() if _holds_pages(p))
    return sorted(found, key=name_of)


def name_of(path: Path) -> str:
    """A file's day and name, the same before and after it is closed."""
    return f"{path.parent.name}/{path.name.removesuffix('.open')}"


def size_of(folder: Path) -> int:
    """Bytes on the disk."""
    total = 0
    for path in files(folder):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def sweep(folder: Path, now: datetime, days: int) -> Swept:
    """Close what no process has open any more, and remove what is older than so many days."""
    closed = removed = 0
    oldest = now.date() - timedelta(days=days)
    for day in _days(folder):
        for path in sorted(day.iterdir()):
            try:
                if path.name.endswith(_OPEN):
                    closed += _close_orphan(path)
                elif path.name.endswith(_BEING_MADE):
                    _remove_stale(path)
            except OSError as error:
                # Another's file, or none: it must not keep old ones from going.
                log.warning("archive.unclosed", path=str(path), problem=str(error))
        if date.fromisoformat(day.name) < oldest:
            for path in filter(_is_closed, sorted(day.iterdir())):
                path.unlink(missing_ok=True)
                removed += 1
            with suppress(OSError):  # one is still open
                day.rmdir()
    return Swept(closed, removed)


def _days(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(p for p in folder.iterdir() if _DAY.fullmatch(p.name) and p.is_dir())
    except FileNotFoundError:
        return
    for path in found:
        with suppress(ValueError):  # 2026-99-99
            date.fromisoformat(path.name)
            yield path


def _is_closed(path: Path) -> bool:
    return path.name.endswith(_CLOSED) and not path.is_dir()


def _holds_pages(path: Path) -> bool:
    is_ours = path.name.endswith((_CLOSED, _OPEN)) and not path.name.startswith(".")
    return is_ours and path.is_file()


def _close_orphan(path: Path) -> bool:
    """Cut a half-written record off the file of a process that has ended, and close it."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        length, count = whole_length(path)
        if count > 1:  # more than what opens every file
            os.ftruncate(descriptor, length)
            path.rename(path.with_name(path.name.removesuffix(".open")))
        else:
            path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
    return True


def _remove_stale(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.stat().st_mtime < time.time() - _STALE_SECONDS:
            path.unlink()


def utc(moment: float) -> datetime:
    """A time in unix seconds."""
    return datetime.fromtimestamp(moment, UTC)

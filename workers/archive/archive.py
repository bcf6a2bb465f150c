"""Where ingest puts the pages that it has read, before their bodies leave Redis."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from config.settings import Settings
from workers import fault
from workers.archive.files import OpenFile, Swept, is_full, size_of, sweep, utc
from workers.archive.kept import Kept, Original

if TYPE_CHECKING:
    from workers.archive.records import Fetched

_MEGABYTE = 2**20


class ArchiveFull(Exception):
    """Nothing can be written: the message says where and why. Of what was begun nothing is left."""


class Archive:
    """One process's way into the archive: a file of its own, a new one for each day and each so many bytes."""

    def __init__(self, folder: Path, *, days: int, most: int, user_agent: str) -> None:
        self.folder = folder
        self._days = days
        self._most = most
        self._about = {
            "software": "Copydesk, with warcio",
            "format": "WARC File Format 1.1",
            "http-header-user-agent": user_agent,
            "robots": "obey",
        }
        self._file: OpenFile | None = None

    def keep(self, pages: Sequence[tuple["Fetched", Original | None]], now: float) -> list[Kept]:
        """Write a batch so that it outlives a crash; beside each page what holds its URL's last payload.

        Raises `ArchiveFull`.
        """
        if not pages:
            return []
        records, kept = [], []
        for fetched, original in pages:
            record, one = self._record(fetched, original, now)
            records.append(record)
            kept.append(one)
        try:
            self._write(b"".join(records), now)
        except OSError as error:
            self._let_go()
            raise self._full(error) from error
        return kept

    def try_out(self) -> None:
        """Raises `ArchiveFull` where it is plain before anything is fetched that nothing can be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> ArchiveFull:
        return ArchiveFull(
            f"cannot write to {self.folder}: {error.strerror}; COPYDESK_ARCHIVE=off goes on without"
        )

    def _record(
        self, fetched: "Fetched", original: Original | None, now: float
    ) -> tuple[bytes, Kept]:
        from workers.archive.records import original_of, response, revisit  # noqa: PLC0415 - see below

        own = original_of(fetched.page)
        if original and original.digest == own.digest and self._lasts(original, now):
            record = revisit(fetched, original)
            return record, Kept(original, len(record), is_revisit=True)
        record = response(fetched)
        return record, Kept(own, len(record), is_revisit=False)

    def _lasts(self, original: Original, now: float) -> bool:
        """Whether an earlier record stays for long enough to be referred to."""
        return utc(now) - original.moment < timedelta(days=self._days) / 2

    def _write(self, data: bytes, now: float) -> None:
        file, moment = self._file, utc(now)
        if file and is_full(file.day, file.size, moment, self._most):
            self._file = None
            file.close()
            file = None
        if file is None:
            # Most processes that have an archive never write: they do without the library.
            from workers.archive.records import warcinfo  # noqa: PLC0415

            file = self._file = OpenFile(self.folder, moment, partial(warcinfo, about=self._about))
        half = len(data) // 2
        before = file.size
        file.append(data[:half])
        fault.reached("in-archive")
        try:
            file.append(data[half:])
        except OSError:
            file.cut(before)
            raise
        file.flush()

    def _let_go(self) -> None:
        """Whatever is wrong with a file, the next batch begins another."""
        file, self._file = self._file, None
        if file:
            file.close()

    def sweep(self, now: float) -> Swept:
        """Close what processes left that have ended, and remove what is older than the retention."""
        return sweep(self.folder, utc(now), self._days)

    def size(self) -> int:
        """Bytes on the disk."""
        return size_of(self.folder)


def open_archive(settings: Settings) -> Archive | None:
    """The archive of these settings; None where it is off."""
    folder = settings.archive_folder
    if folder is None:
        return None
    most = settings.archive_mb * _MEGABYTE
    return Archive(folder, days=settings.archive_days, most=most, user_agent=settings.user_agent)

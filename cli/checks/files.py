"""Where documents and pages are kept: whether it can be written, and what room there is."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from cli.checks.finding import Finding, ok, warning, wrong
from config.settings import Settings, SettingsError
from workers.archive.archive import ArchiveFull, open_archive
from workers.service import open_store
from workers.storage.places import DOCUMENTS
from workers.storage.store import StoreFull

_GB = 1e9
_FULL_BYTES, _SHORT_BYTES = 0.1 * _GB, 1 * _GB
_FEW_FILES = 10_000


def of_store(settings: Settings) -> Iterator[Finding]:
    """The folder, or the bucket, of the documents: something is written there, and taken away again."""
    named = settings.store or str(settings.home)
    if "://" not in named and not Path(named).exists():
        yield _to_be_made("store", Path(named), "COPYDESK_HOME, or COPYDESK_STORE, names another")
        return
    try:
        store = open_store(settings)
        store.prove()
        store.shelf(DOCUMENTS)
    except (StoreFull, SettingsError) as error:
        told, _, advice = str(error).partition("; ")
        yield wrong("store", told, advice or "see COPYDESK_STORE")
    else:
        yield ok("store", f"{store.name} can be written")


def of_archive(settings: Settings) -> Iterator[Finding]:
    """The folder of the fetched pages."""
    archive = open_archive(settings)
    if archive is None:
        yield ok("archive", "off: no page is kept")
        return
    if not archive.folder.exists():
        yield _to_be_made("archive", archive.folder, "COPYDESK_ARCHIVE names another, or is off")
        return
    try:
        archive.try_out()
    except ArchiveFull as error:
        told, _, advice = str(error).partition("; ")
        yield wrong("archive", told, advice)
    else:
        yield ok("archive", f"{archive.folder.absolute()} can be written")


def _to_be_made(check: str, folder: Path, advice: str) -> Finding:
    parent = _nearest(folder)
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return ok(check, f"{folder.absolute()} is made at the first start")
    return wrong(check, f"{folder.absolute()} cannot be made: {parent} cannot be written", advice)


def of_disk(settings: Settings) -> Iterator[Finding]:
    """The room on each disk that something is kept on."""
    folders = [settings.home, settings.archive_folder]
    if settings.store and "://" not in settings.store:
        folders.append(Path(settings.store))
    disks = {(near := _nearest(one)).stat().st_dev: near for one in folders if one}
    for folder in disks.values():
        usage = shutil.disk_usage(folder)
        yield of_room(str(folder), usage.free, usage.total)
        files = os.statvfs(folder)
        # Some file systems have no such limit, and say 0 of 0.
        if files.f_files and files.f_favail < _FEW_FILES:
            told = f"{folder}: {files.f_favail} more files fit on its disk"
            yield warning("disk", told, "a document is two files: delete some, or use another disk")


def of_room(name: str, free: float, total: float) -> Finding:
    """What to think of so many bytes."""
    told = f"{name}: {free / _GB:.1f} of {total / _GB:.1f} GB are free"
    advice = "make room; COPYDESK_ARCHIVE_DAYS says for how long pages are kept"
    if free < _FULL_BYTES:
        return wrong("disk", told, advice)
    if free < _SHORT_BYTES:
        return warning("disk", told, advice)
    return ok("disk", told)


def of_growth(kept: float, a_day: float, days: int, free: float) -> Iterator[Finding]:
    """Whether the archive will fit: bytes that it has, that a day adds, and that are free."""
    missing = a_day * days - kept - free
    if missing > 0:
        told = f"at {a_day / _GB:.1f} GB a day, {days} days of pages take {missing / _GB:.1f} GB more than there are"
        yield warning("archive", told, "set COPYDESK_ARCHIVE_DAYS lower, or make room")


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    found = folder.absolute()
    while not found.exists():
        found = found.parent
    return found

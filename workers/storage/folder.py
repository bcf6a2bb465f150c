"""The store as a folder: whatever is visible in it is whole."""

import errno
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from crawler.document import render
from workers import fault
from workers.storage.owners import FOLDER as OWNERS
from workers.storage.places import TOPS, Place
from workers.storage.store import Kept, Shelf, Store, StoreFull

_TEMP = ".part"
_WITHOUT_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}


class FolderStore(Store):
    """Documents and sidecars under one folder, written so that a kill leaves no half of one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = str(root.absolute())

    def write(self, kept: Iterable[Kept]) -> list[Place]:
        """See `Store`: a batch is flushed to the disk together, before any of it is visible."""
        parts: list[tuple[Path, Path]] = []
        places: list[Place] = []
        try:
            for place, document, sidecar in kept:
                places.append(place)
                parts.append(self._part(place.sidecar_path, sidecar.to_json()))
                parts.append(self._part(place.text_path, render(document)))
            # All are written before the first is flushed: one journal commit then serves them all.
            for part, _ in parts:
                _flush(part)
            pairs = zip(places, parts[::2], parts[1::2], strict=True)
            taken = [place for place, *pair in pairs if not all(_appears(*one) for one in pair)]
            for folder in {whole.parent for _, whole in parts}:
                _flush(folder)
        except OSError as error:
            raise self._full(error) from error
        finally:
            for part, _ in parts:
                part.unlink(missing_ok=True)
        return taken

    def _full(self, error: OSError) -> StoreFull:
        return StoreFull(f"cannot write to {self._root}: {error.strerror}")

    def try_out(self) -> None:
        """See `Store`."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._root):
                pass
        except OSError as error:
            raise StoreFull(
                f"cannot write to {self._root}: {error.strerror}; COPYDESK_STORE, or COPYDESK_HOME, names it"
            ) from error

    def _part(self, path: str, text: str) -> tuple[Path, Path]:
        whole = self._root / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        part = whole.with_name(f".{whole.name}.{secrets.token_hex(4)}{_TEMP}")
        try:
            part.write_text(text, encoding="utf-8", newline="")
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return part, whole

    def create(self, path: str, text: str) -> bool:
        """See `Store`."""
        try:
            part, whole = self._part(path, text)
            try:
                _flush(part)
                if not _link(part, whole):
                    return False
            finally:
                part.unlink(missing_ok=True)
            _flush(whole.parent)
        except OSError as error:
            raise self._full(error) from error
        return True

    def remove(self, place: Place) -> None:
        """See `Store`."""
        try:
            for path in (place.text_path, place.sidecar_path):
                fault.reached("before-remove")
                (self._root / path).unlink(missing_ok=True)
        except OSError as error:
            raise self._full(error) from error

    def read(self, path: str) -> bytes | None:
        """See `Store`."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None

    def shelf(self, path: str) -> Shelf:
        """See `Store`."""
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(self._root / path) as found:
                for one in found:
                    if not one.name.startswith("."):
                        (folders if one.is_dir() else files).append(one.name)
        except (FileNotFoundError, NotADirectoryError):
            return Shelf()
        return Shelf(tuple(sorted(files)), tuple(sorted(folders)))

    def sweep(self, since: str = "", *, older_than: float = 3600.0) -> int:
        """See `Store`: temporary files."""
        limit = time.time() - older_than
        stale = [part for part, changed in self._parts(since) if changed < limit]
        for part in stale:
            part.unlink(missing_ok=True)
        return len(stale)

    def _parts(self, since: str) -> Iterator[tuple[Path, float]]:
        for folder in (*_folders(self._root / "rules"), self._root / OWNERS):
            if folder.is_dir():
                yield from _parts_in(folder)
        for top in TOPS:
            for source in _folders(self._root / top):
                for day in _folders(source):
                    if day.name >= since:
                        yield from _parts_in(day)


def _folders(path: Path) -> list[Path]:
    return [folder for folder in path.iterdir() if folder.is_dir()] if path.is_dir() else []


def _parts_in(folder: Path) -> Iterator[tuple[Path, float]]:
    """Temporary files, and when each was written."""
    # One by one: a day of a busy source has tens of thousands of files.
    with os.scandir(folder) as found:
        for one in found:
            if one.name.startswith(".") and one.name.endswith(_TEMP):
                # Whoever is writing it may just be done.
                with suppress(FileNotFoundError):
                    yield folder / one.name, one.stat().st_mtime


def _appears(part: Path, whole: Path) -> bool:
    """Have a whole file appear; False where something else stands there, which is left alone."""
    fault.reached("before-create")
    is_there = _link(part, whole) or _is_same(part, whole)
    fault.reached("after-text" if whole.suffix == ".txt" else "after-sidecar")
    return is_there


def _link(part: Path, whole: Path) -> bool:
    """Give a file its other name, unless something has that, which a rename would put an end to."""
    try:
        os.link(part, whole)
        # Before the folder is flushed, which then is done with both names.
        part.unlink(missing_ok=True)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        if whole.exists():
            return False
        # A file system without links; what comes between the look and this may be written over.
        part.rename(whole)
    return True


def _is_same(part: Path, whole: Path) -> bool:
    try:
        return part.read_bytes() == whole.read_bytes()
    except FileNotFoundError:
        return False  # whoever removes it has let this place go


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The store as a folder: whatever is visible in it is whole."""

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

from crawler.document import render
from workers import fault
from workers.storage.places import Place
from workers.storage.store import Kept, Shelf, Store, StoreFull

_TEMP = ".part"


class FolderStore(Store):
    """Documents and sidecars under one folder, written so that a kill leaves no half of one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = str(root.absolute())

    def write(self, kept: Iterable[Kept]) -> None:
        """See `Store`: a batch is flushed to the disk together, before any of it is visible."""
        parts: list[tuple[Path, Path]] = []
        try:
            for place, document, sidecar in kept:
                parts.append(self._part(place.sidecar_path, sidecar.to_json()))
                parts.append(self._part(place.text_path, render(document)))
            # All are written before the first is flushed: one journal commit then serves them all.
            for part, _ in parts:
                _flush(part)
            fault.reached("before-rename")
            for part, whole in parts:
                part.rename(whole)
                fault.reached("after-text" if whole.suffix == ".txt" else "after-sidecar")
            for folder in {whole.parent for _, whole in parts}:
                _flush(folder)
        except OSError as error:
            for part, _ in parts:
                part.unlink(missing_ok=True)
            raise StoreFull(f"cannot write to {self._root}: {error.strerror}") from error

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
        """See `Store`: a link to a whole file is made where there is none."""
        try:
            part, whole = self._part(path, text)
            try:
                _flush(part)
                os.link(part, whole)
            except FileExistsError:
                return False
            finally:
                part.unlink(missing_ok=True)
            _flush(whole.parent)
        except OSError as error:
            raise StoreFull(f"cannot write to {self._root}: {error.strerror}") from error
        return True

    def remove(self, place: Place) -> None:
        """See `Store`."""
        (self._root / place.text_path).unlink(missing_ok=True)
        (self._root / place.sidecar_path).unlink(missing_ok=True)

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

    def sweep(self, older_than: float = 3600.0) -> int:
        """See `Store`: temporary files."""
        limit = time.time() - older_than
        stale = [part for part in self._parts() if part.stat().st_mtime < limit]
        for part in stale:
            part.unlink(missing_ok=True)
        return len(stale)

    def _parts(self) -> Iterator[Path]:
        for top in ("documents", "duplicates"):
            yield from (self._root / top).glob(f"*/*/.*{_TEMP}")
        yield from (self._root / "rules").glob(f"*/.*{_TEMP}")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

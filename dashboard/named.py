"""The sources of the file, those that are paused among them, read again when it changes."""

import threading
from pathlib import Path

from config.sources import Source, SourcesError, load_sources


class NamedSources:
    """What the file names; where it is wrong, what it named last."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: object = None
        self._sources: tuple[Source, ...] = ()
        self._problems: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def all(self) -> tuple[Source, ...]:
        """In the order of the file."""
        self._look()
        return self._sources

    def names(self) -> list[str]:
        """Of those that are not paused."""
        return [source.name for source in self.all() if source.enabled]

    def get(self, name: str) -> Source | None:
        """One by its name."""
        return next((source for source in self.all() if source.name == name), None)

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the file, a line each."""
        self._look()
        return self._problems

    def _look(self) -> None:
        with self._lock:
            stamp = self._stamp_of_file()
            if stamp is not None and stamp == self._stamp:
                return
            try:
                self._sources, self._problems = load_sources(self._file), ()
            except SourcesError as error:
                self._problems = tuple(str(error).splitlines())
            self._stamp = stamp

    def _stamp_of_file(self) -> object:
        try:
            told = self._file.stat()
        except OSError:
            return None
        return (told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino)

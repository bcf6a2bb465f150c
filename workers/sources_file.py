"""The sources file, followed while it is edited: what is wrong leaves the last good state."""

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from config.sources import Source, SourcesError, read_text, sources_in

log = structlog.get_logger(__name__)

STILL_SECONDS = 2.0
"""A file that was changed is taken up once nobody has written it for so long: an editor may be at it."""
_EMPTIED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What changes when a file is written, replaced, moved into place, or given other rights."""

    modified: int
    changed: int
    """Nanoseconds; the system sets it, and no copying tool sets it back."""
    size: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> "_Stamp | None":
        """None where there is no such file, or none that can be seen."""
        try:
            s = path.stat()
        except OSError:
            return None
        return cls(s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_ino, s.st_dev)


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells one state of a file from others, on this host and on others."""

    digest: str = ""
    changed: float = 0.0
    """Unix seconds by this host's clock; 0 where that is not known."""


class SourcesFile:
    """The enabled sources, read again when the file changes; what is wrong leaves the last good state.

    With `still_seconds` a change is taken up when the file has been left alone for so long, so that what
    an editor has half written is not. With `kept`, the last good file is kept there, and is what a
    process begins with that finds the file broken: so all processes have the same state.
    """

    def __init__(
        self,
        path: Path,
        *,
        allow_private: bool,
        still_seconds: float = 0.0,
        kept: Path | None = None,
    ) -> None:
        self._path = path
        self._allow_private = allow_private
        self._still_seconds = still_seconds
        self._kept = kept
        self._is_read = False
        self._is_sure = False
        self._stamp: _Stamp | None = None
        self._digest = b""
        self._seen: tuple[_Stamp | None, float] = (None, 0.0)
        self._waits_for: _Stamp | None = None
        self._sources: dict[str, Source] = {}
        self.is_followed = False
        """Whether the schedule has been brought in line with what was read last."""
        self.edition = Edition()
        """Which state of the file was read last."""

    def enabled(self) -> Mapping[str, Source]:
        """By name. Raises `SourcesError` only where there has never been a good state."""
        stamp = _Stamp.of(self._path)
        if not self._is_read:
            self._read_first(stamp)
        elif (stamp != self._stamp or not self._is_sure) and self._is_still(
            stamp, self._still_seconds
        ):
            self._read_again(stamp)
        return self._sources

    def _is_still(self, stamp: _Stamp | None, seconds: float) -> bool:
        """Whether nobody has touched the file for so long, by its own time or as it was looked at."""
        if self._seen[0] != stamp:
            self._seen = (stamp, time.monotonic())
        by_file = time.time() - stamp.changed / 1e9 if stamp else 0.0
        return max(by_file, time.monotonic() - self._seen[1]) >= seconds

    def _read_first(self, stamp: _Stamp | None) -> None:
        try:
            text = read_text(self._path)
            found = sources_in(self._path, text)
        except SourcesError as error:
            self._begin_with_kept(error)
        else:
            self._take(found, text, stamp)
        self._is_read = True
        # Whoever was writing it just now may write the same size again within one tick of the clock.
        self._is_sure = stamp is None or self._is_still(stamp, self._still_seconds)
        self._stamp = stamp

    def _begin_with_kept(self, error: SourcesError) -> None:
        """Begin with what was good the last time that the file was read."""
        try:
            found = sources_in(self._kept, read_text(self._kept)) if self._kept else ()
        except SourcesError:
            found = ()
        if not found:
            raise error
        self._say(error)
        self._sources = self._admitted(found)

    def _read_again(self, stamp: _Stamp | None) -> None:
        self._is_sure = True
        try:
            text = read_text(self._path)
            if _digest(text) == self._digest:
                self._stamp = stamp
                return
            found = sources_in(self._path, text)
        except SourcesError as error:
            self._say(error)
        else:
            if self._sources and not found and not self._is_meant(stamp):
                return
            self._take(found, text, stamp)
            log.info("sources.read", enabled=len(self._sources))
        self._stamp = stamp

    def _is_meant(self, stamp: _Stamp | None) -> bool:
        """Whether a file that names no source any more has been so for a while: a full disk cuts files, too."""
        if not self._still_seconds or self._is_still(stamp, _EMPTIED_SECONDS):
            return True
        if self._waits_for != stamp:
            self._waits_for = stamp
            log.warning("sources.emptied", within=f"{_EMPTIED_SECONDS:.0f} s")
        return False

    def _take(self, found: tuple[Source, ...], text: str, stamp: _Stamp | None) -> None:
        self._sources = self._admitted(found)
        self._digest = _digest(text)
        self.edition = Edition(self._digest.hex()[:16], stamp.changed / 1e9 if stamp else 0.0)
        self.is_followed = False
        if self._kept and found:
            _keep(self._kept, text)

    def _say(self, error: SourcesError) -> None:
        # Another state may follow that is word for word the one before.
        self._digest = b""
        for problem in str(error).splitlines():
            log.error("sources.wrong", problem=problem)

    def _admitted(self, sources: tuple[Source, ...]) -> dict[str, Source]:
        admitted = {"allow_private": True} if self._allow_private else {}
        return {
            s.name: s if s.allow_private >= self._allow_private else s.model_copy(update=admitted)
            for s in sources
            if s.enabled
        }


def kept_in(home: Path, path: Path) -> Path:
    """Where the last good state of a sources file is kept: each has its own."""
    named = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]
    return home / f"sources.{named}.last-good.toml"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _keep(kept: Path, text: str) -> None:
    """Keep a good file for processes that begin while it is broken; without it all still works."""
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        if kept.exists() and kept.read_text(encoding="utf-8") == text:
            return
        # A host that has just begun may have no home yet.
        kept.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(kept)
    except (OSError, ValueError) as error:
        log.warning("sources.unkept", problem=str(error))

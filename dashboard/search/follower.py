"""Feeds the index from the outbox, by a place of its own, and from the store where the outbox has let go already."""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from redis.exceptions import RedisError

from crawler.document import Sidecar, parse
from dashboard.search.index import Copy, SearchIndex
from dashboard.search.shelves import Shelves
from workers.service import Service
from workers.state.connection import StateUnavailable
from workers.state.published import BEGINNING, Published
from workers.storage.store import Store

log = structlog.get_logger(__name__)

DOCUMENTS, DUPLICATES, EPOCH = "documents", "duplicates", "epoch"
"""Marks: how far the two streams were read, and the settlement under which the store was last looked through."""
_MOST = 100
# Shorter than the connection's own time-out, or a quiet stream looks like a lost server.
_WAIT_SECONDS = 15.0
# A rebuild, or a server that was lost and is back, may go unnoticed for so long.
_CHECK_SECONDS = 60.0
# What comes together is entered together: each entry of its own is flushed to the disk.
_GATHER_SECONDS = 2.0
_TROUBLE_SECONDS = 10.0
_FULL_DISK = (OSError, sqlite3.Error)


class Follower(threading.Thread):
    """A thread that keeps the index in step; of several processes with one home, one does it."""

    def __init__(self, service: Service, index: SearchIndex) -> None:
        super().__init__(name="search", daemon=True)
        self._service = service
        self._index = index
        self._stopping = threading.Event()
        self.progress = ""
        """What is looked through just now, for a person; empty where the index is in step."""

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def run(self) -> None:
        """Follow until it is stopped; what goes wrong is tried again after a while."""
        while not self._stopping.is_set():
            try:
                with alone(self._index.file.with_name("lock")) as is_alone:
                    if is_alone:
                        self._follow()
            except (RedisError, StateUnavailable) as error:
                log.warning("search.waits", problem=str(error))
            except sqlite3.DatabaseError as error:
                self._mend(error)
            except OSError as error:
                log.error("search.full", problem=str(error))
            except Exception as error:  # noqa: BLE001 - nobody would miss a thread that has ended
                log.error("search.broken", problem=repr(error))
            self.progress = ""
            self._stopping.wait(_TROUBLE_SECONDS)

    def _mend(self, error: sqlite3.DatabaseError) -> None:
        log.error("search.broken", problem=str(error))
        # A full disk or a lock passes; a broken file does not.
        if not isinstance(error, sqlite3.OperationalError):
            self._index.discard()

    def _follow(self) -> None:
        self._index.prepare()
        checked = -_CHECK_SECONDS
        while not self._stopping.is_set():
            if self._index.is_damaged:
                log.error("search.broken", problem="it is damaged where it was read")
                self._index.discard()
                self._index.prepare()
                checked = -_CHECK_SECONDS
            if time.monotonic() - checked >= _CHECK_SECONDS:
                self._catch_up()
                checked = time.monotonic()
            if self._take(self._new()):
                self._stopping.wait(_GATHER_SECONDS)

    def _new(self) -> Published:
        return self._service.state.publications.after(
            self._index.mark(DOCUMENTS) or BEGINNING,
            self._index.mark(DUPLICATES) or BEGINNING,
            most=_MOST,
            wait_seconds=_WAIT_SECONDS,
        )

    def _take(self, new: Published) -> bool:
        """Enter what was published; whether there was anything."""
        if not (new.documents or new.duplicates):
            return False
        stems = (entry.get("path", "").removesuffix(".txt") for entry in new.documents)
        self._index.add(
            read_texts(self._service.store, stems),
            (copy for at, record in new.duplicates if (copy := copy_of(at, record))),
            {DOCUMENTS: new.document_place, DUPLICATES: new.duplicate_place},
        )
        return True

    def _catch_up(self) -> None:
        """Look through the store where the outbox alone does not tell all that there is."""
        told = self._service.state.publications
        epoch = told.epoch()
        place = self._index.mark(DOCUMENTS)
        if place and told.is_ahead(place):
            self._index.add((), (), {DOCUMENTS: BEGINNING, DUPLICATES: BEGINNING})
        if place and epoch == self._index.mark(EPOCH) and not told.is_gap(place):
            return
        for batch in Shelves(self._service.store, self._index).unknown():
            if self._stopping.is_set():
                return
            self.progress = batch.told
            began = time.monotonic()
            self._index.add(read_texts(self._service.store, batch.stems), batch.copies, {})
            # Half of a core is left to those who have pages to see to.
            self._stopping.wait(time.monotonic() - began)
        self.progress = ""
        self._index.add((), (), {EPOCH: epoch, DOCUMENTS: place or BEGINNING})


def read_texts(
    store: Store, stems: Iterator[str] | tuple[str, ...]
) -> Iterator[tuple[str, Sidecar, str]]:
    """Stem, sidecar and body of each; one whose files are gone, or were edited past reading, is left out."""
    for stem in stems:
        text = store.text(f"{stem}.txt") if stem else None
        sidecar = store.sidecar(f"{stem}.txt") if stem else None
        try:
            body = parse(text).body if text else ""
        except ValueError:
            continue
        if body and sidecar:
            yield stem, sidecar, body


def copy_of(at: float, record: dict[str, object]) -> Copy | None:
    """A record of the log of duplicates; None for one that names no original."""
    if not record.get("duplicate_of"):
        return None
    similarity = record["similarity"]
    return Copy(
        at=at,
        id=str(record["id"]),
        duplicate_of=str(record["duplicate_of"]),
        source=str(record["source"]),
        outcome=str(record["outcome"]),
        url=str(record["url"]),
        original_url=str(record["original_url"] or ""),
        similarity=similarity if isinstance(similarity, float | int) else None,
        queued=bool(record["queued"]),
        reason=str(record["reason"]),
    )


@contextmanager
def alone(lock: Path) -> Iterator[bool]:
    """Whether this process is the one that has the lock, as long as the block runs."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

"""The index in SQLite: a row a document, its words without its text, and the copies that were met of it.

It is no truth: what stands here was read from the outbox and the store, and a lost one is made anew.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from crawler.document import Sidecar
from dashboard.search.words import facets, indexed_words

log = structlog.get_logger(__name__)

_VERSION = 1
_SECONDS = 3.0
# Steps of SQLite's machine between two looks at the clock: some milliseconds.
_STEPS = 20_000
_SCHEMA = f"""
CREATE TABLE document (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  stem TEXT NOT NULL,
  title TEXT NOT NULL,
  outcome TEXT NOT NULL,
  language TEXT NOT NULL,
  fetched TEXT NOT NULL,
  supersedes BLOB
);
CREATE INDEX document_supersedes ON document (supersedes) WHERE supersedes IS NOT NULL;
CREATE TABLE copy (
  seq INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  id BLOB NOT NULL,
  duplicate_of BLOB NOT NULL,
  source TEXT NOT NULL,
  outcome TEXT NOT NULL,
  url TEXT NOT NULL,
  original_url TEXT NOT NULL,
  similarity REAL,
  queued INTEGER NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (id, url)
);
CREATE INDEX copy_original ON copy (duplicate_of);
CREATE INDEX copy_source ON copy (source);
CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (
  facets, text, content = '', columnsize = 0,
  tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc' tokenchars '-'"
);
PRAGMA user_version = {_VERSION};
"""
# What a sidecar tells of a copy is less than its record does, which may come later.
_ENTER_COPY = (
    "INSERT INTO copy VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, url) DO UPDATE SET"
    " at = excluded.at, original_url = excluded.original_url, reason = excluded.reason"
    " WHERE excluded.reason != ''"
)
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_CORRUPT_VTAB", "SQLITE_NOTADB"}
_HIT = "seq, id, stem, title, outcome, language, fetched, supersedes"


class TooSlow(Exception):
    """A search that took longer than a person waits: a further word makes it quick."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found."""

    seq: int
    """Later ones have higher numbers."""
    id: str
    stem: str
    """Its path without the ending, relative to the store."""
    title: str
    outcome: str
    language: str
    fetched: str
    supersedes: str | None

    @property
    def source(self) -> str:
        """Its source."""
        return self.stem.split("/")[1]


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that was found to be, or to be like, one that is kept."""

    at: float
    """Unix seconds."""
    id: str
    duplicate_of: str
    source: str
    outcome: str
    url: str
    original_url: str
    similarity: float | None
    queued: bool
    reason: str
    seq: int = 0


class SearchIndex:
    """The index of a home. Any number of processes read it, one writes it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.is_damaged = False
        """Whether somebody read what is no index: who writes may not come by that place, and is to make it anew."""

    def prepare(self) -> None:
        """Have an index that can be written: one that is broken, or another version's, makes way for a new one."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._opened() as connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
                    return
        except sqlite3.DatabaseError:
            pass
        self.discard()
        # Whoever reads meanwhile finds none, or a whole one.
        part = self.file.with_name(f"{self.file.name}.part")
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
        part.replace(self.file)

    def discard(self) -> None:
        """Let it go, to be made anew."""
        self.is_damaged = False
        for ending in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + ending).unlink(missing_ok=True)

    @property
    def is_there(self) -> bool:
        """Whether it was ever made."""
        return self.file.exists()

    def add(
        self,
        documents: Iterable[tuple[str, Sidecar, str]],
        copies: Iterable[Copy],
        marks: Mapping[str, str],
    ) -> None:
        """Enter documents (stem, sidecar, body) and copies, and how far one has read; what is known is passed over."""
        with self._opened() as connection, connection:
            for stem, sidecar, body in documents:
                _enter(connection, stem, sidecar, body)
            connection.executemany(
                _ENTER_COPY,
                (_row(copy) for copy in copies),
            )
            connection.executemany("INSERT OR REPLACE INTO mark VALUES (?, ?)", marks.items())

    def mark(self, name: str) -> str:
        """How far one has read, by a name; empty where that was never said."""
        row = self._one("SELECT value FROM mark WHERE name = ?", (name,))
        return row[0] if row else ""

    def unknown(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that no document here has."""
        return set(ids) - self._known("document", ids)

    def uncopied(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that no copy here has."""
        return set(ids) - self._known("copy", ids)

    def _known(self, table: str, ids: Sequence[str]) -> set[str]:
        known: set[str] = set()
        with self._opened() as connection:
            for start in range(0, len(ids), 500):
                some = [bytes.fromhex(i) for i in ids[start : start + 500]]
                holes = ",".join("?" * len(some))
                found = connection.execute(f"SELECT id FROM {table} WHERE id IN ({holes})", some)  # noqa: S608
                known.update(raw.hex() for (raw,) in found)
        return known

    def count(self) -> int:
        """Documents that can be found."""
        row = self._one("SELECT max(seq) FROM document")
        return int(row[0] or 0) if row else 0

    def search(self, expression: str, *, before: int | None, most: int) -> list[Hit]:
        """The newest documents that `words.expression` is true of, all for an empty one. Raises `TooSlow`."""
        limit = before or 2**62
        if not expression:
            return self._hits("WHERE seq < ? ORDER BY seq DESC LIMIT ?", (limit, most))
        found = (
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        )
        return self._hits(
            f"WHERE seq IN ({found}) ORDER BY seq DESC",
            (expression, limit, most),
        )

    def find(self, text_id: str) -> Hit | None:
        """The document with this id."""
        return next(iter(self._hits("WHERE id = ?", (bytes.fromhex(text_id),))), None)

    def titles(self, ids: Iterable[str]) -> dict[str, str]:
        """The titles of documents, by their ids; those that are not known are left out."""
        some = [bytes.fromhex(text_id) for text_id in dict.fromkeys(ids)]
        holes = ",".join("?" * len(some))
        return {hit.id: hit.title for hit in self._hits(f"WHERE id IN ({holes})", some)}

    def superseding(self, text_id: str) -> Hit | None:
        """The revision that supersedes a text; None where it is the last one."""
        asked = (bytes.fromhex(text_id),)
        return next(iter(self._hits("WHERE supersedes = ? ORDER BY seq LIMIT 1", asked)), None)

    def copies(
        self, *, source: str = "", outcome: str = "", before: int | None = None, most: int
    ) -> list[Copy]:
        """Copies that were met, the newest first."""
        asked: dict[str, Any] = {"source": source, "outcome": outcome}
        given = {name: value for name, value in asked.items() if value}
        conditions = "".join(f" AND {name} = ?" for name in given)
        return self._copies(
            f"WHERE seq < ?{conditions} ORDER BY seq DESC LIMIT ?",
            (before or 2**62, *given.values(), most),
        )

    def copies_of(self, text_id: str, most: int) -> list[Copy]:
        """Copies of one text, the oldest first."""
        asked = (bytes.fromhex(text_id), most)
        return self._copies("WHERE duplicate_of = ? ORDER BY at LIMIT ?", asked)

    def originals_of(self, text_id: str) -> list[Copy]:
        """As what a text was met as a copy."""
        return self._copies("WHERE id = ? ORDER BY at LIMIT 20", (bytes.fromhex(text_id),))

    def _hits(self, rest: str, values: Sequence[Any]) -> list[Hit]:
        return [_hit(row) for row in self._rows(f"SELECT {_HIT} FROM document {rest}", values)]  # noqa: S608

    def _copies(self, rest: str, values: Sequence[Any]) -> list[Copy]:
        return [_copy(row) for row in self._rows(f"SELECT * FROM copy {rest}", values)]  # noqa: S608

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        return next(iter(self._rows(query, values)), None)

    def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        if not self.is_there:
            return []
        until = time.monotonic() + _SECONDS
        try:
            with self._opened() as connection:
                connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
                return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if "interrupted" in str(error):
                raise TooSlow from None
            self.is_damaged |= getattr(error, "sqlite_errorname", "") in _DAMAGED
            log.warning("search.unread", problem=str(error))
            return []

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # One for each use: it takes a third of a millisecond, and holds no memory between two.
        with closing(sqlite3.connect(self.file, timeout=10)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection


def _enter(connection: sqlite3.Connection, stem: str, sidecar: Sidecar, body: str) -> None:
    supersedes = bytes.fromhex(sidecar.supersedes) if sidecar.supersedes else None
    told = (
        sidecar.title or "",
        sidecar.outcome,
        sidecar.language or "",
        sidecar.fetched,
    )
    done = connection.execute(
        "INSERT OR IGNORE INTO document VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
        (bytes.fromhex(sidecar.id), stem, *told, supersedes),
    )
    if done.rowcount:
        kinds = facets(source=sidecar.source, day=stem.split("/")[2], outcome=sidecar.outcome)
        text = indexed_words(sidecar.title or "", body)
        connection.execute(
            "INSERT INTO words (rowid, facets, text) VALUES (?, ?, ?)",
            (done.lastrowid, " ".join(kinds), text),
        )


def _hit(row: Sequence[Any]) -> Hit:
    seq, raw_id, stem, title, outcome, language, fetched, supersedes = row
    former = supersedes.hex() if supersedes else None
    return Hit(seq, raw_id.hex(), stem, title, outcome, language, fetched, former)


def _row(copy: Copy) -> Sequence[Any]:
    ids = (bytes.fromhex(copy.id), bytes.fromhex(copy.duplicate_of))
    about = (copy.source, copy.outcome, copy.url, copy.original_url)
    return (copy.at, *ids, *about, copy.similarity, copy.queued, copy.reason)


def _copy(row: Sequence[Any]) -> Copy:
    seq, at, raw_id, original, *about, similarity, queued, reason = row
    source, outcome, url, original_url = about
    ids = (raw_id.hex(), original.hex())
    return Copy(at, *ids, source, outcome, url, original_url, similarity, bool(queued), reason, seq)

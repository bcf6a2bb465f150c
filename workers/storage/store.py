"""What a store of documents does, whatever it is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from crawler.document import Document, Sidecar, is_id, parse
from workers.storage.places import TOPS, Place, places_in

Kept = tuple[Place, Document, Sidecar]
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a folder of the store holds: names, hidden ones left out, in order."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class StoreFull(Exception):
    """Nothing can be written or removed: the message says where and why, and what to do."""


class StoreAway(StoreFull):
    """What keeps it does not answer just now: no setting is wrong, and it may be back in a while."""


class StoreUnread(OSError):
    """Nothing can be read now, which says nothing of the file that was asked for: it may be as sound as any."""

    def __str__(self) -> str:
        return str(self.strerror)


class Store(ABC):
    """Texts, each with its sidecar beside it, by paths relative to the store."""

    name: str
    """The folder or the address, for a person."""

    @abstractmethod
    def write(self, kept: Iterable[Kept]) -> list[Place]:
        """Create the files of a batch so that they outlive a crash, each sidecar before its text.

        Nothing that stands is written over: where it is the same, it is as if it had been written now.
        Returns the places where something else stands. Raises `StoreFull`, with no half of a file left.
        """

    @abstractmethod
    def create(self, path: str, text: str) -> bool:
        """Write a file that outlives a crash, whole or not at all; False where there is one already.

        Raises `StoreFull`.
        """

    @abstractmethod
    def try_out(self) -> None:
        """Raises `StoreFull` where it is plain before anything is fetched that nothing can be kept."""

    def prove(self) -> None:
        """Write something and take it away again; raises `StoreFull` where that cannot be done."""
        self.try_out()

    @abstractmethod
    def remove(self, place: Place) -> None:
        """Take a text and its sidecar away again, text first: of a place that was let go for good.

        Raises `StoreFull`.
        """

    @abstractmethod
    def read(self, path: str) -> bytes | None:
        """What stands at a path, or None; an `OSError` where it cannot be read, `StoreUnread` where nothing can."""

    @abstractmethod
    def shelf(self, path: str) -> Shelf:
        """What is in a folder; nothing where there is no such folder."""

    @abstractmethod
    def sweep(self, since: str = "", *, older_than: float = 3600.0) -> int:
        """Remove what a kill left behind more than so many seconds ago, in folders of this day or a later one.

        Returns how many files.
        """

    def walk(self, path: str, since: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
        """The folders below a path that hold files, each with their names; one may come in several parts.

        `since`: of those that stand in it, the ones with this name or a later one. An `OSError` as `shelf`.
        """
        shelf = self.shelf(path)
        if shelf.files:
            yield path, shelf.files
        for name in shelf.folders:
            if name >= since:
                yield from self.walk(f"{path}/{name}")

    def side_by_side(self, ask: Callable[[Asked], Answer], about: Sequence[Asked]) -> list[Answer]:
        """The answers, in order; a store beyond a network is asked for many at once."""
        return [ask(one) for one in about]

    def holds_texts(self) -> bool:
        """Whether there is any text."""
        return any(
            name.endswith(".txt") for top in TOPS for _, names in self.walk(top) for name in names
        )

    def places(self, shelf: str) -> list[Place]:
        """The places of a folder of which there is a text; what is no place is left out."""
        return places_in(shelf, self.shelf(shelf).files)

    def text(self, path: str) -> str | None:
        """The document's file at a path, as the outbox gives it; None where there is none to be read."""
        raw = self.read(path)
        # People edit files: what no longer is a text, a document, a sidecar counts as gone.
        with suppress(UnicodeDecodeError):
            return None if raw is None else raw.decode()
        return None

    def body(self, place: Place) -> str | None:
        """A document's body, or None as `text`."""
        text = self.text(place.text_path)
        with suppress(ValueError):
            return None if text is None else parse(text).body
        return None

    def sidecar(self, text_path: str) -> Sidecar | None:
        """What is known of the document at a path, or None as `text`."""
        raw = self.read(text_path.removesuffix(".txt") + ".json")
        with suppress(ValueError):
            sidecar = None if raw is None else Sidecar.from_json(raw)
            return sidecar if sidecar and _has_values_of_its_kind(sidecar) else None
        return None


def _has_values_of_its_kind(sidecar: Sidecar) -> bool:
    """Whether what reads it can do with its values what it does with those that were written here."""
    texts = [sidecar.outcome, sidecar.url, sidecar.site_name, sidecar.source, sidecar.layout]
    perhaps = [sidecar.title, sidecar.language, sidecar.published, sidecar.modified]
    texts += [text for text in perhaps if text is not None]
    ids = [sidecar.id, sidecar.supersedes or sidecar.id, sidecar.duplicate_of or sidecar.id]
    try:
        datetime.fromisoformat(sidecar.fetched).timestamp()
        sidecar.to_json().encode()  # a half of a character cannot be written
        is_fit = isinstance(sidecar.similarity, float | int | None)
        return is_fit and all(map(is_id, ids)) and all(isinstance(text, str) for text in texts)
    except (TypeError, ValueError, OverflowError):
        return False

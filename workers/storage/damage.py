"""Whether a text and its sidecar stand in the store as they were written."""

from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.document import Document, Layout, Sidecar, is_id, parse, render
from crawler.outcome import Outcome
from workers.storage.places import Place
from workers.storage.store import Store, StoreUnread

_NUMBERED = {Outcome.NEW, Outcome.REVISION, Outcome.NEAR_DUPLICATE}
_TEXTS = ("language", "published", "modified")
_IDS = ("supersedes", "duplicate_of")


class Damaged(Exception):
    """A path, and what is wrong there."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Sound:
    """A text as it was written, with its sidecar."""

    place: Place
    document: Document
    sidecar: Sidecar
    fetched: float
    """Unix seconds."""


def read_sound(store: Store, place: Place) -> Sound:
    """Read both files of a place, and hold them against each other; raises `Damaged`, and `StoreUnread`."""
    raw = _read(store, place.text_path)
    if raw is None:
        raise Damaged(place.text_path, "the text is missing, its sidecar is there")
    sidecar = _sidecar(store, place)
    document = _document(place, raw)
    if document.id != place.id:
        raise Damaged(place.text_path, f"the text has changed: its id is {document.id} now")
    if render(document).encode() != raw:
        raise Damaged(place.text_path, "the text is not as it was written")
    fetched = _agreement(place, sidecar)
    _agree(place, document, sidecar)
    return Sound(place, document, sidecar, fetched)


def _read(store: Store, path: str) -> bytes | None:
    try:
        return store.read(path)
    except StoreUnread:
        raise
    except OSError as error:
        raise Damaged(path, f"cannot be read: {error.strerror or error}") from None


def _sidecar(store: Store, place: Place) -> Sidecar:
    raw = _read(store, place.sidecar_path)
    if raw is None:
        raise Damaged(place.sidecar_path, "the sidecar is missing, its text is there")
    try:
        return Sidecar.from_json(raw)
    except ValueError as error:
        raise Damaged(place.sidecar_path, f"the sidecar cannot be read: {error}") from None


def _document(place: Place, raw: bytes) -> Document:
    try:
        return parse(raw.decode())
    except UnicodeDecodeError:
        raise Damaged(place.text_path, "the text is not UTF-8") from None
    except ValueError as error:
        raise Damaged(place.text_path, f"the text is no document: {error}") from None


def _agreement(place: Place, sidecar: Sidecar) -> float:
    """When a document was fetched, by a sidecar that fits its place."""
    kinds = _NUMBERED if place.number is not None else {Outcome.NEAR_DUPLICATE}
    if sidecar.id != place.id:
        raise _contradicts(place, "id", sidecar.id)
    if sidecar.source != place.source:
        raise _contradicts(place, "source", sidecar.source)
    if sidecar.outcome not in kinds:
        raise _contradicts(place, "outcome", sidecar.outcome)
    try:
        moment = datetime.fromisoformat(sidecar.fetched)
    except (TypeError, ValueError):
        raise _contradicts(place, "fetched", sidecar.fetched) from None
    if moment.tzinfo is None or moment.astimezone(UTC).date() != place.day:
        raise _contradicts(place, "fetched", sidecar.fetched)
    _refuse_strange_values(place, sidecar)
    return moment.timestamp()


def _refuse_strange_values(place: Place, sidecar: Sidecar) -> None:
    """What is published and entered must be of the kind that a sidecar has there."""
    values = {name: getattr(sidecar, name) for name in (*_TEXTS, *_IDS)}
    for name, value in values.items():
        if value is not None and not (isinstance(value, str) and (name in _TEXTS or is_id(value))):
            raise _contradicts(place, name, value)
    similarity = sidecar.similarity
    if similarity is not None and not isinstance(similarity, float | int):
        raise _contradicts(place, "similarity", similarity)
    if not isinstance(sidecar.url, str) or not sidecar.url:
        raise _contradicts(place, "url", sidecar.url)


def _contradicts(place: Place, field: str, value: object) -> Damaged:
    said = repr(value)[:100]
    return Damaged(
        place.sidecar_path, f"the sidecar does not fit its place: {field} is {said} there"
    )


def _agree(place: Place, document: Document, sidecar: Sidecar) -> None:
    """What both files say must be the same; a plain text says nothing of its title, URL and site."""
    said = ("title", "url", "site_name") if document.layout is Layout.TITLED else ()
    for name in ("layout", *said):
        if getattr(document, name) != getattr(sidecar, name):
            raise Damaged(
                place.text_path,
                f"text and sidecar differ: {name} is {str(getattr(document, name))!r:.100} "
                f"and {getattr(sidecar, name)!r:.100}",
            )

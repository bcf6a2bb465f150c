"""A page that was read and decided on, on its way to its end. Pure."""

from dataclasses import dataclass, replace

from workers.archive.kept import Kept
from workers.archive.records import Fetched
from workers.pages.attempts import Refused
from workers.pages.decide import Decision
from workers.pages.reading import Reading
from workers.state.frontier import WaitingPage
from workers.state.index import Known
from workers.storage.places import Place


@dataclass(frozen=True, slots=True)
class Decided:
    """A reading with its decision, and with its place where it is kept."""

    reading: Reading
    decision: Decision
    compared: frozenset[str]
    seen: bytes
    """What of the window's texts was looked through."""
    place: Place | None = None
    is_written: bool = False
    """Whether the file is this page's to write: a place that was known before has its file."""
    archived: Kept | None = None

    @property
    def waiting(self) -> WaitingPage:
        """The page that was read."""
        return self.reading.waiting


def head_of(reading: Reading, known: Known) -> str | None:
    """The text that a changed one supersedes."""
    waiting = reading.waiting
    if waiting.again:
        return waiting.again.head
    head = waiting.head or next((h for h in known.heads if h), None)
    return waiting.head or (head if head != reading.document.id else None)


def own_past(reading: Reading, known: Known) -> frozenset[str]:
    """Texts that are never counted as somebody else's."""
    waiting = reading.waiting
    past = (waiting.again.head,) if waiting.again else (*known.heads, waiting.head)
    return frozenset(text_id for text_id in past if text_id)


def fetched_of(one: Decided | Refused) -> Fetched:
    """The page as the archive is to have it."""
    waiting = one.waiting
    if isinstance(one, Decided):
        outcome, text = one.decision.outcome, one.reading.document.id
        return Fetched(waiting.page, waiting.visit.source, outcome, text)
    return Fetched(waiting.page, waiting.visit.source, one.commit.outcome, None)


def with_record(one: Decided | Refused, kept: Kept | None) -> Decided | Refused:
    """With what the archive has of the page."""
    if isinstance(one, Decided):
        return replace(one, archived=kept)
    return replace(one, commit=replace(one.commit, archived=kept))

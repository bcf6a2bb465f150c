"""A story: the sites that carried it, in order, and what each of them changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.board import Board
from dashboard.firsts import moment
from dashboard.kept import Kept, find
from dashboard.search.index import Copy
from workers.dedup.changes import Kind, changes

MOST = 40


@dataclass(frozen=True, slots=True)
class Carried:
    """One site's version."""

    source: str
    url: str
    at: float
    """Unix seconds: of publication, where its page says that to the minute, else of when it was met."""
    is_published: bool
    behind: float
    """Seconds after the first."""
    outcome: str
    queued: bool
    id: str
    title: str
    similarity: float | None
    changed: str
    """What it changed, in words; empty where nobody can tell."""
    is_original: bool = False


def story_of(board: Board, original: Kept) -> list[Carried]:
    """The versions, the earliest first; the original is among them."""
    own = Copy(
        at=moment(original.sidecar.fetched) or 0.0,
        id=original.id,
        duplicate_of=original.id,
        source=original.sidecar.source,
        outcome=original.sidecar.outcome,
        url=original.sidecar.url,
        original_url="",
        similarity=None,
        queued=True,
        reason="",
    )
    told = [_carried(own, original, original, is_original=True)]
    for copy in board.index.copies_of(original.id, MOST):
        kept = find(board, copy.id) if copy.id != original.id else None
        told.append(_carried(copy, original, kept))
    return in_order(told)


def in_order(told: Sequence[Carried]) -> list[Carried]:
    """The earliest first, each with how far it is behind that one."""
    first = min((one.at for one in told), default=0.0)
    dated = (replace(one, behind=one.at - first) for one in told)
    return sorted(dated, key=lambda one: (one.at, one.url))


def _carried(
    copy: Copy, original: Kept, kept: Kept | None, *, is_original: bool = False
) -> Carried:
    published = moment(kept.sidecar.published) if kept else None
    return Carried(
        source=copy.source,
        url=copy.url,
        at=published or copy.at,
        is_published=published is not None,
        behind=0.0,
        outcome=copy.outcome,
        queued=copy.queued,
        id=copy.id,
        title=(kept.sidecar.title or "") if kept else "",
        similarity=copy.similarity,
        changed="" if is_original else what_changed(original.body, kept.body if kept else None),
        is_original=is_original,
    )


def what_changed(original: str, body: str | None) -> str:
    """`2 paragraphs changed, 1 added`; the same text where only the record of a copy was kept."""
    if body is None:
        return "nothing but typography and case"
    kinds = [change.kind for change in changes(original, body)]
    counted = [(kind, kinds.count(kind)) for kind in (Kind.CHANGED, Kind.ADDED, Kind.REMOVED)]
    told = [f"{count} {kind.value}" for kind, count in counted if count]
    if not told:
        return "nothing"
    noun = "paragraph" if told[0].startswith("1 ") else "paragraphs"
    first, *rest = told
    number, _, kind = first.partition(" ")
    return ", ".join([f"{number} {noun} {kind}", *rest])

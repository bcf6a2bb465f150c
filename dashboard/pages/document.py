"""One document: as it stands in its file, what is known of it, its revisions, and what they changed."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crawler.document import is_id
from dashboard.accept import prefers_json
from dashboard.kept import Kept, find, history
from dashboard.templating import board_of, page
from workers.dedup.changes import Change, Kind, changes, word_changes

_SHOWN_APART = {"id", "title", "url", "schema", "rights", "extractor", "authors"}


def document(request: Request) -> Response:
    """The page, or text and metadata as JSON."""
    board, kept = board_of(request), found(request, request.path_params["id"])
    if prefers_json(request.headers.get("accept", "")):
        return JSONResponse(kept.as_json(), headers={"Vary": "Accept"})
    answer = page(
        request,
        "document.html",
        kept=kept,
        facts=facts_of(kept),
        revisions=history(board, kept),
        copies=board.index.copies_of(kept.id, 1),
    )
    answer.headers["Vary"] = "Accept"
    return answer


def changed(request: Request) -> Response:
    """What was changed from one text to another."""
    new = found(request, request.path_params["id"])
    other = request.path_params.get("other") or new.sidecar.supersedes
    if not other:
        raise HTTPException(404, "This document supersedes no other.")
    old = found(request, other)
    return page(request, "changes.html", old=old, new=new, compared=compared(old, new))


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a title, and of each paragraph."""

    title: Change | None
    paragraphs: list[Change]

    def count(self, kind: str) -> int:
        """Paragraphs of a kind: same, changed, removed, added."""
        return sum(change.kind is Kind(kind) for change in self.paragraphs)


def compared(old: Kept, new: Kept) -> Compared:
    """Compare two texts that are kept."""
    titles = old.sidecar.title or "", new.sidecar.title or ""
    pieces = word_changes(*titles)
    title = Change(Kind.CHANGED, 1, 1, pieces) if titles[0] != titles[1] else None
    return Compared(title, changes(old.body, new.body))


def facts_of(kept: Kept) -> list[tuple[str, str]]:
    """What is known of a document, by the names that the sidecar has, without what is empty."""
    fields = kept.as_json()
    del fields["text"]
    told = [
        (name, str(fields[name])) for name in fields if fields[name] and name not in _SHOWN_APART
    ]
    told += [("authors", ", ".join(map(str, kept.sidecar.authors)))] if kept.sidecar.authors else []
    told += [(f"rights, {name}", str(value)) for name, value in kept.sidecar.rights.items()]
    told += [
        (f"extractor, {name}", str(value))
        for name, value in kept.sidecar.extractor.items()
        if value
    ]
    return told


def found(request: Request, text_id: str) -> Kept:
    """The text with this id, or the answer that there is none."""
    kept = find(board_of(request), text_id.lower()) if is_id(text_id.lower()) else None
    if kept is None:
        raise HTTPException(404, "No document with this id is kept.")
    return kept

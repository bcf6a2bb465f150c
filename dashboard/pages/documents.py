"""Documents, found by words, source, day and outcome."""

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from crawler.document import is_id
from crawler.outcome import Outcome
from crawler.urls import url_key
from dashboard.accept import prefers_json
from dashboard.addresses import number_of, with_changed
from dashboard.board import Board
from dashboard.search.index import Hit, TooSlow
from dashboard.search.words import expression, facets
from dashboard.templating import board_of, page
from dashboard.wording import web_address
from workers.state.settlement import Unsettled
from workers.storage.places import is_source

MOST = 30
OUTCOMES = (Outcome.NEW, Outcome.REVISION, Outcome.NEAR_DUPLICATE)


def documents(request: Request) -> Response:
    """The page, or the same as JSON."""
    board, asked = board_of(request), request.query_params
    typed, before = asked.get("q", "").strip(), number_of(asked.get("before"), 0)
    if text_id := named_document(board, typed):
        return _lead_to(request, f"/documents/{text_id}")
    wanted = expression(typed, asked_facets(asked))
    if prefers_json(request.headers.get("accept", "")):
        hits, later = _found(board, wanted, before)
        return JSONResponse({"documents": [as_json(hit) for hit in hits], "before": later or None})
    try:
        (hits, later), is_slow = _found(board, wanted, before), False
    except TooSlow:
        hits, later, is_slow = [], 0, True
    query = request.url.query
    return page(
        request,
        "documents.html",
        hits=hits,
        typed=typed,
        asked=asked,
        sources=[source.name for source in board.named.all()],
        outcomes=OUTCOMES,
        total=board.index.count(),
        progress=board.follower.progress,
        is_slow=is_slow,
        is_first=not before,
        newest=with_changed(query, before="") if before else "",
        older=with_changed(query, before=later) if later else "",
    )


def _found(board: Board, wanted: str, before: int) -> tuple[list[Hit], int]:
    """A page of documents, and before which the next one begins; 0 where there is none."""
    hits = board.index.search(wanted, before=before, most=MOST + 1)
    return hits[:MOST], hits[MOST - 1].seq if len(hits) > MOST else 0


def _lead_to(request: Request, address: str) -> Response:
    if "hx-request" in request.headers:
        # What htmx follows by itself it would show in the midst of this page.
        return Response(headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def asked_facets(asked: Mapping[str, str]) -> list[str]:
    """The facets that an address names; what cannot be one is passed over."""
    source, day, outcome = (asked.get(name, "") for name in ("source", "day", "outcome"))
    return facets(
        source=source if is_source(source) else "",
        day=day if is_day(day) else "",
        outcome=outcome if outcome in OUTCOMES else "",
    )


def as_json(hit: Hit) -> dict[str, object]:
    """What is told of a document that was found."""
    names = ("id", "source", "title", "outcome", "language", "fetched", "supersedes")
    return {name: getattr(hit, name) for name in names} | {"path": f"{hit.stem}.txt"}


def is_day(text: str) -> bool:
    """Whether it is a day as forms give it: 2026-11-28."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def named_document(board: Board, typed: str) -> str | None:
    """The document whose id or address was typed; None where it was words."""
    if is_id(typed.lower()):
        return typed.lower() if board.index.find(typed.lower()) else None
    if not web_address(typed) or " " in typed:
        return None
    settlement, index = board.service.state.settlement, board.service.state.index
    try:
        if not settlement.epoch:
            settlement.refresh()
        heads = index.look_up("0" * 16, [url_key(typed)], [], board.service.clock()).heads
    except Unsettled:
        return None
    return next((head for head in heads if head), None)

"""Documents, found by words, source, day and outcome."""

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

MOST = 30
OUTCOMES = (Outcome.NEW, Outcome.REVISION, Outcome.NEAR_DUPLICATE)


def documents(request: Request) -> Response:
    """The page, or the same as JSON."""
    board, asked = board_of(request), request.query_params
    typed = asked.get("q", "").strip()
    if text_id := named_document(board, typed):
        return RedirectResponse(f"/documents/{text_id}", 303)
    kinds = facets(
        source=asked.get("source", ""),
        day=day if is_day(day := asked.get("day", "")) else "",
        outcome=outcome if (outcome := asked.get("outcome", "")) in OUTCOMES else "",
    )
    before = number_of(asked.get("before"), 0)
    try:
        hits = board.index.search(expression(typed, kinds), before=before, most=MOST + 1)
        is_slow = False
    except TooSlow:
        hits, is_slow = [], True
    later = hits[MOST - 1].seq if len(hits) > MOST else 0
    if prefers_json(request.headers.get("accept", "")):
        return JSONResponse(
            {"documents": [as_json(hit) for hit in hits[:MOST]], "before": later or None}
        )
    query = request.url.query
    return page(
        request,
        "documents.html",
        hits=hits[:MOST],
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

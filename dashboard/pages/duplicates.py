"""What was met more than once: the list, two texts side by side, and a story with all who carried it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from crawler.outcome import Outcome
from dashboard.addresses import number_of, with_changed
from dashboard.firsts import firsts
from dashboard.kept import Kept
from dashboard.pages.document import found
from dashboard.story import story_of
from dashboard.templating import board_of, page
from workers.dedup.compare import Comparison, compare
from workers.dedup.passages import shared_spans
from workers.dedup.words import shingles_of

MOST = 30
OUTCOMES = (Outcome.DUPLICATE, Outcome.NEAR_DUPLICATE)


def duplicates(request: Request) -> Response:
    """The newest of them."""
    board, asked = board_of(request), request.query_params
    outcome = asked.get("outcome", "")
    before = number_of(asked.get("before"), 0)
    copies = board.index.copies(
        source=asked.get("source", ""),
        outcome=outcome if outcome in OUTCOMES else "",
        before=before,
        most=MOST + 1,
    )
    later = copies[MOST - 1].seq if len(copies) > MOST else 0
    query = request.url.query
    return page(
        request,
        "duplicates.html",
        now=time.time(),
        copies=copies[:MOST],
        titles=board.index.titles(copy.duplicate_of for copy in copies[:MOST]),
        asked=asked,
        sources=[source.name for source in board.named.all()],
        outcomes=OUTCOMES,
        progress=board.follower.progress,
        newest=with_changed(query, before="") if before else "",
        older=with_changed(query, before=later) if later else "",
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One of two texts, in stretches that the other has too, and that it has not."""

    kept: Kept
    stretches: list[tuple[str, bool]]


def side_by_side(request: Request) -> Response:
    """Two texts, with what they share marked."""
    one = found(request, request.path_params["id"])
    other = found(request, request.path_params["other"])
    return page(
        request,
        "side_by_side.html",
        sides=(side(other, one), side(one, other)),
        figures=figures(one, other),
        firsts=firsts(one.sidecar, other.sidecar),
        record=next(
            (c for c in board_of(request).index.originals_of(one.id) if c.duplicate_of == other.id),
            None,
        ),
    )


def side(kept: Kept, other: Kept) -> Side:
    """A text with what it shares with another marked."""
    body, own, others = kept.body, shingles_of(kept.body), shingles_of(other.body)
    return Side(kept, list(stretches(body, shared_spans(body, own, others))))


def stretches(body: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """A text in pieces, and whether each is shared."""
    at = 0
    for start, stop in spans:
        if start > at:
            yield body[at:start], False
        yield body[start:stop], True
        at = stop
    if at < len(body):
        yield body[at:], False


def figures(one: Kept, other: Kept) -> Comparison:
    """How much two texts have in common."""
    return compare(one.body, other.body)


def story(request: Request) -> Response:
    """All who carried a story."""
    original = found(request, request.path_params["id"])
    return page(
        request, "story.html", original=original, story=story_of(board_of(request), original)
    )

"""The first page: what is wrong, what runs, what came in, what waits, and who takes it."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from crawler.outcome import Outcome
from dashboard.charts import Chart, Column, chart
from dashboard.standing import Hour, standing
from dashboard.templating import board_of, page

_MARK_HOURS = 6


def overview(request: Request) -> Response:
    """The page; with `?still` it does not ask for itself again."""
    board = board_of(request)
    now = board.service.clock()
    told = standing(board, now)
    return page(
        request,
        "overview.html",
        now=now,
        told=told,
        names={source.name for source in board.named.all()},
        problems=board.named.problems(),
        chart=hours_chart(told.hours),
        outcomes=[(o.value, told.last_day[o.value]) for o in Outcome],
        documents=board.index.count(),
        search_progress=board.follower.progress,
        is_still="still" in request.query_params,
    )


def hours_chart(hours: Sequence[Hour]) -> Chart:
    """Pages by the hour, and in front of them the documents that came of them."""
    return chart(
        [
            Column(
                f"{hour.start:%d %B, %H:00}: {hour.pages:,} pages, {hour.documents:,} documents",
                (("pages", hour.pages), ("documents", hour.documents)),
                _mark(hour),
            )
            for hour in hours
        ]
    )


def _mark(hour: Hour) -> str:
    if hour.start.hour % _MARK_HOURS:
        return ""
    return f"{hour.start:%H:00}" if hour.start.hour else f"{hour.start.day} {hour.start:%b}"

"""One source: its schedule, what came of it, where its articles are found, and what went wrong."""

from collections.abc import Sequence
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crawler.outcome import Outcome
from dashboard.charts import Chart, Column, chart
from dashboard.sources_state import source_view
from dashboard.templating import board_of, page


def source(request: Request) -> Response:
    """The page."""
    board = board_of(request)
    now = board.service.clock()
    named = board.named.get(request.path_params["name"])
    if named is None:
        raise HTTPException(404, "The sources file has no such source.")
    view = source_view(board, named, now)
    return page(
        request,
        "source.html",
        now=now,
        source=named,
        view=view,
        chart=days_chart(view.new_by_day),
        outcomes=[(o.value, view.totals[o.value]) for o in Outcome],
        settings=changed_settings(named.model_dump(mode="json", exclude_defaults=True)),
        crawling=named.name in board.service.state.schedule.crawling(),
        done=request.query_params.get("done", ""),
    )


def days_chart(days: Sequence[tuple[date, int]]) -> Chart:
    """New documents by the day."""
    return chart(
        [
            Column(
                f"{day.day} {day:%B}: {new:,} new",
                (("documents", new),),
                f"{day.day} {day:%b}" if day.weekday() == 0 else "",
            )
            for day, new in days
        ],
        height=140,
    )


def changed_settings(fields: dict[str, object]) -> list[tuple[str, list[str]]]:
    """What the file says of it, as lines of text by the name of the field."""
    return [
        (name, [str(one) for one in value] if isinstance(value, list) else [_as_toml(value)])
        for name, value in fields.items()
        if name not in {"name", "enabled"}
    ]


def _as_toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

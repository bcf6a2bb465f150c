"""The days of each source: complete, with a gap, or unknown."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.addresses import number_of, with_changed
from dashboard.templating import board_of, page
from workers.coverage.days import DayCoverage, day_of, of_unknown, usual_yield
from workers.state.coverage import SourceCoverage, kept_days

DAYS, MOST = 14, 50


def coverage(request: Request) -> Response:
    """A row a source, a column a day."""
    board = board_of(request)
    now = board.service.clock()
    first = number_of(request.query_params.get("from"), 0)
    named = [source.name for source in board.named.all()]
    names, days = named[first : first + MOST], days_back(now, DAYS)
    covered = board.service.state.coverage.of(names)
    query = request.url.query
    return page(
        request,
        "coverage.html",
        now=now,
        days=days,
        rows=[(name, days_of(name, covered[name], days, now)) for name in names],
        earlier=with_changed(query, **{"from": max(0, first - MOST)}) if first else "",
        later=with_changed(query, **{"from": first + MOST}) if first + MOST < len(named) else "",
    )


def days_back(now: float, count: int) -> list[date]:
    """UTC days, today first: on a telephone the first ones are seen."""
    today = datetime.fromtimestamp(now, UTC).date()
    return [today - timedelta(days=back) for back in range(count)]


def days_of(
    name: str, covered: SourceCoverage, days: Sequence[date], now: float
) -> list[tuple[DayCoverage, str]]:
    """Each day with its state in a word."""
    walked = covered.walked
    told = [day_of(name, day, walked, now) for day in days]
    return [(one, state_of(one)) for one in told]


def state_of(day: DayCoverage) -> str:
    """`complete`, `gap`, `part` (complete since its first walk, or so far), or `unknown`."""
    if day.is_unknown:
        return "unknown"
    if day.missing:
        return "gap"
    return "complete" if day.is_complete and not day.ahead else "part"


def coverage_of(request: Request) -> Response:
    """One source, day by day, with its gaps."""
    board, name = board_of(request), request.path_params["name"]
    now = board.service.clock()
    if board.named.get(name) is None:
        raise HTTPException(404, "The sources file has no such source.")
    covered = board.service.state.coverage.of([name])[name]
    kept = kept_days(now)
    counts = board.service.state.coverage.counts_by_day([name], kept, ("new", "failed"))[name]
    new = {day: came for day, (came, _) in counts.items()}
    walked = covered.walked
    days = [
        day_of(
            *(name, day, walked, now),
            new=new.get(day),
            usual=usual_yield(new, day, walked),
            failed=counts[day][1],
        )
        for day in reversed(kept)
    ]
    known = [one for one in days if not one.is_unknown]
    unknown = [one for one in reversed(days) if one.is_unknown]
    return page(
        request,
        "coverage_of.html",
        now=now,
        name=name,
        days=[(one, state_of(one)) for one in known],
        unknown=of_unknown(unknown, walked) if unknown else None,
        gaps=list(reversed(covered.gaps))[:100],
        owed=board.service.state.frontier.owed(name),
    )

"""The sources in a table that is sorted and filtered, by plain links and a form."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from config.sources import Source
from dashboard.addresses import number_of, with_changed
from dashboard.sources_state import order_of, source_rows
from dashboard.templating import board_of, page

MOST = 100
COLUMNS = (
    ("name", "source"),
    ("next", "next"),
    ("last", "last crawl"),
    ("new", "new, 24 h"),
    ("owed", "owed"),
    ("alarms", "alarms"),
)
ORDERS = (
    ("name", "by name"),
    ("next", "next first"),
    ("-last", "last crawled first"),
    ("-new", "most new first"),
    ("-owed", "most owed first"),
    ("-alarms", "with alarms first"),
)
STATES = (("", "all"), ("alarm", "with an alarm"), ("paused", "paused"), ("visited", "not paused"))


def sources(request: Request) -> Response:
    """The page."""
    board, asked = board_of(request), request.query_params
    now = board.service.clock()
    typed, state, sort = asked.get("q", ""), asked.get("state", ""), asked.get("sort", "name")
    chosen = [s for s in board.named.all() if is_meant(s, typed, state)]
    column = sort.removeprefix("-")
    order = order_of(board, chosen, "alarms" if state == "alarm" else column, now)
    if state == "alarm":
        chosen = [source for source in chosen if order.get(source.name)]
        order = order_of(board, chosen, column, now)
    chosen = in_order(chosen, order, is_down=sort.startswith("-"))
    first = number_of(asked.get("from"), 0)
    query = request.url.query
    return page(
        request,
        "sources.html",
        now=now,
        rows=source_rows(board, chosen[first : first + MOST], now),
        total=len(chosen),
        first=first,
        typed=typed,
        state=state,
        states=STATES,
        heads=[(label, *head(query, sort, key)) for key, label in COLUMNS],
        sort=sort,
        orders=ORDERS,
        earlier=with_changed(query, **{"from": max(0, first - MOST)}) if first else "",
        later=with_changed(query, **{"from": first + MOST}) if first + MOST < len(chosen) else "",
        problems=board.named.problems(),
        done=asked.get("done", ""),
    )


def is_meant(source: Source, typed: str, state: str) -> bool:
    """Whether a source is among those that were asked for."""
    if state in {"paused", "visited"} and source.enabled == (state == "paused"):
        return False
    told = f"{source.name} {source.site_name} {source.start} {source.language}".lower()
    return all(word in told for word in typed.lower().split())


def in_order(
    sources: Sequence[Source], order: Mapping[str, float], *, is_down: bool
) -> list[Source]:
    """Sorted by a value each, 0 for none; of equal ones, and where there are no values, by their names."""
    named = sorted(sources, key=lambda source: source.name, reverse=is_down and not order)
    return sorted(named, key=lambda source: order.get(source.name, 0.0), reverse=is_down)


def head(query: str, sort: str, key: str) -> tuple[str, str]:
    """Where the head of a column leads, and how the column is sorted now, as ARIA has it."""
    # What is most is looked for first.
    first, second = (
        (f"-{key}", key) if key in {"last", "new", "owed", "alarms"} else (key, f"-{key}")
    )
    now = {key: "ascending", f"-{key}": "descending"}.get(sort, "none")
    return with_changed(query, sort=second if sort == first else first, **{"from": ""}), now

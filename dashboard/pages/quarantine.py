"""What failed for good: why, after how many attempts, and another try."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.addresses import number_of, with_changed
from dashboard.forms import Form
from dashboard.templating import board_of, page

MOST = 50


def quarantine(request: Request) -> Response:
    """The newest of it."""
    board, asked = board_of(request), request.query_params
    source, first = asked.get("source", ""), number_of(asked.get("from"), 0)
    records = board.service.state.quarantine.newest(first + MOST + 1, source=source)[first:]
    query = request.url.query
    return page(
        request,
        "quarantine.html",
        now=board.service.clock(),
        records=records[:MOST],
        total=len(board.service.state.quarantine),
        source=source,
        sources=[one.name for one in board.named.all()],
        enabled=set(board.named.names()),
        newer=with_changed(query, **{"from": max(0, first - MOST)}) if first else "",
        older=with_changed(query, **{"from": first + MOST}) if len(records) > MOST else "",
        done=asked.get("done", ""),
    )


def try_again(request: Request, form: Form) -> Response:
    """Have pages owed again: those that are ticked, or the one whose button it was."""
    board = board_of(request)
    wanted = list(dict.fromkeys([*form.get("one", []), *form.get("id", [])]))
    if "one" in form:
        wanted = form["one"][:1]
    enabled = set(board.named.names())
    records = board.service.state.quarantine.of(wanted)
    # Without its source a page is fetched by nobody.
    names = [record.id for record in records if record.source in enabled]
    found = board.service.state.quarantine.retry(names, board.service.clock())
    left = len(wanted) - len(found)
    done = f"{len(found)} owed again" + (f", {left} left as they are" if left else "")
    source = next(iter(form.get("source", [])), "")
    told = {"done": f"{done}."} | ({"source": source} if source else {})
    return RedirectResponse(f"/quarantine?{urlencode(told)}", 303)

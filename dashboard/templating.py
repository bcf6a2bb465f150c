"""Templates, and the answer that one makes: everything in them is escaped unless it is markup of ours."""

import hashlib
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboard import wording

if TYPE_CHECKING:
    from dashboard.board import Board

HERE = Path(__file__).parent
SECTIONS = (
    ("/", "Overview"),
    ("/sources", "Sources"),
    ("/documents", "Documents"),
    ("/duplicates", "Duplicates"),
    ("/quarantine", "Quarantine"),
    ("/coverage", "Coverage"),
)
_FILTERS = (
    "ago",
    "coming",
    "counted",
    "dateline",
    "language",
    "machine_time",
    "moment",
    "number",
    "span",
    "visible",
    "web_address",
)


def board_of(request: Request) -> "Board":
    """What the pages of this application are made from."""
    board: Board = request.app.state.board
    return board


def page(request: Request, template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """A page; `now` is in unix seconds."""
    now = content.pop("now", None) or time.time()
    told = {
        "now": now,
        "sections": SECTIONS,
        "section": _section(request.url.path),
        "form_seal": request.app.state.seal.form,
        "asks_token": request.app.state.seal.token is not None,
    }
    return HTMLResponse(_environment().get_template(template).render(told | content), status)


def _section(path: str) -> str:
    if path.startswith("/stories"):
        return "/duplicates"
    return next((at for at, _ in SECTIONS[1:] if path.startswith(at)), "/")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in _FILTERS:
        environment.filters[name] = getattr(wording, name)
    environment.globals["static"] = _static
    return environment


@cache
def _static(name: str) -> str:
    """The address of a file of ours, another one when it changes, so that it may be kept for long."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"

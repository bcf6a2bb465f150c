"""The application: its addresses, and what stands before them."""

import structlog
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dashboard.accept import prefers_json
from dashboard.board import Board
from dashboard.forms import Act, posting
from dashboard.guard import LOGIN, METRICS, Guard
from dashboard.pages.actions import crawl_now, pause, resume
from dashboard.pages.coverage import coverage, coverage_of
from dashboard.pages.document import changed, document
from dashboard.pages.documents import documents
from dashboard.pages.duplicates import duplicates, side_by_side, story
from dashboard.pages.login import let_in, login
from dashboard.pages.metrics import metrics
from dashboard.pages.overview import overview
from dashboard.pages.quarantine import quarantine, try_again
from dashboard.pages.source import source
from dashboard.pages.sources import sources
from dashboard.seal import Seal
from dashboard.search.index import TooSlow
from dashboard.templating import HERE, page

log = structlog.get_logger(__name__)
_KEPT_SECONDS = 30 * 86400


def make_app(board: Board, seal: Seal) -> Starlette:
    """All pages, on one board."""
    names = (board.service.settings.dashboard_names or "").split()
    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(Guard, seal=seal, names=names)],
        exception_handlers={
            HTTPException: _refused,
            OSError: _without_store,
            RedisError: _without_server,
            TooSlow: _too_slow,
        },
    )
    app.state.board, app.state.seal = board, seal
    return app


def _routes() -> list[BaseRoute]:
    return [
        Route("/", overview),
        Route("/sources", sources),
        Route("/sources/{name}", source),
        _button("/sources/{name}/crawl", crawl_now),
        _button("/sources/{name}/pause", pause),
        _button("/sources/{name}/resume", resume),
        Route("/documents", documents),
        Route("/documents/{id}", document),
        Route("/documents/{id}/changes", changed),
        Route("/documents/{id}/changes/{other}", changed),
        Route("/duplicates", duplicates),
        Route("/duplicates/{id}/{other}", side_by_side),
        Route("/stories/{id}", story),
        Route("/quarantine", quarantine),
        _button("/quarantine", try_again),
        Route("/coverage", coverage),
        Route("/coverage/{name}", coverage_of),
        Route(METRICS, metrics),
        Route(LOGIN, login),
        Route(LOGIN, let_in, methods=["POST"]),
        Mount("/static", _Static(directory=HERE / "static")),
    ]


def _button(path: str, act: Act) -> Route:
    return Route(path, posting(act), methods=["POST"])


class _Static(StaticFiles):
    """Files of ours; their addresses change with what they hold."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As the base has it."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"private, max-age={_KEPT_SECONDS}, immutable"
        return response


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return told(request, error.status_code, error.detail)


def _without_server(request: Request, error: Exception) -> Response:
    log.warning("dashboard.lost", path=request.url.path, problem=str(error))
    return told(request, 503, "The server of the service's state does not answer. Is it running?")


def _without_store(request: Request, error: Exception) -> Response:
    log.warning("dashboard.storeless", path=request.url.path, problem=str(error))
    return told(request, 503, "The store of the documents cannot be read.")


def _too_slow(request: Request, _error: Exception) -> Response:
    return told(request, 503, "That takes too long to look for: a rarer word makes it quick.")


def told(request: Request, status: int, what: str) -> Response:
    """What is the matter, as a page or as JSON."""
    if prefers_json(request.headers.get("accept", "")):
        return JSONResponse({"error": what}, status)
    return page(request, "told.html", status, what=what)

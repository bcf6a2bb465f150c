"""Buttons: what is asked for by POST, from a page of ours, by a browser that says so."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.hosts import is_own_origin
from dashboard.seal import Seal

log = structlog.get_logger(__name__)
_MOST_BYTES = 256 * 1024
_FIELDS = 2000
SEAL = "seal"

Form = Mapping[str, list[str]]
Act = Callable[[Request, Form], Response]


def posting(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a form, refuses what is forged, and then acts."""

    async def endpoint(request: Request) -> Response:
        form = await read_form(request)
        if problem := forgery(request.headers, form, request.app.state.seal):
            log.warning("dashboard.forged", path=request.url.path, problem=problem)
            raise HTTPException(
                403, f"This button was not pressed on a page of this dashboard: {problem}."
            )
        return await run_in_threadpool(act, request, form)

    return endpoint


async def read_form(request: Request) -> Form:
    """The fields of a form, each with its values."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, "That is too much for a form.")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise HTTPException(400, "That is no form.") from None


def forgery(headers: Mapping[str, str], form: Form, seal: Seal) -> str:
    """Why a form cannot have come from a page of ours; empty where it has."""
    if problem := from_elsewhere(headers):
        return problem
    if not seal.is_form(next(iter(form.get(SEAL, [])), "")):
        return "it is of a page from before a restart; load the page anew"
    return ""


def from_elsewhere(headers: Mapping[str, str]) -> str:
    """Why a form is not of this site, as far as a browser says where it is of; empty where it may be."""
    origin = headers.get("origin")
    if origin is None:
        # Older browsers say nothing of a form of the same site; then the seal alone decides.
        site = headers.get("sec-fetch-site", "same-origin")
        return "" if site == "same-origin" else f"it comes from elsewhere ({site})"
    if not is_own_origin(origin, headers.get("host", "")):
        return "it comes from another site"
    return ""

"""Where a stranger shows the token, once, and a browser is let in for a month."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.forms import from_elsewhere, read_form
from dashboard.guard import COOKIE
from dashboard.seal import SESSION_SECONDS, Seal
from dashboard.templating import page

_GUESS_SECONDS = 1.0


def login(request: Request) -> Response:
    """The page; with `?leave` the browser is let in no more."""
    if _seal(request).token is None:
        return RedirectResponse("/", 303)
    answer: Response = page(request, "login.html", problem="")
    if "leave" in request.query_params:
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


async def let_in(request: Request) -> Response:
    """Check the token that was typed.

    The form has no seal: that follows from the token, and a stranger could try tokens against it without
    asking us, as many as there is time for.
    """
    seal, form = _seal(request), await read_form(request)
    problem = from_elsewhere(request.headers)
    if not problem and seal.is_token(next(iter(form.get("token", [])), "").strip()):
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            seal.session(time.time()),
            max_age=int(SESSION_SECONDS),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer
    await asyncio.sleep(_GUESS_SECONDS)
    return page(request, "login.html", 403, problem=problem or "This is not the token.")


def _seal(request: Request) -> Seal:
    seal: Seal = request.app.state.seal
    return seal

"""Stands before every page: who may come in, and what a browser is told to do with what it gets."""

import asyncio
import time
from collections.abc import Collection
from email.utils import formatdate

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.accept import prefers_json
from dashboard.hosts import is_own_host
from dashboard.seal import Seal

COOKIE = "copydesk"
LOGIN, STATIC, METRICS = "/login", "/static/", "/metrics"
_GUESS_SECONDS = 1.0
_HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With none at all, a browser does not say of a form where it comes from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Refuses strangers and strange names, and sends the headers that no page may be without."""

    def __init__(self, app: ASGIApp, seal: Seal, names: Collection[str]) -> None:
        self._app = app
        self._seal = seal
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        app = await self._refusal(request) or self._app

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Date"] = formatdate(usegmt=True)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await app(scope, receive, with_headers)

    async def _refusal(self, request: Request) -> Response | None:
        if not is_own_host(request.headers.get("host", ""), self._names):
            return PlainTextResponse(
                "The dashboard does not go by this name; COPYDESK_DASHBOARD_NAMES tells it its names.\n",
                421,
            )
        # As it is routed, and not as a URL of it and the Host has it.
        path: str = request.scope["path"]
        if self._seal.token is None or path == LOGIN or path.startswith(STATIC):
            return None
        return None if await self._is_let_in(request) else _stranger(request)

    async def _is_let_in(self, request: Request) -> bool:
        if self._seal.is_session(request.cookies.get(COOKIE, ""), time.time()):
            return True
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        is_right = self._seal.is_token(shown.strip())
        if not is_right:
            await asyncio.sleep(_GUESS_SECONDS)
        return is_right


def _stranger(request: Request) -> Response:
    wants_page = request.method == "GET" and not prefers_json(request.headers.get("accept", ""))
    is_program = "authorization" in request.headers or request.scope["path"] == METRICS
    if wants_page and not is_program:
        return RedirectResponse(LOGIN, 303)
    return JSONResponse(
        {"error": "the token is needed, or it is another one: Authorization: Bearer TOKEN"},
        401,
        {"WWW-Authenticate": "Bearer"},
    )

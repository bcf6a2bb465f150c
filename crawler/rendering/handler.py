"""Downloads as any other page is, and then renders what is hypertext.

The page itself comes the usual way: one request, with all that holds for it at every hop. The browser
is given the answer, and asks for scripts and data alone.
"""

import time
from collections.abc import Callable
from typing import Any

from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.http.headers import Headers

from crawler.decode import Undecodable, decompress
from crawler.exchange import PoliteHandler
from crawler.fetching import Miss, MissKind
from crawler.rendering.page import MOST_TEXT, PageBroke, Rendered, Task
from crawler.rendering.renderer import NoBrowser, Renderer
from crawler.urls import authority

_SNIFFED = 1000
_LISTINGS = (b"<rss", b"<feed", b"<rdf:", b"<urlset", b"<sitemapindex")
# Said of the body as it was sent, and not true of what became of it: a page that asks its site
# for everything is itself always the same.
_OF_THE_BODY = frozenset(
    {b"content-encoding", b"content-length", b"content-type", b"transfer-encoding"}
    | {b"etag", b"last-modified", b"content-md5", b"digest", b"repr-digest"}
)


class RenderingHandler(PoliteHandler):
    """The download handler of a crawl whose source renders; feeds, sitemaps and robots.txt go plain."""

    async def download_request(self, request: Request) -> Response:
        """The rendered page; raises as `PoliteHandler` does, and `Miss` where it cannot be rendered."""
        response = await super().download_request(request)
        body = _hypertext(request, response)
        if body is None:
            return response
        spider: Any = self.crawler.spider
        spider.note_answer()
        try:
            rendered = await _rendered(spider.renderer, self._task(request, response, body))
        except PageBroke as broke:
            told = f"{response.url}: {broke}"
            raise Miss(MissKind.REFUSED, broke.reason, told) from None
        finally:
            # Its scripts have asked the site too, until now.
            self._count_from_now(request)
        return _answer(response, rendered)

    def _task(self, request: Request, response: Response, body: bytes) -> Task:
        spider: Any = self.crawler.spider
        return Task(
            url=response.url,
            headers=_told(response.headers),
            body=body,
            permission=self.permission,
            allows=_robots(request, self.crawler.settings["USER_AGENT"]),
            follows=lambda url: _is_of(url, spider.authorities),
            crawl=self,
        )

    def _count_from_now(self, request: Request) -> None:
        engine = self.crawler.engine
        slots = engine.downloader.slots if engine else {}
        if slot := slots.get(request.meta.get("download_slot", "")):
            slot.lastseen = time.monotonic()


async def _rendered(renderer: Renderer | None, task: Task) -> Rendered:
    if renderer is None:
        told = "pages are rendered by the service alone"
        raise Miss(MissKind.NOT_RENDERED, "no-browser", told)
    try:
        return await renderer.render(task)
    except NoBrowser as error:
        raise Miss(MissKind.NOT_RENDERED, error.reason, str(error)) from None


def _hypertext(request: Request, response: Response) -> bytes | None:
    """The body to render, unpacked; None where there is none."""
    if not 200 <= response.status < 300 or request.meta.get("is_robots_txt"):
        return None
    kind = (response.headers.get("Content-Type") or b"").partition(b";")[0].strip().lower()
    if kind not in {b"text/html", b"application/xhtml+xml"}:
        return None
    coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
    try:
        body = decompress(response.body, coding)
    except Undecodable:
        return None  # whoever reads it says so
    begin = body[:_SNIFFED].lower()
    return None if any(name in begin for name in _LISTINGS) else body


def _told(headers: Headers) -> tuple[tuple[str, str], ...]:
    """What the browser is told of the answer: all but how its body was packed, and what to have in advance."""
    left_out = {b"content-encoding", b"content-length", b"transfer-encoding", b"connection"}
    left_out |= {b"speculation-rules"}
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        if name.lower() not in left_out
        for value in values
    )


def _robots(request: Request, user_agent: str) -> Callable[[str], bool]:
    """The site's robots.txt holds for what its page asks the site for; those of others are not asked for."""
    rules, own = request.meta.get("robots"), authority(request.url)
    return lambda url: rules is None or authority(url) != own or rules.can_fetch(url, user_agent)


def _is_of(url: str, authorities: tuple[str, ...]) -> bool:
    try:
        return authority(url) in authorities
    except ValueError:
        return False


def _answer(response: Response, rendered: Rendered) -> Response:
    """What the crawl goes on with; where a script leads elsewhere, a redirect like any other."""
    if rendered.moved:
        return Response(response.url, 302, headers={"Location": rendered.moved})
    body = b"<!DOCTYPE html>\n" + rendered.html.encode("utf-8", "replace")
    if len(body) > MOST_TEXT:
        raise Miss(
            MissKind.UNFIT, "too-large", f"{response.url}: its script made more than 5 MiB of it"
        )
    headers = Headers({n: v for n, v in response.headers.items() if n.lower() not in _OF_THE_BODY})
    headers["Content-Type"] = b"text/html; charset=utf-8"
    return HtmlResponse(response.url, response.status, headers=headers, body=body)

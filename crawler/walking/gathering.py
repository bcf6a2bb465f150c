"""A fetched page with the further pages of its article, fetched as politely as any."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from scrapy.http import Response

from crawler.decode import LIMIT, Undecodable, decompress
from crawler.fetching import Miss, MissKind
from crawler.page import Page
from crawler.several_pages import (
    MOST,
    WHOLE,
    Part,
    further,
    is_prose,
    joined,
    number_of,
    says_the_same,
    starts_of,
)
from crawler.urls import printed_url

Fetch = Callable[[str, Mapping[str, str]], Awaitable[Response]]
# Together within what a visit is leased for: a visit's own time, and that of the pauses between its pages.
_MOST_SECONDS = 25.0
_MOST_PAUSES_SECONDS = 50.0
_NOT_THERE = {MissKind.GONE, MissKind.UNFIT}


@dataclass(frozen=True, slots=True)
class _Fetched:
    url: str
    content_type: str
    body: bytes


class Gathering:
    """Fetches what else there is of one article.

    A further page that is not there ends it. One that cannot be had now raises its `Miss`, so that all
    is fetched again later, unless `is_content` with what there is. An article of which a page is known
    and was not had, for that or for want of time or room, is marked as cut.
    """

    def __init__(self, fetch: Fetch, *, delay: float, is_content: bool) -> None:
        self._fetch = fetch
        self._is_content = is_content
        self._until = time.monotonic() + _MOST_SECONDS + min(MOST * delay, _MOST_PAUSES_SECONDS)
        self.count = 0
        """Pages fetched here."""
        self._is_cut = False

    async def whole(self, page: Page) -> Page:
        """The page with all that follows it; or that itself, where it is all."""
        try:
            body = decompress(page.body, page.content_encoding)
        except Undecodable:
            return page
        starts = starts_of(page.url)
        if not (starts or further(page.url, page.url, body)) or not is_prose(body):
            return page
        for start in starts:
            if first := await self._beginning(start, page.url):
                body = first.body
                page = replace(
                    page,
                    url=first.url,
                    content_type=first.content_type,
                    content_encoding="",
                    body=body,
                )
                break
        parts = await self._parts(page.url, body)
        if not parts and not self._is_cut:
            return page
        # What one page answers says nothing of the others.
        whole = joined(body, parts, is_cut=self._is_cut)
        return replace(page, body=whole, content_encoding="", validator="")

    async def _beginning(self, start: str, url: str) -> _Fetched | None:
        """The page where the article begins, if it names that at `url` as one of its further pages."""
        first = await self._get(start)
        if first is None:
            return None
        links = further(first.url, first.url, first.body)
        return first if printed_url(url) in links.values() else None

    async def _parts(self, first: str, body: bytes) -> list[Part]:
        links = further(first, first, body)
        if WHOLE in links and (part := await self._part(first, links[WHOLE])):
            return [part]
        self._is_cut = False
        parts: list[Part] = []
        room = LIMIT - len(body)
        for number in range(2, MOST + 1):
            if number not in links:
                break
            if time.monotonic() > self._until:
                self._is_cut = True
                break
            part = await self._part(first, links[number])
            if part is None or says_the_same(body, part.body):
                break
            if len(part.body) > room:
                self._is_cut = True
                break
            parts.append(part)
            room -= len(part.body) + len(part.url) + 200
            links = further(first, part.url, part.body) | links
        return parts

    async def _part(self, first: str, url: str) -> Part | None:
        found = await self._get(url)
        # It may redirect to the first one.
        if found is None or not number_of(first, found.url):
            return None
        return Part(found.url, found.content_type, found.body)

    async def _get(self, url: str) -> _Fetched | None:
        self.count += 1
        try:
            response = await self._fetch(url, {})
            coding = _header(response, "Content-Encoding")
            body = decompress(response.body, coding)
        except Miss as miss:
            if miss.kind in _NOT_THERE:
                return None
            if not self._is_content:
                raise
            self._is_cut = True
            return None
        except Undecodable:
            return None
        where = printed_url(response.url) or response.url
        return _Fetched(where, _header(response, "Content-Type"), body)


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")

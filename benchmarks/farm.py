"""Many news sites on loopback, each at a port of its own, served by one process beside the one that measures."""

import asyncio
import gzip
import json
import multiprocessing
import random
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from evaluation.corpus import read_part
from rig.stories import Story, article_page, rss, sitemap

_LOOPBACK = "127.0.0.1"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_TEXT = re.compile(rb">([^<>]{60,})<")
_BACKLOG = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What the sites are like."""

    sites: int
    stories: int
    """Articles of each, all of them in its feed and in its sitemap."""
    is_conditional: bool = True
    """Whether a listing that is as it was is answered with 304, or with the same bytes again."""
    corpus: Path | None = None
    """Real pages, of which the articles have the markup; theirs is small and made up without it."""


@dataclass
class Farm:
    """Sites that are being served."""

    bases: Sequence[str]
    """`http://127.0.0.1:PORT`, one a site."""
    pid: int
    """The process that serves them."""
    _line: Connection = field(repr=False)

    def requests(self) -> Counter[str]:
        """How often each kind of thing was asked for so far: `/robots.txt`, `/rss.xml`, `/sitemap.xml`, `page`."""
        self._line.send("requests")
        counts: Counter[str] = self._line.recv()
        return counts

    def source(self, site: int, **fields: object) -> dict[str, object]:
        """A source of the site, with its two listings, as a table of the sources file."""
        base = self.bases[site]
        named = {"name": f"site-{site}", "start": f"{base}/", "feeds": [f"{base}/rss.xml"]}
        return {**named, "sitemaps": [f"{base}/sitemap.xml"], **fields}


@contextmanager
def served(plan: Plan) -> Iterator[Farm]:
    """Serve sites while the block runs. Raises `CorpusError`."""
    if plan.corpus:
        read_part(plan.corpus, "articles", 1)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_run, args=(plan, theirs), daemon=True)
    server.start()
    theirs.close()
    try:
        yield Farm(ours.recv(), server.pid or 0, ours)
    finally:
        ours.close()
        server.join()


def _run(plan: Plan, parent: Connection) -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(plan, parent))


async def _serve(plan: Plan, parent: Connection) -> None:
    loop = asyncio.get_running_loop()
    page = _real_pages(plan.corpus) if plan.corpus else _made_up
    counts: Counter[str] = Counter()
    bases = []
    for number in range(plan.sites):
        listener = socket.create_server((_LOOPBACK, 0), backlog=_BACKLOG)
        base = f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
        site = _Site(number, base, plan, page, counts)
        await loop.create_server(partial(_Connection, site), sock=listener)
        bases.append(base)
    parent.send(bases)
    parent_is_gone = asyncio.Event()

    def answer() -> None:
        try:
            parent.recv()
            parent.send(counts)
        except EOFError:
            parent_is_gone.set()

    loop.add_reader(parent.fileno(), answer)
    await parent_is_gone.wait()


class _Site:
    """What one site answers."""

    def __init__(
        self,
        number: int,
        base: str,
        plan: Plan,
        page: Callable[[Story], bytes],
        counts: Counter[str],
    ) -> None:
        first = number * plan.stories
        self._stories = {s.path: s for s in map(Story.numbered, range(first, first + plan.stories))}
        self._is_conditional = plan.is_conditional
        self._page = page
        self._counts = counts
        stories = self._stories.values()
        self._listings = {
            "/rss.xml": rss(stories, base).encode(),
            "/sitemap.xml": sitemap(stories, base).encode(),
            "/robots.txt": b"User-agent: *\nDisallow: /private/\n",
        }

    def reply(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].decode("latin-1")
        if path in self._stories:
            self._counts["page"] += 1
            return _answer(self._page(self._stories[path]), "text/html; charset=utf-8")
        self._counts[path] += 1
        if path not in self._listings:
            return _NOT_FOUND
        if self._is_conditional and b"if-none-match" in request.lower():
            return b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
        has_tag = self._is_conditional and path != "/robots.txt"
        kind = "text/plain" if path == "/robots.txt" else "application/xml"
        return _answer(self._listings[path], kind, 'ETag: "1"\r\n' if has_tag else "")


class _Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, site: _Site) -> None:
        self._site = site
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            self._transport.write(self._site.reply(request))


def _answer(body: bytes, kind: str, headers: str = "") -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _made_up(story: Story) -> bytes:
    return article_page(story).encode()


def _real_pages(corpus: Path) -> Callable[[Story], bytes]:
    """Pages with the markup of real ones, in which each text is made of a story's own words."""
    stored = read_part(corpus, "articles").pages
    # Text and markup by turns, so that a page is made in less than a millisecond.
    pages = [_TEXT.split(gzip.decompress(page.file.read_bytes())) for page in stored]

    def page(story: Story) -> bytes:
        chance = random.Random(story.path)
        words = " ".join(story.paragraphs).split()
        parts = list(chance.choice(pages))
        for at in range(1, len(parts), 2):
            count = parts[at].count(b" ") + 1
            parts[at] = b">" + " ".join(chance.choices(words, k=count)).encode() + b".<"
        return b"".join(parts)

    return page


def sources_text(sources: Sequence[Mapping[str, object]]) -> str:
    """Sources as the text of a sources file: TOML's strings, numbers and arrays are written as those of JSON."""
    tables = (
        "\n".join(["[[source]]", *(f"{k} = {json.dumps(v)}" for k, v in source.items()), ""])
        for source in sources
    )
    return "\n".join(tables)

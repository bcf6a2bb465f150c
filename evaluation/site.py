"""Stored pages served on loopback: each site at a port of its own, all by one process beside this one."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from xml.sax.saxutils import escape

from evaluation.corpus import StoredPage

_LOOPBACK = "127.0.0.1"
_HTML = "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"
"""No charset: what a page says of its own is all there is, as on many servers."""
_XML = "Content-Type: application/xml\r\n"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a site is served."""

    base: str
    listing: str
    """The full address of its feed or its sitemap."""
    is_feed: bool
    pages: Mapping[str, str]
    """The id of each page by its full address."""


@dataclass(frozen=True, slots=True)
class _Resource:
    headers: str
    body: bytes | Path


@contextmanager
def served(sites: Mapping[str, Sequence[StoredPage]]) -> Iterator[dict[str, Address]]:
    """Serve the pages of each site while the block runs; every other site has a feed, the rest a sitemap."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_run, args=(sites, theirs), daemon=True)
    server.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        server.join()


def _run(sites: Mapping[str, Sequence[StoredPage]], parent: Connection) -> None:
    """Serve until the other end of the connection is closed, whatever became of who held it."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(sites, parent))


async def _serve(sites: Mapping[str, Sequence[StoredPage]], parent: Connection) -> None:
    parent_is_gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(parent.fileno(), parent_is_gone.set)
    addresses = {}
    for number, (site, pages) in enumerate(sites.items()):
        resources: dict[str, _Resource] = {}
        server = await asyncio.start_server(partial(_answer, resources), _LOOPBACK, 0)
        base = f"http://{_LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        addresses[site] = _publish(base, pages, resources, is_feed=number % 2 == 0)
    parent.send(addresses)
    await parent_is_gone.wait()


def _publish(
    base: str, pages: Sequence[StoredPage], resources: dict[str, _Resource], *, is_feed: bool
) -> Address:
    """Put a site's pages and its listing in their places."""
    named = {f"/a/{number}-{page.slug}": page for number, page in enumerate(pages, start=1)}
    resources |= {path: _Resource(_HTML, page.file) for path, page in named.items()}
    listing, write = ("/rss.xml", _feed) if is_feed else ("/sitemap.xml", _sitemap)
    resources[listing] = _Resource(_XML, write(base, named))
    by_address = {base + path: page.id for path, page in named.items()}
    return Address(base, base + listing, is_feed, by_address)


def _feed(base: str, pages: Mapping[str, StoredPage]) -> bytes:
    items = "".join(
        f"<item><guid>{escape(base + path)}</guid><link>{escape(base + path)}</link>"
        f"{_element('pubDate', page, format_datetime)}</item>\n"
        for path, page in pages.items()
    )
    return f'<rss version="2.0"><channel><link>{base}/</link>\n{items}</channel></rss>\n'.encode()


def _sitemap(base: str, pages: Mapping[str, StoredPage]) -> bytes:
    urls = "".join(
        f"<url><loc>{escape(base + path)}</loc>"
        f"{_element('lastmod', page, datetime.isoformat)}</url>\n"
        for path, page in pages.items()
    )
    name = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<urlset xmlns="{name}">\n{urls}</urlset>\n'.encode()


def _element(name: str, page: StoredPage, written: Callable[[datetime], str]) -> str:
    if page.day is None:
        return ""
    return f"<{name}>{written(datetime.combine(page.day, time(), UTC))}</{name}>"


async def _answer(
    resources: Mapping[str, _Resource], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of one connection, one after the other."""
    with suppress(OSError, EOFError, asyncio.LimitOverrunError):
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ", 2)[1].decode("latin-1")
            writer.write(_reply(resources.get(path)))
            await writer.drain()
    writer.close()


def _reply(resource: _Resource | None) -> bytes:
    if resource is None:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    body = resource.body if isinstance(resource.body, bytes) else resource.body.read_bytes()
    head = f"HTTP/1.1 200 OK\r\n{resource.headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body

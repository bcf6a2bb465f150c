"""The commands that put documents out: extract, consume."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.output import put_json, say
from cli.session import session
from config.logging import set_up_logging
from config.settings import SettingsError, load_settings
from crawler.decode import Undecodable, unpack
from crawler.document import Document, Layout, render
from crawler.page import Article, Page, Rejection
from crawler.urls import host_of, printed_url
from workers.service import Service
from workers.state.outbox import Entry

_A_READ = 100


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(short_help="Print the document of one page.")(extract)
    app.command(short_help="Take documents, as JSON lines.")(consume)


def extract(
    page: Annotated[str, typer.Argument(metavar="FILE|URL|-", help="A page; - is standard input.")],
    url: Annotated[str | None, typer.Option(help="Where a page in a file was found.")] = None,
    layout: Annotated[Layout, typer.Option(help="Layout of the document.")] = Layout.TITLED,
    site_name: Annotated[str | None, typer.Option(help="Instead of the page's own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read one page and print its document, to the byte; needs neither sources nor service."""
    set_up_logging(load_settings())
    is_url = page.lower().startswith(("http://", "https://"))
    address = printed_url(url or (page if is_url else ""))
    if url and not address:
        raise SettingsError(f"--url {url}: allowed is an http or https address")
    if is_url and not address:
        raise SettingsError(f"{page}: allowed is an http or https address")
    if not address and layout is Layout.TITLED:
        raise SettingsError(
            "a page from a file needs --url for the titled layout, or --layout plain"
        )
    fetched = _fetched(page) if is_url else _page_from(page, address or "")
    found = _article(fetched)
    if isinstance(found, Rejection):
        _put_rejection(found, as_json=as_json)
        raise typer.Exit(1)
    final = address if url else (printed_url(fetched.url) or fetched.url)
    document = _document(found, final or "", layout, site_name)
    if as_json:
        put_json(_described(document, found))
    else:
        sys.stdout.buffer.write(render(document).encode())
        sys.stdout.buffer.flush()


# Scrapy and trafilatura take a second to import, which the other commands need not wait for.


def _fetched(url: str) -> Page:
    from cli.fetch import fetch  # noqa: PLC0415

    return fetch(url)


def _page_from(name: str, url: str) -> Page:
    body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return Page(url, url, 200, datetime.now(UTC), "", "", body)


def _article(page: Page) -> Article | Rejection:
    from crawler.extraction.extract import extract as extract_article  # noqa: PLC0415

    try:
        return extract_article(unpack(page))
    except Undecodable as error:
        return Rejection(error.reason, error.detail)
    except Exception as error:  # noqa: BLE001 - whatever a page does to it, no traceback
        raise Failure(f"the extractor cannot cope with this page: {error!r}") from None


def _document(article: Article, url: str, layout: Layout, site_name: str | None) -> Document:
    name = site_name or article.site_name or (host_of(url) if url else "")
    return Document(article.body, article.title, url, name, layout)


def _described(document: Document, article: Article) -> dict[str, Any]:
    return {
        "id": document.id,
        "url": document.url,
        "title": document.title,
        "site_name": document.site_name,
        "layout": document.layout.value,
        "language": article.language,
        "authors": list(article.authors),
        "published": article.published,
        "modified": article.modified,
        "partial": article.partial,
        "rights": dict(article.rights),
        "text": render(document),
    }


def _put_rejection(rejection: Rejection, *, as_json: bool) -> None:
    if as_json:
        put_json({"rejected": asdict(rejection)})
    detail = f": {rejection.detail}" if rejection.detail else ""
    say(f"no article there: {rejection.reason}{detail}")


def consume(
    group: Annotated[str, typer.Option(help="The consumer group; made where there is none.")],
    count: Annotated[int | None, typer.Option(min=1, help="At most so many documents.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more.")] = False,
    as_json: Annotated[  # noqa: ARG001 - every command has it
        bool, typer.Option("--json", help="The output is JSON lines anyway.")
    ] = False,
) -> None:
    """Take documents from the outbox as JSON lines; each is acknowledged once it was printed."""
    if not group.strip():
        raise SettingsError("--group: a name is needed")
    with session() as opened:
        outbox = opened.service.state.outbox
        outbox.join(group)
        consumer = f"{socket.gethostname()}:{os.getpid()}"
        left = count if count is not None else -1
        try:
            for entry in _entries(opened.service, group, consumer, follow=follow, most=count):
                _print_entry(opened.service, entry)
                outbox.acknowledge(group, entry)
                left -= 1
                if left == 0:
                    break
        except KeyboardInterrupt:
            pass
        finally:
            outbox.leave(group, consumer)


def _entries(
    service: Service, group: str, consumer: str, *, follow: bool, most: int | None
) -> Iterator[Entry]:
    """What others of the group left behind, then what is new."""
    outbox = service.state.outbox
    size = min(most or _A_READ, _A_READ)
    given = 0
    for other in outbox.consumers(group):
        if _is_dead(other):
            while entries := outbox.take_over(group, consumer, other, size):
                yield from entries
                given += len(entries)
                size = _left(most, given)
    yield from outbox.abandoned(group, consumer, size)
    while True:
        entries = outbox.read(group, consumer, size, wait=follow)
        yield from entries
        given += len(entries)
        size = _left(most, given)
        if not entries and not follow:
            return


def _left(most: int | None, given: int) -> int:
    return _A_READ if most is None else max(1, min(_A_READ, most - given))


def _is_dead(consumer: str) -> bool:
    """Whether a consumer was a process of this machine that has ended."""
    host, _, pid = consumer.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _print_entry(service: Service, entry: Entry) -> None:
    """One line: the sidecar's fields, `path` and `text`."""
    path = entry.fields["path"]
    sidecar = service.store.sidecar(path)
    fields: dict[str, Any] = json.loads(sidecar.to_json()) if sidecar else dict(entry.fields)
    put_json(fields | {"path": path, "text": service.store.text(path)})

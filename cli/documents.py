"""The commands that put documents out: extract, consume."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.commands import command
from cli.completion import group_names, source_names
from cli.consumer import Consumer
from cli.failure import Failure
from cli.input import check_group, opened
from cli.output import counted, put_json, say
from cli.own_process import go_on_in_child
from cli.session import session
from config.logging import set_up_logging
from config.parsers import ParserError
from config.settings import SettingsError, load_settings
from config.sources import Source, load_sources
from config.wording import nearest
from crawler.decode import LIMIT, Undecodable, unpack
from crawler.document import Document, Layout, render
from crawler.page import Article, Page, Rejection
from crawler.urls import host_of, printed_url
from workers.delivered import LaterSchema, Missing, delivered
from workers.pages.limits import PAGE_MEMORY, limits
from workers.redelivery import WrongStore
from workers.service import Service
from workers.state.memory import Full
from workers.state.outbox import Entry
from workers.storage.store import Store, StoreUnread

# So many in a row, and it is not the documents that are at fault.
_MOST_UNREADABLE = 10
_UNREAD_SECONDS = 10.0


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(
        app,
        extract,
        ("copydesk extract https://example.org/a", "fetch it, politely"),
        ("copydesk extract page.html --url https://a.org/b", "a file, found there"),
        ("copydesk extract - --layout plain < page.html", "the text alone"),
        ("copydesk extract page.html --layout plain --json", "and what else is known"),
    )
    command(
        app,
        consume,
        ("copydesk consume --group mine", "what is there"),
        ("copydesk consume --group mine --follow | my-program", "and what comes"),
        ("copydesk consume --group mine --count 10", "ten of them"),
    )


def extract(
    page: Annotated[str, typer.Argument(metavar="FILE|URL|-", help="A page; - is standard input.")],
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where it was found: a file needs that, but for the plain layout.",
        ),
    ] = None,
    layout: Annotated[
        Layout | None,
        typer.Option(
            metavar="titled|plain",
            help="Layout of the document.",
            show_default="as the source says, or titled",
        ),
    ] = None,
    site_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Instead of the page's own.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Read it as a page of this source.", autocompletion=source_names
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read one page and print its document, to the byte; needs neither sources nor service.

    With --source, what sources.toml says of it holds: parser, body, drop, language, site_name, layout.
    """
    settings = load_settings()
    set_up_logging(settings)
    of = _source(settings.sources, source) if source else None
    layout = layout or Layout(of.layout if of else Layout.TITLED)
    site_name = site_name or (of.site_name if of else None)
    is_url = page.lower().startswith(("http://", "https://"))
    address = _address(page, url, layout, is_url=is_url)
    go_on_in_child(
        f"the page takes more than {settings.page_seconds} s to extract;"
        " COPYDESK_PAGE_SECONDS gives it more"
    )
    fetched = _fetched(page, of) if is_url else _page_from(page, address)
    found = _article(fetched, settings.page_seconds, of)
    if isinstance(found, Rejection):
        _put_rejection(found, as_json=as_json)
        raise typer.Exit(1)
    if found.misses_body:
        say(f'body = "{of.body if of else ""}" matches no text on this page')
    final = address if url else (printed_url(fetched.url) or fetched.url)
    _put_document(_document(found, final, layout, site_name), found, as_json=as_json)


def _put_document(document: "Document", found: "Article", *, as_json: bool) -> None:
    if as_json:
        put_json(_described(document, found))
    else:
        sys.stdout.buffer.write(render(document).encode())
        sys.stdout.buffer.flush()


def _address(page: str, url: str | None, layout: Layout, *, is_url: bool) -> str:
    """Where a page was found, as it is printed; empty where nobody says and the layout does without."""
    named = url or (page if is_url else "")
    address = printed_url(named) or ""
    if named and not address:
        raise SettingsError(
            f"{'--url ' if url else ''}{named}: allowed is an http or https address"
        )
    if not is_url and page != "-":
        opened(page).close()  # a name that is mistyped is told of first
    if not address and layout is Layout.TITLED:
        raise SettingsError(
            "where was this page found? The titled layout needs --url; --layout plain does without"
        )
    return address


# Scrapy and trafilatura take a second to import, which the other commands need not wait for.


def _fetched(url: str, source: Source | None) -> Page:
    from cli.fetch import fetch  # noqa: PLC0415

    return fetch(url, source)


def _page_from(name: str, url: str) -> Page:
    # One byte more than is read of a page shows that it is too large.
    with opened(name) as file:
        body = file.read(LIMIT + 1)
    return Page(url, url, 200, datetime.now(UTC), "", "", body)


def _source(file: Path, name: str) -> Source:
    sources = {source.name: source for source in load_sources(file)}
    if name not in sources:
        raise SettingsError(f"--source {name}: {file} has no such source{nearest(name, sources)}")
    return sources[name]


def _article(page: Page, seconds: float, source: Source | None) -> Article | Rejection:
    from crawler.extraction.extract import extract as extract_article  # noqa: PLC0415
    from crawler.extraction.memory import ran_out_of_memory  # noqa: PLC0415
    from crawler.extraction.named import NOTHING_NAMED, Named  # noqa: PLC0415
    from crawler.parsing import parser_of  # noqa: PLC0415

    named = Named(source.body, source.drop) if source else NOTHING_NAMED
    language = (source.language if source else "") or None

    try:
        with limits(seconds):
            own = parser_of(source) if source else None
            return extract_article(unpack(page), language=language, named=named, parse_own=own)
    except Undecodable as error:
        return Rejection(error.reason, error.detail)
    except ParserError as error:
        raise Failure(str(error)) from None
    except Exception as error:  # noqa: BLE001 - whatever a page does to it, no traceback
        if ran_out_of_memory(error):
            raise Failure(f"the page takes more than {PAGE_MEMORY >> 20} MiB to extract") from None
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
    group: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The consumer group; made where there is none.",
            autocompletion=group_names,
        ),
    ],
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="At most so many documents.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more.")] = False,
    as_json: Annotated[  # noqa: ARG001 - every command has it
        bool, typer.Option("--json", help="The output is JSON lines anyway.")
    ] = False,
) -> None:
    """Take documents from the outbox as JSON lines; each is acknowledged once it was printed."""
    check_group(group)
    with session() as opened:
        consumer = Consumer(opened.service.state.outbox, group, _filler(opened.service, group))
        unreadable = 0
        try:
            unreadable = _deliver(opened.service.store, consumer, follow=follow, most=count)
        except KeyboardInterrupt:
            pass
        finally:
            consumer.leave()
            opened.service.state.groups.note(opened.service.clock())
    if unreadable:
        raise Failure(
            f"{counted(unreadable, 'document')} could not be read: not acknowledged, to be tried again"
        )


def _deliver(store: Store, consumer: Consumer, *, follow: bool, most: int | None) -> int:
    """Print documents, at most so many; how many could not be read, which holds up no other."""
    printed = unreadable = 0
    in_a_row: list[Entry] = []
    for entry in consumer.entries(follow=follow):
        try:
            line = _line(store, consumer, entry, follow=follow)
        except LaterSchema as later:
            consumer.set_back([entry])
            raise Failure(
                f"{later}: it is not acknowledged; consume it with that release"
            ) from None
        if line is None:
            consumer.keep(entry)
            unreadable += 1
            in_a_row.append(entry)
            _refuse_wrong_store(consumer, in_a_row)
            continue
        in_a_row.clear()
        put_json(line)
        consumer.acknowledge(entry)
        printed += 1
        if printed == most:
            break
    return unreadable


def _refuse_wrong_store(consumer: Consumer, unreadable: list[Entry]) -> None:
    if len(unreadable) >= _MOST_UNREADABLE:
        consumer.set_back(unreadable)
        raise Failure(
            f"none of {len(unreadable)} documents can be read: is this the store that they were "
            "written to? COPYDESK_STORE, or COPYDESK_HOME, names it; a consumer that sees none needs "
            "COPYDESK_OUTBOX_TEXT=true where pages are ingested"
        )


def _line(store: Store, consumer: Consumer, entry: Entry, *, follow: bool) -> dict[str, Any] | None:
    """The sidecar's fields, `path` and `text`; None, and a remark, where the document cannot be read.

    A store that cannot be read at all is waited for by who follows, and else told; the delivery does not count.
    """
    try:
        while True:
            try:
                return delivered(store, entry.fields)
            except StoreUnread as unread:
                consumer.set_back([entry])
                if not follow:
                    raise Failure(
                        f"{unread.strerror}; not acknowledged, to be tried again"
                    ) from None
                say(f"{unread.strerror}; it is tried again")
                time.sleep(_UNREAD_SECONDS)
    except OSError as error:
        say(f"{entry.fields.get('path', '')}: {error.strerror or error}")
    except Missing as missing:
        say(str(missing))
    return None


def _filler(service: Service, group: str) -> Callable[[], int]:
    """Has more put into the group's own stream, by whoever sees the store; what is wrong with it is said once."""
    is_well = True

    def fill() -> int:
        nonlocal is_well
        try:
            return service.redelivery.fill(group) if is_well else 0
        except (OSError, WrongStore) as error:
            is_well = False
            say(f"what is to come once more is left to the service: {error}")
        except Full:
            pass  # it goes on when there is room
        return 0

    return fill

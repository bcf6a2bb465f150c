"""What a parser of one's own gets and gives: `parser = "module:function"` in a source. See docs/parsers.md.

This is an interface: names and meanings here change as those of commands do.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from lxml.html import HtmlElement, document_fromstring

from config.parsers import ParserError, file_of, load, told
from config.settings import load_settings
from config.sources import Source
from crawler.decode import LIMIT
from crawler.document import normal_body, normal_line
from crawler.page import Article, Page, Rejection

NOTHING = "parser-none"
"""The reason of a page of which a parser says that it holds no document."""

_LANGUAGE = re.compile("[a-z]{2,3}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?")
_MOST_AUTHORS, _LONGEST_LINE = 50, 1000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, as a parser gives it. Texts are brought into their normal form afterwards."""

    body: str | Sequence[str]
    """The text, with an empty line between two blocks; or its blocks."""
    title: str | None = None
    site_name: str | None = None
    language: str | None = None
    """Two or three small letters: `fr`."""
    authors: Sequence[str] = ()
    published: str | None = None
    """RFC 3339 with offset, `2021-12-16T09:12:00-05:00`, or a day alone, `2021-12-16`."""
    modified: str | None = None
    partial: bool = False
    """A teaser before a paywall."""


@dataclass(frozen=True, slots=True)
class PageToParse:
    """A fetched page, as a parser gets it."""

    url: str
    """Where it was found at last, after redirects."""
    html: str
    """Its markup, decoded."""
    language: str | None
    """The source's, if it names one."""
    _default: Callable[[], Article | Rejection] = field(repr=False)

    def tree(self) -> HtmlElement:
        """Its elements, made anew at each call: what is changed in them changes nothing else."""
        return document_fromstring(self.html)

    def default(self) -> Parsed | None:
        """What the service's own extraction makes of it; None where that finds no article."""
        found = self._default()
        if isinstance(found, Rejection):
            return None
        return Parsed(
            body=found.whole or found.body,
            title=found.title,
            site_name=found.site_name,
            language=found.language,
            authors=found.authors,
            published=found.published,
            modified=found.modified,
            partial=found.partial,
        )


def parser_of(source: Source) -> Callable[..., Article | Rejection] | None:
    """The source's own parser, as `extract` takes it, from beside the sources file; None where it names none."""
    if not source.parser:
        return None
    return partial(parse_with, _folder(), source.parser, source.language or None)


@cache
def _folder() -> Path:
    return load_settings().sources.parent


def parse_with(
    folder: Path,
    parser: str,
    language: str | None,
    page: Page,
    markup: str,
    default: Callable[[], Article | Rejection],
) -> Article | Rejection:
    """What a parser says of a page. Raises `ParserError` for whatever it raises, and for what is no answer."""
    loaded = load(folder, parser)
    try:
        given = loaded.parse(PageToParse(page.url, markup, language, default))
        if given is None:
            return Rejection(NOTHING, f"{parser} found no document")
        article = _article(given, language)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        raise ParserError(f"{parser}: {told(error, file_of(folder, parser))}") from error
    if article is None:
        return Rejection(NOTHING, f"{parser} gave a document without a text")
    return replace(article, extractor={"name": parser, "version": loaded.version})


def _article(given: object, language: str | None) -> Article | None:
    if not isinstance(given, Parsed):
        raise TypeError(
            f"a parser gives a crawler.parsing.Parsed, or None, not {type(given).__name__}"
        )
    body = given.body if isinstance(given.body, str) else "\n\n".join(given.body)
    if len(body) > LIMIT:
        raise ValueError(f"a body of {len(body)} characters; allowed are {LIMIT}")
    body = normal_body(body)
    if not body:
        return None
    spoken = given.language or language
    if spoken and not _LANGUAGE.fullmatch(spoken):
        raise ValueError(f"language = {spoken!r}: allowed are two or three small letters")
    authors = [given.authors] if isinstance(given.authors, str) else list(given.authors)
    return Article(
        body=body,
        whole=body,
        title=_line(given.title),
        site_name=_line(given.site_name),
        language=spoken or None,
        authors=tuple(a for one in authors[:_MOST_AUTHORS] if (a := _line(one))),
        published=_moment(given.published, "published"),
        modified=_moment(given.modified, "modified"),
        partial=bool(given.partial),
    )


def _line(text: str | None) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(f"{text!r:.60} is no text")
    return normal_line(text[:_LONGEST_LINE]) or None


def _moment(text: str | None, what: str) -> str | None:
    if not text:
        return None
    try:
        is_moment = bool(_MOMENT.fullmatch(text) and datetime.fromisoformat(text))
    except (TypeError, ValueError):
        is_moment = False
    if not is_moment:
        raise ValueError(f"{what} = {text!r:.60}: allowed is a day, or a time with its offset")
    return text

"""The sources that are visited: one model, one reader of `sources.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import ada_url
from cssselect import HTMLTranslator, SelectorError
from lxml.etree import Element, XPath, XPathError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from config.parsers import problem_of
from config.schedule import Schedule, check_timezone, parse_duration, parse_schedule
from config.wording import allowed, nearest, shown

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,99}")
_LANGUAGE = re.compile("[a-z]{2,3}")
_PARSER = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", re.ASCII)


class SourcesError(Exception):
    """A file of sources cannot be used; the message has one line for each thing that is wrong."""


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("allowed are a-z, 0-9 and -, at most 100, none of them - at the start")
    return text


def _language(text: str) -> str:
    if text and not _LANGUAGE.fullmatch(text):
        raise ValueError("allowed is a language code of two or three small letters, such as fr")
    return text


def _url(text: str) -> str:
    try:
        url = ada_url.URL(text)
    except ValueError:
        url = None
    if url is None or url.protocol not in {"http:", "https:"} or url.username or url.password:
        raise ValueError("allowed is an address such as https://example.org/, without a password")
    return str(url.href)


def _host(text: str) -> str:
    try:
        url = ada_url.URL(f"http://{text}/")
    except ValueError:
        url = None
    if url is None or url.pathname != "/" or url.username or url.password or url.search:
        raise ValueError("allowed is the name of a host alone, such as www.example.org")
    return str(url.host)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"allowed is a regular expression ({error})") from None
    return text


def _selector(text: str) -> str:
    if not text:
        return text
    try:
        xpath = XPath(HTMLTranslator().css_to_xpath(text))
        # What names a namespace is found out only when it is used.
        xpath(Element("html"))
    except (SelectorError, XPathError) as error:
        raise ValueError(f"allowed is a CSS selector, such as div.article-text ({error})") from None
    except (RecursionError, ValueError) as error:
        raise ValueError(f"allowed is a CSS selector of a sensible size ({error})") from None
    return text


def _some_selector(text: str) -> str:
    if not text.strip():
        raise ValueError("allowed is a CSS selector, such as aside.newsletter")
    return _selector(text)


def _parser(text: str) -> str:
    if text and not _PARSER.fullmatch(text):
        raise ValueError('allowed is "module:function", such as "parsers.example:parse"')
    return text


def _schedule(text: str) -> str:
    parse_schedule(text)
    return text


def _duration(value: object) -> int:
    return parse_duration(value if isinstance(value, str) else "")


def _written(seconds: int) -> str:
    # No bound "{}s".format: from Python 3.13 on, pydantic reads its signature and refuses it.
    return f"{seconds}s"


def _start(text: str) -> str:
    return text and _url(text)


Selector = Annotated[str, AfterValidator(_some_selector)]
Url = Annotated[str, AfterValidator(_url)]
Host = Annotated[str, AfterValidator(_host)]
Duration = Annotated[int, BeforeValidator(_duration), PlainSerializer(_written)]
"""Seconds; written with a unit, `6h`."""


def _listed() -> Any:
    # TOML and JSON have arrays; the model is frozen and keeps tuples.
    return Field(default=(), strict=False)


class Source(BaseModel):
    """A site, or a section of it, with its schedule. It travels in messages, as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, AfterValidator(_name)]
    """a-z, 0-9 and -; the folder of its documents, and its name in every command."""
    site_name: str = ""
    """Printed under a document; where empty, the page's own name for its site, else its host."""
    language: Annotated[str, AfterValidator(_language)] = ""
    """Of its texts, such as `fr`; where empty, what each page says."""
    start: Annotated[str, AfterValidator(_start)] = ""
    """A front page, where listings are looked for when none is named."""
    feeds: tuple[Url, ...] = _listed()
    """RSS or Atom."""
    sitemaps: tuple[Url, ...] = _listed()
    """Sitemaps, or indexes of them; packed ones too."""
    sections: tuple[Url, ...] = _listed()
    """Pages that list articles."""
    article_urls: Annotated[str, AfterValidator(_pattern)] = ""
    """A regular expression that is found in an article's URL; where empty, a heuristic decides."""
    hosts: tuple[Host, ...] = _listed()
    """Other hosts whose articles are wanted; with a port where it is not the scheme's own."""
    schedule: Annotated[str, AfterValidator(_schedule)] = "every 30m"
    """When it is crawled: `every 30m` (s, m, h, d), or a crontab line such as `*/30 * * * *`."""
    timezone: Annotated[str, AfterValidator(check_timezone)] = "UTC"
    """Whose clock a crontab line means, such as `America/Havana`."""
    adaptive: bool = True
    """`every` follows when the source publishes: as stated, it is right for an article an hour."""
    every_min: Duration = 5 * 60
    """Adapting goes no lower."""
    every_max: Duration = 24 * 60 * 60
    """And no higher."""
    body: Annotated[str, AfterValidator(_selector)] = ""
    """A CSS selector: what it matches is a page's text, whole; where it matches none, the heuristic decides."""
    drop: tuple[Selector, ...] = _listed()
    """CSS selectors: what they match is no part of a text."""
    layout: Literal["titled", "plain"] = "titled"
    """What a document's file has: `titled`, title, text, address and site name; or `plain`, the text alone."""
    near_duplicates: Literal["drop", "keep"] = "drop"
    """What adds little to a known story: `drop` it, or `keep` it, and then all are queued."""
    revisit: Annotated[tuple[Duration, ...], Field(strict=False)] = (3600, 6 * 3600, 24 * 3600)
    """How long after publication an article is looked at again, for revisions."""
    delay: float = Field(default=2.0, ge=0, allow_inf_nan=False)
    """Seconds between an answer and the next request to one host; its robots.txt may ask for more."""
    max_pages: int = Field(default=200, ge=1)
    """Pages that one crawl fetches at the most."""
    render: bool = False
    """Run the JavaScript of its pages in a browser, Chromium, which is to be installed."""
    parser: Annotated[str, AfterValidator(_parser)] = ""
    """`module:function` of a file beside the sources file, which reads its pages."""
    allow_private: bool = False
    """Admit loopback and private addresses, but only those that this source names."""
    enabled: bool = True
    """Whether it is crawled at all."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not (self.start or self.feeds or self.sitemaps or self.sections):
            raise ValueError("start is missing: it, or one of feeds, sitemaps, sections, is needed")
        if self.every_min > self.every_max:
            raise ValueError(
                f"every_min = {self.every_min}s: allowed is at most every_max, {self.every_max}s"
            )
        return self

    @classmethod
    def from_message(cls, values: Mapping[str, Any]) -> Self:
        """A source as another process has it: a later release may say more of it than this one knows of."""
        return cls.model_validate({n: v for n, v in values.items() if n in cls.model_fields})

    @property
    def timing(self) -> Schedule:
        """The schedule, parsed."""
        return parse_schedule(self.schedule, self.timezone)


def load_sources(path: Path) -> tuple[Source, ...]:
    """The sources of a file, in its order, disabled ones included; none is valid.

    Raises `SourcesError` where the file cannot be read or holds anything that is not allowed.
    """
    sources = sources_in(path, read_text(path))
    if problems := list(_parser_problems(path, sources)):
        raise SourcesError("\n".join(problems))
    return sources


def sources_in(path: Path, text: str) -> tuple[Source, ...]:
    """The sources that the text of a file names; `path` is for errors alone. Raises `SourcesError`."""
    tables = _tables(path, _parse_toml(path, text))
    sources: list[Source] = []
    problems: list[str] = []
    for number, table in enumerate(tables, start=1):
        try:
            sources.append(Source.model_validate(table))
        except ValidationError as error:
            problems += _problems(f"{path}: source {_label(number, table)}", error)
    problems += _repeated_names(path, sources)
    if problems:
        raise SourcesError("\n".join(problems))
    return tuple(sources)


def read_text(path: Path) -> str:
    """The text of a file of sources. Raises `SourcesError`."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SourcesError(
            f"{path}: there is no such file; `copydesk add URL` makes it,"
            " COPYDESK_SOURCES names another"
        ) from None
    except IsADirectoryError:
        raise SourcesError(
            f"{path}: this is a folder; name the file in it in COPYDESK_SOURCES"
        ) from None
    except OSError as error:
        raise SourcesError(
            f"{path}: cannot be read ({error.strerror}); let the user read it who runs copydesk"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SourcesError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise SourcesError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise SourcesError(f"{path}: not valid TOML: nested too deeply") from None


def _tables(path: Path, content: dict[str, Any]) -> list[dict[str, Any]]:
    for key in content:
        if key != "source":
            hint = nearest(key, ["source"])
            raise SourcesError(f"{path}: {shown(key)}: allowed is [[source]] alone{hint}")
    tables = content.get("source", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SourcesError(f"{path}: write [[source]], with two brackets, above each source")
    return tables


def _label(number: int, table: dict[str, Any]) -> str:
    return shown(table["name"]) if "name" in table else f"number {number}"


def _problems(where: str, error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        yield f"{where}, {_problem(detail)}"


def _problem(detail: ErrorDetails) -> str:
    if not detail["loc"]:
        return allowed(detail)
    field = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return f"{shown(field)[1:-1]}: there is no such field{nearest(field, Source.model_fields)}"
    if detail["type"] == "missing":
        return f"{field} is missing: every source needs one"
    return f"{field} = {shown(detail['input'])}: {allowed(detail)}"


def _parser_problems(path: Path, sources: tuple[Source, ...]) -> Iterator[str]:
    for source in sources:
        if source.parser and (problem := problem_of(path.parent, source.parser)):
            yield f'{path}: source "{source.name}", parser = {shown(source.parser)}: {problem}'


def _repeated_names(path: Path, sources: list[Source]) -> Iterator[str]:
    seen: set[str] = set()
    for source in sources:
        if source.name in seen:
            yield f'{path}: source "{source.name}", name: used twice; allowed is a name of its own'
        seen.add(source.name)

"""What a page's markup says of its article: never what the words of the text may mean."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import SplitResult, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.document import normal_line, normalise_for_id
from crawler.extraction import dates, json_ld
from crawler.page import Page

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "rnews:datepublished",
    "datepublished", "date.published", "publish_date", "publish-date", "published_time", "pubdate",
    "publicationdate", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "dcterms.created", "dcterms.issued", "dc.date.issued", "dc.date.created", "dc.date",
    "dcterms.date", "citation_date", "article.published", "datecreated", "date",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified",
    "dcterms.modified", "dc.date.modified", "article.updated", "last-modified",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "byl",
    "dc.creator", "dcterms.creator", "citation_author",
)  # fmt: skip
_COPYRIGHT = ("copyright", "dcterms.rights", "dc.rights", "dc.rights.copyright")
# What robots directives say of the use of a text, and not of crawling.
_OF_USE = re.compile(
    r"\b(noarchive|nocache|nosnippet|noindex|none|noai|noimageai|notranslate|max-snippet:\s*-?\d+)\b",
    re.IGNORECASE,
)

_BYLINES = XPath(".//*[@itemprop='author' or @rel='author']")
_LICENCE = XPath(".//link[@rel='license']/@href|.//a[contains(@rel,'license')]/@href")
_DATED = XPath(".//*[@itemprop=$name]/@content|.//*[@itemprop=$name]/@datetime")
# The times of other stories stand in lists, asides and footers.
_TIMES = XPath(
    "(.//article[not(ancestor::aside)]//time|.//time[@pubdate])[@datetime]"
    "[not(ancestor::aside|ancestor::footer|ancestor::li|ancestor::nav)]/@datetime"
)
_ARTICLE_ELEMENTS = XPath("count(.//article[not(ancestor::article)])")

_SEPARATES = re.compile(r"[|·•»«›‹~:-]\s*$")
_SEPARATOR = re.compile(r"\s+(?:[|·•»«›‹~:]|::|//|[-–—])\s+|\s*[|»]\s*")
_AUTHOR_PARTS = re.compile(r"\s*(?:[;,/|]|\band\b)\s*", re.IGNORECASE)
_BY = re.compile(r"^(?:by|par|por|von|di|door|av|przez)\s+", re.IGNORECASE)
# An address, or the account of whoever typed it in.
_NO_NAME = re.compile(
    r"https?:|@|\w\.[A-Za-z]{2,4}$|^[a-z0-9_.-]+$|^(?i:admin|administrator|editor)$"
)
_LONGEST_TITLE = 400
# What is looked at of what an element says; much of it would be normalised again and again.
_LONGEST_SAID = 10_000
_LONGEST_NAME = 80
_MOST_AUTHORS = 20
_LANGUAGE = re.compile(r"\s*([a-z]{2,3})(?=$|[-_][a-z]{2,4}\b|[\s,;])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the markup says; every string is one line."""

    title: str | None = None
    site_name: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    rights: Mapping[str, str] = field(default_factory=dict)
    is_article: bool = False
    """The markup calls the page an article, or it has one with headline and date."""
    names_one_article: bool = False
    """It says so in a way that listings do not."""
    node: Mapping[str, Any] = field(default_factory=dict)
    """The article's own node of JSON-LD, or nothing."""
    tier: str = ""
    """`article:content_tier`: free, metered or locked."""


def read_metadata(tree: HtmlElement, page: Page, language: str | None = None) -> Metadata:
    """The metadata of a page that is an article; `language` is the source's, for want of another."""
    meta = _Meta(tree)
    nodes = json_ld.articles(tree)
    node = nodes[0] if len(nodes) == 1 else _node_of(nodes, page.url)
    site_name = meta.first("og:site_name")[:_LONGEST_TITLE].rstrip() or None
    site = site_name or _publisher(node)
    title = _title(tree, meta, node, (site, parts_of(page.url).hostname or ""))
    published = _date(tree, meta, node, _PUBLISHED, "datePublished", page) or _other_date(
        tree, page
    )
    return Metadata(
        title=title,
        site_name=site_name,
        language=_language(tree, meta, node) or language,
        authors=_authors(tree, meta, node, site or None),
        published=published,
        modified=_date(tree, meta, node, _MODIFIED, "dateModified", page),
        rights=_rights(tree, meta, node),
        is_article=bool(nodes)
        or meta.first("og:type").lower() == "article"
        or bool(title and published and _ARTICLE_ELEMENTS(tree) == 1),
        names_one_article=bool(node) or bool(meta.first("article:published_time")),
        node=node,
        tier=meta.first("article:content_tier").lower(),
    )


class _Meta:
    """The page's meta elements: name, property or itemprop, to what they say, in order."""

    def __init__(self, tree: HtmlElement) -> None:
        self._said: dict[str, list[str]] = {}
        for element in tree.iter("meta"):
            name = next(
                filter(None, map(element.get, ("property", "name", "itemprop", "http-equiv"))), ""
            )
            if said := normal_line((element.get("content") or "")[:_LONGEST_SAID]):
                self._said.setdefault(name.lower().strip(), []).append(said)

    def all(self, *names: str) -> Iterator[str]:
        return (said for name in names for said in self._said.get(name, ()))

    def first(self, *names: str) -> str:
        return next(self.all(*names), "")


def _node_of(nodes: list[Mapping[str, Any]], url: str) -> Mapping[str, Any]:
    """Of several articles, the one that is at the page's own address."""
    own = _path(url)
    return next((node for node in nodes if own and _path(_address(node)) == own), {})


def _path(url: str) -> str:
    return parts_of(url).path.rstrip("/")


def parts_of(url: str) -> SplitResult:
    """The parts of an address; of what is none, empty ones."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _address(node: Mapping[str, Any]) -> str:
    about = node.get("mainEntityOfPage")
    if isinstance(about, dict):
        about = about.get("@id")
    return json_ld.string(node, "url") or (about if isinstance(about, str) else "")


def _publisher(node: Mapping[str, Any]) -> str:
    publisher = next(iter(json_ld.as_list(node.get("publisher"))), "")
    return normal_line(json_ld.name_of(publisher)[:_LONGEST_TITLE])


def _title(
    tree: HtmlElement, meta: _Meta, node: Mapping[str, Any], site: tuple[str, str]
) -> str | None:
    """The article's own title, of one line.

    It is what the page repeats of the title that it gives itself, else that title less the site's
    name, else the page's only heading.
    """
    stated = (json_ld.string(node, "headline"), tree.findtext(".//title") or "")
    given = (meta.first("og:title"), *(normal_line(title[:_LONGEST_SAID]) for title in stated))
    for title in filter(None, given):
        if heading := _repeated(title, tree):
            return heading
    if title := next(filter(None, given), ""):
        return _without_site(title, site)[:_LONGEST_TITLE]
    headings = [normal_line(h1.text_content()) for h1 in tree.iter("h1")]
    return headings[0][:_LONGEST_TITLE] or None if len(headings) == 1 else None


def _repeated(title: str, tree: HtmlElement) -> str | None:
    """The longest text of an element that is the title, or begins or ends it at a separator."""
    whole = normalise_for_id(title[:_LONGEST_TITLE])
    shortest = max(len(whole) // 4, 4)
    texts = (element.text_content() for element in tree.iter("h1", "h2", "h3"))
    own = (
        element.text for element in tree.iter("div", "span", "td", "p", "b", "strong", "font", "a")
    )
    lines = (normal_line(text) for text in chain(texts, own) if text and len(text) < 2 * len(whole))
    fits = (
        line for line in lines if len(line) >= shortest and _is_part(normalise_for_id(line), whole)
    )
    return max(fits, key=len, default=None)


def _is_part(line: str, whole: str) -> bool:
    """A title begins with the story and ends with sections and site, mostly."""
    is_most = 2 * len(line) >= len(whole)
    if whole.startswith(line):
        rest = whole[len(line) :].lstrip()
        return not rest or (not rest[0].isalnum() and (is_most or rest[0] not in ":,."))
    return is_most and whole.endswith(line) and bool(_SEPARATES.search(whole[: -len(line)]))


def _without_site(title: str, site: tuple[str, str]) -> str:
    """The title less what it says of the site, known by its name or its host."""
    parts = _SEPARATOR.split(title)
    own = [part for part in parts if part and not _is_site(part, site)]
    if not own:
        return title
    start, end = title.index(own[0]), title.rindex(own[-1]) + len(own[-1])
    return title[start:end]


def _is_site(part: str, site: tuple[str, str]) -> bool:
    name, host = site
    letters = _letters(part)
    labels = [
        label for label in host.lower().removeprefix("www.").split(".")[:-1] if len(label) > 3
    ]
    return bool(letters) and (
        letters == _letters(name)
        or letters == _letters(host.removeprefix("www."))
        or any(letters == _letters(label) for label in labels)
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalise_for_id(text)))


def _authors(
    tree: HtmlElement, meta: _Meta, node: Mapping[str, Any], site_name: str | None
) -> tuple[str, ...]:
    """Names as the markup gives them, from the first place that has any."""
    places: tuple[Callable[[], Iterable[str]], ...] = (
        lambda: map(json_ld.name_of, json_ld.as_list(node.get("author"))),
        lambda: (part for said in meta.all(*_AUTHORS) for part in _AUTHOR_PARTS.split(said)),
        lambda: (element.text_content() for element in _BYLINES(tree)),
    )
    for place in places:
        names = (_BY.sub("", normal_line(name)) for name in place())
        if found := [name for name in names if _is_name(name, site_name)]:
            return tuple(dict.fromkeys(found))[:_MOST_AUTHORS]
    return ()


def _is_name(text: str, site_name: str | None) -> bool:
    return (
        1 < len(text) <= _LONGEST_NAME
        and not _NO_NAME.search(text)
        and _letters(text) != _letters(site_name or "")
    )


def _date(
    tree: HtmlElement,
    meta: _Meta,
    node: Mapping[str, Any],
    names: tuple[str, ...],
    item: str,
    page: Page,
) -> str | None:
    """The first date that the markup states under these names."""
    said = [json_ld.string(node, item), *meta.all(*names), *_DATED(tree, name=item)]
    return next(filter(None, (dates.stated(value, page.fetched) for value in said)), None)


def _other_date(tree: HtmlElement, page: Page) -> str | None:
    times = (dates.stated(value, page.fetched) for value in _TIMES(tree))
    return next(filter(None, times), None) or dates.in_path(parts_of(page.url).path, page.fetched)


def _language(tree: HtmlElement, meta: _Meta, node: Mapping[str, Any]) -> str | None:
    root = tree.getroottree().getroot()
    said = (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang"),
        meta.first("og:locale"),
        json_ld.string(node, "inLanguage"),
        meta.first("content-language", "language", "dc.language", "dcterms.language"),
    )
    tags = (_LANGUAGE.match(tag) for tag in said if tag)
    return next((match[1].lower() for match in tags if match), None)


def _rights(tree: HtmlElement, meta: _Meta, node: Mapping[str, Any]) -> dict[str, str]:
    said = {
        "license": next(iter(_LICENCE(tree)), "") or json_ld.string(node, "license"),
        "copyright": meta.first(*_COPYRIGHT) or json_ld.string(node, "copyrightNotice"),
        "robots": ",".join(_OF_USE.findall(",".join(meta.all("robots", "googlebot")))).lower(),
        "tdm-reservation": meta.first("tdm-reservation"),
        "tdm-policy": meta.first("tdm-policy"),
    }
    lines = {name: normal_line(value)[:500] for name, value in said.items()}
    return {name: value for name, value in lines.items() if value}

"""What a page's markup says of its article: never what the words of the text may mean."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import SplitResult, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.document import normal_line
from crawler.extraction import json_ld
from crawler.extraction.authors import authors_of
from crawler.extraction.stated_times import stated_times
from crawler.extraction.titles import LONGEST, Site, letters, title_of
from crawler.extraction.trunk import share_of_title
from crawler.page import Page
from crawler.same_article import is_of_same_article
from crawler.urls import printed_url

_AUTHORS = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "byl",
    "dc.creator", "dcterms.creator", "citation_author",
)  # fmt: skip
_TITLES = (
    "twitter:title", "title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title",
    "cxenseparse:title", "citation_title",
)  # fmt: skip
_SITE_NAMES = (
    "og:site_name", "application-name", "apple-mobile-web-app-title", "twitter:site",
    "dc.publisher", "dcterms.publisher", "publisher", "cre",
)  # fmt: skip
# Whoever made or owns the site is the author of its pages, too, say its templates.
_MAKERS = ("publisher", "dc.publisher", "dcterms.publisher", "generator", "designer", "owner")
_COPYRIGHT = ("copyright", "dcterms.rights", "dc.rights", "dc.rights.copyright")
# What robots directives say of the use of a text, and not of crawling.
_OF_USE = re.compile(
    r"\b(noarchive|nocache|nosnippet|noindex|none|noai|noimageai|notranslate|max-snippet:\s*-?\d+)\b",
    re.IGNORECASE,
)

# What these say are plain strings: one that knew its element would keep the page wherever it is kept, as an
# address is by what parses it.
_FEED_TITLES = XPath(
    "(.//link[@rel='alternate' and contains(@type,'rss')])[1]/@title", smart_strings=False
)
# From the attribute on, since few elements have one: it is twice as fast.
_BYLINES = XPath("descendant::*/@itemprop[. = 'author']/..|descendant::*/@rel[. = 'author']/..")
_ADDRESSES = XPath(
    ".//link[@rel='canonical' or @rel='amphtml'][position()<5]/@href", smart_strings=False
)
_LICENCE = XPath(
    ".//link[@rel='license']/@href|.//a[contains(@rel,'license')]/@href", smart_strings=False
)
_ARTICLE_ELEMENTS = XPath("count(.//article[not(ancestor::article)])")

# What is looked at of what an element says; much of it would be normalised again and again.
_LONGEST_SAID = 10_000
# Of a headline's words, so many are in what the page calls itself, however it was edited.
_SAYS_ITS_HEADLINE = 0.4
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
    addresses: tuple[str, ...] = ()
    """Other addresses of the article that the page names and that may be believed, printed."""
    tier: str = ""
    """`article:content_tier`: free, metered or locked."""


def read_metadata(tree: HtmlElement, page: Page, language: str | None = None) -> Metadata:
    """The metadata of a page that is an article; `language` is the source's, for want of another."""
    meta = _Meta(tree)
    every_node = json_ld.nodes(tree)
    nodes = json_ld.articles(every_node)
    node = _node_of(nodes, page.url)
    if len(nodes) == 1 and not _is_of_another(nodes[0], tree, meta, page.url):
        node = nodes[0]
    site_name = meta.first("og:site_name")[:LONGEST].rstrip() or None
    site = _site(tree, meta, node, every_node, page.url)
    title = title_of(tree, _titles(tree, meta, node), site)
    path = parts_of(page.url).path
    published, modified = stated_times(tree, meta.all, node, path, page.fetched)
    return Metadata(
        title=title,
        site_name=site_name,
        language=_language(tree, meta, node) or language,
        authors=_authors(tree, meta, node, site),
        published=published,
        modified=modified,
        rights=_rights(tree, meta, node),
        is_article=bool(nodes)
        or meta.first("og:type").lower() == "article"
        or bool(title and published and _ARTICLE_ELEMENTS(tree) == 1),
        names_one_article=bool(node) or bool(meta.first("article:published_time")),
        node=node,
        addresses=_addresses(tree, meta, page.url, title),
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
            if name == element.get("itemprop") and _is_of_a_thing(element):
                continue
            if said := normal_line((element.get("content") or "")[:_LONGEST_SAID]):
                self._said.setdefault(name.lower().strip(), []).append(said)

    def all(self, *names: str) -> Iterator[str]:
        return (said for name in names for said in self._said.get(name, ()))

    def first(self, *names: str) -> str:
        return next(self.all(*names), "")


def _is_of_a_thing(element: HtmlElement) -> bool:
    """Whether it says something of a part of the page, an article in a list perhaps."""
    return any(
        "itemscope" in ancestor.attrib
        for ancestor in element.iterancestors("div", "article", "section", "li", "span", "figure")
    )


def _node_of(nodes: list[Mapping[str, Any]], url: str) -> Mapping[str, Any]:
    """Of several articles, the one that is at the page's own address."""
    own = _path(url)
    return next((node for node in nodes if own and _path(_address(node)) == own), {})


def _is_of_another(node: Mapping[str, Any], tree: HtmlElement, meta: _Meta, url: str) -> bool:
    """Whether an article has another address than the page, and a headline that it says nothing of."""
    named = (url, *_ADDRESSES(tree), *islice(meta.all("og:url"), 2))
    address, headline = _path(_address(node)), json_ld.string(node, "headline")[:LONGEST]
    if not address or address in {_path(one) for one in named}:
        return False
    headings = (one.text_content() for one in islice(tree.iter("h1", "h2"), 20))
    told = (meta.first("og:title"), tree.findtext(".//title") or "", *headings)
    said = " ".join(text[:LONGEST] for text in told)
    can_tell = bool(said.strip()) and share_of_title(headline, headline) > 0
    return can_tell and share_of_title(said, headline) < _SAYS_ITS_HEADLINE


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
    return normal_line(json_ld.name_of(publisher)[:LONGEST])


def _addresses(tree: HtmlElement, meta: _Meta, url: str, title: str | None) -> tuple[str, ...]:
    own = printed_url(url)
    said = (*_ADDRESSES(tree), *islice(meta.all("og:url"), 2))
    named = dict.fromkeys(printed_url(address, own) for address in said)
    return tuple(
        other
        for other in named
        if own and other and other != own and is_of_same_article(own, other, title)
    )


def _site(
    tree: HtmlElement,
    meta: _Meta,
    node: Mapping[str, Any],
    nodes: list[Mapping[str, Any]],
    url: str,
) -> Site:
    """All that the page says its site is called."""
    names = (
        *meta.all(*_SITE_NAMES),
        _publisher(node),
        *json_ld.names_of_site(nodes),
        *_feed_names(tree),
    )
    return Site.of(parts_of(url).hostname or "", (name[:LONGEST].lstrip("@") for name in names))


def _feed_names(tree: HtmlElement) -> list[str]:
    """What the page's first feed is called, unless it is the feed of the article's comments."""
    headings = {letters(h.text_content()[:LONGEST]) for h in islice(tree.iter("h1", "h2"), 20)}
    names = (normal_line(title[:LONGEST]) for title in _FEED_TITLES(tree))
    return [name for name in names if letters(name) not in headings]


def _titles(tree: HtmlElement, meta: _Meta, node: Mapping[str, Any]) -> Iterator[str]:
    """What the page calls its article, the most reliable first."""
    stated = (
        meta.first("og:title"),
        json_ld.string(node, "headline")[:_LONGEST_SAID],
        (tree.findtext(".//title") or "")[:_LONGEST_SAID],
    )
    yield from stated if any(stated) else meta.all(*_TITLES)


def _authors(
    tree: HtmlElement, meta: _Meta, node: Mapping[str, Any], site: Site
) -> tuple[str, ...]:
    makers = frozenset(filter(None, map(letters, meta.all(*_COPYRIGHT, *_MAKERS))))
    places = (
        map(json_ld.name_of, json_ld.as_list(node.get("author"))),
        meta.all(*_AUTHORS),
        (element.text_content()[:_LONGEST_SAID] for element in _BYLINES(tree)),
    )
    return authors_of(places, makers, site)


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

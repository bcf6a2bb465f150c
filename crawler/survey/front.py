"""What a page that lists articles says: which are articles, what else it leads to, what its site is called."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

from lxml.html import HtmlElement

from crawler.discovery.hypertext import read_hypertext
from crawler.discovery.links import looks_like_article
from crawler.discovery.start import StartPage, read_start
from crawler.document import normal_line
from crawler.extraction import json_ld
from crawler.extraction.charset import read_text
from crawler.extraction.markup import parse
from crawler.page import Page, Rejection
from crawler.survey.shell import needs_javascript
from crawler.urls import same_site

_HEADLINE = 25
_HEADLINE_WORDS = 4
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]{8,}")
_LANGUAGE = re.compile(r"\s*([a-z]{2,3})(?=$|[-_])", re.IGNORECASE)
_LONGEST = 300
_NAMES = frozenset({"og:site_name", "application-name", "apple-mobile-web-app-title"})


@dataclass(frozen=True, slots=True)
class Front:
    """One page of a site: where it leads, and what it says of itself. Every text is one line."""

    url: str
    start: StartPage = field(default_factory=StartPage)
    articles: dict[str, str] = field(default_factory=dict)
    """Addresses on the site that look like articles', each with the longest text of its anchors."""
    others: dict[str, str] = field(default_factory=dict)
    """All other addresses on the site, likewise."""
    title: str = ""
    names: tuple[str, ...] = ()
    """What it says that its site is called."""
    headings: tuple[str, ...] = ()
    language: str = ""
    is_shell: bool = False
    """It shows next to nothing until its scripts have run."""


def read_front(page: Page, authorities: Collection[str]) -> Front:
    """What an unpacked page says, as far as it leads to these sites; nothing is raised."""
    articles: dict[str, str] = {}
    others: dict[str, str] = {}
    for url, text in _texts(page, authorities).items():
        (articles if _is_article(url, text) else others)[url] = text
    markup = read_text(page.body, page.content_type) or ""
    tree = parse(markup)
    if isinstance(tree, Rejection):
        return Front(page.url, articles=articles, others=others)
    return Front(
        url=page.url,
        start=read_start(page.body, page.url, page.content_type),
        articles=articles,
        others=others,
        title=_line(tree.findtext(".//title") or ""),
        names=tuple(filter(None, map(_line, _names(tree)))),
        headings=tuple(_line(str(h.text_content())) for h in islice(tree.iter("h1"), 3)),
        language=_language(tree),
        is_shell=needs_javascript(tree),
    )


def _texts(page: Page, authorities: Collection[str]) -> dict[str, str]:
    hypertext = read_hypertext(page.body, page.url, page.content_type)
    texts: dict[str, str] = {}
    for anchor in hypertext.anchors():
        url = hypertext.address(anchor)
        if url and same_site(url, authorities) and len(anchor.text) >= len(texts.get(url, "")):
            texts[url] = anchor.text
    return texts


def _is_article(url: str, text: str) -> bool:
    """Whether an address looks like an article's by itself, or may be one and stands below a headline."""
    return looks_like_article(url, trusted=False) or (
        _is_headline(text) and looks_like_article(url, trusted=True)
    )


def _is_headline(text: str) -> bool:
    is_long = len(text) >= _HEADLINE and len(text.split()) >= _HEADLINE_WORDS
    return is_long or _UNSPACED.search(text) is not None


def _names(tree: HtmlElement) -> Iterator[str]:
    for element in islice(tree.iter("meta"), 200):
        if (element.get("property") or element.get("name") or "").lower() in _NAMES:
            yield element.get("content") or ""
    yield from json_ld.names_of_site(json_ld.nodes(tree))


def _language(tree: HtmlElement) -> str:
    match = _LANGUAGE.match(tree.getroottree().getroot().get("lang") or "")
    return match[1].lower() if match else ""


def _line(text: str) -> str:
    return normal_line(text[:_LONGEST])

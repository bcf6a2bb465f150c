"""When an article was published and changed, as its own markup says: never what stands with another's."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.extraction import dates, json_ld
from crawler.extraction.inline import is_in_prose

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "rnews:datepublished",
    "datepublished", "date.published", "publish_date", "publish-date", "published_time", "pubdate",
    "publicationdate", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "dcterms.created", "dcterms.issued", "dc.date.issued", "dc.date.created",
    "dc.date", "dcterms.date", "citation_date", "article.published", "datecreated", "date",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified",
    "dcterms.modified", "dc.date.modified", "article.updated", "last-modified",
)  # fmt: skip

# Lists, asides and footers, and boxes that are named so, are about other stories.
_BOX = re.compile(
    r"(?:^|[\s_-])(?:related|relacionad\w*|recommend\w*|comments?|sidebar|teasers?|trending|popular|"
    r"most-?read|read-?more|more-(?:news|stories|from)|also-?read|latest|promos?|carousel)(?:$|[\s_-])",
    re.IGNORECASE,
)
_OF_OTHERS = frozenset({"aside", "li", "nav"})
_BOXES = frozenset({"div", "section"})
# From the attribute on, since few elements have one: it is twice as fast.
_DATED = XPath("(descendant::*/@itemprop/..|descendant::*/@property/..)[@content or @datetime]")
_TIMES = XPath(".//time[@datetime]")
_ARTICLES = XPath(".//article[not(ancestor::article)]")
_HEADED = XPath("boolean(.//h1)")
# Of many, none is the page's.
_MOST = 200
_STEPS = 3

Said = Callable[..., Iterable[str]]
"""What the page's meta elements of some names say, in order."""


def stated_times(
    tree: HtmlElement, said: Said, node: Mapping[str, Any], path: str, fetched: datetime
) -> tuple[str | None, str | None]:
    """When the article was published, and when changed last; `path` is its address's, which may name a day."""
    places, dated = _Places(path), _DATED(tree)
    published = (
        json_ld.string(node, "datePublished"),
        *said(*_PUBLISHED),
        *_of_items(dated, "datePublished", places),
        *_of_times(tree, places),
    )
    modified = (
        json_ld.string(node, "dateModified"),
        *said(*_MODIFIED),
        *_of_items(dated, "dateModified", places),
    )
    return _best(published, fetched) or dates.in_path(path, fetched), _best(modified, fetched)


def _best(values: Iterable[str], fetched: datetime) -> str | None:
    """The first that is a date; where that is a day alone, what tells the time on it, if one does."""
    told = [date for value in values if (date := dates.stated(value, fetched))]
    if not told:
        return None
    return next((date for date in told if "T" in date and date.startswith(told[0][:10])), told[0])


class _Places:
    """Whether elements stand where pages tell of others; what was found out is kept."""

    def __init__(self, path: str) -> None:
        self._path = path.rstrip("/")
        self._found: dict[HtmlElement, bool] = {}

    def of_the_article(self, elements: Iterable[HtmlElement]) -> list[HtmlElement]:
        """Those of the first elements that are the article's own."""
        return [one for one in islice(elements, _MOST) if not self._is_elsewhere(one)]

    def _is_elsewhere(self, element: HtmlElement) -> bool:
        path, is_elsewhere = [], False
        for ancestor in element.iterancestors():
            if (known := self._found.get(ancestor)) is not None:
                is_elsewhere = known
                break
            path.append(ancestor)
        for ancestor in reversed(path):
            is_elsewhere = is_elsewhere or _is_of_others(ancestor) or self._leads_away(ancestor)
            self._found[ancestor] = is_elsewhere
        return is_elsewhere

    def _leads_away(self, element: HtmlElement) -> bool:
        """Whether it is a link to another page; many times are one to their own, or to another form of it."""
        if element.tag != "a":
            return False
        try:
            named = urlsplit(element.get("href", "")).path.rstrip("/")
        except ValueError:
            return False
        return not (named in self._path or self._path in named)


def _is_of_others(element: HtmlElement) -> bool:
    if element.tag in _OF_OTHERS:
        return True
    if element.tag == "footer":  # of the page: an article's own holds its byline
        return next(element.iterancestors("article"), None) is None
    named = f"{element.get('class', '')} {element.get('id', '')}" if element.tag in _BOXES else ""
    return bool(named) and _BOX.search(named[:_MOST]) is not None


def _of_items(dated: Iterable[HtmlElement], name: str, places: _Places) -> list[str]:
    """What microdata and RDFa say, where they say it of one thing that is no comment."""
    by_thing: dict[HtmlElement | None, str] = {}
    named = (one for one in dated if name in (one.get("itemprop"), _plain(one.get("property"))))
    for element in places.of_the_article(named):
        thing = _thing(element)
        kind = "" if thing is None else thing.get("itemtype") or thing.get("typeof") or ""
        if not kind or json_ld.names_article(kind) or kind.endswith("WebPage"):
            by_thing.setdefault(thing, element.get("content") or element.get("datetime"))
    if len(by_thing) > 1:
        headed = {t: said for t, said in by_thing.items() if t is not None and _HEADED(t)}
        by_thing = headed if len(headed) == 1 else {}
    return list(by_thing.values())


def _plain(name: str | None) -> str:
    return (name or "").removeprefix("schema:")


def _thing(element: HtmlElement) -> HtmlElement | None:
    scopes = (a for a in element.iterancestors() if "itemscope" in a.attrib or "typeof" in a.attrib)
    return next(scopes, None)


def _of_times(tree: HtmlElement, places: _Places) -> Iterator[str]:
    """The times in the page's only article, or in the one of several that has its heading; or beside it."""
    articles = places.of_the_article(_ARTICLES(tree))
    if len(articles) > 1:
        articles = [one for one in articles if _HEADED(one)]
    if len(articles) == 1:
        for element in places.of_the_article(_TIMES(articles[0])):
            is_nested = sum(1 for _ in element.iterancestors("article")) > 1
            if not (is_nested or is_in_prose(element)):
                yield element.get("datetime")
    yield from _beside_heading(tree, places)


def _beside_heading(tree: HtmlElement, places: _Places) -> list[str]:
    """The one time in what holds the only heading, or in what holds that, and so on for a few steps."""
    headings = list(islice(tree.iter("h1"), 2))
    if len(headings) != 1:
        return []
    around = list(headings[0].iterancestors())
    for holder in around[:_STEPS]:
        told = {
            element.get("datetime")
            for element in places.of_the_article(_TIMES(holder))
            if not is_in_prose(element)
            and (
                (article := next(element.iterancestors("article"), None)) is None
                or article in around
            )
        }
        if told:
            return list(told) if len(told) == 1 else []
    return []

"""What a page says of itself in JSON-LD: the one article that it is about."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from lxml.html import HtmlElement

from crawler.document import normal_line

_TYPE = "application/ld+json"
_LARGEST = 500_000
_DEEPEST = 6
# Where a page nests what it is about; what else is nested is related, and not the page.
_NESTING = ("@graph", "mainEntity", "mainEntityOfPage")
# Comments, the wrapping of XML, and commas behind the last of a list; a string counts as one piece.
_OUTSIDE_STRINGS = re.compile(
    r'"(?:\\.|[^"\\])*(?:"|\Z)|//[^\n]*|/\*.{0,200}?\*/|<!\[CDATA\[|\]\]>|,(?=\s*[}\]])', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = '"\\/bfnrtu'
_BETWEEN = re.compile(r"[\s,;]*")
_MOST_VALUES = 100
_SITES = frozenset({"WebSite", "NewsMediaOrganization", "Organization"})
_ARTICLES = frozenset({"blogposting", "liveblogposting", "report", "socialmediaposting"})


def nodes(tree: HtmlElement) -> list[Mapping[str, Any]]:
    """Every node at the top of the page's JSON-LD; what cannot be read is passed over."""
    scripts = tree.iter("script")
    # Some write its charset behind it.
    texts = (one.text or "" for one in scripts if one.get("type", "").lower().startswith(_TYPE))
    return [node for text in texts for value in _load(text) for node in _nodes(value, _DEEPEST)]


def articles(nodes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of the nodes that are articles."""
    return [node for node in nodes if any(map(names_article, as_list(node.get("@type"))))]


def names_of_site(nodes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What the nodes say the site, or who publishes it, is called."""
    for node in nodes:
        if not _SITES.isdisjoint(map(str, as_list(node.get("@type")))):
            yield normal_line(name_of(node))


def as_list(value: Any) -> list[Any]:
    """JSON-LD writes a list of one as its item, and an empty one as nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def name_of(value: Any) -> str:
    """The name of a person or organisation, given as an object or as its name alone."""
    if isinstance(value, dict):
        value = next(iter(as_list(value.get("name"))), "")
    return unescape(value) if isinstance(value, str) else ""


def string(node: Mapping[str, Any], key: str) -> str:
    """A property's first value if it is text, else nothing."""
    value = next(iter(as_list(node.get(key))), "")
    return unescape(value) if isinstance(value, str) else ""


def _load(text: str) -> list[Any]:
    """The values of a script: one, mostly; what a parser of JSON refuses is mended first."""
    # Pages wrap it as if it were a script, and break lines inside strings.
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip(" \t\r\n;")
    if len(text) > _LARGEST:
        return []
    if '"' not in text:
        text = unescape(text)
    try:
        return [json.loads(text, strict=False)]
    except RecursionError:
        return []
    except ValueError:
        return _values(_OUTSIDE_STRINGS.sub(_mended, text))


def _mended(found: re.Match[str]) -> str:
    """A string keeps all but escapes that there are none of; outside of strings nothing is left."""
    if not found[0].startswith('"'):
        return ""
    return _ESCAPE.sub(lambda e: e[0] if e[1] in _ESCAPED else e[1], found[0])


def _values(text: str) -> list[Any]:
    """The values of a text that has several in a row, as far as it can be read."""
    decoder, place = json.JSONDecoder(strict=False), 0
    found: list[Any] = []
    while len(found) < _MOST_VALUES:
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr] # it matches nothing, too
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(value)
    return found


def _nodes(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    for node in as_list(value):
        if isinstance(node, list) and depth:
            yield from _nodes(node, depth - 1)
        elif isinstance(node, dict):
            yield node
            for key in _NESTING:
                if depth:
                    yield from _nodes(node.get(key), depth - 1)


def names_article(kind: Any) -> bool:
    """Whether a type, by its name or its address, is one of articles."""
    word = kind.rpartition("/")[2].lower() if isinstance(kind, str) else ""
    return word.endswith("article") or word in _ARTICLES

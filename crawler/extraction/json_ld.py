"""What a page says of itself in JSON-LD: the one article that it is about."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

_SCRIPTS = ".//script[@type='application/ld+json']"
_LARGEST = 500_000
_DEEPEST = 6
# Where a page nests what it is about; what else is nested is related, and not the page.
_NESTING = ("@graph", "mainEntity", "mainEntityOfPage")
_ARTICLES = frozenset({"blogposting", "liveblogposting", "report", "socialmediaposting"})


def articles(tree: HtmlElement) -> list[Mapping[str, Any]]:
    """Every article at the top of the page's JSON-LD; what cannot be read is passed over."""
    texts = (script.text or "" for script in tree.iterfind(_SCRIPTS))
    nodes = [node for text in texts for node in _nodes(_load(text), _DEEPEST)]
    return [node for node in nodes if any(map(_names_article, as_list(node.get("@type"))))]


def as_list(value: Any) -> list[Any]:
    """JSON-LD writes a list of one as its item, and an empty one as nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def name_of(value: Any) -> str:
    """The name of a person or organisation, given as an object or as its name alone."""
    if isinstance(value, dict):
        value = next(iter(as_list(value.get("name"))), "")
    return value if isinstance(value, str) else ""


def string(node: Mapping[str, Any], key: str) -> str:
    """A property's first value if it is text, else nothing."""
    value = next(iter(as_list(node.get(key))), "")
    return value if isinstance(value, str) else ""


def _load(text: str) -> Any:
    # Pages wrap it as if it were a script, and break lines inside strings.
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip(" \t\r\n;")
    if len(text) > _LARGEST:
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    for node in as_list(value):
        if isinstance(node, list) and depth:
            yield from _nodes(node, depth - 1)
        elif isinstance(node, dict):
            yield node
            for key in _NESTING:
                if depth:
                    yield from _nodes(node.get(key), depth - 1)


def _names_article(kind: Any) -> bool:
    word = kind.rpartition("/")[2].lower() if isinstance(kind, str) else ""
    return word.endswith("article") or word in _ARTICLES

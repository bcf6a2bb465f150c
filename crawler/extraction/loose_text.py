"""Text that stands beside paragraphs, and in none, becomes a paragraph, as a browser shows it.

The extractor drops such text more often than not: the opening before the first `<p>`, the end after
a list, a paragraph that is a bare `<div>`.
"""

from itertools import chain

from lxml.etree import _Element
from lxml.html import Element

from crawler.extraction.inline import INLINE
from crawler.extraction.weight import weight

_CONTAINERS = ("div", "td", "article", "section", "main", "blockquote", "center")
# Shorter ones are labels.
_PARAGRAPH = 60
# To put one more among them takes as long as there are others.
_MOST_CHILDREN = 1_000


def make_paragraphs(trunk: _Element) -> None:
    """Put the loose text within an element into paragraphs, in place."""
    for container in list(trunk.iter(*_CONTAINERS)):
        if len(container) > _MOST_CHILDREN:
            continue
        if any(child.tag not in INLINE for child in container):
            _wrap(container)
        elif container is not trunk and _is_bare_paragraph(container):
            container.tag = "p"


def _is_bare_paragraph(element: _Element) -> bool:
    # A name says what else it may be: a caption, an advertisement.
    is_unnamed = not (element.get("class") or element.get("id"))
    return element.tag == "div" and is_unnamed and _is_long("".join(element.itertext()))


def _is_long(text: str) -> bool:
    return weight(text.strip()) >= _PARAGRAPH


def _wrap(container: _Element) -> None:
    """Between the blocks of a container, put each long run of text and inline elements into a `<p>`."""
    block: _Element | None = None
    inside: list[_Element] = []
    for child in [*container, None]:
        if child is not None and child.tag in INLINE:
            inside.append(child)
        else:
            _settle(container, block, inside)
            block, inside = child, []


def _settle(container: _Element, block: _Element | None, inside: list[_Element]) -> None:
    """Put what follows a block of the container, or begins it, into a paragraph where it is long."""
    text = container.text if block is None else block.tail
    said = chain.from_iterable((*one.itertext(), one.tail or "") for one in inside)
    if not _is_long("".join([text or "", *said])):
        return
    run = Element("p")
    run.text = text
    if block is None:
        container.text = None
        container.insert(0, run)
    else:
        block.tail = None
        block.addnext(run)
    run.extend(inside)

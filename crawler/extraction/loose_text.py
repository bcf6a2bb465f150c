"""Text that stands beside paragraphs, and in none, becomes a paragraph, as a browser shows it.

The extractor drops such text more often than not: the opening before the first `<p>`, the end after
a list, a paragraph that is a bare `<div>`.
"""

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
    return element.tag == "div" and is_unnamed and _is_long(element)


def _is_long(element: _Element) -> bool:
    return weight("".join(element.itertext()).strip()) >= _PARAGRAPH


def _wrap(container: _Element) -> None:
    """Between the blocks of a container, put each long run of text and inline elements into a `<p>`."""
    run = Element("p")
    run.text, container.text = container.text, None
    place = 0
    for child in [*container, None]:
        if child is not None and child.tag in INLINE:
            run.append(child)
            continue
        place = _settle(container, place, run) + 1
        if child is not None:
            run = Element("p")
            run.text, child.tail = child.tail, None


def _settle(container: _Element, place: int, run: _Element) -> int:
    """Put a run at its place in the container; where the block behind it stands then."""
    container.insert(place, run)
    if _is_long(run):
        return place + 1
    inside = len(run)
    run.drop_tag()
    return place + inside

"""What a source's own selectors say of its pages: where the text is, and what is none of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lxml.cssselect import CSSSelector
from lxml.etree import Element, SubElement, _Element, iterwalk
from lxml.html import HtmlElement

from crawler.document import normal_body
from crawler.extraction.blocks import blocks

# Names of the extractor's element trees, which `blocks` reads.
_BLOCKS = (
    "address article aside center dd details div dl dt fieldset figure footer header hgroup hr main"
    " p section summary"
)
_NAMES = {
    **dict.fromkeys(_BLOCKS.split(), "div"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "head"),
    **dict.fromkeys(("ul", "ol", "menu"), "list"),
    **dict.fromkeys(("blockquote", "pre"), "quote"),
    **dict.fromkeys(("td", "th"), "cell"),
    "li": "item",
    "tr": "row",
    "table": "table",
    "br": "lb",
}
_NOT_TEXT = (
    "audio button canvas caption embed figcaption form head iframe input math nav noscript object"
    " script select style svg template textarea title video"
)
_NO_TEXT = frozenset(_NOT_TEXT.split())


@dataclass(frozen=True, slots=True)
class Named:
    """A source's selectors; without any, the extractor decides alone."""

    body: str = ""
    drop: tuple[str, ...] = ()


NOTHING_NAMED = Named()


@lru_cache(maxsize=1000)
def _selector(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")


def drop(tree: HtmlElement, selectors: Sequence[str]) -> None:
    """Take what the selectors match out of a page, in place; the text behind it stays."""
    for css in selectors:
        for element in _selector(css)(tree):
            if element.getparent() is not None:
                element.drop_tree()


def named_blocks(tree: HtmlElement, css: str) -> list[str]:
    """The blocks of the elements that a selector matches, in the page's order; none where it matches no text."""
    found = _selector(css)(tree)
    chosen = set(found)
    outer = [e for e in found if not any(above in chosen for above in e.iterancestors())]
    texts = (normal_body(block) for element in outer for block in blocks(_converted(element)))
    return [text for text in texts if text]


def _converted(element: _Element) -> _Element:
    """A copy of an element in the names that `blocks` knows, without what is no text.

    Inline elements give their words to the block that they stand in.
    """
    root = Element("div")
    stack = [root]
    walk = iterwalk(element, events=("start", "end"))
    for event, child in walk:
        name = _NAMES.get(child.tag)
        if event == "start" and child.tag in _NO_TEXT:
            walk.skip_subtree()
        elif event == "start":
            if name:
                stack.append(SubElement(stack[-1], name))
            _add_text(stack[-1], ("“" if child.tag == "q" else "") + (child.text or ""))
        else:
            if name:
                stack.pop()
            tail = "" if child is element else child.tail or ""
            _add_text(stack[-1], ("”" if child.tag == "q" else "") + tail)
    return root


def _add_text(parent: _Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text

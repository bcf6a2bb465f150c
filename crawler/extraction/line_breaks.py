"""Paragraphs that are parted by two line breaks, as old pages do, become elements.

The extractor makes one break of two within a paragraph, and a paragraph of each line outside one.
"""

from lxml.etree import SubElement
from lxml.html import Element, HtmlElement

from crawler.extraction.inline import INLINE, STYLED

_CONTAINERS = frozenset({"div", "td", "article", "section", "main", "body", "center", "blockquote"})
_BLOCKS = ("p", "div", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")
# Each is an element more, within the bounds of a page.
_MOST_LINES = 1_000
_NO_CONTAINERS = STYLED | {"p"}


def part_paragraphs(tree: HtmlElement) -> None:
    """Make the paragraphs between doubled breaks elements, in place."""
    doubled = (line_break.getparent() for line_break in tree.iter("br") if _is_doubled(line_break))
    for block in dict.fromkeys(doubled):
        if block is not None and block.tag in _CONTAINERS | _NO_CONTAINERS:
            _open(block)
            _part(block)


def open_inline(tree: HtmlElement) -> None:
    """Inline elements around blocks become blocks, in place, and so do old names for them.

    The extractor makes one paragraph of whatever is in a `<span>`.
    """
    for element in tree.iter("center"):
        element.tag = "div"
    for block in tree.iter(*_BLOCKS):
        parent = block.getparent()
        if parent is not None and parent.tag in STYLED:
            _open(parent)


def keep_lines(tree: HtmlElement) -> None:
    """Lines of preformatted text are parted by line breaks, in place."""
    breaks = 0
    for element in tree.iter("pre"):
        if "\n" in (element.text or "") and len(element) == 0:
            first, *lines = (element.text or "").strip("\n").split("\n")
            breaks += len(lines)
            if breaks > _MOST_LINES:
                return
            element.text = first
            for line in lines:
                SubElement(element, "br").tail = line
            element.tag = "p"


def _is_doubled(line_break: HtmlElement) -> bool:
    following = line_break.getnext()
    return following is not None and following.tag == "br" and not (line_break.tail or "").strip()


def _open(block: HtmlElement | None) -> None:
    """What cannot hold paragraphs becomes what can, outwards."""
    while block is not None and block.tag in _NO_CONTAINERS:
        block.tag = "div"
        block = block.getparent()


def _part(block: HtmlElement) -> None:
    children = list(block)
    doubled = [child.tag == "br" and _is_doubled(child) for child in children]
    parts = [_paragraph(block.text)]
    for child, is_doubled, ends_a_run in zip(children, doubled, [False, *doubled], strict=False):
        if is_doubled:
            continue
        if ends_a_run:
            parts.append(_paragraph(child.tail))
        elif child.tag in INLINE:
            parts[-1].append(child)
        else:
            parts += [child, _paragraph(child.tail)]
            child.tail = None
    block.text = None
    block[:] = parts


def _paragraph(text: str | None) -> HtmlElement:
    paragraph = Element("p")
    paragraph.text = text
    return paragraph

"""Elements that stand within a line of text."""

import re

from lxml.html import HtmlElement

STYLED = frozenset(
    {"abbr", "acronym", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "mark", "nobr",
     "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "u"}
)  # fmt: skip
INLINE = STYLED | {"a", "br", "img", "wbr"}

_PROSE = 60
_LETTER = re.compile(r"[^\W\d_]")


def is_in_prose(element: HtmlElement) -> bool:
    """Whether an element stands between the words of a paragraph, as a date that a sentence names."""
    above, before = element.getparent(), element.getprevious()
    words = before.tail if before is not None else above.text if above is not None else None
    if not (_LETTER.search(words or "") and (element.tail or "").strip()):
        return False
    while above is not None and above.tag in STYLED:
        above = above.getparent()
    if above is None or above.tag != "p":
        return False
    return len(" ".join(above.text_content().split())) >= _PROSE + len(element.text_content())
